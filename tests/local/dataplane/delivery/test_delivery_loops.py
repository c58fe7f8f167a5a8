"""Destinations that lead back to where they come from: chains of events that end."""

import asyncio

import pytest
from dataplane_kit import new_name
from events_kit import events_cloud

from platform_lib.local.dataplane.delivery.destinations import Destinations
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


def bring_records(cloud, function, target):
    """Let a bus that gets a function's records bring them to another; return what names it."""
    events = cloud.client("events")
    bus = events.create_event_bus(Name=new_name("bus"))["EventBusArn"]
    name = bus.rpartition("/")[2]
    rule = events.put_rule(
        Name=new_name("rule"), EventBusName=name, EventPattern='{"source": ["lambda"]}'
    )["RuleArn"]
    target.allow("events.amazonaws.com", rule)
    events.put_targets(
        Rule=rule.rpartition("/")[2],
        EventBusName=name,
        Targets=[{"Id": "one", "Arn": target.alias}],
    )
    function.configure(
        MaximumRetryAttempts=0, DestinationConfig={"OnFailure": {"Destination": bus}}
    )
    return f"event-bus/{name}"


def test_a_bus_that_brings_records_back(cloud):
    function = cloud.function(BOOM)
    bring_records(cloud, function, function)
    function.send({})
    cloud.plane.settle()
    assert len(function.calls) == LIMIT
    # The refused call went home once; what came of that is the end.
    assert lines_of(cloud, function)[-1].endswith(
        "it is lost: what it leaves behind comes back to it"
    )


def test_a_line_comes_before_those_of_what_it_sets_off(cloud, monkeypatch):
    function, other = cloud.function(BOOM), cloud.function(BOOM)
    other.configure(MaximumRetryAttempts=0)
    bus = bring_records(cloud, function, other)
    loop, theirs = cloud.plane._loop, Destinations._put

    async def turns():
        for _ in range(50):
            await asyncio.sleep(0)

    def put_slowly(self, arn, message):
        refusal = theirs(self, arn, message)
        # The thread is late: the loop has time to go on before it hears of the thread's end.
        asyncio.run_coroutine_threadsafe(turns(), loop).result()
        return refusal

    monkeypatch.setattr(Destinations, "_put", put_slowly)
    function.send({})
    cloud.plane.settle()
    first, second = lines_of(cloud, function, other)
    assert first.endswith(f"it is in {bus}")
    assert second.endswith("it is lost: there is no failure destination")


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
