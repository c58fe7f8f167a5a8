"""What becomes of event sources when a program changes, and when its `up` or `destroy` is killed:
every event still arrives, nothing is made twice, and a destroy leaves nothing.
"""

import os
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from echo_cloud import engine_of

from platform_lib.local import LocalCloud, LocalCloudError
from platform_lib.local.screen import Screen

HANDLER = """
import base64, gzip, json, os, re
import boto3

seen = boto3.client("dynamodb")

def handler(event, context):
    if "awslogs" in event:
        event = gzip.decompress(base64.b64decode(event["awslogs"]["data"])).decode()
    for record in event["Records"] if "Records" in event else ():
        if "kinesis" in record:
            record["kinesis"]["data"] = base64.b64decode(record["kinesis"]["data"]).decode()
    for mark in set(re.findall("mark-[a-z0-9-]+", json.dumps(event))):
        seen.update_item(TableName=os.environ["SEEN"], Key={"id": {"S": mark}},
                         UpdateExpression="ADD calls :one",
                         ExpressionAttributeValues={":one": {"N": "1"}})
    return {"batchItemFailures": []}
"""

PROGRAM = """
from pathlib import Path

import pulumi
import pulumi_aws as aws
from platform_lib import FunctionApp, grants

config = pulumi.Config()

def named(before, after):
    if not config.get_bool("renamed"):
        return {"name": before} if before else {}
    return {"previous_name": before, **({"name": after} if after else {})}

def table(name, **more):
    return aws.dynamodb.Table(name, billing_mode="PAY_PER_REQUEST", hash_key="id",
                              attributes=[{"name": "id", "type": "S"}], **more)

seen = table("seen")
followed = table("followed", stream_enabled=True, stream_view_type="NEW_IMAGE")
clicks = aws.kinesis.Stream("clicks", shard_count=1)
given = aws.sqs.Queue("given", visibility_timeout_seconds=180)
topic, raw = aws.sns.Topic("topic"), aws.sns.Topic("raw")
bucket = aws.s3.Bucket("bucket", force_destroy=True)
routed = aws.s3.Bucket("routed", force_destroy=True)
bridge = aws.s3.BucketNotification("bridge", bucket=routed.id, eventbridge=True)
group = aws.cloudwatch.LogGroup("group")
rules = aws.ses.ReceiptRuleSet("mail", rule_set_name="mail")
app = FunctionApp("worker-with-a-name-that-is-long-enough", {
    "inline": Path("handler.py").read_text(),
    "environment": {"SEEN": seen.name},
    "grants": [grants.read_write_table(seen.arn)],
    "alias": config.get("alias") or "live",
    "queues": [{**named("", "orders")}, {**named("old", "given"), "arn": given.arn}],
    "streams": [{**named("old", "table"), "arn": followed.stream_arn},
                {**named("", "clicks"), "arn": clicks.arn}],
    "topics": [{**named("", "news"), "arn": topic.arn},
               {**named("old", "raw"), "arn": raw.arn, "raw": True}],
    "buckets": [{**named("", "photos"), "bucket": bucket.id},
                {**named("old", "new"), "bucket": routed.id, "route": "event_bridge"}],
    "event_rules": [{**named("of-the-old-shop", "shop"), "pattern": {"source": ["shop"]}}],
    "schedules": [{**named("of-every-hour-of-the-day", ""), "rate": "1 hour",
                   "input": {"id": "hourly"}}],
    "log_groups": [{**named("old", ""), "log_group": group.name}],
    "receipt_rules": [{**named("", "mail"), "rule_set_name": rules.rule_set_name}],
    "invoke_permissions": [{**named("old", ""), "principal": "iot.amazonaws.com",
                            "source_account": "123456789012"}],
})
for name, value in {
    "seen": seen.name, "followed": followed.name, "clicks": clicks.name, "given": given.url,
    "topic": topic.arn, "raw": raw.arn, "bucket": bucket.id, "routed": routed.id,
    "group": group.name, "failures": app.failure_queue.url, "function": app.function.name,
    "queue": next(iter(app.queues.values())).queue.url,
}.items():
    pulumi.export(name, value)
"""
SOURCES = (
    *("queue", "given", "table", "clicks", "topic", "raw"),
    *("bucket", "routed", "rule", "logs"),
)


@pytest.fixture
def program(tmp_path: Path) -> Path:
    folder = tmp_path / "changed"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: changed\nruntime: python\n")
    (folder / "handler.py").write_text(HANDLER)
    (folder / "__main__.py").write_text(PROGRAM)
    return folder


def send(cloud: LocalCloud, outputs, word: str) -> set[str]:
    """Send one event to every source; give the marks that they bear."""
    sqs, sns, s3 = cloud.client("sqs"), cloud.client("sns"), cloud.client("s3")
    marks = {source: f"mark-{source}-{word}" for source in SOURCES}
    for source in ("queue", "given"):
        sqs.send_message(QueueUrl=outputs[source], MessageBody=marks[source])
    cloud.client("dynamodb").put_item(
        TableName=outputs["followed"], Item={"id": {"S": marks["table"]}}
    )
    cloud.client("kinesis").put_record(
        StreamName=outputs["clicks"], PartitionKey="1", Data=marks["clicks"].encode()
    )
    for source in ("topic", "raw"):
        sns.publish(TopicArn=outputs[source], Message=marks[source])
    for source in ("bucket", "routed"):
        s3.put_object(Bucket=outputs[source], Key=marks[source], Body=b"")
    cloud.client("events").put_events(
        Entries=[{"Source": "shop", "DetailType": "o", "Detail": f'{{"id": "{marks["rule"]}"}}'}]
    )
    logs = cloud.client("logs")
    logs.create_log_stream(logGroupName=outputs["group"], logStreamName=word)
    line = {"timestamp": int(time.time() * 1000), "message": marks["logs"]}
    logs.put_log_events(logGroupName=outputs["group"], logStreamName=word, logEvents=[line])
    return set(marks.values())


def arrived(cloud: LocalCloud, outputs) -> dict[str, int]:
    cloud.settle()
    items = cloud.client("dynamodb").scan(TableName=outputs["seen"])["Items"]
    return {item["id"]["S"]: int(item["calls"]["N"]) for item in items}


def test_renamed_sources_keep_what_they_have_in_aws_and_lose_nothing(local_cloud, program):
    outputs = local_cloud.up(program).outputs
    before = send(local_cloud, outputs, "before")
    assert set(arrived(local_cloud, outputs)) == before

    with ThreadPoolExecutor(1) as pool:
        up = pool.submit(local_cloud.up, program, config={"renamed": "true"})
        during = send(local_cloud, outputs, "during")
        stack = up.result()

    # An alarm says in words which queue it watches; all else is as it was.
    assert {(change.op, change.type) for change in stack.changes} == {
        ("update", "aws:cloudwatch/metricAlarm:MetricAlarm")
    }
    assert stack.outputs == outputs
    after = send(local_cloud, outputs, "after")
    assert arrived(local_cloud, outputs) == dict.fromkeys(before | during | after, 1)
    assert local_cloud.preview(program) == []
    local_cloud.destroy(program)


class Kills(Screen):
    """Kills the engine, or the program, when as many resources have been begun."""

    def __init__(self, cloud: LocalCloud, victim: str, begun: int) -> None:
        self.cloud, self.victim, self.left = cloud, victim, begun

    def progress(self, program, event):
        if event["event"] != "resource" or event["state"] != "started":
            return
        self.left -= 1
        if self.left == 0:
            [process] = self.cloud.operations.processes
            pid = engine_of(self.cloud) if self.victim == "engine" else process.pid
            os.kill(pid, signal.SIGKILL)


def alive(cloud: LocalCloud) -> dict[str, int]:
    """Count what a program with sources makes."""
    listed = {
        "apigatewayv2": ["get_apis"],
        "cloudwatch": ["describe_alarms"],
        "dynamodb": ["list_tables"],
        "events": ["list_rules"],
        "iam": ["list_roles"],
        "kinesis": ["list_streams"],
        "lambda": ["list_functions", "list_event_source_mappings"],
        "logs": ["describe_log_groups"],
        "s3": ["list_buckets"],
        "scheduler": ["list_schedules"],
        "ses": ["list_receipt_rule_sets"],
        "sns": ["list_topics", "list_subscriptions"],
        "sqs": ["list_queues"],
    }
    found = {}
    for service, operations in listed.items():
        for operation in operations:
            answer = getattr(cloud.client(service), operation)()
            found[f"{service} {operation}"] = sum(
                len(each) for each in answer.values() if isinstance(each, list)
            )
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="finds the engine by /proc")
def test_a_killed_up_and_a_killed_destroy_are_finished_by_the_next(tmp_path, program):
    with LocalCloud(tmp_path / "state") as cloud:
        before = alive(cloud)
        with pytest.raises(LocalCloudError, match=r"killed \(SIGKILL\)"):
            cloud.up(program, screen=Kills(cloud, "engine", 30))
        with pytest.raises(LocalCloudError, match=r"killed \(SIGKILL\)"):
            cloud.up(program, screen=Kills(cloud, "program", 20))

        outputs = cloud.up(program).outputs

        assert cloud.preview(program) == []
        sent = send(cloud, outputs, "sent")
        assert arrived(cloud, outputs) == dict.fromkeys(sent, 1)
        # Another alias replaces permissions, subscriptions and the home of failures, one by one.
        with pytest.raises(LocalCloudError, match=r"killed \(SIGKILL\)"):
            cloud.up(program, config={"alias": "other"}, screen=Kills(cloud, "engine", 20))
        assert cloud.up(program, config={"alias": "other"}).outputs == outputs
        assert cloud.preview(program) == []
        sent |= send(cloud, outputs, "again")
        assert arrived(cloud, outputs) == dict.fromkeys(sent, 1)
        with pytest.raises(LocalCloudError, match=r"killed \(SIGKILL\)"):
            cloud.destroy(program, screen=Kills(cloud, "engine", 10))
        cloud.destroy(program)
        assert alive(cloud) == before
