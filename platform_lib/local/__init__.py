"""The local cloud: real Pulumi programs on an imitated AWS account, with apps that really run.

Needs the extra: `pip install "platform-lib[local]"`. Nothing heavy is imported before it is used.

    with LocalCloud() as cloud:
        stack = cloud.up("my_program")
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from platform_lib.local.cloud import LocalCloud
    from platform_lib.local.errors import LocalCloudError, NotSteady
    from platform_lib.local.results import Change, Stack

__all__ = ["Change", "LocalCloud", "LocalCloudError", "NotSteady", "Stack"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from importlib import import_module

        home = {"LocalCloud": "cloud", "Change": "results", "Stack": "results"}.get(name, "errors")
        return getattr(import_module(f"platform_lib.local.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
