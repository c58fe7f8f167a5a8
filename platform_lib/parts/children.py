"""How a component makes its children: parent, tags and the user's last word, in one place."""

import inspect
import types
import typing
from collections.abc import Awaitable, Mapping, Sequence
from enum import Enum
from typing import Any, TypeVar

import pulumi

from platform_lib.checks import InvalidInput, did_you_mean, is_known
from platform_lib.naming import needs_physical_name, physical_name

R = TypeVar("R", bound=pulumi.CustomResource)

_TAGS_LIMITS = {"BucketObjectv2": 10}
"""Of what takes fewer tags than the 50 of everything else: with more of them it has none, as
nothing is billed or found by an object's tags.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html
"""


class Children:
    """Makes the children of one component.

    Every child gets the component as its parent and nothing else of the caller's options:
    provider, protection and transforms flow down by parentage. A `key` is the attribute under
    which the component shows the child, and its name in `overrides`.
    """

    def __init__(
        self,
        parent: pulumi.ComponentResource,
        name: str,
        *,
        tags: Mapping[str, str],
        overrides: Mapping[str, Mapping[str, Any]],
        renamed: Mapping[str, tuple[str, str]] | None = None,
    ) -> None:
        """`renamed` maps how keys begin to how their suffixes begin now, and began before."""
        self.parent = parent
        self.name = name
        self.tags = dict(tags)
        self._overrides = overrides
        self._renamed = renamed or {}
        self.made: dict[str, pulumi.CustomResource] = {}
        """What was made, by its key."""

    def make(
        self,
        key: str,
        kind: type[R],
        suffix: str,
        /,
        *,
        opts: pulumi.ResourceOptions | None = None,
        keeps: Sequence[str] = (),
        **inputs: Any,
    ) -> R:
        """Make one child named `{component}-{suffix}`; an input of None counts as not given.

        `opts` are the maker's own, for this one child; they get the parent here. `keeps` are
        inputs that stay as the child was made with, unless the user overrides them: those that a
        rename of the component changes, and AWS only by making another child. One that is made
        anew for another reason gets them anew.
        """
        room = _TAGS_LIMITS.get(kind.__name__, len(self.tags))
        fitting = bool(self.tags) and len(self.tags) <= room
        if fitting and "tags" not in inputs and "tags" in _properties(kind):
            inputs["tags"] = self.tags
        inputs = self.overridden(key, inputs)
        given = {property: value for property, value in inputs.items() if value is not None}
        # Set, not merged: merging costs a tenth of what making a resource costs.
        own = opts if opts is not None else pulumi.ResourceOptions()
        own.parent = self.parent
        kept = [property for property in keeps if property not in self._overrides.get(key, {})]
        if kept:
            own.ignore_changes = [*(own.ignore_changes or ()), *kept]
        if "name" in kept:
            # The provider takes a name that is kept for the user's own, which is not free yet.
            own.delete_before_replace = False
        logical, first = f"{self.name}-{suffix}", self.first_name(key, suffix)
        if first != logical:
            own.aliases = [*(own.aliases or ()), pulumi.Alias(name=first)]
        self.made[key] = made = kind(logical, opts=own, **given)
        return made

    def overridden(self, key: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Give a child's inputs with the user's last word on them."""
        return {**inputs, **self._overrides.get(key, {})}

    @property
    def attributes(self) -> dict[str, pulumi.CustomResource]:
        """What was made under a key of one word; a path of words is in a mapping of its own."""
        return {key: made for key, made in self.made.items() if "." not in key}

    def first_name(self, key: str, suffix: str) -> str:
        """Give the logical name that a child had before it was renamed, if it was."""
        new, old = self._renamed.get(key.rpartition(".")[0], ("", ""))
        return f"{self.name}-{old}{suffix.removeprefix(new)}"

    def fitting_name(self, key: str, suffix: str, limit: int) -> str | None:
        """Name a child whose automatic name would pass AWS's limit; else Pulumi does.

        For what no input replaces: the name of a successor would be the same. What was renamed
        keeps its name.
        """
        for logical in (self.first_name(key, suffix), f"{self.name}-{suffix}"):
            if needs_physical_name(logical, limit):
                return physical_name(logical, limit, pulumi.get_project(), pulumi.get_stack())
        return None


def check_overrides(
    overrides: Mapping[str, Mapping[str, Any]], children: Mapping[str, str]
) -> None:
    """Refuse an override of a child or a property that does not exist, or of a wrong kind.

    `children` maps each key to its class, as `aws.ecs.Service`: named, not imported, because a
    class of AWS costs up to a quarter of a second to load.
    """
    for key, properties in overrides.items():
        if key not in children:
            known = did_you_mean(key, list(children))
            raise InvalidInput(f"overrides.{key}", dict(properties), f"no such child; {known}")
        known_properties = _properties(_load(children[key]))
        for property, value in properties.items():
            if property not in known_properties:
                known = did_you_mean(property, sorted(known_properties))
                raise InvalidInput(
                    f"overrides.{key}.{property}", value, f"no such property; {known}"
                )
            wanted = _kinds(known_properties[property])
            if wanted and not any(_is_of(value, kind) for kind in wanted):
                words = " or ".join(dict.fromkeys(_word(kind) for kind in wanted))
                raise InvalidInput(f"overrides.{key}.{property}", value, f"must be {words}")


def _kinds(hint: Any) -> list[Any]:
    """Give what a property takes when it is known, of its hint; nothing where it does not tell."""
    is_union = typing.get_origin(hint) in (typing.Union, types.UnionType)
    parts = typing.get_args(hint) if is_union else (hint,)
    return [
        part
        for part in parts
        if part not in (types.NoneType, inspect.Parameter.empty)
        and not isinstance(part, str)
        and typing.get_origin(part) is not Awaitable
        and not str(getattr(part, "__forward_arg__", "")).startswith("Output[")
    ]


def _is_of(value: Any, kind: Any) -> bool:  # noqa: PLR0911 - one return a kind
    """Tell whether a value is of a kind. Pulumi takes `"5"` for 5, and 5 for `"5"`."""
    if value is None or kind is Any or not is_known(value):
        return True
    if isinstance(value, Enum):
        value = value.value
    origin = typing.get_origin(kind)
    if origin is Sequence:
        [inner] = typing.get_args(kind)
        return isinstance(value, list | tuple) and all(
            any(_is_of(each, part) for part in _kinds(inner)) for each in value
        )
    if origin is Mapping:
        return isinstance(value, Mapping)
    if kind is bool:
        return isinstance(value, bool) or value in ("true", "false")
    if kind in (int, float):
        if isinstance(value, str):
            return value.strip().removeprefix("-").replace(".", "", 1).isdecimal()
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind is str or (isinstance(kind, type) and issubclass(kind, Enum)):
        return isinstance(value, str | int | float)
    # A block: a dict, or an object of one of pulumi's classes.
    return isinstance(value, Mapping) or type(value).__module__ != "builtins"


def _word(kind: Any) -> str:
    origin = typing.get_origin(kind)
    plain = {str: "text", int: "a whole number", float: "a number", bool: "True or False"}
    if origin is Sequence:
        return f"a list of {_word(_kinds(typing.get_args(kind)[0])[0])}"
    if isinstance(kind, type) and issubclass(kind, Enum):
        return "text"
    return plain.get(kind, "a dict")


def _load(path: str) -> type[pulumi.CustomResource]:
    package, *modules = path.split(".")
    found: Any = __import__(f"pulumi_{package}")
    for step in modules:
        found = getattr(found, step)
    kind: type[pulumi.CustomResource] = found
    return kind


_properties_of: dict[type, Mapping[str, Any]] = {}


def _properties(kind: type[pulumi.CustomResource]) -> Mapping[str, Any]:
    """List a resource's inputs with their hints, by the Args class that is generated beside it."""
    if kind not in _properties_of:
        module = inspect.getmodule(kind)
        # It is another name where a block of another resource has the first.
        args = getattr(module, f"{kind.__name__}InitArgs", None)
        args = args or getattr(module, f"{kind.__name__}Args")
        found = inspect.signature(args.__init__).parameters
        _properties_of[kind] = {
            name: each.annotation for name, each in found.items() if name != "__self__"
        }
    return _properties_of[kind]
