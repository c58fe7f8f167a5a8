"""Every event source fires a function for real: the handler fails never, once, twice and always,
and every event is accounted for: done after that many tries, or in the failure destination.

One program holds all of them; the clock of the account is moved on, so that waits of hours pass.
"""

import json
import time
from collections import defaultdict
from pathlib import Path

import pytest

from platform_lib.local import LocalCloud

HANDLER = """
import base64, gzip, json, os
from urllib.parse import unquote_plus
import boto3

seen = boto3.client("dynamodb")

def tried(id, how):
    answer = seen.update_item(
        TableName=os.environ["SEEN"], Key={"id": {"S": id}}, ReturnValues="ALL_NEW",
        UpdateExpression="ADD tries :one, how :how",
        ExpressionAttributeValues={":one": {"N": "1"}, ":how": {"SS": [how]}})
    return int(answer["Attributes"]["tries"]["N"])

def done(id):
    seen.update_item(TableName=os.environ["SEEN"], Key={"id": {"S": id}},
        UpdateExpression="ADD done :one", ExpressionAttributeValues={":one": {"N": "1"}})

def parts(event):
    if "awslogs" in event:
        data = json.loads(gzip.decompress(base64.b64decode(event["awslogs"]["data"])))
        return [("logs", None, json.loads(line["message"])) for line in data["logEvents"]]
    if event.get("source") == "aws.s3":
        return [("aws.s3", None, json.loads(event["detail"]["object"]["key"]))]
    if "Records" not in event:
        return [(event.get("source", "schedule"), None, event.get("detail", event))]
    found = []
    for record in event["Records"]:
        source = record.get("eventSource") or record.get("EventSource")
        if source == "aws:sqs":
            found.append((source, record["messageId"], json.loads(record["body"])))
        elif source == "aws:sns":
            found.append((source, None, json.loads(record["Sns"]["Message"])))
        elif source == "aws:s3":
            found.append((source, None, json.loads(unquote_plus(record["s3"]["object"]["key"]))))
        elif source == "aws:dynamodb":
            body = record["dynamodb"]["NewImage"]["body"]["S"]
            found.append((source, record["dynamodb"]["SequenceNumber"], json.loads(body)))
        elif source == "aws:kinesis":
            body = base64.b64decode(record["kinesis"]["data"])
            found.append((source, record["kinesis"]["sequenceNumber"], json.loads(body)))
    return found

def handler(event, context):
    failures = []
    for source, number, body in parts(event):
        if tried(body["id"], source) <= body["fails"]:
            if number is None:
                raise RuntimeError("asked to fail: " + body["id"])
            failures.append({"itemIdentifier": number})
            if source != "aws:sqs" or "MessageGroupId" in str(event):
                break
        else:
            done(body["id"])
    return {"batchItemFailures": failures}
"""

PROGRAM = """
from pathlib import Path

import pulumi
import pulumi_aws as aws
from platform_lib import FunctionApp, grants

def table(name, **more):
    return aws.dynamodb.Table(name, billing_mode="PAY_PER_REQUEST", hash_key="id",
                              attributes=[{"name": "id", "type": "S"}], **more)

seen = table("seen")
followed = table("followed", stream_enabled=True, stream_view_type="NEW_IMAGE")
clicks = aws.kinesis.Stream("clicks", shard_count=1)
topic, raw = aws.sns.Topic("topic"), aws.sns.Topic("raw")
bucket = aws.s3.Bucket("bucket", force_destroy=True)
routed = aws.s3.Bucket("routed", force_destroy=True)
bridge = aws.s3.BucketNotification("bridge", bucket=routed.id, eventbridge=True)
group = aws.cloudwatch.LogGroup("group")
app = FunctionApp("worker", {
    "inline": Path("handler.py").read_text(),
    "environment": {"SEEN": seen.name},
    "grants": [grants.read_write_table(seen.arn)],
    "alarms": {"enabled": False},
    "queues": [{}, {"name": "ordered", "fifo": True}],
    "streams": [
        {"name": "table", "arn": followed.stream_arn, "maximum_retries": 3},
        {"name": "clicks", "arn": clicks.arn, "maximum_retries": 3},
    ],
    "topics": [{"arn": topic.arn}, {"name": "raw", "arn": raw.arn, "raw": True}],
    "buckets": [{"bucket": bucket.id},
                {"name": "routed", "bucket": routed.id, "route": "event_bridge"}],
    "event_rules": [{"pattern": {"source": ["shop"]}}],
    "schedules": [{"name": f"fails-{count}", "rate": "365 days",
                   "input": {"id": f"schedule-{count}", "fails": count}}
                  for count in (0, 1, 2, 99)],
    "log_groups": [{"log_group": group.name}],
})
for name, value in {
    "seen": seen.name, "followed": followed.name, "clicks": clicks.name, "topic": topic.arn,
    "raw": raw.arn, "bucket": bucket.id, "routed": routed.id, "group": group.name,
    "queue": app.queues["queue"].queue.url, "ordered": app.queues["ordered"].queue.url,
    "queue_dead": app.queues["queue"].dead_letter_queue.url,
    "ordered_dead": app.queues["ordered"].dead_letter_queue.url,
    "raw_dead": app.topics["raw"].dead_letter_queue.url,
    "failures": app.failure_queue.url, "function": app.function.name,
}.items():
    pulumi.export(name, value)
"""
HOUR = 3600
FAILS = (0, 1, 2, 99)
ASYNCHRONOUS = {
    "topic": "aws:sns",
    "bucket": "aws:s3",
    "routed": "aws.s3",
    "rule": "shop",
    "logs": "logs",
    "schedule": "schedule",
}
"""Source -> what the handler saw. Tried three times, then told of in the app's own queue."""
QUEUED = {"queue": "queue_dead", "ordered": "ordered_dead", "raw": "raw_dead"}
"""Source -> its own queue of dead letters, where a message lies after five tries."""
STREAMED = {"table": "aws:dynamodb", "clicks": "aws:kinesis"}
"""Source -> what the handler saw. Tried once and three times more, then told of by its place."""
TRIES = {
    **dict.fromkeys(ASYNCHRONOUS, 3),
    **dict.fromkeys(QUEUED, 5),
    **dict.fromkeys(STREAMED, 4),
}
"""Source -> how often AWS tries what always fails."""


@pytest.fixture(scope="module")
def stack(local_cloud: LocalCloud, tmp_path_factory):
    folder: Path = tmp_path_factory.mktemp("sources")
    (folder / "Pulumi.yaml").write_text("name: sources\nruntime: python\n")
    (folder / "handler.py").write_text(HANDLER)
    (folder / "__main__.py").write_text(PROGRAM)
    stack = local_cloud.up(folder)
    assert local_cloud.preview(folder) == []
    yield stack
    local_cloud.destroy(folder)


def body(source, count):
    return json.dumps({"id": f"{source}-{count}", "fails": count}, separators=(",", ":"))


def send(cloud, outputs, count):
    """Send one event to every source; the handler fails `count` times for it."""
    sqs, sns, s3 = cloud.client("sqs"), cloud.client("sns"), cloud.client("s3")
    sqs.send_message(QueueUrl=outputs["queue"], MessageBody=body("queue", count))
    sqs.send_message(
        QueueUrl=outputs["ordered"],
        MessageBody=body("ordered", count),
        MessageGroupId=f"group-{count}",
        MessageDeduplicationId=f"once-{count}",
    )
    cloud.client("dynamodb").put_item(
        TableName=outputs["followed"],
        Item={"id": {"S": str(count)}, "body": {"S": body("table", count)}},
    )
    cloud.client("kinesis").put_record(
        StreamName=outputs["clicks"], PartitionKey=str(count), Data=body("clicks", count).encode()
    )
    sns.publish(TopicArn=outputs["topic"], Message=body("topic", count))
    sns.publish(TopicArn=outputs["raw"], Message=body("raw", count))
    s3.put_object(Bucket=outputs["bucket"], Key=body("bucket", count), Body=b"")
    s3.put_object(Bucket=outputs["routed"], Key=body("routed", count), Body=b"")
    cloud.client("events").put_events(
        Entries=[{"Source": "shop", "DetailType": "order", "Detail": body("rule", count)}]
    )
    logs = cloud.client("logs")
    logs.create_log_stream(logGroupName=outputs["group"], logStreamName=f"s{count}")
    event = {"timestamp": int(time.time() * 1000), "message": body("logs", count)}
    logs.put_log_events(
        logGroupName=outputs["group"], logStreamName=f"s{count}", logEvents=[event]
    )


def drain(cloud, url):
    """Read a queue empty."""
    found = []
    while True:
        answer = cloud.client("sqs").receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        )
        if not answer.get("Messages"):
            return [json.loads(message["Body"]) for message in found]
        for message in answer["Messages"]:
            found.append(message)
            cloud.client("sqs").delete_message(
                QueueUrl=url, ReceiptHandle=message["ReceiptHandle"]
            )


@pytest.fixture(scope="module")
def outcome(local_cloud, stack):
    """Send everything, let all waits pass, and give what became of it."""
    outputs = stack.outputs
    for count in FAILS:
        send(local_cloud, outputs, count)
        local_cloud.settle()
        local_cloud.advance(HOUR)
    items = local_cloud.client("dynamodb").scan(TableName=outputs["seen"])["Items"]
    seen = {
        item["id"]["S"]: (
            int(item.get("tries", {"N": "0"})["N"]),
            int(item.get("done", {"N": "0"})["N"]),
            set(item["how"]["SS"]),
        )
        for item in items
    }
    destinations = defaultdict(list)
    for name in ("failures", *QUEUED.values()):
        destinations[name] = drain(local_cloud, outputs[name])
    return seen, destinations


@pytest.mark.parametrize("source", sorted(TRIES))
@pytest.mark.parametrize("count", FAILS[:3])
def test_what_fails_seldom_is_done_once_after_as_many_tries(outcome, source, count):
    seen, _ = outcome
    tries, done, _ = seen[f"{source}-{count}"]
    assert (tries, done) == (count + 1, 1)


@pytest.mark.parametrize("source", sorted(TRIES))
def test_what_always_fails_is_tried_as_often_as_aws_does(outcome, source):
    seen, _ = outcome
    tries, done, _ = seen[f"{source}-99"]
    assert (tries, done) == (TRIES[source], 0)


@pytest.mark.parametrize(("source", "destination"), QUEUED.items())
def test_a_message_that_always_fails_lies_in_its_own_dead_letter_queue(
    outcome, source, destination
):
    _, destinations = outcome
    assert destinations[destination] == [{"id": f"{source}-99", "fails": 99}]


def test_the_failure_destination_holds_what_always_failed_and_nothing_else(outcome):
    _, destinations = outcome
    asynchronous = [record for record in destinations["failures"] if "requestPayload" in record]
    for record in asynchronous:
        assert record["requestContext"]["condition"] == "RetriesExhausted"
        assert record["requestContext"]["approximateInvokeCount"] == 3
        assert record["responsePayload"]["errorMessage"].startswith("asked to fail: ")
    failed = {record["responsePayload"]["errorMessage"].split()[-1] for record in asynchronous}
    assert failed == {f"{source}-99" for source in ASYNCHRONOUS}
    assert len(asynchronous) == len(ASYNCHRONOUS)
    places = [record for record in destinations["failures"] if "requestPayload" not in record]
    kinds = sorted(key for record in places for key in record if key.endswith("BatchInfo"))
    assert kinds == ["DDBStreamBatchInfo", "KinesisBatchInfo"]
    assert len(places) == len(STREAMED)


@pytest.mark.parametrize(
    ("source", "how"),
    [*ASYNCHRONOUS.items(), *STREAMED.items(), *dict.fromkeys(QUEUED, "aws:sqs").items()],
)
def test_an_event_has_the_shape_of_its_source(outcome, source, how):
    seen, _ = outcome
    assert seen[f"{source}-0"][2] == {how}


def test_nothing_was_seen_that_was_not_sent(outcome):
    seen, _ = outcome
    assert set(seen) == {f"{source}-{count}" for source in TRIES for count in FAILS}
