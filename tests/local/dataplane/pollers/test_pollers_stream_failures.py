"""Batches of a stream that fail: retries, halves, partial answers, and where what was given up goes."""

import json
import random
from collections import Counter

import pytest
from botocore.exceptions import ClientError
from dataplane_kit import until
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pollers_kit import POLLING, Function, Queue, Stream, Table, name, said
from streams_kit import BOTH, failing_at, held, words

PARTIAL = {"FunctionResponseTypes": ["ReportBatchItemFailures"]}


def sequence(record):
    return (record.get("kinesis") or record["dynamodb"]).get("sequenceNumber") or record[
        "dynamodb"
    ]["SequenceNumber"]


@BOTH
@pytest.mark.parametrize("times", [1, 2])
def test_what_fails_is_tried_again_before_anything_else(rig, kind, times):
    source, function = kind(rig), Function(rig, failing_at("a", times=times))
    source.send("a", "b")
    held(function, source.arn, BatchSize=1)
    rig.settle()
    assert function.batches == [["a"]]
    rig.advance(60)
    assert function.batches == [["a"]] * (times + 1) + [["b"]]


def test_it_waits_longer_each_time_and_for_ever_where_nothing_says_otherwise(rig):
    stream, function = Stream(rig), Function(rig, failing_at("a"))
    uuid = held(function, stream.arn)
    stream.send("a", "b")
    rig.settle()
    for seconds, tries in ((1, 2), (2, 3), (4, 4), (8, 5), (16, 6), (32, 7), (60, 8), (60, 9)):
        rig.advance(seconds)
        assert len(function.events) == tries
    # What is older than the stream's retention is gone from it.
    rig.advance(24 * 3600)
    count = len(function.events)
    rig.advance(3600)
    assert len(function.events) == count
    stream.send("c")
    rig.settle()
    assert function.batches[-1] == ["c"]
    function.client.delete_event_source_mapping(UUID=uuid)


@BOTH
def test_what_always_fails_goes_home_and_the_shard_goes_on(rig, kind):
    source, home, function = kind(rig), Queue(rig), Function(rig, failing_at("b"))
    source.send("a", "b", "c", "d")
    held(
        function,
        source.arn,
        BatchSize=2,
        MaximumRetryAttempts=2,
        DestinationConfig={"OnFailure": {"Destination": home.arn}},
    )
    rig.advance(60)
    assert function.batches == [["a", "b"]] * 3 + [["c", "d"]]
    [body] = home.bodies()
    told = json.loads(body)
    first, last = function.events[0]["Records"]
    request, response = told["requestContext"], told["responseContext"]
    assert request.pop("requestId")
    assert request == {
        "functionArn": function.arn,
        "condition": "RetryAttemptsExhausted",
        "approximateInvokeCount": 3,
    }
    assert response == {"statusCode": 200, "executedVersion": "1", "functionError": "Unhandled"}
    assert told["version"] == "1.0"
    info = told["KinesisBatchInfo" if kind is Stream else "DDBStreamBatchInfo"]
    assert info["shardId"].startswith("shardId-0000000")
    assert info["startSequenceNumber"] == sequence(first)
    assert info["endSequenceNumber"] == sequence(last)
    assert (info["batchSize"], info["streamArn"]) == (2, source.arn)
    assert info["approximateArrivalOfFirstRecord"] <= info["approximateArrivalOfLastRecord"]
    assert info["approximateArrivalOfLastRecord"] < told["timestamp"]


@BOTH
def test_bisecting_leaves_only_the_poisoned_record_behind(rig, kind):
    source, home, function = kind(rig), Queue(rig), Function(rig, failing_at("f"))
    source.send(*"abcdefgh")
    held(
        function,
        source.arn,
        BisectBatchOnFunctionError=True,
        MaximumRetryAttempts=1,
        DestinationConfig={"OnFailure": {"Destination": home.arn}},
    )
    rig.advance(60)
    assert function.batches == [
        list("abcdefgh"),
        list("abcd"),
        list("efgh"),
        list("ef"),
        ["e"],
        ["f"],
        ["f"],
        ["g", "h"],
    ]
    assert len(home.bodies()) == 1


@BOTH
def test_a_partial_batch_response_goes_on_from_the_lowest_failure(rig, kind):
    seen = Counter()

    def handle(event):
        bad = []
        for record in event["Records"]:
            seen[said(record)] += 1
            if said(record) in "ce" and seen[said(record)] == 1:
                bad.append({"itemIdentifier": sequence(record)})
        return {"batchItemFailures": list(reversed(bad))}

    source, function = kind(rig), Function(rig, handle)
    source.send(*"abcdef")
    held(function, source.arn, **PARTIAL)
    rig.settle()
    assert function.batches == [list("abcdef"), list("cdef")]


def test_an_unknown_identifier_fails_the_whole_batch(rig):
    answers = iter([{"batchItemFailures": [{"itemIdentifier": "made up"}]}, None])
    stream, function = Stream(rig), Function(rig, lambda event: next(answers))
    stream.send("a", "b")
    held(function, stream.arn, **PARTIAL)
    rig.advance(60)
    assert function.batches == [["a", "b"]] * 2


def test_poison_in_a_partial_batch_is_halved_too(rig):
    def handle(event):
        bad = [sequence(r) for r in event["Records"] if said(r) == "c"]
        return {"batchItemFailures": [{"itemIdentifier": each} for each in bad]}

    stream, home, function = Stream(rig), Queue(rig), Function(rig, handle)
    stream.send(*"abcdef")
    held(
        function,
        stream.arn,
        BisectBatchOnFunctionError=True,
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": home.arn}},
        **PARTIAL,
    )
    rig.advance(60)
    assert set(words(function)) == set("abcdef")
    [told] = map(json.loads, home.bodies())
    assert told["KinesisBatchInfo"]["batchSize"] == 1
    assert told["responseContext"]["functionError"] is None


def test_records_that_get_too_old_go_home(rig):
    stream, home, function = Stream(rig), Queue(rig), Function(rig, failing_at("a"))
    stream.send("a")
    held(
        function,
        stream.arn,
        BatchSize=1,
        MaximumRecordAgeInSeconds=60,
        DestinationConfig={"OnFailure": {"Destination": home.arn}},
    )
    rig.advance(50)
    stream.send("b")
    rig.advance(60)
    assert function.batches[-1] == ["b"]
    [told] = map(json.loads, home.bodies())
    assert told["requestContext"]["condition"] == "RecordAgeExceeded"
    assert told["requestContext"]["approximateInvokeCount"] == len(function.events) - 1


def test_a_topic_and_a_bucket_as_home(rig):
    account = rig.account
    topic = account.client("sns").create_topic(Name=name("topic"))["TopicArn"]
    reader = Queue(rig)
    account.client("sns").subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=reader.arn,
        Attributes={"RawMessageDelivery": "true"},
    )
    bucket = name("bucket")
    account.client("s3").create_bucket(Bucket=bucket)
    source, one, two = Table(rig), Function(rig, failing_at("a")), Function(rig, failing_at("a"))
    source.send("a")
    mappings = [
        held(
            function,
            source.arn,
            MaximumRetryAttempts=0,
            DestinationConfig={"OnFailure": {"Destination": home}},
        )
        for function, home in ((one, topic), (two, f"arn:aws:s3:::{bucket}"))
    ]
    rig.settle()
    bodies = []
    until(lambda: bodies.extend(reader.bodies()) or bodies)
    told = json.loads(bodies[0])
    assert told["DDBStreamBatchInfo"]["batchSize"] == 1
    assert "payload" not in told
    [found] = account.client("s3").list_objects_v2(Bucket=bucket)["Contents"]
    start, shard, *day, last = found["Key"].removeprefix("aws/lambda/").split("/")
    assert start == mappings[1]
    assert shard == told["DDBStreamBatchInfo"]["shardId"]
    assert last.startswith("-".join(day) + "T")
    whole = json.loads(
        account.client("s3").get_object(Bucket=bucket, Key=found["Key"])["Body"].read()
    )
    assert json.loads(whole["payload"]) == two.events[0]


def test_a_home_that_is_gone_is_told(rig):
    stream, home, function = Stream(rig), Queue(rig), Function(rig, failing_at("a"))
    held(
        function,
        stream.arn,
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": home.arn}},
    )
    home.client.delete_queue(QueueUrl=home.url)
    stream.send("a")
    stream.send("b")
    rig.advance(5)
    assert words(function) == ["a", "b"]
    assert any(
        f"function {function.arn.partition(':function:')[2]} gave up a record of stream/" in line
        and f" (failed once), which is lost, as {home.arn}" in line
        for line in rig.said
    )


def test_what_is_given_up_is_told_in_a_line(rig):
    stream, home = Stream(rig), Queue(rig)
    kept, lost = Function(rig, failing_at("b")), Function(rig, failing_at("b"))
    to_home = {"DestinationConfig": {"OnFailure": {"Destination": home.arn}}}
    stream.send("a", "b")
    for function, more in ((kept, to_home), (lost, {})):
        held(function, stream.arn, MaximumRetryAttempts=1, BatchSize=2, **more)
    rig.advance(10)
    for function, ending in (
        (kept, f"in {home.arn.rpartition(':')[2]}"),
        (lost, "lost: the mapping has no failure destination"),
    ):
        label = function.arn.partition(":function:")[2]
        [line] = [each for each in rig.said if each.startswith(f"function {label} gave up")]
        assert "gave up 2 records of stream/" in line
        assert line.endswith(f" (failed 2 times), which are {ending}")


@pytest.mark.parametrize("kind", [Table, Stream])
def test_records_grow_old_though_their_function_is_gone(rig, kind):
    source, function, home = kind(rig), Function(rig), Queue(rig)
    held(
        function,
        source.arn,
        MaximumRecordAgeInSeconds=60,
        DestinationConfig={"OnFailure": {"Destination": home.arn}},
    )
    # The poller is there, and knows its function's role.
    rig.settle()
    function.delete()
    source.send("a")
    rig.advance(3600)
    assert [json.loads(each)["requestContext"]["condition"] for each in home.bodies()] == [
        "RecordAgeExceeded"
    ]


@pytest.mark.parametrize(
    ("home", "lacking", "told"),
    [
        ("sqs", "sqs:SendMessage", "does not have permissions to call SendMessage on SQS"),
        ("sns", "sns:Publish", "does not have permissions to call Publish on SNS"),
        ("s3", "s3:PutObject", "does not have permissions to call PutObject on S3"),
        ("s3", "s3:ListBucket", "does not have permissions to call ListBucket on S3"),
        ("events", "none", "Invalid destination"),
        ("lambda", "none", "Invalid destination"),
    ],
)
def test_a_home_that_cannot_be_is_refused(rig, home, lacking, told):
    where = "" if home == "s3" else "us-east-1:123456789012"
    arn = f"arn:aws:{home}:{where or ':'}:home"
    function = Function(rig, allowed=[each for each in POLLING if each != lacking])
    with pytest.raises(ClientError, match=told):
        held(
            function,
            Stream(rig).arn,
            DestinationConfig={"OnFailure": {"Destination": arn}},
        )


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    seed=st.integers(0, 2**32),
    kind=st.sampled_from([Table, Stream]),
    partial=st.booleans(),
    bisect=st.booleans(),
    batch=st.integers(1, 10),
    lanes=st.integers(1, 3),
    retries=st.integers(0, 3),
)
def test_under_random_failures_every_record_is_done_or_home(
    rig, seed, kind, partial, bisect, batch, lanes, retries
):
    chance = random.Random(seed)
    done = []

    def handle(event):
        records = event["Records"]
        if chance.random() < 0.3:
            raise ValueError("all of it")
        good = chance.randint(0, len(records)) if partial else len(records)
        done.extend(map(said, records[:good]))
        failed = records[good:]
        return {"batchItemFailures": [{"itemIdentifier": sequence(each)} for each in failed]}

    source, home, function = kind(rig), Queue(rig), Function(rig, handle)
    sent = [f"{letter}{at}" for at in range(8) for letter in "abc"]
    source.send(*sent[:12])
    uuid = held(
        function,
        source.arn,
        BatchSize=batch,
        ParallelizationFactor=lanes,
        BisectBatchOnFunctionError=bisect,
        MaximumRetryAttempts=retries,
        DestinationConfig={"OnFailure": {"Destination": home.arn}},
        FunctionResponseTypes=PARTIAL["FunctionResponseTypes"] if partial else [],
    )
    source.send(*sent[12:])
    rig.advance(1000)
    function.client.delete_event_source_mapping(UUID=uuid)
    infos = [
        next(value for name, value in json.loads(body).items() if name.endswith("BatchInfo"))
        for body in home.bodies()
    ]
    given_up = sum(info["batchSize"] for info in infos)
    assert max(Counter(done).values(), default=1) == 1
    assert len(done) + given_up == len(sent)
    if kind is Stream:
        for letter in "abc":
            mine = [word for word in done if word[0] == letter]
            assert mine == sorted(mine)
