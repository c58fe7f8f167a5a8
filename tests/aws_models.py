"""Judges a graph by AWS's own service models: what each resource sends must fit them."""

import functools
import re
import sys
from collections import Counter

from platform_lib.local.provider.convert import Converter, merge
from platform_lib.local.provider.rows import ROWS
from platform_lib.local.provider.template import fill
from platform_lib.testing.shapes import SHAPES

_CLASSES = {
    "\\p{L}": r"\w",
    "\\p{Z}": r"\s",
    "\\p{N}": r"\d",
    "\\p{Print}": r"[\x20-\x7e]",
    # What UTF-16 needs two of.
    "\\uD800\\uDC00-\\uDBFF\\uDFFF": r"\U00010000-\U0010FFFF",
}
_MEASURED = {
    **dict.fromkeys(("string", "list", "map"), (0, 2**31)),
    "integer": (-(2**31), 2**31 - 1),
    "long": (-(2**63), 2**63 - 1),
    **dict.fromkeys(("float", "double"), (-sys.float_info.max, sys.float_info.max)),
}
"""How long or how much, where a model does not say it."""
_NAMES = {"account": "123456789012", "region": "us-east-1"}


def misfits(graph):
    """List what AWS's models would refuse of what a program made, and names that are there twice."""
    names = Counter((each.type, each.state.get(_name_of(each))) for each in graph.resources)
    found = [
        f"{type}: two are called {name}"
        for (type, name), count in names.items()
        if name and count > 1
    ]
    for resource in graph.resources:
        if resource.custom and not resource.read and resource.type in ROWS:
            found += [f"{resource.name}: {problem}" for problem in _judged(resource)]
    return found


def _name_of(resource):
    shape = SHAPES.get(resource.type)
    return shape.auto if shape else None


def _judged(resource):
    row = ROWS[resource.type]
    inputs = dict(resource.inputs)
    name = _name_of(resource)
    if name:
        inputs[name] = resource.state[name]
    sent = row.prepare(dict(inputs)) if row.prepare else inputs
    for call in (row.create, *row.also):
        converter = Converter(row, call)
        if call is row.create or converter.takes(sent):
            request = converter.request(sent)
            merge(request, fill(call.given, {**_NAMES, **sent, "id": resource.id}))
            for problem in _fits(call.operation, converter.shape, request):
                # What the provider finds out for itself is not in the program.
                if not (row.asked and ": lacks " in problem):
                    yield problem


def _fits(at, shape, value):
    kind, limits = shape.type_name, shape.metadata
    size = len(value) if kind in ("string", "list", "map", "blob") else value
    if kind in _MEASURED:
        low, high = _MEASURED[kind]
        low, high = limits.get("min", low), limits.get("max", high)
        if not low <= size <= high:
            yield f"{at}: {value!r} is not {low} to {high}"
    if kind == "string":
        pattern = _pattern(limits.get("pattern", ""))
        if pattern and not pattern.fullmatch(value):
            yield f"{at}: {value!r} does not match {pattern.pattern}"
        if getattr(shape, "enum", None) and value not in shape.enum:
            yield f"{at}: {value!r} is none of {shape.enum}"
    elif kind == "structure":
        for member in shape.required_members:
            if member not in value:
                yield f"{at}: lacks {member}"
        for member, item in value.items():
            yield from _fits(f"{at}.{member}", shape.members[member], item)
    elif kind == "list":
        for each in value:
            yield from _fits(f"{at}[]", shape.member, each)
    elif kind == "map":
        for key, item in value.items():
            yield from _fits(f"{at}.{key}", shape.key, key)
            yield from _fits(f"{at}.{key}", shape.value, item)


@functools.cache
def _pattern(text):
    """Read a pattern of Java's, whose classes of Unicode Python has no words for."""
    flags = 0 if "\\p{" in text else re.ASCII
    for java, ours in _CLASSES.items():
        text = text.replace(java, ours)
    return re.compile(text, flags) if text else None
