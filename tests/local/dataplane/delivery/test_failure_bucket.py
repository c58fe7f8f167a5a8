"""A bucket as the home of failures: what failed lies in it, from a topic and from a stream."""

import json
import re
from pathlib import Path

from platform_lib.local import LocalCloud

PROGRAM = """
import pulumi
import pulumi_aws as aws
from platform_lib import FunctionApp

clicks = aws.kinesis.Stream("clicks", shard_count=1)
topic = aws.sns.Topic("topic")
home = aws.s3.Bucket("home", force_destroy=True)
app = FunctionApp("worker", {
    "inline": "def handler(event, context): raise RuntimeError('asked to fail')",
    "alarms": {"enabled": False},
    "topics": [{"arn": topic.arn}],
    "streams": [{"arn": clicks.arn, "maximum_retries": 1}],
    "on_failure": home.arn,
})
pulumi.export("clicks", clicks.name)
pulumi.export("topic", topic.arn)
pulumi.export("home", home.id)
pulumi.export("function", app.function.name)
"""
MOMENT = r"\d{4}/\d\d/\d\d/\d{4}-\d\d-\d\dT\d\d\.\d\d\.\d\d-[0-9a-f-]{36}"


def test_what_failed_lies_in_the_bucket(local_cloud: LocalCloud, tmp_path: Path):
    (tmp_path / "Pulumi.yaml").write_text("name: failures\nruntime: python\n")
    (tmp_path / "__main__.py").write_text(PROGRAM)
    told = local_cloud.up(tmp_path).outputs
    assert local_cloud.preview(tmp_path) == []
    local_cloud.client("sns").publish(TopicArn=told["topic"], Message="news")
    local_cloud.client("kinesis").put_record(
        StreamName=told["clicks"], PartitionKey="a", Data=b"click"
    )
    local_cloud.settle()
    local_cloud.advance(3600)
    s3 = local_cloud.client("s3")
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket=told["home"])["Contents"]]
    keys.sort(key=lambda key: key.startswith("aws/lambda/async/"))
    by_stream, by_topic = (
        json.loads(s3.get_object(Bucket=told["home"], Key=key)["Body"].read()) for key in keys
    )
    assert re.fullmatch(rf"aws/lambda/[0-9a-f-]{{36}}/shardId-\d+/{MOMENT}", keys[0])
    assert json.loads(by_stream["payload"])["Records"][0]["eventSource"] == "aws:kinesis"
    assert re.fullmatch(rf"aws/lambda/async/{told['function']}/{MOMENT}", keys[1])
    assert by_topic["requestPayload"]["Records"][0]["Sns"]["Message"] == "news"
    assert by_topic["requestContext"]["condition"] == "RetriesExhausted"
    local_cloud.destroy(tmp_path)
