"""Destinations that lead back to where they come from: chains of events that end."""

import pytest
from dataplane_kit import new_name
from events_kit import events_cloud

from platform_lib.local.dataplane.lineage import LIMIT, Lineage

BOOM = ValueError("boom")


@pytest.fixture(scope="module")
def cloud(tmp_path_factory):
    with events_cloud(tmp_path_factory.mktemp("state")) as made:
        yield made


def lines_of(cloud, *functions):
    return [line for line in cloud.said if any(f"function {f.name}:" in line for f in functions)]


@pytest.mark.parametrize(("word", "answer"), [("OnSuccess", "fine"), ("OnFailure", BOOM)])
def test_functions_that_hand_records_to_each_other(cloud, word, answer):
    one, two = cloud.function(answer), cloud.function(answer)
    for each, other in ((one, two), (two, one)):
        each.configure(
            MaximumRetryAttempts=0, DestinationConfig={word: {"Destination": other.alias}}
        )
    one.send({})
    cloud.plane.settle()
    assert (len(one.calls), len(two.calls)) == (LIMIT, LIMIT)
    told = lines_of(cloud, one, two)
    assert f"function {one.name} was called {LIMIT} times in one chain of events" in told[-1]
    assert " is lost: " in told[-1]
    # A line names the function that got a record, not its alias alone.
    if word == "OnFailure":
        assert told[0].endswith(f"; it is in {two.name}:live")


def test_a_bus_that_brings_records_back(cloud):
    events, function = cloud.client("events"), cloud.function(BOOM)
    bus = events.create_event_bus(Name=new_name("bus"))["EventBusArn"]
    name = bus.rpartition("/")[2]
    rule = events.put_rule(
        Name=new_name("rule"), EventBusName=name, EventPattern='{"source": ["lambda"]}'
    )["RuleArn"]
    function.allow("events.amazonaws.com", rule)
    events.put_targets(
        Rule=rule.rpartition("/")[2],
        EventBusName=name,
        Targets=[{"Id": "one", "Arn": function.alias}],
    )
    function.configure(
        MaximumRetryAttempts=0, DestinationConfig={"OnFailure": {"Destination": bus}}
    )
    function.send({})
    cloud.plane.settle()
    assert len(function.calls) == LIMIT
    # The refused call went home once; what came of that is the end.
    assert lines_of(cloud, function)[-1].endswith(
        "it is lost: what it leaves behind comes back to it"
    )


def test_a_record_in_a_queue_keeps_the_chain(cloud):
    function, home = cloud.function(BOOM), cloud.queue()
    function.configure(
        MaximumRetryAttempts=0, DestinationConfig={"OnFailure": {"Destination": home.arn}}
    )
    function.send({})
    cloud.plane.settle()
    [message] = home.messages()
    # So a mapping that feeds the function from there counts its calls.
    assert Lineage.parse(message["Attributes"]["AWSTraceHeader"]).calls(function.name) == 1


def test_dead_letters_tell_the_functions_own_error(cloud):
    home = cloud.queue()
    function = cloud.function(
        ValueError("no order 7" + 2000 * "!"), DeadLetterConfig={"TargetArn": home.arn}
    )
    function.configure(MaximumRetryAttempts=0)
    function.send({})
    cloud.plane.settle()
    [message] = home.messages()
    told = message["MessageAttributes"]["ErrorMessage"]["StringValue"]
    assert told == ("no order 7" + 2000 * "!")[:1024]
