import asyncio
import itertools
import json
from collections import Counter

import pytest
from botocore.exceptions import ClientError
from pollers_kit import POLLING, Function, Queue, Stream, Table
from streams_kit import BOTH, failing_at, held, words

from platform_lib.local.dataplane.lineage import HEADER, LIMIT

CONSUMING = "kinesis:SubscribeToShard"


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


def test_a_write_that_changes_nothing_makes_no_record(rig):
    """A number is its value and a set has no order, also inside of lists and maps."""
    table, function = Table(rig), Function(rig)
    held(function, table.arn)
    inner = {"L": [{"N": "1"}, {"M": {"s": {"NS": ["1", "2"]}}}]}
    same = {"L": [{"N": "1.0"}, {"M": {"s": {"NS": ["2.0", "1e0"]}}}]}
    other = {"L": [{"N": "1"}, {"M": {"s": {"NS": ["1", "3"]}}}]}
    table.put("a", n={"N": "10"}, s={"SS": ["x", "y"]}, i=inner)
    table.put("a", n={"N": "1e1"}, s={"SS": ["y", "x"]}, i=same)
    rig.settle()
    assert words(function) == ["a"]
    table.put("a", n={"N": "10"}, s={"SS": ["x", "y"]}, i=other)
    table.put("a", n={"S": "10"}, s={"SS": ["x", "y"]}, i=other)
    table.put("a", n={"S": "10"}, s={"L": [{"S": "x"}, {"S": "y"}]}, i=other)
    table.put("a", n={"S": "10"}, s={"L": [{"S": "y"}, {"S": "x"}]}, i=other)
    rig.settle()
    assert words(function) == ["a"] * 5


def test_a_consumer_reads_its_stream(rig):
    stream, function = Stream(rig), Function(rig)
    asked = {"StreamARN": stream.arn, "ConsumerName": "reports"}
    consumer = stream.client.register_stream_consumer(**asked)["Consumer"]["ConsumerARN"]
    uuid = held(function, consumer)
    stream.send("a", "b")
    rig.settle()
    assert words(function) == ["a", "b"]
    client = rig.account.client("lambda")
    assert client.get_event_source_mapping(UUID=uuid)["EventSourceArn"] == consumer
    [listed] = client.list_event_source_mappings(EventSourceArn=consumer)["EventSourceMappings"]
    assert listed["UUID"] == uuid
    with pytest.raises(ClientError, match="Invalid EventSourceArn"):
        held(function, consumer + "-gone")
    weak = Function(rig, allowed=[each for each in POLLING if each != CONSUMING])
    with pytest.raises(ClientError, match="SubscribeToShard on Kinesis"):
        held(weak, consumer)


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


@pytest.mark.parametrize(
    ("kind", "lacking"),
    [
        *((Table, each) for each in POLLING if each.startswith("dynamodb:")),
        *((Stream, each) for each in POLLING if each.startswith("kinesis:") and each != CONSUMING),
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
