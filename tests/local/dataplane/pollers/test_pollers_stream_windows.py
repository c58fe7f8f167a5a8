"""Batch windows and tumbling windows of a stream."""

from pollers_kit import Function, Stream, said
from streams_kit import BOTH, held


@BOTH
def test_a_batch_window_waits_for_more(rig, kind):
    source, function = kind(rig), Function(rig)
    held(function, source.arn, BatchSize=3, MaximumBatchingWindowInSeconds=30)
    source.send("a")
    rig.advance(29)
    assert function.batches == []
    source.send("b")
    rig.advance(1)
    assert function.batches == [["a", "b"]]
    source.send("c", "d", "e")
    rig.settle()
    assert function.batches[1:] == [["c", "d", "e"]]


def test_a_tumbling_window_adds_up(rig):
    def handle(event):
        count = event["state"].get("count", 0) + len(event["Records"])
        return {"state": {"count": count}}

    stream, function = Stream(rig), Function(rig, handle)
    # Near the beginning of a minute, so that the test knows its windows; not at it, for a window
    # begins by the clock and not with its first record.
    rig.advance(65 - rig.clock.now() % 60)
    held(function, stream.arn, TumblingWindowInSeconds=60)
    stream.send("a", "b")
    rig.advance(10)
    stream.send("c")
    rig.advance(50)
    stream.send("d")
    rig.settle()
    one, two, final, other = function.events
    assert [said(record) for record in other["Records"]] == ["d"]
    assert [len(e["Records"]) for e in function.events] == [2, 1, 0, 1]
    assert [e["state"] for e in function.events] == [{}, {"count": 2}, {"count": 3}, {}]
    assert [e["isFinalInvokeForWindow"] for e in function.events] == [False, False, True, False]
    assert one["window"] == two["window"] == final["window"]
    assert other["window"]["start"] == one["window"]["end"]
    assert one["window"]["start"].endswith(":00Z")
    assert (one["shardId"], one["eventSourceARN"]) == ("shardId-000000000000", stream.arn)
    assert one["isWindowTerminatedEarly"] is False
    rig.advance(60)
    assert function.events[-1]["isFinalInvokeForWindow"] is True


def test_a_tumbling_window_needs_a_state_and_ends_early_where_it_is_large(rig):
    answers = iter([None, {"state": {"large": "x" * 1_100_000}}, {"state": {}}])
    stream, function = Stream(rig), Function(rig, lambda event: next(answers))
    rig.advance(60 - rig.clock.now() % 60)
    held(function, stream.arn, TumblingWindowInSeconds=60)
    stream.send("a")
    rig.advance(10)
    assert function.batches == [["a"], ["a"], []]
    assert function.events[-1]["isWindowTerminatedEarly"] is True
    assert rig.said[-1] == (
        f"function {function.name}:live answered null, so its batch has failed: "
        "with a tumbling window an answer must hold state (said once)"
    )


def test_a_batch_never_spans_two_tumbling_windows(rig):
    stream, function = Stream(rig), Function(rig, lambda event: {"state": {}})
    rig.advance(60 - rig.clock.now() % 60)
    stream.send("a", "b")
    rig.advance(60)
    stream.send("c")
    held(function, stream.arn, TumblingWindowInSeconds=60)
    rig.settle()
    assert function.batches == [["a", "b"], [], ["c"]]
    windows = [event["window"] for event in function.events]
    assert windows[0] == windows[1]
    assert windows[2]["start"] == windows[0]["end"]
