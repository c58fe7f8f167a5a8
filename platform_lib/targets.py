"""The targets, and the component that each word stands for."""

from collections.abc import Mapping

from platform_lib.container_app.component import ContainerApp
from platform_lib.function_app.component import FunctionApp
from platform_lib.vm_app.component import VmApp

TARGETS: Mapping[str, type[VmApp] | type[FunctionApp] | type[ContainerApp]] = {
    "container": ContainerApp,
    "function": FunctionApp,
    "vm": VmApp,
}
"""Word for a target -> its component. Args of `AppArgs` fields alone fit all of them."""
