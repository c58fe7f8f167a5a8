"""What a stream's poller cannot bring, after any time: in its home, or told in a line."""

import json

import pytest
from pollers_kit import Function, Queue, Stream, Table

HOUR = 3600


def failing(event):
    raise ValueError("no such luck")


@pytest.mark.parametrize("kind", [Table, Stream])
def test_a_record_that_fails_for_days_is_still_tried(rig, kind):
    stream, function = kind(rig), Function(rig, failing)
    if kind is Stream:
        stream.client.increase_stream_retention_period(
            StreamName=stream.name, RetentionPeriodHours=48
        )
    function.map(stream.arn, StartingPosition="TRIM_HORIZON")
    stream.send("a")
    # A try a minute: more of them than a wait can be doubled.
    rig.advance(20 * HOUR)
    assert len(function.events) > 1100
    function.handle = lambda event: None
    rig.advance(60)
    stream.send("b")
    rig.settle()
    assert function.batches[-2:] == [["a"], ["b"]]


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        # Two writes, of which the first was tried alone; one request, which was tried whole.
        (Table, ["a record of table/", "a record of table/"]),
        (Stream, ["2 records of stream/"]),
    ],
)
def test_what_the_stream_keeps_no_longer_is_told(rig, kind, told):
    stream, function = kind(rig), Function(rig, failing)
    function.map(stream.arn, StartingPosition="TRIM_HORIZON")
    stream.send("a", "b")
    rig.advance(24 * HOUR + 60)
    stream.send("c")
    function.handle = lambda event: None
    rig.settle()
    assert function.batches[-1] == ["c"]
    begin, end = (
        f"function {function.name}:live misses ",
        ": the stream keeps a record for 24 hours",
    )
    mine = [line for line in rig.said if line.startswith(begin) and line.endswith(end)]
    assert [line[len(begin) : line.index("/") + 1] for line in mine] == told


def test_a_record_gets_home_where_the_function_is_gone(rig):
    table, function, home = Table(rig), Function(rig, failing), Queue(rig)
    function.map(
        table.arn,
        StartingPosition="TRIM_HORIZON",
        MaximumRecordAgeInSeconds=100,
        DestinationConfig={"OnFailure": {"Destination": home.arn}},
    )
    table.put("a")
    rig.settle()
    function.client.delete_function(FunctionName=function.name)
    rig.advance(300)
    [told] = [json.loads(each) for each in home.bodies()]
    assert told["requestContext"]["condition"] == "RecordAgeExceeded"
    assert told["responseContext"]["executedVersion"] == "1"
