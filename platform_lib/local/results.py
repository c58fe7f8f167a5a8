"""What operations of the local cloud return."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

TARGETS = {
    "platform-lib:index:VmApp": "vm",
    "platform-lib:index:FunctionApp": "function",
    "platform-lib:index:ContainerApp": "container",
}
"""Type token of a component -> where it runs an app."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """One resource that an operation changed, or would change."""

    op: str
    """What the engine does: create, update, delete, replace, ..."""
    type: str
    """The resource's type token."""
    name: str
    """Its logical name."""
    properties: Sequence[str] = ()
    """The properties that differ, where the engine tells."""

    def __str__(self) -> str:
        differ = f" ({', '.join(self.properties)})" if self.properties else ""
        return f"{self.op} {self.type} {self.name}{differ}"


@dataclass(frozen=True, kw_only=True)
class Stack:
    """A program that is up."""

    name: str
    """The project's name."""
    stack: str
    """The stack's name."""
    directory: Path
    """The program's folder."""
    outputs: Mapping[str, Any]
    """What the program exports."""
    resources: Mapping[str, int]
    """How many resources of each type the stack holds, components included."""
    changes: Sequence[Change]
    """What this `up` changed."""
    compute: Sequence[str]
    """How its apps run on this machine: `docker`, `process`."""
    seconds: float
    """How long it took."""

    @classmethod
    def from_plain(cls, values: Mapping[str, Any]) -> "Stack":
        """Make one from `plain`."""
        changes = [Change(**change) for change in values["changes"]]
        return cls(**{**values, "changes": changes, "directory": Path(values["directory"])})

    def plain(self) -> dict[str, Any]:
        """Everything as plain data, which JSON can hold."""
        return {**asdict(self), "directory": str(self.directory)}

    @property
    def urls(self) -> list[str]:
        """The exported addresses at which it answers, which a queue's URL is not."""
        exported = self.outputs.items()
        values = [value for key, value in exported if not key.endswith("queue_url")]
        return [
            value
            for value in values
            if isinstance(value, str) and value.startswith(("http://", "https://"))
        ]

    @property
    def targets(self) -> list[str]:
        """Where its apps run: vm, function, container."""
        return [name for token, name in TARGETS.items() if token in self.resources]

    @property
    def resource_count(self) -> int:
        """How many resources it holds, without the components that group them."""
        return sum(count for token, count in self.resources.items() if token not in TARGETS)


@dataclass(frozen=True, kw_only=True)
class Invoked:
    """What calling a function came to."""

    function: str
    """What was called: the function's name and its alias or version."""
    failed: bool
    """Whether it failed."""
    answer: str
    """What it returned, or Lambda's JSON of its error; empty for an asynchronous call."""
    logs: Sequence[str]
    """Its last log lines."""
