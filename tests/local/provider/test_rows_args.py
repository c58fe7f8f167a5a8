"""For every row: each property of the SDK's Args class is taken, ignored, or refused."""

import importlib
import inspect
import re
import sys

import pytest

from platform_lib.local.provider.check import unknown_paths
from platform_lib.local.provider.convert import Converter, input_shape
from platform_lib.local.provider.drift import calls_of
from platform_lib.local.provider.rows import ROWS
from platform_lib.local.provider.template import fields
from platform_lib.local.provider.values import UNKNOWN

# Policies as objects: what is in them is AWS's own JSON, which goes through as it is.
DOCUMENTS = ("PolicyDocument", "LifecyclePolicyDocument")


def sdk_args(type):
    """Find the SDK's Args class of a resource type."""
    package, name = re.fullmatch(r"aws:(\w+)/\w+:(\w+)", type).groups()
    package = {"lambda": "lambda_"}.get(package, package)
    resource = getattr(importlib.import_module(f"pulumi_aws.{package}"), name)
    module = importlib.import_module(resource.__module__)
    return getattr(module, f"{name}InitArgs", None) or getattr(module, f"{name}Args")


def properties(args):
    """Give each property of an Args class with the Args class of its block, if it is one."""
    inputs = importlib.import_module(sys.modules[args.__module__].__package__ + "._inputs")
    for word, value in vars(args).items():
        if isinstance(value, property):
            hint = str(value.fget.__annotations__["return"])
            block = re.search(r"'(?:_inputs\.)?(\w+Args)'", hint)
            below = getattr(inputs, block[1], None) if block else None
            if below and below.__name__.startswith(DOCUMENTS):
                below = None
            yield getattr(value.fget, "_pulumi_name", word), below


def paths(args, trail=()):
    """Give the path of every property, blocks before what is in them; a block recurs once."""
    for word, block in properties(args):
        yield (*trail, word), block is not None
        if block is not None and len(trail) < 7:
            yield from paths(block, (*trail, word))


def said(row, path):
    """Say whether the row speaks of a path, or of a block that it is in."""
    starts = [".".join(path[: end + 1]) for end in range(len(path))]
    named = {*row.ignored, *row.refused, *row.hooked, "region"}
    if row.name:
        named.add(row.name.prefix)
    return any(start in named for start in starts)


def value_at(path, is_block):
    """Make the smallest value that has a path."""
    value = {} if is_block else UNKNOWN
    for word in reversed(path[1:]):
        value = [{word: value}]
    return [value] if is_block and len(path) == 1 else value


@pytest.mark.parametrize("type", sorted(ROWS))
def test_every_property_is_taken_ignored_or_refused(type):
    row = ROWS[type]
    lost = [
        ".".join(path)
        for path, is_block in paths(sdk_args(type))
        if not said(row, path) and unknown_paths(row, path[0], value_at(path, is_block))
    ]
    assert lost == []


@pytest.mark.parametrize("type", sorted(set(ROWS) - {"aws:route53/zone:Zone"}))
def test_what_a_program_need_not_name_gets_a_name(type):
    name = inspect.signature(sdk_args(type)).parameters.get("name")
    assert ROWS[type].name or name is None or name.default is name.empty


@pytest.mark.parametrize("type", sorted(ROWS))
def test_a_row_speaks_only_of_what_there_is(type):
    row = ROWS[type]
    known = {".".join(path) for path, _ in paths(sdk_args(type))}
    spoken = {
        *row.ignored,
        *row.refused,
        *row.dropped,
        *row.hooked,
        *row.back,
        *row.attributes,
        *row.defaults,
        *row.unset,
        *row.replace,
        *([row.name.input] if row.name else []),
    }
    assert spoken - known == set()


@pytest.mark.parametrize("type", sorted(ROWS))
def test_a_row_calls_operations_as_they_are(type):
    row = ROWS[type]
    calls = [*calls_of(row), *([row.delete] if row.delete else []), *row.looks]
    for call in calls:
        shape = input_shape(row.service, call.operation)
        assert set(call.given) <= set(shape.members), call.operation
    for call in calls_of(row):
        words = call.takes or ()
        assert Converter(row, call).takes(words) == list(words), call.operation


@pytest.mark.parametrize("type", sorted(ROWS))
def test_reasons_are_given(type):
    row = ROWS[type]
    for reasons in (row.ignored, row.refused, row.dropped):
        assert all(len(reason) > 10 for reason in reasons.values())


@pytest.mark.parametrize("type", sorted(ROWS))
def test_templates_name_what_there_is(type):
    row = ROWS[type]
    inputs = {path[0] for path, _ in paths(sdk_args(type)) if len(path) == 1}
    known = {*inputs, *row.outputs, "id", "account", "region", "location", "endpoint"}
    for call in (*calls_of(row), *([row.delete] if row.delete else [])):
        assert fields(call.given) <= known, call.operation
    for look in row.looks:
        # Looks may name what the looks before them found: AWS's words have capitals.
        assert {name for name in fields(look.given) if name[0].islower()} <= known
