"""Unit tests of stacks: run a program under mocks that answer like AWS, look at what it made."""

from pulumi.output import UNKNOWN

from platform_lib.testing.graph import Graph, Options, Resource
from platform_lib.testing.guard import ApplyGuard, applies_ran
from platform_lib.testing.mocks import AwsMocks, UnmockedInvokeError
from platform_lib.testing.properties import Properties
from platform_lib.testing.synthesis import synth

__all__ = [
    "UNKNOWN",
    "ApplyGuard",
    "AwsMocks",
    "Graph",
    "Options",
    "Properties",
    "Resource",
    "UnmockedInvokeError",
    "applies_ran",
    "synth",
]
