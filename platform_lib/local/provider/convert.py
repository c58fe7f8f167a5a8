"""Conversion from Pulumi's properties to AWS's members, derived from botocore's service models.

An input finds its member by name, without regard to case, plural, the resource's noun or a
trailing `Config`; the member's shape then says what to make of the value: a block of one is a list
or a structure, a JSON string is what it holds, a map is a list of keys and values, "256" is 256.
"""

import functools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from platform_lib.local.provider.row import Call, Row
from platform_lib.local.provider.template import fields
from platform_lib.local.provider.values import UNKNOWN, Asset

Path = tuple[str, ...]


@functools.cache
def service_model(service: str) -> Any:
    """Load AWS's description of a service."""
    import botocore.session

    return botocore.session.Session().get_service_model(service)


@functools.cache
def input_shape(service: str, operation: str) -> Any:
    """Give the shape that an operation, by its boto3 name, takes."""
    import botocore

    model = service_model(service)
    for name in model.operation_names:
        if botocore.xform_name(name) == operation:
            return model.operation_model(name).input_shape
    raise KeyError(f"{service} has no operation {operation}")


@functools.lru_cache(maxsize=4096)
def _members(shape: Any) -> Mapping[str, str]:
    """Index a structure's members by their names in small letters."""
    return {_flat(name): name for name in shape.members}


def _flat(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


def _spellings(word: str) -> Iterator[str]:
    flat = _flat(word)
    yield flat
    if flat.endswith("ies"):
        yield flat[:-3] + "y"
    if flat.endswith("es"):
        yield flat[:-2]
    if flat.endswith("s"):
        yield flat[:-1]
    yield flat + "s"
    yield flat + "es"
    if flat.endswith("y"):
        yield flat[:-1] + "ies"
    yield flat + "config"
    yield flat + "configuration"


def find_member(shape: Any, word: str, noun: str = "") -> str | None:
    """Find the member of a structure that a Pulumi word means."""
    members = _members(shape)
    prefixes = ("", _flat(noun)) if noun else ("",)
    for prefix in prefixes:
        for spelling in _spellings(word):
            if prefix + spelling in members:
                return members[prefix + spelling]
    return None


@dataclass(frozen=True)
class Route:
    """Where an input goes: members to walk, and the shape at the end of the walk."""

    path: Path
    shape: Any


def _walk(shape: Any, path: Path) -> Route | None:
    for step in path:
        while shape.type_name == "list":
            shape = shape.member
        if shape.type_name != "structure" or step not in shape.members:
            return None
        shape = shape.members[step]
    return Route(path, shape)


def _inside(shape: Any) -> Any:
    """Give the structure that a block fills: a list's element, or the structure itself."""
    return shape.member if shape.type_name == "list" else shape


@dataclass
class Converter:
    """Converts the inputs of one row for one of its operations.

    Attributes:
        row: The row.
        call: The operation.
        unknown: Paths of inputs that nothing was found for, filled while converting.
    """

    row: Row
    call: Call
    unknown: list[str] = field(default_factory=list)

    @property
    def shape(self) -> Any:
        """The shape that the operation takes."""
        return input_shape(self.row.service, self.call.operation)

    def route(self, shape: Any, prefix: str, word: str) -> Route | None:
        """Find where an input of a block goes."""
        dotted = f"{prefix}.{word}" if prefix else word
        for renames in (self.call.renames, self.row.renames):
            if dotted in renames:
                target = tuple(renames[dotted].split(".")) if renames[dotted] else ()
                found = _walk(shape, target)
                if found is None and not prefix and self.row.into:
                    found = _walk(shape, (self.row.into, *target))
                if found is not None:
                    return found
        member = find_member(shape, word, "" if prefix else self.row.noun)
        return Route((member,), shape.members[member]) if member else None

    def top(self, word: str) -> Route | None:
        """Find where a top-level input goes; None where this operation does not take it."""
        if self.call.takes is not None and word not in self.call.takes:
            return None
        if self.is_attribute(word):
            member = find_member(self.shape, "attributes")
            return Route((member,), self.shape.members[member]) if member else None
        if word == "tags" and self.row.tags and self.call is not self.row.create:
            # Existing resources are tagged by operations of their own.
            return None
        if word == "tags" and self.row.tag_specification:
            found = _walk(self.shape, ("TagSpecifications",))
        else:
            found = self.route(self.shape, "", word)
            if found is None and self.row.into in self.shape.members:
                inside = self.route(self.shape.members[self.row.into], "", word)
                found = inside and Route((self.row.into, *inside.path), inside.shape)
        if found is None or (found.path and found.path[0] in self.call.given):
            return None
        return found

    def takes(self, inputs: Sequence[str] | Mapping[str, Any]) -> list[str]:
        """List the inputs that the operation takes, as members or in what the row gives."""
        given = fields(self.call.given) & set(self.call.takes or ())
        return [word for word in inputs if word in given or self.top(word) is not None]

    def requires(self, word: str) -> bool:
        """Say whether the operation cannot be called without an input."""
        route = self.top(word)
        return bool(route and route.path and route.path[0] in self.shape.required_members)

    def needs(self, word: str) -> bool:
        """Say whether what an input becomes must always be there."""
        route = self.top(word)
        shape = self.shape
        for step in route.path if route else ():
            shape = _inside(shape)
            if step not in shape.required_members:
                return False
            shape = shape.members[step]
        return bool(route and route.path)

    def request(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Convert inputs to the operation's members; what it does not take is left out."""
        out: dict[str, Any] = {}
        for word, value in inputs.items():
            route = self.top(word)
            if route is not None and value is not None:
                self._put(out, self.shape, route, self._top_value(word, route, value))
        return out

    def sent(self, word: str, value: Any) -> dict[str, Any] | None:
        """Give the members that one input becomes; None where the operation does not take it."""
        return self.request({word: value}) if self.top(word) is not None else None

    def _top_value(self, word: str, route: Route, value: Any) -> Any:
        if self.is_attribute(word):
            pairs = dict(self.attributes(word, value))
            if route.shape.type_name == "map":
                return pairs
            return [{"Key": key, "Value": text} for key, text in pairs.items()]
        if word == "tags" and self.row.tag_specification and isinstance(value, Mapping):
            tags = [{"Key": key, "Value": item} for key, item in value.items()]
            kind = self.row.tag_specification
            return [{"ResourceType": kind, "Tags": tags}] if tags else []
        return self.value(route.shape, word, value)

    def is_attribute(self, word: str) -> bool:
        """Say whether an input, or what is below it, goes into `Attributes`."""
        return any(path.partition(".")[0] == word for path in self.row.attributes)

    def attributes(self, word: str, value: Any) -> Iterator[tuple[str, str]]:
        """Give the attributes that an input, or each input of a block, becomes."""
        if word in self.row.attributes:
            yield self.row.attributes[word], _text(value)
            return
        block = value[0] if isinstance(value, list) and value else value
        for below, item in block.items() if isinstance(block, Mapping) else ():
            dotted = f"{word}.{below}"
            if dotted in self.row.attributes and item is not None:
                yield self.row.attributes[dotted], _text(item)
            elif dotted not in self.row.ignored:
                self.unknown.append(dotted)

    def block(self, shape: Any, prefix: str, value: Mapping[str, Any]) -> dict[str, Any]:
        """Convert a block to a structure."""
        out: dict[str, Any] = {}
        for word, item in value.items():
            if item is None:
                continue
            dotted = f"{prefix}.{word}"
            if dotted in self.row.ignored:
                continue
            if dotted in self.row.refused:
                self.unknown.append(dotted)
                continue
            route = self.route(shape, prefix, word)
            if route is None:
                self.unknown.append(dotted)
            else:
                self._put(out, shape, route, self.value(route.shape, dotted, item))
        return out

    def value(self, shape: Any, prefix: str, value: Any) -> Any:  # noqa: PLR0911 - one a shape
        """Convert a value to what a shape holds."""
        if value is UNKNOWN:
            return value
        kind = shape.type_name
        if kind == "structure":
            return self._structure(shape, prefix, value)
        if kind == "list":
            return self._list(shape, prefix, value)
        if kind == "map":
            items = _parsed(value) if isinstance(value, str) else value
            return {key: self.value(shape.value, prefix, item) for key, item in items.items()}
        if kind == "string":
            return _text(value)
        if kind in ("integer", "long"):
            return int(float(value))
        if kind in ("float", "double"):
            return float(value)
        if kind == "boolean":
            return value == "true" if isinstance(value, str) else bool(value)
        if kind == "blob":
            return value.read() if isinstance(value, Asset) else str(value).encode()
        return value

    def _structure(self, shape: Any, prefix: str, value: Any) -> Any:
        if isinstance(value, str):
            value = _parsed(value)
        if isinstance(value, list):
            # Pulumi words a block that may stand once as a list.
            value = value[0] if value else {}
        return value if value is UNKNOWN else self.block(shape, prefix, value)

    def _list(self, shape: Any, prefix: str, value: Any) -> list[Any]:
        if isinstance(value, str) and shape.member.type_name in ("structure", "list"):
            value = _parsed(value)
        if isinstance(value, Mapping):
            pair = pair_members(shape.member)
            if pair and (not value or not set(map(_flat, value)) <= set(_members(shape.member))):
                return [{pair[0]: key, pair[1]: _text(item)} for key, item in value.items()]
            value = [value]
        if not isinstance(value, list):
            value = [value]
        return [self.value(shape.member, prefix, item) for item in value]

    def _put(self, out: dict[str, Any], shape: Any, route: Route, value: Any) -> None:
        if not route.path:
            merge(out, value)
            return
        for step in reversed(route.path):
            value = {step: value}
        merge(out, _listed(shape, value, len(route.path)))


def _listed(shape: Any, value: Any, depth: int) -> Any:
    """Put the lists that a path went through around its steps."""
    if depth == 0:
        return value
    if shape.type_name == "list":
        return [_listed(shape.member, value, depth)]
    ((step, inner),) = value.items()
    return {step: _listed(shape.members[step], inner, depth - 1)}


def empty_of(shape: Any) -> Any:
    """Give the value of a shape that says "nothing"; None where there is no such value."""
    return {"list": [], "map": {}, "string": "", "boolean": False}.get(shape.type_name)


def merge(into: dict[str, Any], more: Mapping[str, Any]) -> None:
    """Merge members; lists made by paths share their first element, lists of pairs are joined."""
    for key, value in more.items():
        old = into.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            merge(old, value)
        elif isinstance(old, list) and isinstance(value, list):
            if _is_pairs(value) or not (old and value and isinstance(value[0], dict)):
                old.extend(value)
            else:
                merge(old[0], value[0])
        else:
            into[key] = value


def _is_pairs(value: Sequence[Any]) -> bool:
    return bool(value) and isinstance(value[0], dict) and set(value[0]) == {"Key", "Value"}


def pair_members(shape: Any) -> tuple[str, str] | None:
    """Give the two members of a structure that is a key with its value, else None."""
    if shape.type_name != "structure":
        return None
    members = _members(shape)
    for key, value in (("key", "value"), ("tagkey", "tagvalue"), ("name", "value")):
        if key in members and value in members:
            return members[key], members[value]
    return None


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise ValueError(f"{text[:60]!r} should be JSON") from None


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(_text(item) for item in value)
    if isinstance(value, Mapping):
        return json.dumps(value, default=str)
    if isinstance(value, Asset):
        return value.read().decode()
    return value if isinstance(value, str) else str(value)
