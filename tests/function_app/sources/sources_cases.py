"""Every kind of event source and what must come of it, written from AWS's documentation."""

import json
from dataclasses import dataclass, field
from typing import Any

import pulumi_aws as aws
import pytest
from sources_kit import (
    ACCOUNT,
    ASYNCHRONOUS,
    BUCKET,
    HERE,
    KINESIS,
    QUEUE,
    RECEIPT,
    TABLE_STREAM,
    TOPIC,
    allow,
    failures,
    live,
)


@dataclass(frozen=True, kw_only=True)
class Case:
    """A source, and what must come of it."""

    args: dict[str, Any]
    made: dict[str, int]
    trigger: str
    """Logical name of what calls the function."""
    inputs: Any
    """Its inputs, from the graph."""
    principal: str = ""
    source_arn: Any = None
    source_account: str | None = None
    statements: Any = field(default=lambda graph: [])
    asynchronous: bool = True
    left_by: Any = field(default=lambda graph: [])
    """Service and source that may leave in the home what it could not hand over."""


MAPPING = {"enabled": True, "functionResponseTypes": ["ReportBatchItemFailures"]}
STREAM_RULES = {
    **MAPPING,
    "batchSize": 100,
    "bisectBatchOnFunctionError": True,
    "maximumRecordAgeInSeconds": 86400,
    "maximumRetryAttempts": 10,
    "parallelizationFactor": 1,
    "startingPosition": "TRIM_HORIZON",
}


def receive(arn):
    actions = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
    return {"Effect": "Allow", "Action": actions, "Resource": arn}


def rule_arn(name):
    return lambda graph: graph.one(aws.cloudwatch.EventRule, name).outputs["arn"]


def dead_letters(graph):
    return {"arn": failures(graph)}


READS_KINESIS = allow(
    [
        "kinesis:DescribeStream",
        "kinesis:DescribeStreamSummary",
        "kinesis:GetRecords",
        "kinesis:GetShardIterator",
        "kinesis:ListShards",
    ],
    KINESIS,
)
CASES = {
    "queue that is made": Case(
        args={"queues": [{}]},
        made={"Queue": 2, "EventSourceMapping": 1},
        trigger="notes-queue-mapping",
        inputs=lambda graph: {
            **MAPPING,
            "batchSize": 10,
            "functionName": live(graph),
            "eventSourceArn": graph.one(aws.sqs.Queue, "notes-queue").outputs["arn"],
        },
        statements=lambda graph: [receive(graph.one(aws.sqs.Queue, "notes-queue").outputs["arn"])],
        asynchronous=False,
    ),
    "queue that is given": Case(
        args={"queues": [{"arn": QUEUE, "maximum_concurrency": 5, "filters": [{"body": ["a"]}]}]},
        made={"EventSourceMapping": 1},
        trigger="notes-queue-mapping",
        inputs=lambda graph: {
            **MAPPING,
            "batchSize": 10,
            "functionName": live(graph),
            "eventSourceArn": QUEUE,
            "scalingConfig": {"maximumConcurrency": 5},
            "filterCriteria": {"filters": [{"pattern": '{"body":["a"]}'}]},
        },
        statements=lambda graph: [receive(QUEUE)],
        asynchronous=False,
    ),
    "stream of a table": Case(
        args={"streams": [{"arn": TABLE_STREAM}]},
        made={"EventSourceMapping": 1, "Queue": 1},
        trigger="notes-stream-mapping",
        inputs=lambda graph: {
            **STREAM_RULES,
            "functionName": live(graph),
            "eventSourceArn": TABLE_STREAM,
            "destinationConfig": {"onFailure": {"destinationArn": failures(graph)}},
        },
        statements=lambda graph: [
            allow(
                ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"],
                TABLE_STREAM,
            ),
            allow(["dynamodb:ListStreams"], "*"),
            allow(["sqs:SendMessage"], failures(graph)),
        ],
        asynchronous=False,
    ),
    "stream of Kinesis": Case(
        args={"streams": [{"arn": KINESIS, "on_failure": BUCKET, "tumbling_window_seconds": 60}]},
        made={"EventSourceMapping": 1},
        trigger="notes-stream-mapping",
        inputs=lambda graph: {
            **STREAM_RULES,
            "functionName": live(graph),
            "eventSourceArn": KINESIS,
            "tumblingWindowInSeconds": 60,
            "destinationConfig": {"onFailure": {"destinationArn": BUCKET}},
        },
        statements=lambda graph: [
            READS_KINESIS,
            allow(["kinesis:ListStreams"], "*"),
            allow(["s3:ListBucket"], BUCKET),
            allow(["s3:PutObject"], f"{BUCKET}/*"),
        ],
        asynchronous=False,
    ),
    "consumer of a stream": Case(
        args={"streams": [{"arn": f"{KINESIS}/consumer/notes:1", "on_failure": TOPIC}]},
        made={"EventSourceMapping": 1},
        trigger="notes-stream-mapping",
        inputs=lambda graph: {
            **STREAM_RULES,
            "functionName": live(graph),
            "eventSourceArn": f"{KINESIS}/consumer/notes:1",
            "destinationConfig": {"onFailure": {"destinationArn": TOPIC}},
        },
        statements=lambda graph: [
            READS_KINESIS,
            allow(
                ["kinesis:DescribeStreamConsumer", "kinesis:SubscribeToShard"],
                f"{KINESIS}/consumer/notes:1",
            ),
            allow(["kinesis:ListStreams"], "*"),
            allow(["sns:Publish"], TOPIC),
        ],
        asynchronous=False,
    ),
    "topic": Case(
        args={"topics": [{"arn": TOPIC, "filter_policy": {"kind": ["new"]}}]},
        made={"TopicSubscription": 1, "Permission": 1, "QueuePolicy": 1, **ASYNCHRONOUS},
        trigger="notes-topic-subscription",
        inputs=lambda graph: {
            "topic": TOPIC,
            "protocol": "lambda",
            "endpoint": live(graph),
            "filterPolicy": '{"kind":["new"]}',
            "redrivePolicy": json.dumps({"deadLetterTargetArn": failures(graph)}),
        },
        principal="sns.amazonaws.com",
        source_arn=TOPIC,
        left_by=lambda graph: [("sns.amazonaws.com", TOPIC)],
    ),
    "topic, raw": Case(
        args={
            "topics": [
                {
                    "arn": TOPIC,
                    "raw": True,
                    "filter_policy_scope": "body",
                    "filter_policy": {"a": {"b": ["c"]}},
                }
            ]
        },
        made={"Queue": 2, "QueuePolicy": 2, "TopicSubscription": 1, "EventSourceMapping": 1},
        trigger="notes-topic-subscription",
        inputs=lambda graph: {
            "topic": TOPIC,
            "protocol": "sqs",
            "endpoint": graph.one(aws.sqs.Queue, "notes-topic").outputs["arn"],
            "rawMessageDelivery": True,
            "redrivePolicy": json.dumps(
                {"deadLetterTargetArn": graph.one(aws.sqs.Queue, "notes-topic-dlq").outputs["arn"]}
            ),
            "filterPolicy": '{"a":{"b":["c"]}}',
            "filterPolicyScope": "MessageBody",
        },
        statements=lambda graph: [receive(graph.one(aws.sqs.Queue, "notes-topic").outputs["arn"])],
        asynchronous=False,
    ),
    "bucket": Case(
        args={"buckets": [{"bucket": "photos", "prefix": "in/", "suffix": ".jpg"}]},
        made={"BucketNotification": 1, "Permission": 1, **ASYNCHRONOUS},
        trigger="notes-bucket-notification",
        inputs=lambda graph: {
            "bucket": "photos",
            "lambdaFunctions": [
                {
                    "lambdaFunctionArn": live(graph),
                    "events": ["s3:ObjectCreated:*"],
                    "filterPrefix": "in/",
                    "filterSuffix": ".jpg",
                }
            ],
        },
        principal="s3.amazonaws.com",
        source_arn="arn:aws:s3:::photos",
        source_account=ACCOUNT,
    ),
    "bucket by EventBridge": Case(
        args={"buckets": [{"bucket": "photos", "route": "event_bridge", "prefix": "in/"}]},
        made={"EventRule": 1, "EventTarget": 1, "Permission": 1, "QueuePolicy": 1, **ASYNCHRONOUS},
        trigger="notes-bucket-target",
        inputs=lambda graph: {
            "rule": graph.one(aws.cloudwatch.EventRule, "notes-bucket").outputs["name"],
            "arn": live(graph),
            "deadLetterConfig": dead_letters(graph),
        },
        principal="events.amazonaws.com",
        source_arn=rule_arn("notes-bucket"),
        left_by=lambda graph: [("events.amazonaws.com", rule_arn("notes-bucket")(graph))],
    ),
    "rule": Case(
        args={
            "event_rules": [
                {
                    "pattern": {"source": ["shop"], "detail": {"total": [{"numeric": [">", 9]}]}},
                    "input_paths": {"id": "$.detail.id"},
                    "input_template": '{"order": <id>}',
                }
            ]
        },
        made={"EventRule": 1, "EventTarget": 1, "Permission": 1, "QueuePolicy": 1, **ASYNCHRONOUS},
        trigger="notes-rule-target",
        inputs=lambda graph: {
            "rule": graph.one(aws.cloudwatch.EventRule, "notes-rule").outputs["name"],
            "arn": live(graph),
            "deadLetterConfig": dead_letters(graph),
            "inputTransformer": {
                "inputPaths": {"id": "$.detail.id"},
                "inputTemplate": '{"order": <id>}',
            },
        },
        principal="events.amazonaws.com",
        source_arn=rule_arn("notes-rule"),
        left_by=lambda graph: [("events.amazonaws.com", rule_arn("notes-rule")(graph))],
    ),
    "schedule": Case(
        args={
            "schedules": [
                {
                    "cron": "0 8 ? * MON-FRI *",
                    "time_zone": "Europe/Berlin",
                    "flexible_window_minutes": 15,
                    "input": {"kind": "digest"},
                }
            ]
        },
        made={"Schedule": 1, "Role": 1, "RolePolicy": 1, **ASYNCHRONOUS},
        trigger="notes-schedule",
        inputs=lambda graph: {
            "scheduleExpression": "cron(0 8 ? * MON-FRI *)",
            "scheduleExpressionTimezone": "Europe/Berlin",
            "flexibleTimeWindow": {"mode": "FLEXIBLE", "maximumWindowInMinutes": 15},
            "state": "ENABLED",
            "target": {
                "arn": live(graph),
                "roleArn": graph.one(aws.iam.Role, "notes-scheduler-role").outputs["arn"],
                "input": '{"kind": "digest"}',
                "deadLetterConfig": dead_letters(graph),
            },
        },
    ),
    "log group": Case(
        args={"log_groups": [{"log_group": "/shop/web", "filter_pattern": "ERROR"}]},
        made={"LogSubscriptionFilter": 1, "Permission": 1, **ASYNCHRONOUS},
        trigger="notes-log-group",
        inputs=lambda graph: {
            "logGroup": "/shop/web",
            "filterPattern": "ERROR",
            "destinationArn": live(graph),
        },
        principal="logs.amazonaws.com",
        source_arn=f"arn:aws:logs:{HERE}:log-group:/shop/web:*",
        source_account=ACCOUNT,
    ),
    "receipt rule": Case(
        args={"receipt_rules": [{"rule_set_name": "mail", "recipients": ["shop.example.com"]}]},
        made={"ReceiptRule": 1, "Permission": 1, **ASYNCHRONOUS},
        trigger="notes-receipt",
        inputs=lambda graph: {
            "name": RECEIPT,
            "ruleSetName": "mail",
            "recipients": ["shop.example.com"],
            "lambdaActions": [
                {"functionArn": live(graph), "invocationType": "Event", "position": 1}
            ],
            "tlsPolicy": "Require",
            "scanEnabled": True,
            "enabled": True,
        },
        principal="ses.amazonaws.com",
        source_arn=f"arn:aws:ses:{HERE}:receipt-rule-set/mail:receipt-rule/{RECEIPT}",
        source_account=ACCOUNT,
    ),
}
every_case = pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
