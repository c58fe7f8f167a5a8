"""Runs the apps of the local cloud (containers, machines, functions) and answers for them."""

from platform_lib.local.dataplane.controller import DataPlane
from platform_lib.local.dataplane.images import Images
from platform_lib.local.dataplane.workload import Workload

__all__ = ["DataPlane", "Images", "Workload"]
