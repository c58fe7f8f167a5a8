import asyncio
import itertools
import json
import random
import threading
import time
from collections import Counter
from types import SimpleNamespace

import boto3
import pytest
from botocore.exceptions import ClientError
from dataplane_kit import until
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pollers_kit import POLLING, Function, Queue, name

from platform_lib.local.dataplane.lineage import HEADER, LIMIT
from platform_lib.local.dataplane.pollers import pollers


def failing(times):
    """A handler that fails for each batch of bodies so many times."""
    seen = Counter()

    def handle(event):
        key = tuple(record["messageId"] for record in event["Records"])
        seen[key] += 1
        if seen[key] <= times:
            raise ValueError("no such luck")

    return handle


def test_an_event_is_worded_as_aws_words_it(rig):
    queue, function = Queue(rig), Function(rig)
    function.map(queue.arn)
    sent = queue.client.send_message(
        QueueUrl=queue.url,
        MessageBody="hello",
        MessageAttributes={
            "word": {"DataType": "String", "StringValue": "x"},
            "bytes": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
        },
    )
    rig.settle()
    [event] = function.events
    [record] = event["Records"]
    assert record["messageId"] == sent["MessageId"]
    assert (record["body"], record["md5OfBody"]) == ("hello", sent["MD5OfMessageBody"])
    assert record["md5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]
    assert record["messageAttributes"] == {
        "word": {
            "dataType": "String",
            "stringValue": "x",
            "stringListValues": [],
            "binaryListValues": [],
        },
        "bytes": {
            "dataType": "Binary",
            "binaryValue": "AP8=",
            "stringListValues": [],
            "binaryListValues": [],
        },
    }
    assert (record["eventSource"], record["eventSourceARN"]) == ("aws:sqs", queue.arn)
    assert record["awsRegion"] == "us-east-1"
    attributes = record["attributes"]
    assert attributes["ApproximateReceiveCount"] == "1"
    assert set(attributes) == {
        "ApproximateReceiveCount",
        "SentTimestamp",
        "SenderId",
        "ApproximateFirstReceiveTimestamp",
    }
    assert abs(int(attributes["SentTimestamp"]) / 1000 - rig.clock.now()) < 60
    assert queue.left == 0


def test_what_one_request_sends_is_one_batch(rig):
    queue, function = Queue(rig), Function(rig)
    function.map(queue.arn)
    queue.send(*"abcdefghijklm")
    rig.settle()
    assert function.batches == [list("abcdefghij"), list("klm")]


@pytest.mark.parametrize("times", [1, 2])
def test_what_fails_comes_back_when_its_visibility_timeout_ends(rig, times):
    queue, function = Queue(rig, receives=3), Function(rig, failing(times))
    function.map(queue.arn)
    queue.send("a", "b")
    rig.settle()
    for tries in range(1, times + 1):
        assert function.batches == [["a", "b"]] * tries
        rig.advance(59)
        assert len(function.events) == tries
        rig.advance(1)
    assert function.batches == [["a", "b"]] * (times + 1)
    counts = [e["Records"][0]["attributes"]["ApproximateReceiveCount"] for e in function.events]
    assert counts == [str(at + 1) for at in range(times + 1)]
    assert (queue.left, queue.dead.left) == (0, 0)


def test_what_always_fails_moves_to_the_dead_letter_queue(rig):
    queue, function = Queue(rig, receives=3), Function(rig, failing(99))
    function.map(queue.arn)
    queue.send("a", "b")
    reader = Function(rig)
    rig.advance(600)
    assert function.batches == [["a", "b"]] * 3
    assert (queue.left, queue.dead.left) == (0, 2)
    own, dead = (each.arn.rpartition(":")[2] for each in (queue, queue.dead))
    assert [line for line in rig.said if line.startswith(f"queue {own} ")] == [
        f"queue {own} gave up 2 messages, received 3 times without being deleted; now in {dead}"
    ]
    # A mapping of the dead-letter queue is woken by what came there, too.
    reader.map(queue.dead.arn)
    rig.settle()
    [[first, second]] = [event["Records"] for event in reader.events]
    assert (first["body"], second["body"]) == ("a", "b")
    assert first["attributes"]["DeadLetterQueueSourceArn"] == queue.arn
    sent = function.events[0]["Records"][0]["attributes"]
    for same in ("SentTimestamp", "SenderId", "ApproximateFirstReceiveTimestamp"):
        assert first["attributes"][same] == sent[same]
    assert first["attributes"]["ApproximateReceiveCount"] == "4"
    queue.send("c")
    rig.advance(600)
    assert reader.batches[-1] == ["c"]


def test_a_partial_batch_response_deletes_the_rest(rig):
    def handle(event):
        bad = [r["messageId"] for r in event["Records"] if r["body"] == "bad"]
        return {"batchItemFailures": [{"itemIdentifier": each} for each in bad]}

    queue, function = Queue(rig, receives=2), Function(rig, handle)
    function.map(queue.arn, FunctionResponseTypes=["ReportBatchItemFailures"])
    queue.send("a", "bad", "b")
    rig.settle()
    assert queue.left == 1
    rig.advance(600)
    assert function.batches == [["a", "bad", "b"], ["bad"]]
    assert (queue.left, queue.dead.bodies()) == (0, ["bad"])


@pytest.mark.parametrize(
    ("answer", "done"),
    [
        (None, True),
        ({}, True),
        ({"batchItemFailures": []}, True),
        ({"batchItemFailures": None}, True),
        ({"batchItemFailures": [{"itemIdentifier": "unknown"}]}, False),
        ({"batchItemFailures": [{"itemIdentifier": ""}]}, False),
        ({"batchItemFailures": [{"itemIdentifier": None}]}, False),
        ({"batchItemFailures": [{"id": "x"}]}, False),
        ({"batchItemFailures": ["x"]}, False),
        ({"batchItemFailures": "x"}, False),
        ("text", False),
    ],
)
def test_answers_to_a_batch(rig, answer, done):
    queue, function = Queue(rig), Function(rig, lambda event: answer)
    function.map(queue.arn, FunctionResponseTypes=["ReportBatchItemFailures"])
    queue.send("a", "b")
    rig.settle()
    assert queue.left == (0 if done else 2)
    rig.advance(60)
    odd = [line for line in rig.said if line.startswith(f"function {function.name}:live answered")]
    assert len(odd) == (0 if done else 1), "said once, however often it is tried"
    assert done or "so its batch has failed: batchItemFailures must list items" in odd[0]


def test_without_the_response_type_an_answer_means_nothing(rig):
    answer = {"batchItemFailures": [{"itemIdentifier": "unknown"}]}
    queue, function = Queue(rig), Function(rig, lambda event: answer)
    function.map(queue.arn)
    queue.send("a")
    rig.settle()
    assert queue.left == 0


def test_what_no_filter_matches_is_deleted(rig):
    queue, function = Queue(rig), Function(rig)
    patterns = [{"body": {"kind": ["order"]}}, {"body": [{"prefix": "plain"}]}]
    function.map(
        queue.arn,
        FilterCriteria={"Filters": [{"Pattern": json.dumps(each)} for each in patterns]},
    )
    queue.send('{"kind": "order"}', '{"kind": "offer"}', "plain text", "text", "[1]")
    rig.settle()
    assert function.batches == [['{"kind": "order"}', "plain text"]]
    assert queue.left == 0


def test_a_batch_window_waits_for_more(rig):
    queue, function = Queue(rig), Function(rig)
    function.map(queue.arn, BatchSize=20, MaximumBatchingWindowInSeconds=30)
    queue.send("a")
    rig.advance(29)
    assert function.batches == []
    queue.send("b")
    rig.advance(1)
    assert function.batches == [["a", "b"]]
    queue.send(*map(str, range(25)))
    rig.settle()
    assert function.batches[1:] == [[str(at) for at in range(20)]]
    rig.advance(30)
    assert function.batches[2:] == [[str(at) for at in range(20, 25)]]


def test_a_batch_stays_under_six_megabytes(rig):
    queue, function = Queue(rig), Function(rig)
    function.map(queue.arn, BatchSize=100, MaximumBatchingWindowInSeconds=60)
    for _ in range(4):
        # One request takes a megabyte in all.
        queue.send("x" * 250_000, "x" * 250_000, "x" * 250_000, "x" * 250_000)
    rig.settle()
    assert function.batches == []
    for _ in range(3):
        queue.send("x" * 250_000, "x" * 250_000, "x" * 250_000, "x" * 250_000)
    rig.settle()
    assert len(function.events) == 1
    rig.advance(60)
    sizes = [len(json.dumps(event)) for event in function.events]
    assert max(sizes) <= 6 * 1024 * 1024
    assert sum(len(event["Records"]) for event in function.events) == 28


def test_a_delayed_message_comes_when_its_delay_ends(rig):
    queue, function = Queue(rig), Function(rig)
    function.map(queue.arn)
    queue.send("late", DelaySeconds=120)
    rig.advance(119)
    assert function.batches == []
    rig.advance(1)
    assert function.batches == [["late"]]


def test_a_message_made_visible_by_its_handler_comes_at_once(rig):
    queue = Queue(rig)

    async def handle(event):
        [record] = event["Records"]
        if record["attributes"]["ApproximateReceiveCount"] == "1":
            await asyncio.to_thread(
                queue.client.change_message_visibility,
                QueueUrl=queue.url,
                ReceiptHandle=record["receiptHandle"],
                VisibilityTimeout=0,
            )
            raise ValueError("again")

    function = Function(rig, handle)
    function.map(queue.arn)
    queue.send("a")
    rig.settle()
    assert function.batches == [["a"], ["a"]]
    assert queue.left == 0


def test_a_disabled_mapping_pauses_and_a_deleted_one_ends(rig):
    queue, function = Queue(rig), Function(rig)
    uuid = function.map(queue.arn, Enabled=False)
    queue.send("a")
    rig.advance(600)
    assert function.events == []
    function.client.update_event_source_mapping(UUID=uuid, Enabled=True)
    rig.settle()
    assert function.batches == [["a"]]
    function.client.update_event_source_mapping(UUID=uuid, Enabled=False)
    queue.send("b")
    rig.settle()
    function.client.update_event_source_mapping(UUID=uuid, Enabled=True, BatchSize=1)
    queue.send("c")
    rig.settle()
    function.client.delete_event_source_mapping(UUID=uuid)
    queue.send("d")
    rig.advance(600)
    assert function.batches == [["a"], ["b"], ["c"]]
    assert queue.left == 1


class Gate:
    """A handler that waits until it is let on, and knows how many were in it at once."""

    def __init__(self):
        self.inside = self.most = 0
        self.open = threading.Event()

    async def __call__(self, event):
        self.inside += 1
        self.most = max(self.most, self.inside)
        while not self.open.is_set():
            await asyncio.sleep(0.001)
        self.inside -= 1


@pytest.mark.parametrize(("asked", "most"), [(2, 2), (7, 7), (None, 5)])
def test_concurrency(rig, asked, most):
    gate = Gate()
    queue, function = Queue(rig), Function(rig, gate)
    scaling = {"ScalingConfig": {"MaximumConcurrency": asked}} if asked else {}
    function.map(queue.arn, BatchSize=1, **scaling)
    queue.send(*map(str, range(12)))
    until(lambda: gate.inside == most)
    gate.open.set()
    rig.settle()
    assert gate.most == most
    assert sorted([*itertools.chain(*function.batches)], key=int) == [str(at) for at in range(12)]


def received(event):
    return event["Records"][0]["attributes"]["ApproximateReceiveCount"]


def test_a_batch_waits_for_a_function_without_room(rig):
    queue, function = Queue(rig, receives=1, fifo=True), Function(rig)
    function.map(queue.arn)
    function.reserved = 0
    queue.send("a", "b", "c", group="g")
    # After one second, and then after two, four and so on.
    rig.advance(14)
    assert function.events == []
    function.reserved = None
    rig.advance(2)
    assert function.batches == [["a", "b", "c"]]
    assert received(function.events[0]) == "1"
    assert (queue.left, queue.dead.left) == (0, 0)


def test_messages_go_back_that_a_function_had_no_room_for_as_long_as_they_were_hidden(rig):
    queue, function = Queue(rig, receives=2), Function(rig)
    function.map(queue.arn)
    function.reserved = 0
    queue.send("a")
    rig.advance(61)
    assert function.events == []
    assert rig.said[-1].endswith("has a reserved concurrency: 1 message goes back to the queue")
    function.reserved = 1
    rig.advance(3)
    assert [received(event) for event in function.events] == ["2"]
    function.reserved = 0
    queue.send("b", "c")
    rig.advance(120)
    assert function.batches == [["a"]]
    assert sorted(queue.dead.bodies()) == ["b", "c"]
    assert rig.said[-2].endswith("2 messages go back to the queue")


def test_a_queue_is_worked_off_within_what_is_reserved(rig):
    running = []

    async def handle(event):
        running.append(function.running)
        await asyncio.sleep(0.001)

    queue, function = Queue(rig, receives=1), Function(rig, handle)
    function.reserved = 2
    function.map(queue.arn, BatchSize=1)
    queue.send(*map(str, range(20)))
    rig.advance(30)
    assert sorted([*itertools.chain(*function.batches)], key=int) == [str(at) for at in range(20)]
    assert max(running) == 2
    assert (queue.left, queue.dead.left) == (0, 0)


def test_a_mapping_that_is_disabled_tries_no_more(rig):
    queue, function = Queue(rig), Function(rig)
    uuid = function.map(queue.arn)
    function.reserved = 0
    queue.send("a")
    rig.settle()
    function.client.update_event_source_mapping(UUID=uuid, Enabled=False)
    function.reserved = None
    rig.advance(50)
    assert function.events == []
    function.client.update_event_source_mapping(UUID=uuid, Enabled=True)
    rig.advance(11)
    assert [received(event) for event in function.events] == ["2"]


def test_a_function_that_is_gone_counts_as_failed(rig):
    queue, function = Queue(rig, receives=2), Function(rig)
    function.map(queue.arn)
    function.delete()
    queue.send("a")
    rig.advance(600)
    assert queue.dead.bodies() == ["a"]
    assert any(f"there is no function {function.arn}" in line for line in rig.said)


def test_a_fifo_queue_keeps_the_order_of_each_group(rig):
    done, seen = [], Counter()

    def handle(event):
        for record in event["Records"]:
            seen[record["body"]] += 1
            if record["body"] == "a2" and seen["a2"] < 3:
                raise ValueError("not yet")
            done.append(record["body"])

    queue, function = Queue(rig, fifo=True, receives=5), Function(rig, handle)
    function.map(queue.arn, BatchSize=1)
    queue.send("a1", "a2", "a3", group="a")
    queue.send("b1", "b2", group="b")
    rig.settle()
    # Group a waits for its second message; group b does not wait for group a.
    assert sorted(done) == ["a1", "b1", "b2"]
    rig.advance(60)
    assert seen["a2"] == 2
    assert "a3" not in done
    rig.advance(60)
    assert [each for each in done if each[0] == "a"] == ["a1", "a2", "a3"]
    assert [each for each in done if each[0] == "b"] == ["b1", "b2"]
    first = function.events[0]["Records"][0]["attributes"]
    assert first["MessageGroupId"] == "a"
    assert len(first["SequenceNumber"]) == 20
    assert "MessageDeduplicationId" in first
    numbers = [int(e["Records"][0]["attributes"]["SequenceNumber"]) for e in function.events]
    assert len(set(numbers)) == 5


def test_a_poisoned_message_of_a_fifo_queue_leaves_its_group(rig):
    def handle(event):
        if event["Records"][0]["body"] == "poison":
            raise ValueError("no")

    queue, function = Queue(rig, fifo=True, receives=2), Function(rig, handle)
    function.map(queue.arn, BatchSize=1)
    queue.send("one", "poison", "two", group="g")
    rig.advance(600)
    assert function.batches == [["one"], ["poison"], ["poison"], ["two"]]
    assert (queue.left, queue.dead.bodies()) == (0, ["poison"])


def test_groups_of_a_fifo_queue_run_in_parallel_one_batch_each(rig):
    gate = Gate()
    queue, function = Queue(rig, fifo=True), Function(rig, gate)
    function.map(queue.arn, BatchSize=2)
    for group in "abc":
        queue.send(*(f"{group}{at}" for at in range(4)), group=group)
    until(lambda: gate.inside == 3)
    assert sorted(function.batches) == [["a0", "a1"], ["b0", "b1"], ["c0", "c1"]]
    gate.open.set()
    rig.settle()
    assert gate.most == 3
    for group in "abc":
        mine = [each for batch in function.batches for each in batch if each[0] == group]
        assert mine == [f"{group}{at}" for at in range(4)]


def test_a_fifo_queue_takes_a_message_once_in_five_minutes(rig):
    queue, function = Queue(rig, fifo=True), Function(rig)
    function.map(queue.arn)
    queue.send("a", group="g")
    rig.settle()
    queue.send("a", group="g")
    rig.advance(299)
    queue.send("a", group="g")
    rig.settle()
    assert function.batches == [["a"]]
    rig.advance(2)
    queue.send("a", group="g")
    rig.settle()
    assert function.batches == [["a"], ["a"]]


def test_two_mappings_share_a_queue(rig):
    queue, one, two = Queue(rig), Function(rig), Function(rig)
    one.map(queue.arn, BatchSize=1)
    two.map(queue.arn, BatchSize=1)
    queue.send(*map(str, range(30)))
    rig.settle()
    got = [*itertools.chain(*one.batches, *two.batches)]
    assert sorted(got, key=int) == [str(at) for at in range(30)]
    assert one.events
    assert two.events


def test_a_consumer_of_ones_own_and_a_mapping_share_a_queue(rig):
    queue, function = Queue(rig), Function(rig)
    uuid = function.map(queue.arn, Enabled=False)
    queue.send("a")
    mine = queue.client.receive_message(QueueUrl=queue.url)["Messages"][0]
    function.client.update_event_source_mapping(UUID=uuid, Enabled=True)
    rig.advance(59)
    assert function.events == []
    rig.advance(1)
    assert function.batches == [["a"]]
    # Its handle is an old one by now: AWS takes it, and deletes nothing.
    queue.client.delete_message(QueueUrl=queue.url, ReceiptHandle=mine["ReceiptHandle"])
    with pytest.raises(ClientError, match="ReceiptHandleIsInvalid"):
        queue.client.delete_message(QueueUrl=queue.url, ReceiptHandle="made up")


def test_an_old_handle_deletes_nothing(rig):
    queue = Queue(rig)
    queue.send("a")
    old = queue.client.receive_message(QueueUrl=queue.url)["Messages"][0]["ReceiptHandle"]
    rig.advance(60)
    new = queue.client.receive_message(QueueUrl=queue.url)["Messages"][0]["ReceiptHandle"]
    queue.client.delete_message(QueueUrl=queue.url, ReceiptHandle=old)
    assert queue.left == 1
    queue.client.delete_message(QueueUrl=queue.url, ReceiptHandle=new)
    assert queue.left == 0


def test_what_a_consumer_gives_back_wakes_the_mapping(rig):
    queue, function = Queue(rig), Function(rig)
    uuid = function.map(queue.arn, Enabled=False)
    queue.send("a")
    mine = queue.client.receive_message(QueueUrl=queue.url)["Messages"][0]
    function.client.update_event_source_mapping(UUID=uuid, Enabled=True)
    rig.settle()
    assert function.events == []
    queue.client.change_message_visibility(
        QueueUrl=queue.url, ReceiptHandle=mine["ReceiptHandle"], VisibilityTimeout=0
    )
    rig.settle()
    assert function.batches == [["a"]]


def test_a_topic_wakes_the_mapping_of_a_queue(rig):
    queue, function = Queue(rig), Function(rig)
    function.map(queue.arn)
    sns = rig.account.client("sns")
    topic = sns.create_topic(Name=name("topic"))["TopicArn"]
    sns.subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=queue.arn,
        Attributes={"RawMessageDelivery": "true"},
    )
    sns.publish(TopicArn=topic, Message="hello")
    until(lambda: function.batches == [["hello"]])


@pytest.mark.parametrize("lacking", ["ReceiveMessage", "DeleteMessage", "GetQueueAttributes"])
def test_a_role_that_may_not_poll_is_refused(rig, lacking):
    actions = ["ReceiveMessage", "DeleteMessage", "GetQueueAttributes"]
    queue = Queue(rig)
    function = Function(rig, allowed=[f"sqs:{each}" for each in actions if each != lacking])
    told = f"execution role does not have permissions to call {lacking} on SQS"
    with pytest.raises(ClientError, match=told):
        function.map(queue.arn)
    assert function.client.list_event_source_mappings()["EventSourceMappings"] is not None
    queue.send("a")
    rig.settle()
    assert function.events == []
    function.allow([f"sqs:{each}" for each in actions], queue.arn)
    function.map(queue.arn)
    rig.settle()
    assert function.batches == [["a"]]


@pytest.mark.parametrize(
    ("fifo", "more", "told"),
    [
        (False, {"BatchSize": 11}, "must be greater than 0 if maximum batch size is greater than"),
        (
            False,
            {"BatchSize": 10_001, "MaximumBatchingWindowInSeconds": 1},
            "InvalidParameterValue.*BatchSize 10001 exceeds the max of 10000",
        ),
        (True, {"BatchSize": 11}, "InvalidParameterValue.*BatchSize 11 exceeds the max of 10"),
        (True, {"MaximumBatchingWindowInSeconds": 5}, "not supported for FIFO"),
        (False, {"ScalingConfig": {"MaximumConcurrency": 1001}}, "must be 2 to 1000"),
        (
            False,
            {"FilterCriteria": {"Filters": [{"Pattern": '{"body": "x"}'}]}},
            "Invalid filter pattern definition. body: must be a list",
        ),
        (
            False,
            {"FilterCriteria": {"Filters": [{"Pattern": "{body"}]}},
            "InvalidParameterValue.*Invalid filter pattern definition. Expecting property name",
        ),
    ],
)
def test_what_lambda_does_not_take_is_refused_at_once(rig, no_wait, fifo, more, told):
    queue, function = Queue(rig, fifo=fifo), Function(rig)
    with pytest.raises(ClientError, match=told):
        function.map(queue.arn, **more)
    # Nothing of it is left, that a second one would be refused for.
    uuid = function.map(queue.arn)
    before = told_of(function, uuid)
    with pytest.raises(ClientError, match=told):
        function.client.update_event_source_mapping(UUID=uuid, Enabled=False, **more)
    assert told_of(function, uuid) == before
    queue.send("a", group="g" if fifo else None)
    rig.settle()
    assert function.batches == [["a"]]


def told_of(function, uuid):
    told = function.client.get_event_source_mapping(UUID=uuid)
    return {name: value for name, value in told.items() if name != "ResponseMetadata"}


def test_a_changed_mapping_needs_the_rights_and_the_time_that_a_new_one_needs(rig):
    queue, function = Queue(rig, VisibilityTimeout="9"), Function(rig)
    client = function.client
    made = client.create_event_source_mapping(EventSourceArn=queue.arn, FunctionName=function.name)
    # Lambda looks at the queue when a mapping is made or changed, not when its function is.
    client.update_function_configuration(FunctionName=function.name, Timeout=10)
    told = "Queue visibility timeout: 9 seconds is less than Function timeout: 10 seconds"
    with pytest.raises(ClientError, match=told):
        client.update_event_source_mapping(UUID=made["UUID"], BatchSize=1)
    queue.client.set_queue_attributes(QueueUrl=queue.url, Attributes={"VisibilityTimeout": "10"})
    function.allow(["sqs:ReceiveMessage", "sqs:DeleteMessage"])
    with pytest.raises(ClientError, match="permissions to call GetQueueAttributes on SQS"):
        client.update_event_source_mapping(UUID=made["UUID"], BatchSize=1)
    assert told_of(function, made["UUID"])["BatchSize"] == 10
    function.allow(POLLING)
    assert client.update_event_source_mapping(UUID=made["UUID"], BatchSize=1)["BatchSize"] == 1


def test_a_mapping_changes_to_a_function_that_the_queue_does_not_feed_yet(rig):
    queue, one, two, other = Queue(rig), Function(rig), Function(rig), Function(rig)
    uuid, _ = one.map(queue.arn), two.map(queue.arn, Enabled=False)
    change = one.client.update_event_source_mapping
    with pytest.raises(ClientError, match=r"ResourceConflict.*already exists"):
        change(UUID=uuid, FunctionName=two.arn)
    other.allow(["none:Nothing"])
    with pytest.raises(ClientError, match="permissions to call ReceiveMessage on SQS"):
        change(UUID=uuid, FunctionName=other.arn)
    assert change(UUID=uuid, FunctionName=one.arn)["FunctionArn"] == one.arn
    other.allow(POLLING)
    assert change(UUID=uuid, FunctionName=other.arn)["FunctionArn"] == other.arn
    queue.send("a")
    rig.settle()
    assert (one.batches, two.batches, other.batches) == ([], [], [["a"]])


def waiting(rig, monkeypatch, wait):
    """Let a role have an hour, which `wait` spends."""
    monkeypatch.setattr(rig.pollers, "_patience", 3600)
    clock = SimpleNamespace(monotonic=time.monotonic, sleep=wait)
    monkeypatch.setattr(pollers, "time", clock)


@pytest.fixture
def no_wait(rig, monkeypatch):
    def wait(seconds):
        raise AssertionError("nothing is on its way")

    waiting(rig, monkeypatch, wait)


def test_a_roles_policy_may_come_after_the_mapping(rig, monkeypatch):
    queue, function = Queue(rig), Function(rig, allowed=["none:Nothing"])
    waits = []

    def policy_comes(seconds):
        waits.append(seconds)
        function.allow(POLLING)

    waiting(rig, monkeypatch, policy_comes)
    function.map(queue.arn)
    assert len(waits) == 1


def test_a_queue_that_shows_messages_too_early_is_refused(rig, no_wait):
    queue, function = Queue(rig, VisibilityTimeout="9"), Function(rig)
    client = function.client
    client.update_function_configuration(FunctionName=function.name, Timeout=10)
    # What the alias leads to counts, and that has the 3 seconds that Lambda gives.
    mapping = function.map(queue.arn)
    client.delete_event_source_mapping(UUID=mapping)
    version = client.publish_version(FunctionName=function.name)["Version"]
    client.update_alias(FunctionName=function.name, Name="live", FunctionVersion=version)
    told = "Queue visibility timeout: 9 seconds is less than Function timeout: 10 seconds"
    with pytest.raises(ClientError, match=told):
        function.map(queue.arn)
    queue.client.set_queue_attributes(QueueUrl=queue.url, Attributes={"VisibilityTimeout": "10"})
    function.map(queue.arn)


def test_many_senders_and_receivers_lose_and_double_nothing(rig):
    queue, function = Queue(rig), Function(rig)
    function.map(queue.arn)
    mine = []

    def send(number):
        queue.send(*(f"{number}-{at}" for at in range(50)))

    def receive():
        for _ in range(10):
            mine.extend(queue.bodies())

    threads = [threading.Thread(target=send, args=(number,)) for number in range(4)]
    threads += [threading.Thread(target=receive) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rig.settle()
    got = Counter([*itertools.chain(*function.batches)]) + Counter(mine)
    assert got == Counter(f"{number}-{at}" for number in range(4) for at in range(50))
    assert queue.left == 0


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    seed=st.integers(0, 2**32),
    fifo=st.booleans(),
    partial=st.booleans(),
    batch=st.integers(1, 10),
    receives=st.integers(1, 4),
)
def test_under_random_failures_every_message_is_done_or_in_the_dead_letter_queue(
    rig, seed, fifo, partial, batch, receives
):
    chance = random.Random(seed)
    done = []

    def handle(event):
        records = event["Records"]
        if chance.random() < 0.2:
            raise ValueError("all of it")
        at = len(records) if not partial else chance.randint(0, len(records))
        failed = (
            records[at:] if fifo else [r for r in records if partial and chance.random() < 0.3]
        )
        done.extend(r["body"] for r in records if r not in failed)
        return {"batchItemFailures": [{"itemIdentifier": r["messageId"]} for r in failed]}

    queue, function = Queue(rig, fifo=fifo, receives=receives), Function(rig, handle)
    types = ["ReportBatchItemFailures"] if partial else []
    uuid = function.map(queue.arn, BatchSize=batch, FunctionResponseTypes=types)
    sent = []
    for group in ("a", "b", "c"):
        bodies = [f"{group}{at}" for at in range(8)]
        queue.send(*bodies, **({"group": group} if fifo else {}))
        sent += bodies
    rig.advance(60 * 40)
    function.client.delete_event_source_mapping(UUID=uuid)
    dead = queue.dead.bodies()
    assert queue.left == 0
    assert Counter(done) + Counter(dead) == Counter(sent)
    if fifo:
        for group in ("a", "b", "c"):
            mine = [each for each in done if each[0] == group]
            assert mine == sorted(mine)


def test_a_loop_through_a_queue_ends(rig):
    queue = Queue(rig, receives=2)

    async def handle(event):
        # As the SDK in a handler passes on what Lambda gave it.
        def send():
            client = boto3.client(
                "sqs",
                endpoint_url=rig.account.endpoint,
                region_name="us-east-1",
                aws_access_key_id="x",
                aws_secret_access_key="x",
            )
            header = function.lineages[-1].after(function.name).header
            client.meta.events.register(
                "before-sign", lambda request, **_: request.headers.add_header(HEADER, header)
            )
            client.send_message(QueueUrl=queue.url, MessageBody="again")

        await asyncio.to_thread(send)

    function = Function(rig, handle)
    function.map(queue.arn)
    queue.send("first")
    rig.advance(600)
    assert len(function.events) == LIMIT
    assert queue.dead.bodies() == ["again"]
    assert any("was called 16 times in one chain" in line for line in rig.said)


def test_a_group_waits_for_all_of_it_that_is_in_flight(rig):
    queue, function = Queue(rig, fifo=True), Function(rig)
    queue.send("a1", "a2", group="a")
    first, _ = queue.client.receive_message(QueueUrl=queue.url, MaxNumberOfMessages=2)["Messages"]
    function.map(queue.arn)
    queue.client.change_message_visibility(
        QueueUrl=queue.url, ReceiptHandle=first["ReceiptHandle"], VisibilityTimeout=0
    )
    rig.settle()
    assert function.events == []
    rig.advance(60)
    assert function.batches == [["a1", "a2"]]
