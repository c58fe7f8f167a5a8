"""The targets, and the component that each word stands for."""

from collections.abc import Mapping
from typing import Protocol, cast

import pulumi

from platform_lib.app_args import AppArgs
from platform_lib.container_app.component import ContainerApp
from platform_lib.function_app.component import FunctionApp
from platform_lib.vm_app.component import VmApp


class Target(Protocol):
    """A component, as it is called with what all of them take."""

    def __call__(
        self, name: str, args: AppArgs, opts: pulumi.ResourceOptions | None = None
    ) -> VmApp | FunctionApp | ContainerApp:
        """Make the app there."""


# Args of their own are optional for all of them: each takes plain AppArgs, but a type with more
# fields is another type.
TARGETS = cast(
    Mapping[str, Target],
    {
        "container": ContainerApp,
        "function": FunctionApp,
        "vm": VmApp,
    },
)
"""Word for a target -> its component. Args of `AppArgs` fields alone fit all of them."""
