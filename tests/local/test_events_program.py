"""Every source that pushes, made by a program with a FunctionApp and fired for real.

The handler fails as often as an event says: each event is done, tried again, or in the queue of
failures.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dataplane_kit import new_name, until
from echo_cloud import write_program

from platform_lib.local import LocalCloud, LocalCloudError

pytestmark = pytest.mark.engine

PROGRAM = '''
from platform_lib import (
    BucketArgs, BucketRoute, EventRuleArgs, FunctionApp, FunctionAppArgs, LogGroupArgs, TimerArgs,
    TopicArgs,
)

topic = aws.sns.Topic("news")
files = aws.s3.Bucket("files", force_destroy=True)
others = aws.s3.Bucket("others", force_destroy=True)
aws.s3.BucketNotification("on", bucket=others.bucket, eventbridge=True)
group = aws.cloudwatch.LogGroup("source")

HANDLER = """
import base64, collections, gzip, json

attempts = collections.Counter()

def handler(event, context):
    text = json.dumps(event)
    if "awslogs" in event:
        text = gzip.decompress(base64.b64decode(event["awslogs"]["data"])).decode()
    mark = text.partition("mark-")[2].split("-end")[0]
    attempts[mark] += 1
    print("attempt", mark, attempts[mark])
    if attempts[mark] <= int(mark.rpartition("-")[2]):
        raise ValueError("no such luck with " + mark)
    print("done", mark)
"""
app = FunctionApp(
    "worker",
    FunctionAppArgs(
        inline=HANDLER,
        topics=[TopicArgs(arn=topic.arn, filter_policy={"kind": ["good"]})],
        buckets=[
            BucketArgs(name="told", bucket=files.bucket, prefix="in/"),
            BucketArgs(name="bus", bucket=others.bucket, route=BucketRoute.EVENT_BRIDGE),
        ],
        event_rules=[
            EventRuleArgs(
                pattern={"source": ["shop"]},
                input_paths={"mark": "$.detail.mark"},
                input_template='{"mark": <mark>}',
            )
        ],
        schedules=[TimerArgs(rate="1 day", input={"text": "mark-schedule-1-end"})],
        log_groups=[LogGroupArgs(log_group=group.name, filter_pattern="{ $.level = ERROR }")],
    ),
)
pulumi.export("topic", topic.arn)
pulumi.export("files", files.bucket)
pulumi.export("others", others.bucket)
pulumi.export("group", group.name)
pulumi.export("failures", app.failure_queue.arn)
'''


class Up:
    """The program, up, and what its worker wrote."""

    def __init__(self, cloud: LocalCloud, folder: Path, outputs: Any) -> None:
        self.cloud, self.folder, self.outputs = cloud, folder, outputs

    def fire(self, source: str, mark: str) -> None:
        """Let a source bring an event with a mark."""
        client, outputs, text = self.cloud.client, self.outputs, f"mark-{mark}-end"
        match source:
            case "topic":
                for kind in ("bad", "good"):
                    client("sns").publish(
                        TopicArn=outputs["topic"],
                        Message=text,
                        MessageAttributes={"kind": {"DataType": "String", "StringValue": kind}},
                    )
            case "bucket":
                for folder in ("in", "out"):
                    client("s3").put_object(Bucket=outputs["files"], Key=f"{folder}/{text}")
            case "bus":
                client("s3").put_object(Bucket=outputs["others"], Key=text)
            case "rule":
                entry = {"DetailType": "Order", "Detail": json.dumps({"mark": text})}
                entries = [{**entry, "Source": source} for source in ("shop", "other")]
                client("events").put_events(Entries=entries)
            case "logs":
                logs, group = client("logs"), outputs["group"]
                logs.create_log_stream(logGroupName=group, logStreamName=mark)
                now = int(self.cloud.services.data_plane._context.clock.now() * 1000)
                lines = [{"level": level, "text": text} for level in ("INFO", "ERROR")]
                logs.put_log_events(
                    logGroupName=group,
                    logStreamName=mark,
                    logEvents=[{"timestamp": now, "message": json.dumps(line)} for line in lines],
                )
            case "invoke":
                self.cloud.invoke(self.folder, {"text": text}, asynchronous=True)
        self.cloud.settle()

    def lines(self, word: str, mark: str) -> int:
        """How often the worker wrote a word with a mark."""
        lines = self.cloud.logs(self.folder, lines=500)
        return sum(f"{line} ".startswith(f"{word} {mark} ") for line in lines)

    def failed(self) -> list[Any]:
        """Take what is in the queue of failures."""
        sqs = self.cloud.client("sqs")
        url = sqs.get_queue_url(QueueName=self.outputs["failures"].rpartition(":")[2])["QueueUrl"]
        found = []
        while got := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for each in got:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])
                found.append(json.loads(each["Body"]))
        return found


@pytest.fixture(scope="module")
def up(local_cloud: LocalCloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    folder = write_program(tmp_path_factory.mktemp("worker") / "events", "events", PROGRAM)
    made = Up(local_cloud, folder, local_cloud.up(folder).outputs)
    yield made
    local_cloud.destroy(folder)


def test_a_schedule_fires_when_it_is_made_and_is_tried_again(up: Up) -> None:
    up.cloud.settle()
    until(lambda: up.lines("attempt", "schedule-1"))
    assert up.lines("done", "schedule-1") == 0
    up.cloud.advance(61)
    until(lambda: up.lines("done", "schedule-1"))
    assert up.failed() == []


@pytest.mark.parametrize("failures", [0, 1, 2, 3])
@pytest.mark.parametrize("source", ["topic", "bucket", "bus", "rule", "logs", "invoke"])
def test_every_event_is_done_tried_again_or_home(up: Up, source: str, failures: int) -> None:
    mark = f"{new_name(source)}-{failures}"
    up.fire(source, mark)
    up.cloud.advance(185)
    attempts = min(failures + 1, 3)
    until(lambda: up.lines("attempt", mark) == attempts)
    if failures < 3:
        until(lambda: up.lines("done", mark) == 1)
        assert up.failed() == []
    else:
        [record] = up.failed()
        assert up.lines("done", mark) == 0
        assert record["requestContext"]["condition"] == "RetriesExhausted"
        assert record["requestContext"]["functionArn"].endswith(":live")
        assert mark in record["responsePayload"]["errorMessage"]


def test_logs_are_found_by_folder_app_and_log_group(up: Up) -> None:
    up.cloud.invoke(up.folder, {"text": "mark-logs-0-end"})
    said = "done logs-0"
    for name in (up.folder, "worker", "worker-logs"):
        assert said in up.cloud.logs(name, lines=500), name
    with pytest.raises(
        LocalCloudError, match=r"no app and no log group is called nobody: there .*"
    ):
        up.cloud.logs("nobody")


def test_a_call_is_answered_with_its_own_lines_a_traceback_as_lines(up: Up) -> None:
    up.cloud.invoke(up.folder, {"text": "mark-before-0-end"})
    invoked = up.cloud.invoke(up.folder, {"text": "mark-tail-9-end"})
    assert invoked.failed
    starts = [line for line in invoked.logs if line.startswith("START RequestId: ")]
    assert len(starts) == 1
    assert invoked.logs[0] == starts[0]
    assert "attempt tail-9 1" in invoked.logs
    assert "Traceback (most recent call last):" in invoked.logs
    assert not any("before" in line or "\r" in line for line in invoked.logs)
