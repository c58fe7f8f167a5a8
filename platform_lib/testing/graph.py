"""What a program made: resources with their inputs, outputs, options and places, to assert on."""

import difflib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pulumi
from pulumi.output import UNKNOWN

from platform_lib.testing.properties import Properties
from platform_lib.testing.wire import is_unknown

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Options:
    """Resource options as the engine was told them; property names are camelCase."""

    protect: bool = False
    ignore_changes: tuple[str, ...] = ()
    replace_on_changes: tuple[str, ...] = ()
    additional_secret_outputs: tuple[str, ...] = ()
    aliases: tuple["str | Mapping[str, Any]", ...] = ()
    """URNs, or what of name, type, stack, project, parentUrn and noParent was given."""
    delete_before_replace: bool | None = None
    replacement_trigger: Any = None
    retain_on_delete: bool = False
    custom_timeouts: Mapping[str, str] = field(default_factory=dict)
    deleted_with: str | None = None
    import_id: str | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Resource:
    """One resource of the graph. Two are equal only when they are the same one."""

    type: str
    name: str
    urn: str
    id: str | None
    """Physical id; None for a component, and while it is unknown in a preview."""
    custom: bool
    """False for a component."""
    read: bool
    """Whether it was looked up with `get`, not made."""
    inputs: Properties
    state: Properties
    """What the cloud answered, the inputs included."""
    secrets: frozenset[str]
    """Names of the inputs that are secret or hold a secret."""
    parent: "Resource | None"
    """None for the stack itself."""
    dependencies: tuple["Resource", ...]
    property_dependencies: Mapping[str, tuple["Resource", ...]]
    provider: "Resource | None"
    """The explicit provider it works through; None for the default one."""
    options: Options
    registered: tuple[Properties, ...]
    """The outputs of each call of `register_outputs`; a good component calls it once."""

    @property
    def outputs(self) -> Properties:
        """What it shows to others: a component's registered outputs, else its state."""
        if self.custom:
            return self.state
        return Properties({key: value for call in self.registered for key, value in call.items()})

    def __repr__(self) -> str:
        return f"<{self.type} {self.name!r}>"


@dataclass(frozen=True, kw_only=True)
class Invoke:
    """A question that the program asked the cloud."""

    token: str
    args: Properties


class Graph:
    """All that one run of a program made."""

    def __init__(
        self,
        resources: Iterable[Resource],
        *,
        outputs: Properties,
        invokes: Sequence[Invoke],
        result: Any,
    ) -> None:
        self.resources = tuple(resources)
        """Every resource, components and explicit providers included, the oldest first."""
        self.outputs = outputs
        """The stack's exports; UNKNOWN where a preview does not know."""
        self.invokes = tuple(invokes)
        """What the program asked the cloud, in order."""
        self.result = result
        """What the program function returned."""

    def all(self, type: str | type, name: str | None = None) -> list[Resource]:
        """Return the resources of a type: a token, or a class such as `aws.ecs.Service`."""
        matches = _matcher(type)
        return [
            resource
            for resource in self.resources
            if matches(resource.type) and name in (None, resource.name)
        ]

    def one(self, type: str | type, name: str | None = None) -> Resource:
        """Return the one resource of a type, or of a type and name.

        Raises:
            LookupError: there is none, or more than one.
        """
        found = self.all(type, name)
        if len(found) == 1:
            return found[0]
        wanted = _describe(type, name)
        if found:
            names = ", ".join(sorted(resource.name for resource in found))
            raise LookupError(f"there are {len(found)} of {wanted}: {names}; give the name")
        same_type = self.all(type)
        if same_type:
            names = ", ".join(sorted(resource.name for resource in same_type))
            raise LookupError(f"there is no {wanted}; of this type there are: {names}")
        types = sorted({resource.type for resource in self.resources})
        near = difflib.get_close_matches(_describe(type, None), types, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise LookupError(f"there is no {wanted}{hint} The program made: {', '.join(types)}")

    def counts(self) -> dict[str, int]:
        """Count the resources of each type, components included; looked-up ones are not made."""
        counted = Counter(resource.type for resource in self.resources if not resource.read)
        return dict(sorted(counted.items()))

    def value(self, output: "pulumi.Input[T]") -> T:
        """Return what an Output of the program came to; UNKNOWN where a preview does not know.

        Lists and dicts may hold Outputs, and plain values pass.
        """
        resolved: T = _resolve(output)
        return resolved

    def check(self, output: "pulumi.Input[T]", test: Callable[[T], Any]) -> None:
        """Call `test` with an Output's value, here and now; it must not return False.

        Unlike an `apply`, which may never run, it fails when the value is unknown.
        """
        value = self.value(output)
        if is_unknown(value):
            raise AssertionError(f"the value to check is not known in a preview: {value!r}")
        if test(value) is False:
            raise AssertionError(f"the check returned False for {value!r}")


def _matcher(type: str | type) -> Callable[[str], bool]:
    if isinstance(type, str):
        return lambda token: token == type
    own = getattr(type, "pulumi_type", None)
    if own is not None:
        return lambda token: token == own
    # A component's class does not tell its token; by convention the token ends in its name.
    return lambda token: token.rpartition(":")[2] == type.__name__


def _describe(type: str | type, name: str | None) -> str:
    token = type if isinstance(type, str) else getattr(type, "pulumi_type", type.__name__)
    return f"{token} named {name!r}" if name is not None else str(token)


def _resolve(value: Any) -> Any:
    if isinstance(value, pulumi.Output):
        future = value._data
        if not future.done():
            raise RuntimeError(
                "this Output was made after the program had ended and never gets a value: "
                "make it in the program, or check the value that it is made from"
            )
        data = future.result()
        return _resolve(data.value) if data.is_known or is_unknown(data.value) else UNKNOWN
    if isinstance(value, dict):
        return {key: _resolve(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_resolve(item) for item in value]
    return value
