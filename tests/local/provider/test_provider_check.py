"""What the provider's Check and Diff answer: properties, names, replacements."""

import json

import grpc
import pytest
from provider_kit import GROUP, KEYS, TABLE
from pulumi.runtime.proto import provider_pb2

from platform_lib.local.provider.values import (
    UNKNOWN,
    Secret,
)


def test_an_unknown_property_is_named_with_how_to_add_it(engine):
    _, ((path, reason),) = engine.check(TABLE, {**KEYS, "colour": "red"})
    assert path == "colour"
    assert "Rows of your own" in reason


def test_an_unknown_property_inside_of_json_is_named_with_its_path(engine):
    container = {"name": "app", "portMapings": []}
    _, ((path, _),) = engine.check(
        "aws:ecs/taskDefinition:TaskDefinition",
        {"family": "f", "containerDefinitions": json.dumps([container])},
    )
    assert path == "containerDefinitions.portMapings"


def test_a_refused_property_says_why(engine):
    _, ((path, reason),) = engine.check(TABLE, {**KEYS, "replicas": [{"regionName": "x"}]})
    assert path == "replicas"
    assert "cannot be imitated" in reason


def test_an_unknown_type_says_how_to_add_a_row(engine):
    with pytest.raises(grpc.RpcError, match=r"aws:foo/bar:Bar is not known.*--unknown keep"):
        engine.check("aws:foo/bar:Bar", {})


def test_names_are_made_up_once_and_kept(engine):
    first = engine.checked(GROUP, {}, name="notes")
    assert first["name"].startswith("notes-")
    assert first["__defaults"] == ["name"]
    # The engine's seed is another one in every run.
    again, _ = engine.check(GROUP, {"retentionInDays": 7}, first, "notes", seed=b"another")
    assert again["name"] == first["name"]
    assert engine.check(GROUP, {}, None, "notes", seed=b"another")[0]["name"] != first["name"]


def test_a_given_name_replaces_one_that_was_made_up(engine):
    first = engine.checked(GROUP, {})
    assert engine.checked(GROUP, {"name": "mine"}, old=first)["name"] == "mine"


def test_a_name_that_would_be_too_long_fails(engine):
    _, ((path, reason),) = engine.check(
        "aws:lb/loadBalancer:LoadBalancer", {"subnets": ["a", "b"]}, name="n" * 25
    )
    assert path == "name"
    assert "at most 32" in reason


def test_automatic_naming_can_be_off_or_proposed(engine):
    options = provider_pb2.CheckRequest.AutonamingOptions
    _, ((path, _),) = engine.check(GROUP, {}, autonaming=options(mode=options.DISABLE))
    assert path == "name"
    proposed, _ = engine.check(GROUP, {}, autonaming=options(proposed_name="ours"))
    assert proposed["name"] == "ours"


def test_unknown_values_pass_the_check(engine):
    inputs = {"hashKey": UNKNOWN, "attributes": UNKNOWN, "tags": UNKNOWN}
    assert engine.checked(TABLE, inputs)["tags"] is UNKNOWN


def test_a_change_in_place_and_one_that_replaces(engine):
    old = engine.checked(TABLE, {**KEYS, "billingMode": "PAY_PER_REQUEST"})
    tagged = engine.checked(TABLE, {**old, "tags": {"a": "b"}}, old=old)
    answer = engine.diff(TABLE, old, tagged)
    assert (list(answer.diffs), list(answer.replaces)) == (["tags"], [])
    other = {**old, "hashKey": "key"}
    answer = engine.diff(TABLE, old, other)
    assert list(answer.replaces) == ["hashKey"]
    assert not answer.deleteBeforeReplace


def test_only_a_name_of_the_users_is_deleted_before_it_is_made_again(engine):
    old = engine.checked(TABLE, {**KEYS, "name": "mine"})
    assert engine.diff(TABLE, old, {**old, "hashKey": "key"}).deleteBeforeReplace


def test_nothing_changed_is_no_difference(engine):
    old = engine.checked(TABLE, KEYS)
    assert engine.diff(TABLE, old, old).changes == provider_pb2.DiffResponse.DIFF_NONE


def test_a_secret_that_stays_the_same_is_no_difference(engine):
    answer = engine.diff(TABLE, {"hashKey": "id"}, {"hashKey": Secret("id")})
    assert answer.changes == provider_pb2.DiffResponse.DIFF_NONE
