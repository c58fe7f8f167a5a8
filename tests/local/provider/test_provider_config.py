"""What a provider's configuration says: where, and with which tags."""

import json

import pytest
from provider_kit import GROUP, Engine

from platform_lib.local.provider.aws import AwsKinds, takes_tags
from platform_lib.local.provider.rows import ROWS

QUEUE = "aws:sqs/queue:Queue"
FUNCTION = "aws:lambda/function:Function"
TAGS = json.dumps({"tags": {"team": "notes", "cost": "none"}})


@pytest.fixture
def other(ports):
    """A second provider of the same program: a connection of its own."""
    engine = Engine(ports["aws"])
    yield engine
    engine.close()


def test_each_provider_works_in_its_own_region(engine, other, account):
    other.configure(region="eu-west-1")
    for each, region in ((engine, "us-east-1"), (other, "eu-west-1")):
        inputs = each.checked(QUEUE, {"name": "same", "delaySeconds": 1})
        id, state = each.create(QUEUE, inputs)
        assert state["arn"] == f"arn:aws:sqs:{region}:123456789012:same"
        assert state["region"] == region
        # By what the state holds: a connection of the next operation is another one.
        assert engine.read(QUEUE, id, state, inputs)[1]["arn"] == state["arn"]
        changed = each.checked(QUEUE, {"name": "same", "delaySeconds": 2}, inputs)
        assert engine.update(QUEUE, id, state, inputs, changed)["delaySeconds"] == 2
        client = account.at(region).client("sqs")
        assert client.list_queues()["QueueUrls"] == [id]
        engine.delete(QUEUE, id, state)
        assert "QueueUrls" not in client.list_queues()


def test_a_resource_moves_to_another_region_by_a_replacement(engine, other):
    other.configure(region="eu-west-1")
    here = engine.checked(QUEUE, {"name": "moved"})
    there = other.checked(QUEUE, {"name": "moved"}, here)
    assert list(engine.diff(QUEUE, here, there).replaces) == ["region"]
    assert list(engine.diff(QUEUE, there, here).replaces) == ["region"]
    # The resource's own word goes first.
    assert other.checked(QUEUE, {"region": "us-west-2"})["region"] == "us-west-2"


def test_what_is_asked_is_answered_by_the_region(engine, other):
    other.configure(region="eu-west-1")
    zones = "aws:index/getAvailabilityZones:getAvailabilityZones"
    assert engine.invoke(zones)["names"][0] == "us-east-1a"
    assert other.invoke(zones)["names"][0] == "eu-west-1a"
    assert engine.invoke(zones, region="us-west-2")["names"][0] == "us-west-2a"
    assert other.invoke("aws:index/getRegion:getRegion")["region"] == "eu-west-1"


def test_an_invented_region_is_named(engine):
    (failure,) = engine.config(region="eu-west-9").failures
    assert (failure.property, failure.reason) == (
        "region",
        "'eu-west-9' is no region of AWS's",
    )
    _, ((path, reason),) = engine.check(QUEUE, {"region": "mars-1"})
    assert (path, reason) == ("region", "'mars-1' is no region of AWS's")


def test_what_runs_apps_elsewhere_says_how_to_start_the_cloud_there(other):
    other.configure(region="eu-west-1")
    _, ((path, reason),) = other.check(FUNCTION, {})
    assert path == "region"
    assert "platform-local up --region eu-west-1" in reason


def test_default_tags_are_on_the_resource_and_change_in_place(engine, other, account):
    other.configure(defaultTags=TAGS)
    inputs = other.checked(GROUP, {"name": "tagged", "tags": {"cost": "some"}})
    id, state = other.create(GROUP, inputs)
    both = {"team": "notes", "cost": "some"}
    assert (state["tags"], state["tagsAll"]) == ({"cost": "some"}, both)
    arn = f"arn:aws:logs:us-east-1:123456789012:log-group:{id}"
    logs = account.client("logs")
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == both
    assert other.read(GROUP, id, state, inputs)[2] == inputs

    plain = engine.checked(GROUP, {"name": "tagged", "tags": {"cost": "some"}}, inputs)
    diff = other.diff(GROUP, inputs, plain)
    assert (list(diff.diffs), list(diff.replaces)) == (["tagsAll"], [])
    after = engine.update(GROUP, id, state, inputs, plain)
    assert after["tagsAll"] == {"cost": "some"}
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"cost": "some"}
    engine.delete(GROUP, id, after)


def test_default_tags_that_are_no_json_are_named(other):
    other.configure(defaultTags="team=notes")
    with pytest.raises(Exception, match="aws:defaultTags 'team=notes' should be JSON"):
        other.check(GROUP, {})


def test_ignored_tags_are_refused_and_not_dropped(engine):
    (failure,) = engine.config(ignoreTags='{"keys": ["a"]}').failures
    assert failure.property == "ignoreTags"


TAGGED = sorted(type for type, row in ROWS.items() if takes_tags(row))


@pytest.mark.parametrize("type", TAGGED)
def test_every_type_with_tags_takes_the_default_ones(type, lab):
    from rows_samples import SAMPLES

    from platform_lib.local.provider.check import Autoname

    kinds: AwsKinds = lab.kinds
    inputs = {word: value for word, value in SAMPLES[type](lab)[0].items() if word != "tags"}
    name = Autoname(lab.fresh("tagged"), b"seed")
    checked, failures = kinds.check(type, {}, inputs, name, {"defaultTags": TAGS})
    assert failures == []
    made = kinds.create(type, checked, lambda new: None)
    assert made.state["tagsAll"] == json.loads(TAGS)["tags"]
    found = kinds.read(type, made.id, made.state, checked)
    assert found[1] == checked
    without, _ = kinds.check(type, checked, inputs, name)
    change = kinds.diff(type, checked, without, ())
    assert (change.changed, change.replaces) == (["tagsAll"], [])
    kinds.update(type, made.id, made.state, checked, without)
    kinds.delete(type, made.id, made.state)
