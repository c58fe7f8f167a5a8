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


@pytest.mark.parametrize("kind", [Table, Stream])
def test_what_was_read_is_worked_off_when_its_stream_is_gone(rig, kind):
    stream, function, home = kind(rig), Function(rig, failing), Queue(rig)
    function.map(
        stream.arn,
        StartingPosition="TRIM_HORIZON",
        BatchSize=1,
        MaximumRetryAttempts=1,
        DestinationConfig={"OnFailure": {"Destination": home.arn}},
    )
    stream.send("a", "b")
    rig.settle()
    if kind is Table:
        stream.client.delete_table(TableName=stream.name)
    else:
        stream.client.delete_stream(StreamName=stream.name)
    rig.advance(60)
    assert function.batches == [["a"], ["a"], ["b"], ["b"]]
    assert len(home.bodies()) == 2


def test_a_windows_state_that_is_given_up_is_told(rig):
    def handle(event):
        if event["isFinalInvokeForWindow"]:
            raise ValueError("no such luck")
        return {"state": {"n": len(event["Records"])}}

    stream, function = Stream(rig), Function(rig, handle)
    function.map(
        stream.arn,
        StartingPosition="TRIM_HORIZON",
        TumblingWindowInSeconds=60,
        MaximumRetryAttempts=1,
    )
    stream.send("a")
    rig.advance(120)
    assert function.batches == [["a"], [], []]
    assert rig.said[-1] == (
        f"function {function.name}:live gave up the state of a window of stream/{stream.name} "
        "(failed 2 times), which is lost"
    )
    # And the shard goes on.
    stream.send("b")
    rig.settle()
    assert (function.batches[-1], function.events[-1]["state"]) == (["b"], {})


def test_what_a_large_state_leaves_behind_gets_a_window_of_its_own(rig):
    def handle(event):
        if len(function.events) > 1:
            return {"state": event["state"]}
        bad = event["Records"][1]["kinesis"]["sequenceNumber"]
        state = {"text": 1_100_000 * "x"}
        return {"state": state, "batchItemFailures": [{"itemIdentifier": bad}]}

    stream, function = Stream(rig), Function(rig, handle)
    function.map(
        stream.arn,
        StartingPosition="TRIM_HORIZON",
        TumblingWindowInSeconds=60,
        FunctionResponseTypes=["ReportBatchItemFailures"],
    )
    stream.send("a", "b", "c", key="k")
    rig.settle()
    assert function.batches == [["a", "b", "c"], [], ["b", "c"]]
    assert [event["isWindowTerminatedEarly"] for event in function.events] == [False, True, False]
    assert function.events[2]["state"] == {}
    assert function.events[2]["window"] == function.events[0]["window"]


@pytest.mark.parametrize("body", ["ü" * 120_000, '"' * 120_000])
def test_a_batch_counts_bytes_and_not_letters(rig, body):
    queue, function = Queue(rig), Function(rig)
    function.map(queue.arn, BatchSize=100, MaximumBatchingWindowInSeconds=1)
    for _ in range(30):
        queue.send(body)
    rig.advance(60)
    sizes = [len(json.dumps(event, ensure_ascii=False).encode()) for event in function.events]
    assert max(sizes) <= 6 * 1024 * 1024
    assert sum(len(event["Records"]) for event in function.events) == 30
