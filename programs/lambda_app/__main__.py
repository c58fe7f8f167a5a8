"""The notes app as a function, and workers: run `pulumi up` here, or `make up` at the root."""

from pathlib import Path

import pulumi
import pulumi_aws as aws

from platform_lib import AppArgs, FunctionApp, grants

config = pulumi.Config()

# Made also where another table is used: what a stack has made is not taken away by its config.
made = aws.dynamodb.Table(
    "notes",
    billing_mode="PAY_PER_REQUEST",
    hash_key="notebook",
    range_key="id",
    attributes=[{"name": "notebook", "type": "S"}, {"name": "id", "type": "S"}],
    stream_enabled=True,
    stream_view_type="NEW_AND_OLD_IMAGES",
    point_in_time_recovery={"enabled": True},
    server_side_encryption={"enabled": True},
)
adopted = config.get("table")
table = aws.dynamodb.Table.get("notes-shared", adopted) if adopted else made

shared = AppArgs(
    source=str(Path(__file__).resolve().parents[1] / "notes" / "src"),
    architecture=config.require("architecture"),
)
app = FunctionApp(
    "notes",
    {
        **shared,
        "app": "notes.web:app",
        "environment": {"TABLE_NAME": table.name},
        "grants": [grants.read_write_table(table.arn)],
        "memory_mib": config.require_int("memoryMib"),
    },
)

# Workers beside the web app: no address, and no more rights than each one's work needs.
worker: AppArgs = {**shared, "ingress": {"kind": "none"}}
inbox = FunctionApp(
    "notes-inbox",
    {
        **worker,
        "handler": "workers.inbox.handler",
        "environment": {"TABLE_NAME": table.name},
        "grants": [grants.allow(["dynamodb:PutItem"], [table.arn])],
        "queues": [{}],
    },
)

counts = aws.dynamodb.Table(
    "notes-counts",
    billing_mode="PAY_PER_REQUEST",
    hash_key="notebook",
    range_key="entry",
    attributes=[{"name": "notebook", "type": "S"}, {"name": "entry", "type": "S"}],
    ttl={"attribute_name": "expires", "enabled": True},
    server_side_encryption={"enabled": True},
)
activity = FunctionApp(
    "notes-activity",
    {
        **worker,
        "handler": "workers.activity.handler",
        "environment": {"ACTIVITY_TABLE_NAME": counts.name},
        "grants": [grants.allow(["dynamodb:PutItem", "dynamodb:UpdateItem"], [counts.arn])],
        "streams": [
            {"arn": table.stream_arn, "filters": [{"eventName": ["INSERT", "REMOVE"]}]},
        ],
    },
)

readers = aws.sns.Topic("notes-readers")
digest = FunctionApp(
    "notes-digest",
    {
        **worker,
        "handler": "workers.digest.handler",
        "environment": {"TABLE_NAME": table.name, "DIGEST_TOPIC_ARN": readers.arn},
        "grants": [
            grants.allow(["dynamodb:Query"], [table.arn]),
            grants.publish_to_topic(readers.arn),
        ],
        "schedules": [
            {"cron": "0 7 * * ? *", "input": {"time": "<aws.scheduler.scheduled-time>"}},
        ],
    },
)

pulumi.export("url", app.url)
pulumi.export("version", app.version)
pulumi.export("log_group_name", app.log_group_name)
pulumi.export("table_name", table.name)
pulumi.export("table_arn", table.arn)
pulumi.export("inbox_queue_url", inbox.queues["queue"].queue.url)
pulumi.export("inbox_log_group_name", inbox.log_group_name)
pulumi.export("activity_table_name", counts.name)
pulumi.export("activity_log_group_name", activity.log_group_name)
pulumi.export("digest_topic_arn", readers.arn)
pulumi.export("digest_log_group_name", digest.log_group_name)
