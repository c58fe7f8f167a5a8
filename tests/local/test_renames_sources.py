"""A function with every kind of source that gets another name, with the real engine: nothing that
calls it, or holds what it did not yet work on, is replaced.
"""

from pathlib import Path

import pytest
from test_rollout import rolled

from platform_lib.local import LocalCloud

pytestmark = pytest.mark.engine

PROGRAM = """
import pulumi
import pulumi_aws as aws
from platform_lib import FunctionApp

config = pulumi.Config()
old = config.get("old")
followed = aws.dynamodb.Table(
    "followed", billing_mode="PAY_PER_REQUEST", hash_key="id",
    attributes=[{"name": "id", "type": "S"}], stream_enabled=True, stream_view_type="NEW_IMAGE",
)
given = aws.sqs.Queue("given", visibility_timeout_seconds=180)
topic, raw = aws.sns.Topic("topic"), aws.sns.Topic("raw")
bucket = aws.s3.Bucket("bucket", force_destroy=True)
routed = aws.s3.Bucket("routed", force_destroy=True)
aws.s3.BucketNotification("bridge", bucket=routed.id, eventbridge=True)
group = aws.cloudwatch.LogGroup("group")
rules = aws.ses.ReceiptRuleSet("mail", rule_set_name="mail")
sources = {
    "queues": [{}, {"name": "given", "arn": given.arn}],
    "streams": [{"arn": followed.stream_arn}],
    "topics": [{"arn": topic.arn}, {"name": "raw", "arn": raw.arn, "raw": True}],
    "buckets": [
        {"bucket": bucket.id, "prefix": "in/"},
        {"name": "others", "bucket": bucket.id, "prefix": "others/"},
        {"name": "routed", "bucket": routed.id, "route": "event_bridge"},
    ],
    "event_rules": [{"pattern": {"source": ["shop"]}}],
    "schedules": [{"rate": "1 hour"}],
    "log_groups": [{"log_group": group.name}],
    "receipt_rules": [{"rule_set_name": rules.rule_set_name}],
    "invoke_permissions": [
        {"principal": "iot.amazonaws.com", "source_account": "123456789012"}
    ],
}
if config.get_bool("turned"):
    sources["buckets"].reverse()
FunctionApp(
    config.require("name"),
    {"inline": "def handler(event, context): ...", **sources},
    pulumi.ResourceOptions(aliases=[pulumi.Alias(name=old)] if old else []),
)
"""
SHORT, LONG = "a", "an-app-with-a-name-that-is-as-long-as-it-may-be"


@pytest.mark.parametrize(("first", "second"), [(SHORT, LONG), (LONG, f"{LONG}-r"), (LONG, SHORT)])
def test_a_renamed_function_keeps_its_sources_and_what_they_hold(
    local_cloud: LocalCloud, tmp_path: Path, first: str, second: str
) -> None:
    (tmp_path / "Pulumi.yaml").write_text(f"name: {tmp_path.name}\nruntime: python\n")
    (tmp_path / "__main__.py").write_text(PROGRAM)
    try:
        local_cloud.up(tmp_path, config={"name": first})
        # Another source of the bucket stands first, so the notification is called after that one.
        turned = {"name": first, "turned": "true"}
        assert {op for op, _ in rolled(local_cloud.preview(tmp_path, config=turned))} <= {"update"}
        renamed = {"name": second, "old": first}
        changes = local_cloud.preview(tmp_path, config=renamed)
        # SES tries the permission, which names the rule: both are there anew before the old ones go.
        mail = {f"{name}-receipt{end}" for name in (first, second) for end in ("", "-permission")}
        others = [each for each in changes if each.name not in mail]
        assert [str(each) for each in others if rolled([each]) - {("update", each.type)}] == []
        local_cloud.up(tmp_path, config=renamed)
        assert local_cloud.preview(tmp_path, config=renamed) == []
        # The alias has done its work.
        assert local_cloud.preview(tmp_path, config={"name": second}) == []
    finally:
        local_cloud.destroy(tmp_path)
