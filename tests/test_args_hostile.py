"""Args that have no end, no bounds or words of their own: one bounded line each."""

import os

import pytest

from platform_lib import ArgsError, FunctionApp, VmApp
from platform_lib.testing import synth

CODE = {"code": "s3://artifacts/notes.zip", "handler": "notes.handler", "runtime": "python3.13"}
MACHINE = {"bundle": "s3://artifacts/notes.zip", "start_command": "bin/serve"}
HUGE = 10**5000
LONG = "A" * 100_000


class Multi(str):
    def __repr__(self) -> str:
        return "many\nlines" * 1000


class Broken(str):
    def __repr__(self) -> str:
        raise RuntimeError("no words")


def told(component, args, name="notes") -> str:
    """The line of the error; more than some kilobytes nobody reads."""
    with pytest.raises(ArgsError) as error:
        synth(lambda: component(name, args))
    line = str(error.value)
    assert "\n" not in line and len(line) < 4200
    return line


@pytest.mark.parametrize("kind", ["device", "pipe", "socket folder"])
@pytest.mark.parametrize(
    ("component", "field", "args"), [(FunctionApp, "code", CODE), (VmApp, "bundle", MACHINE)]
)
def test_a_file_without_an_end_is_no_zip(tmp_path, component, field, args, kind):
    path = {"device": "/dev/zero", "socket folder": "/dev"}.get(kind, str(tmp_path / "pipe.zip"))
    if kind == "pipe":
        os.mkfifo(path)
    line = told(component, {**args, field: path})
    assert line.endswith(
        f"'{field}' is {path!r}: is neither an s3:// URI nor the path of a zip file"
    )


@pytest.mark.parametrize(
    "args",
    [
        {HUGE: 1},
        {LONG: 1},
        {"memory_mib": HUGE},
        {"environment": {HUGE: "a"}},
        {"environment": {LONG: "a"}},
        {"environment": {f"{LONG}-": 1}},
        {"tags": {LONG: "a"}},
        {"tags": {"a": LONG}},
        {"event_rules": [{"pattern": {"source": [HUGE]}}]},
        {"event_rules": [{"pattern": {HUGE: [1]}}]},
        {"event_rules": [{"pattern": {LONG: 1}}]},
        {"overrides": {LONG: {}}},
        {"overrides": {"function": {LONG: 1}}},
        {"overrides": {"function": {HUGE: 1}}},
        {"overrides": {HUGE: {}}},
    ],
)
def test_a_key_or_a_number_without_bounds_is_told_in_a_bounded_line(args):
    assert told(FunctionApp, {**CODE, **args}).startswith("FunctionApp 'notes': '")


@pytest.mark.parametrize("kind", [Multi, Broken])
def test_text_that_words_itself_is_told_as_the_text_it_is(kind):
    assert "'handler' is 'no handler': " in told(
        FunctionApp, {**CODE, "handler": kind("no handler")}
    )
    assert "'colour' is 1: no such input" in told(FunctionApp, {**CODE, kind("colour"): 1})
    assert "'environment' is 'a b': " in told(
        FunctionApp, {**CODE, "environment": {kind("a b"): "1"}}
    )
    assert told(FunctionApp, CODE, kind("a b")).startswith("FunctionApp 'a b': 'name' is 'a b': ")
    graph = synth(lambda: FunctionApp("notes", {**CODE, "environment": {kind("NAME"): kind("b")}}))
    assert graph is not None


@pytest.mark.parametrize(
    ("property", "value", "need"),
    [
        ("memory_size", "lots", "a whole number"),
        ("memory_size", [1], "a whole number"),
        ("memory_size", True, "a whole number"),
        ("publish", "yes", "True or False"),
        ("description", b"x", "text"),
        ("description", object(), "text"),
        ("layers", "one", "a list of text"),
        ("layers", [["one"]], "a list of text"),
        ("environment", 5, "a dict"),
        ("tags", [1], "a dict"),
    ],
)
def test_an_override_of_a_wrong_kind_is_refused(property, value, need):
    line = told(FunctionApp, {**CODE, "overrides": {"function": {property: value}}})
    assert f"'overrides.function.{property}' is " in line and line.endswith(f": must be {need}")


@pytest.mark.parametrize(
    ("property", "value"),
    [("memory_size", "512"), ("memory_size", 512.0), ("description", 5), ("layers", ["one"])],
)
def test_an_override_that_pulumi_takes_is_taken(property, value):
    synth(lambda: FunctionApp("notes", {**CODE, "overrides": {"function": {property: value}}}))


@pytest.mark.parametrize("kind", ["public_subnet_ids", "private_subnet_ids"])
@pytest.mark.parametrize("wrong", ["sg-1", "", "subnet-", "vpc-1", LONG, "subnet-1\nsubnet-2"])
def test_a_wrong_subnet_or_vpc_is_refused(kind, wrong):
    network = {"vpc_id": "vpc-1", "public_subnet_ids": ["subnet-1", "subnet-2"]}
    line = told(VmApp, {**MACHINE, "network": {**network, kind: ["subnet-1", wrong]}})
    assert f"'network.{kind}' is " in line and "must be the ID of a subnet" in line
    if wrong != "vpc-1":
        line = told(VmApp, {**MACHINE, "network": {**network, "vpc_id": wrong}})
        assert "'network.vpc_id' is " in line and "must be the ID of a VPC" in line
