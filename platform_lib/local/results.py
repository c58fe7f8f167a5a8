"""What operations of the local cloud return."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

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
    secrets: Sequence[str] = ()
    """The outputs that hold a secret."""

    @classmethod
    def from_plain(cls, values: Mapping[str, Any]) -> "Stack":
        """Make one from `plain`."""
        changes = [Change(**change) for change in values["changes"]]
        return cls(**{**values, "changes": changes, "directory": Path(values["directory"])})

    def plain(self) -> dict[str, Any]:
        """Everything as plain data, which JSON can hold."""
        return {**asdict(self), "directory": str(self.directory)}

    @property
    def addresses(self) -> Mapping[str, str]:
        """The exports that say where it answers: called `url`, `shop_url`; no URL of a queue."""
        return {
            key: value
            for key, value in self.outputs.items()
            if re.search(r"(^|[_-])url$|^URL$|[a-z0-9]U(rl|RL)$", key)
            and key not in self.secrets
            and isinstance(value, str)
            and value.startswith(("http://", "https://"))
            and not _is_queue(value)
        }

    @property
    def urls(self) -> list[str]:
        """The exported addresses at which it answers, which a queue's URL is not."""
        return list(self.addresses.values())

    @property
    def targets(self) -> list[str]:
        """Where its apps run: vm, function, container."""
        return [name for token, name in TARGETS.items() if token in self.resources]

    @property
    def resource_count(self) -> int:
        """How many resources it holds, without the components that group them."""
        return sum(count for token, count in self.resources.items() if token not in TARGETS)


def _is_queue(url: str) -> bool:
    """Tell SQS's URLs: an account's number and a name are all of the path."""
    return re.fullmatch(r"/\d{12}/[\w-]+(\.fifo)?", urlsplit(url).path) is not None


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """What a stack exports."""

    project: str
    """The project's name."""
    stack: str
    """The stack's name."""
    values: Mapping[str, Any]
    """Name -> value."""
    secrets: Sequence[str] = ()
    """The names of those that hold a secret."""

    def shown(self, *, secrets: bool = False) -> dict[str, str]:
        """Return the values as text: what is no text is JSON, and secrets are hidden.

        Args:
            secrets: Whether to show them all the same.
        """
        return {
            key: "[secret]" if key in self.secrets and not secrets else _text(value)
            for key, value in self.values.items()
        }


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


@dataclass(frozen=True, kw_only=True)
class Advanced:
    """What moving the account's clock on came to."""

    now: float
    """The account's time, in seconds since 1970."""
    calls: int
    """How often functions were called meanwhile."""


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
