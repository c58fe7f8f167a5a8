"""One web app on virtual machines, a function or containers on AWS, from the same inputs.

`TARGETS[word]` is the component of a target: `vm`, `function` or `container`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from platform_lib import grants
    from platform_lib.app_args import (
        AlarmsArgs,
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
    from platform_lib.app_args import ClosedAppArgs as AppArgs
    from platform_lib.checks import ArgsError
    from platform_lib.container_app.args import CapacityArgs, CapacityProvider, ContainerAppArgs
    from platform_lib.container_app.component import ContainerApp
    from platform_lib.function_app.args import (
        CorsArgs,
        FunctionAppArgs,
        HttpArgs,
        HttpAuthorization,
        HttpKind,
        JwtArgs,
        ThrottleArgs,
        UploadArgs,
    )
    from platform_lib.function_app.component import FunctionApp
    from platform_lib.function_app.source_args import (
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
    from platform_lib.vm_app.args import VmAppArgs
    from platform_lib.vm_app.component import VmApp

# Each loads when it is first asked for: a program has one target, a test of something else has
# none, and the local cloud's command has use for no name at all.
_HOMES = {
    "AlarmsArgs": "app_args",
    "AppArgs": "app_args",
    "Architecture": "app_args",
    "ArgsError": "checks",
    "BucketArgs": "function_app.source_args",
    "BucketRoute": "function_app.source_args",
    "CapacityArgs": "container_app.args",
    "CapacityProvider": "container_app.args",
    "ContainerApp": "container_app.component",
    "ContainerAppArgs": "container_app.args",
    "CorsArgs": "function_app.args",
    "DomainArgs": "app_args",
    "EventRuleArgs": "function_app.source_args",
    "EventSourceArgs": "function_app.source_args",
    "FilterPolicyScope": "function_app.source_args",
    "FunctionApp": "function_app.component",
    "FunctionAppArgs": "function_app.args",
    "GrantArgs": "app_args",
    "HttpArgs": "function_app.args",
    "HttpAuthorization": "function_app.args",
    "HttpKind": "function_app.args",
    "IngressArgs": "app_args",
    "IngressKind": "app_args",
    "Interface": "app_args",
    "InvokePermissionArgs": "function_app.source_args",
    "JwtArgs": "function_app.args",
    "LogGroupArgs": "function_app.source_args",
    "LogsArgs": "app_args",
    "NetworkArgs": "app_args",
    "QueueArgs": "function_app.source_args",
    "ReceiptRuleArgs": "function_app.source_args",
    "RolloutArgs": "app_args",
    "RolloutStrategy": "app_args",
    "ScalingArgs": "app_args",
    "ScheduleArgs": "app_args",
    "Stage": "app_args",
    "StartingPosition": "function_app.source_args",
    "StreamArgs": "function_app.source_args",
    "TARGETS": "targets",
    "ThrottleArgs": "function_app.args",
    "TimerArgs": "function_app.source_args",
    "TopicArgs": "function_app.source_args",
    "UploadArgs": "function_app.args",
    "VmApp": "vm_app.component",
    "VmAppArgs": "vm_app.args",
}


def __getattr__(name: str) -> Any:
    if name == "grants":
        return import_module("platform_lib.grants")
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
