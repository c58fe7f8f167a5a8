"""From a row of `shapes` and a resource's inputs to what AWS would answer."""

import builtins
import hashlib
import re
import string
import sys
import uuid
from collections.abc import Mapping
from typing import Any

from platform_lib.testing.shapes import SHAPES, Shape

_SUFFIX = 8
"""Auto-naming adds a dash and seven hex digits."""
_MADE_UP = re.compile(r"(hex|digits|upper)(\d+)")
_ALPHABETS = {
    "hex": "0123456789abcdef",
    "digits": "0123456789",
    "upper": "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
}
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class Answer(dict[str, Any]):
    """Inputs and facts of one resource; what they lack is filled in by its row when asked for.

    A row's values may use each other, in any order.
    """

    def __init__(self, given: Mapping[str, Any], shape: Shape, seed: str) -> None:
        super().__init__(given)
        self._shape = shape
        self._seed = seed

    def __missing__(self, key: str) -> Any:
        self[key] = value = self._make(key)
        return value

    def _make(self, key: str) -> Any:
        if key == "id":
            return self._fill(self._shape.id)
        if key == "uuid":
            return str(uuid.uuid5(uuid.NAMESPACE_URL, self._seed))
        if key in self._shape.outputs:
            return self._fill(self._shape.outputs[key])
        if found := _MADE_UP.fullmatch(key):
            return made_up(self._seed, _ALPHABETS[found[1]], int(found[2]))
        # An input that the program does not give, or that is not known yet.
        return f"unknown-{key}"

    def _fill(self, template: Any) -> Any:
        if isinstance(template, str):
            return template.format_map(self)
        return template(self) if callable(template) else template


def made_up(seed: str, alphabet: str, length: int) -> str:
    """Make up characters that look random and are the same in every run."""
    digest = hashlib.shake_256(seed.encode()).digest(length)
    return "".join(alphabet[byte % len(alphabet)] for byte in digest)


def auto_name(logical: str, seed: str, *, type: str, limit: int) -> str:
    """Name a resource as pulumi-aws does: the logical name, a dash, seven hex digits."""
    if len(logical) + _SUFFIX > limit:
        raise ValueError(
            f"{type} {logical!r} has no name of its own, and a generated one would be "
            f"{len(logical) + _SUFFIX} characters long; AWS takes {limit}: shorten it or name it"
        )
    return f"{logical}-{made_up(f'name of {seed}', _ALPHABETS['hex'], _SUFFIX - 1)}"


def shape_of(type: str) -> Shape:
    """Find a type's row, or make do with what its class and its token tell."""
    return SHAPES.get(type) or _generic(type)


def answer(
    type: str, inputs: Mapping[str, Any], facts: Mapping[str, Any], *, seed: str, id: str | None
) -> tuple[str, dict[str, Any]]:
    """Make id and state of a new resource, or of the existing one that has `id`.

    `facts` are `account`, `region` and `logical`.
    """
    shape = shape_of(type)
    kind = class_of(type)
    given = {**facts, **inputs}
    if id:
        given |= {"id": id, **_made_of(shape, "id", id)}
    elif shape.auto and not given.get(shape.auto):
        prefix = inputs.get(f"{shape.auto}Prefix")
        given[shape.auto] = (
            prefix + made_up(seed, _ALPHABETS["digits"], 26)
            if prefix
            else auto_name(facts["logical"], seed, type=type, limit=shape.limit)
        )
    values = Answer(given, shape, seed)
    state = dict(inputs)
    named = [shape.auto] if shape.auto else []
    state |= {key: values[key] for key in [*named, *shape.outputs]}
    for block, more in shape.added.items():
        words = {word: template.format_map(values) for word, template in more.items()}
        state[block] = {**inputs.get(block, {}), **words}
    if hasattr(kind, "region"):
        state["region"] = values["region"]
    if "tags" in inputs and hasattr(kind, "tags_all"):
        state["tagsAll"] = inputs["tags"]
    return values["id"], {key: value for key, value in state.items() if value is not None}


_WITHOUT_REGION = {"iam", "cloudfront", "route53"}


def _generic(type: str) -> Shape:
    package, module, _ = type.split(":")
    folder, _, leaf = module.partition("/")
    kind = class_of(type)
    auto = "name" if hasattr(kind, "name") else None
    if package != "aws":
        return Shape(id="{logical}-{hex7}", auto=auto)
    region = "" if folder in _WITHOUT_REGION else "{region}"
    arn = {"arn": f"arn:aws:{folder}:{region}:{{account}}:{leaf.lower()}/{{id}}"}
    return Shape(
        id=f"{leaf.lower()}-{{hex17}}", auto=auto, outputs=arn if hasattr(kind, "arn") else {}
    )


def _made_of(shape: Shape, key: str, value: str) -> dict[str, str]:
    """Read back what an id was made of: how `Table.get("t", "orders")` learns its name."""
    template = shape.id if key == "id" else shape.outputs.get(key)
    if not isinstance(template, str):
        return {}
    pattern = ""
    for literal, name, _, _ in string.Formatter().parse(template):
        pattern += re.escape(literal)
        if name is not None:
            # A name that comes twice must be the same twice.
            pattern += f"(?P={name})" if f"(?P<{name}>" in pattern else f"(?P<{name}>.+?)"
    found = re.fullmatch(pattern, value)
    parts = found.groupdict() if found else {}
    for name, part in list(parts.items()):
        parts |= _made_of(shape, name, part)
    return parts


def class_of(type: str) -> "builtins.type | None":
    """Find the class of a type token among the modules that the program has loaded.

    A program that makes a resource has loaded its class: nothing is imported for this.
    """
    package, module, name = type.split(":")
    if package == "pulumi":
        return None
    folder, _, leaf = module.partition("/")
    snake = _HUMP.sub("_", leaf).lower()
    for place in (folder, f"{folder}_"):  # the second for aws.lambda_, named like a keyword
        path = [f"pulumi_{package}", *([] if folder == "index" else [place]), snake]
        loaded = sys.modules.get(".".join(path).replace("-", "_"))
        found = getattr(loaded, name, None)
        if isinstance(found, builtins.type):
            return found
    return None
