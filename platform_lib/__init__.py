"""One web app on virtual machines, a function or containers on AWS, from the same inputs.

`TARGETS[word]` is the component of a target: `vm`, `function` or `container`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    from platform_lib.container_app import (
        CapacityArgs,
        CapacityProvider,
        ContainerApp,
        ContainerAppArgs,
    )
    from platform_lib.function_app import FunctionApp
    from platform_lib.function_args import (
        CorsArgs,
        FunctionAppArgs,
        HttpArgs,
        HttpAuthorization,
        HttpKind,
        JwtArgs,
        ThrottleArgs,
        UploadArgs,
    )
    from platform_lib.source_args import (
        BucketArgs,
        BucketRoute,
        EventRuleArgs,
        EventSourceArgs,
        FilterPolicyScope,
        InvokePermissionArgs,
        LogGroupArgs,
        QueueArgs,
        ReceiptRuleArgs,
        StartingPosition,
        StreamArgs,
        TimerArgs,
        TopicArgs,
    )
    from platform_lib.targets import TARGETS
    from platform_lib.vm_app import VmApp, VmAppArgs

# A component and its kin load when they are first asked for: a program has one target, and a test
# of something else has none. It halves what `import platform_lib` costs.
_HOMES = {
    "BucketArgs": "source_args",
    "BucketRoute": "source_args",
    "CapacityArgs": "container_app",
    "CapacityProvider": "container_app",
    "ContainerApp": "container_app",
    "ContainerAppArgs": "container_app",
    "CorsArgs": "function_args",
    "EventRuleArgs": "source_args",
    "EventSourceArgs": "source_args",
    "FilterPolicyScope": "source_args",
    "FunctionApp": "function_app",
    "FunctionAppArgs": "function_args",
    "HttpArgs": "function_args",
    "HttpAuthorization": "function_args",
    "HttpKind": "function_args",
    "InvokePermissionArgs": "source_args",
    "JwtArgs": "function_args",
    "LogGroupArgs": "source_args",
    "QueueArgs": "source_args",
    "ReceiptRuleArgs": "source_args",
    "StartingPosition": "source_args",
    "StreamArgs": "source_args",
    "TARGETS": "targets",
    "ThrottleArgs": "function_args",
    "TimerArgs": "source_args",
    "TopicArgs": "source_args",
    "UploadArgs": "function_args",
    "VmApp": "vm_app",
    "VmAppArgs": "vm_app",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__


__all__ = [  # noqa: RUF022 - by the alphabet alone, as a reader looks a name up
    "AlarmsArgs",
    "AppArgs",
    "Architecture",
    "ArgsError",
    "BucketArgs",
    "BucketRoute",
    "CapacityArgs",
    "CapacityProvider",
    "ContainerApp",
    "ContainerAppArgs",
    "CorsArgs",
    "DomainArgs",
    "EventRuleArgs",
    "EventSourceArgs",
    "FilterPolicyScope",
    "FunctionApp",
    "FunctionAppArgs",
    "GrantArgs",
    "HttpArgs",
    "HttpAuthorization",
    "HttpKind",
    "IngressArgs",
    "IngressKind",
    "Interface",
    "InvokePermissionArgs",
    "JwtArgs",
    "LogGroupArgs",
    "LogsArgs",
    "NetworkArgs",
    "QueueArgs",
    "ReceiptRuleArgs",
    "RolloutArgs",
    "RolloutStrategy",
    "ScalingArgs",
    "ScheduleArgs",
    "Stage",
    "StartingPosition",
    "StreamArgs",
    "TARGETS",
    "ThrottleArgs",
    "TimerArgs",
    "TopicArgs",
    "UploadArgs",
    "VmApp",
    "VmAppArgs",
    "grants",
]
