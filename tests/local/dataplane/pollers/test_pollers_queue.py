import asyncio
import itertools
import json
import random
import threading
from collections import Counter

import boto3
import pytest
from botocore.exceptions import ClientError
from dataplane_kit import until
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pollers_kit import Function, Queue, name

from platform_lib.local.dataplane.lineage import HEADER, LIMIT


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
        ([], True),
        ("", True),
        ({"batchItemFailures": []}, True),
        ({"batchItemFailures": None}, True),
        ({"batchItemFailures": [{"itemIdentifier": "unknown"}]}, False),
        ({"batchItemFailures": [{"itemIdentifier": ""}]}, False),
        ({"batchItemFailures": [{"itemIdentifier": None}]}, False),
        ({"batchItemFailures": [{"id": "x"}]}, False),
        ({"batchItemFailures": ["x"]}, False),
        ({"batchItemFailures": "x"}, False),
        ("text", False),
        (["x"], False),
        (0, False),
        (False, False),
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


def test_a_function_that_is_gone_counts_as_failed(rig):
    queue, function = Queue(rig, receives=2), Function(rig)
    function.map(queue.arn)
    function.delete()
    queue.send("a")
    rig.advance(600)
    assert queue.dead.bodies() == ["a"]
    assert any(f"there is no function {function.arn}" in line for line in rig.said)


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
