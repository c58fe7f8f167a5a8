import asyncio
import itertools
import json
import random
from collections import Counter

import pytest
from botocore.exceptions import ClientError
from dataplane_kit import until
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pollers_kit import POLLING, Function, Queue, Stream, Table, name, said

from platform_lib.local.dataplane.lineage import HEADER, LIMIT

BOTH = pytest.mark.parametrize("kind", [Table, Stream])
PARTIAL = {"FunctionResponseTypes": ["ReportBatchItemFailures"]}


def words(function):
    return [*itertools.chain(*function.batches)]


def sequence(record):
    return (record.get("kinesis") or record["dynamodb"]).get("sequenceNumber") or record[
        "dynamodb"
    ]["SequenceNumber"]


def held(function, source, **more):
    """Map a source with what is in it already, so that batches are full."""
    return function.map(source, StartingPosition="TRIM_HORIZON", **more)


def failing_at(*bad, times=99):
    """A handler that fails a batch with one of these words in it, so many times."""
    seen = Counter()

    def handle(event):
        for word in map(said, event["Records"]):
            if word in bad:
                seen[word] += 1
                if seen[word] <= times:
                    raise ValueError(f"no such luck with {word}")

    return handle


def test_an_event_of_a_table_is_worded_as_aws_words_it(rig):
    rig.advance(3 * 86400)
    table, function = Table(rig), Function(rig)
    held(function, table.arn)
    table.put("a", n={"N": "1"}, b={"B": b"\x00\xff"})
    table.put("a", n={"N": "2"})
    table.put("a", n={"N": "2"})
    table.client.delete_item(TableName=table.name, Key={"id": {"S": "a"}})
    rig.settle()
    made, changed, gone = itertools.chain(*(event["Records"] for event in function.events))
    assert [each["eventName"] for each in (made, changed, gone)] == ["INSERT", "MODIFY", "REMOVE"]
    assert (made["eventSource"], made["eventSourceARN"]) == ("aws:dynamodb", table.arn)
    assert (made["awsRegion"], made["eventVersion"]) == ("us-east-1", "1.1")
    change = made["dynamodb"]
    assert change["Keys"] == {"id": {"S": "a"}}
    assert change["NewImage"] == {"id": {"S": "a"}, "n": {"N": "1"}, "b": {"B": "AP8="}}
    assert "OldImage" not in change
    assert change["StreamViewType"] == "NEW_AND_OLD_IMAGES"
    assert abs(change["ApproximateCreationDateTime"] - rig.clock.now()) < 60
    assert isinstance(change["ApproximateCreationDateTime"], int)
    assert change["SizeBytes"] > 0
    assert int(changed["dynamodb"]["SequenceNumber"]) > int(change["SequenceNumber"])
    assert changed["dynamodb"]["OldImage"]["n"] == {"N": "1"}
    assert changed["dynamodb"]["NewImage"]["n"] == {"N": "2"}
    assert "NewImage" not in gone["dynamodb"]
    assert len({each["eventID"] for each in (made, changed, gone)}) == 3


def test_an_event_of_kinesis_is_worded_as_aws_words_it(rig):
    rig.advance(3 * 86400)
    stream, function = Stream(rig), Function(rig)
    held(function, stream.arn)
    stream.send("hello", key="k")
    rig.settle()
    [event] = function.events
    [record] = event["Records"]
    arrived = record["kinesis"].pop("approximateArrivalTimestamp")
    assert abs(arrived - rig.clock.now()) < 60
    assert record == {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": "k",
            "sequenceNumber": "1",
            "data": "aGVsbG8=",
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": "shardId-000000000000:1",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": function.role,
        "awsRegion": "us-east-1",
        "eventSourceARN": stream.arn,
    }


@BOTH
def test_starting_positions(rig, kind):
    source, oldest, latest = kind(rig), Function(rig), Function(rig)
    source.send("a", "b")
    oldest.map(source.arn, StartingPosition="TRIM_HORIZON")
    latest.map(source.arn, StartingPosition="LATEST")
    source.send("c")
    rig.settle()
    assert (words(oldest), words(latest)) == (["a", "b", "c"], ["c"])


def test_starting_at_a_time(rig):
    stream, function = Stream(rig), Function(rig)
    stream.send("a")
    rig.advance(60)
    function.map(
        stream.arn, StartingPosition="AT_TIMESTAMP", StartingPositionTimestamp=rig.clock.now()
    )
    stream.send("b")
    rig.settle()
    assert words(function) == ["b"]
    with pytest.raises(ClientError, match="AT_TIMESTAMP"):
        function.map(Table(rig).arn, StartingPosition="AT_TIMESTAMP", StartingPositionTimestamp=1)


@BOTH
def test_two_mappings_each_read_all_of_it_in_batches(rig, kind):
    source, one, two = kind(rig), Function(rig), Function(rig, failing_at("c", times=2))
    source.send(*"abcde")
    held(one, source.arn, BatchSize=2)
    held(two, source.arn, BatchSize=3)
    rig.settle()
    assert one.batches == [["a", "b"], ["c", "d"], ["e"]]
    assert two.batches == [["a", "b", "c"]]
    rig.advance(1)
    rig.advance(2)
    assert two.batches == [["a", "b", "c"]] * 3 + [["d", "e"]]


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


@pytest.mark.parametrize("lanes", [1, 4])
def test_lanes_run_in_parallel_and_keep_the_order_of_each_key(rig, lanes):
    inside, most = Counter(), []

    async def handle(event):
        keys = {record["kinesis"]["partitionKey"] for record in event["Records"]}
        inside.update(keys)
        most.append(len(inside))
        assert max(inside.values()) == 1
        await asyncio.sleep(0.002)
        inside.subtract(keys)
        for key in keys:
            del inside[key]

    stream, function = Stream(rig), Function(rig, handle)
    sent = [f"{letter}{at}" for at in range(5) for letter in "abcdefgh"]
    stream.send(*sent)
    held(function, stream.arn, BatchSize=1, ParallelizationFactor=lanes)
    rig.settle()
    for letter in "abcdefgh":
        mine = [word for word in words(function) if word[0] == letter]
        assert mine == [f"{letter}{at}" for at in range(5)]
    assert (max(most) > 1) is (lanes > 1)


def test_shards_are_apart_and_a_poisoned_one_holds_up_no_other(rig):
    stream, function = Stream(rig, shards=4), Function(rig, failing_at("a0"))
    held(function, stream.arn)
    sent = [f"{letter}{at}" for at in range(3) for letter in "abcdefgh"]
    stream.send(*sent)
    rig.advance(10)
    of_shard = {
        record["kinesis"]["data"]: record["eventID"].partition(":")[0]
        for event in function.events
        for record in event["Records"]
    }
    assert len(set(of_shard.values())) == 4
    for event in function.events:
        assert len({record["eventID"].partition(":")[0] for record in event["Records"]}) == 1
    assert set(words(function)) == set(sent)


def test_a_split_shard_is_worked_off_before_what_follows_it(rig):
    stream, function = Stream(rig), Function(rig, failing_at("a0", times=1))
    held(function, stream.arn, BatchSize=1)
    stream.send("a0", "b0", "a1", "b1")
    rig.settle()
    stream.client.split_shard(
        StreamName=stream.name,
        ShardToSplit="shardId-000000000000",
        NewStartingHashKey=str(2**127),
    )
    stream.send("a2", "b2", "a3", "b3")
    rig.settle()
    assert function.batches == [["a0"]]
    rig.advance(60)
    done = words(function)[1:]
    assert done[:4] == ["a0", "b0", "a1", "b1"]
    assert Counter(done) == Counter(f"{key}{at}" for key in "ab" for at in range(4))
    for key in "ab":
        assert [word for word in done if word[0] == key] == [f"{key}{at}" for at in range(4)]
    shards = {event["Records"][0]["eventID"].partition(":")[0] for event in function.events}
    assert len(shards) > 1


def test_filters(rig):
    table, function = Table(rig), Function(rig)
    pattern = {"eventName": ["INSERT"], "dynamodb": {"NewImage": {"kind": {"S": ["order"]}}}}
    held(function, table.arn, FilterCriteria={"Filters": [{"Pattern": json.dumps(pattern)}]})
    table.put("a", kind={"S": "order"})
    table.put("b", kind={"S": "offer"})
    table.put("a", kind={"S": "offer"})
    table.put("c", kind={"S": "order"})
    rig.settle()
    assert words(function) == ["a", "c"]
    stream, function = Stream(rig), Function(rig)
    patterns = [{"data": {"kind": ["order"]}}, {"partitionKey": ["p"], "data": [{"prefix": "t"}]}]
    held(
        function,
        stream.arn,
        FilterCriteria={"Filters": [{"Pattern": json.dumps(each)} for each in patterns]},
    )
    stream.send('{"kind": "order"}', '{"kind": "offer"}', "text")
    stream.send("text", "other", key="p")
    rig.settle()
    assert words(function) == ['{"kind": "order"}', "text"]


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


@BOTH
def test_a_disabled_mapping_goes_on_where_it_was(rig, kind):
    source, function = kind(rig), Function(rig)
    uuid = function.map(source.arn, StartingPosition="LATEST")
    source.send("a")
    rig.settle()
    function.client.update_event_source_mapping(UUID=uuid, Enabled=False)
    source.send("b")
    rig.settle()
    assert words(function) == ["a"]
    function.client.update_event_source_mapping(UUID=uuid, Enabled=True)
    source.send("c")
    rig.settle()
    assert words(function) == ["a", "b", "c"]
    function.client.delete_event_source_mapping(UUID=uuid)
    source.send("d")
    rig.settle()
    assert words(function) == ["a", "b", "c"]


@BOTH
def test_a_batch_waits_for_a_function_without_room(rig, kind):
    source, function = kind(rig), Function(rig)
    held(function, source.arn, MaximumRetryAttempts=0)
    function.reserved = 0
    source.send("a", "b")
    rig.advance(14)
    assert function.events == []
    function.reserved = None
    rig.advance(2)
    assert words(function) == ["a", "b"]


def test_a_mapping_that_feeds_another_function_goes_on_there_in_its_name(rig):
    stream, one, two = Stream(rig), Function(rig), Function(rig)
    uuid = held(one, stream.arn)
    stream.send("a")
    rig.settle()
    one.client.update_event_source_mapping(UUID=uuid, FunctionName=two.arn)
    stream.send("b")
    rig.settle()
    assert (one.batches, two.batches) == ([["a"]], [["b"]])
    assert two.events[0]["Records"][0]["invokeIdentityArn"] == two.role


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
    ("kind", "lacking"),
    [
        *((Table, each) for each in POLLING if each.startswith("dynamodb:")),
        *((Stream, each) for each in POLLING if each.startswith("kinesis:")),
    ],
)
def test_a_role_that_may_not_read_is_refused(rig, kind, lacking):
    source, function = kind(rig), Function(rig, allowed=[p for p in POLLING if p != lacking])
    told = f"Cannot access stream {source.arn}. Please ensure the role can perform the"
    with pytest.raises(ClientError, match=told):
        held(function, source.arn)
    source.send("a")
    rig.settle()
    assert function.events == []


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


def test_a_loop_through_a_table_ends(rig):
    table, home = Table(rig), Queue(rig)

    async def handle(event):
        lineage = function.lineages[-1].after(function.name)
        # In this process the chain is carried by a header, as the SDK in a handler does.
        client = rig.account.client("dynamodb")

        def put():
            def sign(request, **_):
                request.headers.add_header(HEADER, lineage.header)

            client.meta.events.register("before-sign", sign, unique_id="loop")
            try:
                table.put(f"again{len(function.events)}")
            finally:
                client.meta.events.unregister("before-sign", unique_id="loop")

        await asyncio.to_thread(put)

    function = Function(rig, handle)
    held(function, table.arn, DestinationConfig={"OnFailure": {"Destination": home.arn}})
    table.put("first")
    rig.settle()
    assert len(function.events) == LIMIT
    assert len(home.bodies()) == 1


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
