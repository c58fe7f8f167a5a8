"""One web app on virtual machines, a function or containers on AWS, from the same inputs.

`TARGETS[word]` is the component of a target: `vm`, `function` or `container`.
"""

from platform_lib import grants
from platform_lib.app_args import (
    AlarmsArgs,
    AppArgs,
    Architecture,
    DomainArgs,
    GrantArgs,
    IngressArgs,
    IngressKind,
    Interface,
    LogsArgs,
    NetworkArgs,
    RolloutArgs,
    RolloutStrategy,
    ScalingArgs,
    ScheduleArgs,
    Stage,
)
from platform_lib.checks import ArgsError
from platform_lib.container_app import (
    CapacityArgs,
    CapacityProvider,
    ContainerApp,
    ContainerAppArgs,
)
from platform_lib.function_app import FunctionApp, FunctionAppArgs, HttpArgs, HttpKind
from platform_lib.vm_app import VmApp, VmAppArgs

TARGETS: "dict[str, type[VmApp] | type[FunctionApp] | type[ContainerApp]]" = {
    "container": ContainerApp,
    "function": FunctionApp,
    "vm": VmApp,
}
"""Word for a target -> its component. Args of `AppArgs` fields alone fit all of them."""

__all__ = [  # noqa: RUF022 - by the alphabet alone, as a reader looks a name up
    "AlarmsArgs",
    "AppArgs",
    "Architecture",
    "ArgsError",
    "CapacityArgs",
    "CapacityProvider",
    "ContainerApp",
    "ContainerAppArgs",
    "DomainArgs",
    "FunctionApp",
    "FunctionAppArgs",
    "GrantArgs",
    "HttpArgs",
    "HttpKind",
    "IngressArgs",
    "IngressKind",
    "Interface",
    "LogsArgs",
    "NetworkArgs",
    "RolloutArgs",
    "RolloutStrategy",
    "ScalingArgs",
    "ScheduleArgs",
    "Stage",
    "TARGETS",
    "VmApp",
    "VmAppArgs",
    "grants",
]
