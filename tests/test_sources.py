"""Every event source through the public constructor: trigger, permission or statement, retries
and where failures end, against a table written from AWS's documentation."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, is_dataclass
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from platform_lib import ArgsError, FunctionApp, grants
from platform_lib.event_patterns import matches
from platform_lib.testing import AwsMocks, synth

CODE = {"code": "s3://artifacts/notes.zip", "handler": "notes.handler"}
QUIET = {**CODE, "ingress": {"kind": "public"}, "alarms": {"enabled": False}}
HERE = "us-east-1:123456789012"
ACCOUNT = "123456789012"
RECEIPT = "notes-receipt-" + hashlib.sha256(b"notes-receipt\0project\0stack").hexdigest()[:7]
QUEUE = f"arn:aws:sqs:{HERE}:orders"
TOPIC = f"arn:aws:sns:{HERE}:news"
BUS = f"arn:aws:events:{HERE}:event-bus/orders"
OTHER = f"arn:aws:lambda:{HERE}:function:other"
BUCKET = "arn:aws:s3:::failed-records"
KINESIS = f"arn:aws:kinesis:{HERE}:stream/clicks"
TABLE_STREAM = f"arn:aws:dynamodb:{HERE}:table/notes/stream/2025-01-01T00:00:00.000"
PLAIN = {
    "platform-lib:index:FunctionApp": 1,
    "aws:apigatewayv2/api:Api": 1,
    "aws:apigatewayv2/integration:Integration": 1,
    "aws:apigatewayv2/route:Route": 1,
    "aws:apigatewayv2/stage:Stage": 1,
    "aws:cloudwatch/logGroup:LogGroup": 2,
    "aws:iam/role:Role": 1,
    "aws:iam/rolePolicy:RolePolicy": 1,
    "aws:lambda/alias:Alias": 1,
    "aws:lambda/function:Function": 1,
    "aws:lambda/permission:Permission": 1,
}


def graph_of(**args):
    return synth(lambda: FunctionApp("notes", {**QUIET, **args}))


def policy_of(graph, name="notes-policy"):
    return json.loads(graph.one(aws.iam.RolePolicy, name).inputs["policy"])["Statement"]


def extra(graph):
    """What a source adds to a plain function, type by type."""
    counts = graph.counts()
    more = {token: count - PLAIN.get(token, 0) for token, count in counts.items()}
    assert all(count >= 0 for count in more.values())
    assert set(PLAIN) <= set(counts)
    return {token.rpartition(":")[2]: count for token, count in more.items() if count}


def live(graph):
    return graph.one(aws.lambda_.Alias).outputs["arn"]


def failures(graph):
    return graph.one(aws.sqs.Queue, "notes-failures").outputs["arn"]


ASYNCHRONOUS = {"Queue": 1, "FunctionEventInvokeConfig": 1}
"""The home of failures, which whatever calls and does not wait brings along."""


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


def allow(actions, resource):
    return {"Effect": "Allow", "Action": actions, "Resource": resource}


def rule_arn(name):
    return lambda graph: graph.one(aws.cloudwatch.EventRule, name).outputs["arn"]


def dead_letters(graph):
    return {"arn": failures(graph)}


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
            allow(["dynamodb:ListStreams"], f"arn:aws:dynamodb:{HERE}:table/notes/stream/*"),
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
            allow(
                [
                    "kinesis:DescribeStream",
                    "kinesis:DescribeStreamSummary",
                    "kinesis:GetRecords",
                    "kinesis:GetShardIterator",
                    "kinesis:ListShards",
                ],
                KINESIS,
            ),
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
            allow(
                [
                    "kinesis:DescribeStream",
                    "kinesis:DescribeStreamSummary",
                    "kinesis:GetRecords",
                    "kinesis:GetShardIterator",
                    "kinesis:ListShards",
                ],
                KINESIS,
            ),
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


@every_case
def test_a_source_makes_exactly_this(case):
    assert extra(graph_of(**case.args)) == case.made


@every_case
def test_a_trigger_is_bound_to_the_alias_with_these_inputs(case):
    graph = graph_of(**case.args)
    [trigger] = [each for each in graph.resources if each.name == case.trigger]
    assert trigger.inputs == case.inputs(graph)


def own_permissions(graph):
    """The permissions of sources, without the API's."""
    return [each for each in graph.all(aws.lambda_.Permission) if each.name != "notes-permission"]


def permissions(graph):
    return [each.inputs for each in own_permissions(graph)]


@every_case
def test_a_service_may_call_the_alias_for_this_source_alone(case):
    graph = graph_of(**case.args)
    source = case.source_arn(graph) if callable(case.source_arn) else case.source_arn
    expected = {
        "action": "lambda:InvokeFunction",
        "function": graph.one(aws.lambda_.Function).outputs["name"],
        "qualifier": "live",
        "principal": case.principal,
        "sourceArn": source,
        **({"sourceAccount": case.source_account} if case.source_account else {}),
    }
    assert permissions(graph) == ([expected] if case.principal else [])


@every_case
def test_the_role_may_do_what_its_sources_need_and_no_more(case):
    graph = graph_of(**case.args)
    logs = graph.one(aws.cloudwatch.LogGroup, "notes-logs").outputs["arn"]
    home = [allow(["sqs:SendMessage"], failures(graph))] if case.asynchronous else []
    assert policy_of(graph) == [
        allow(["logs:CreateLogStream", "logs:PutLogEvents"], f"{logs}:*"),
        *case.statements(graph),
        *home,
    ]


@every_case
def test_what_fails_has_a_home_of_its_own(case):
    graph = graph_of(**case.args)
    configs = [each.inputs for each in graph.all(aws.lambda_.FunctionEventInvokeConfig)]
    if not case.asynchronous:
        assert configs == []
        return
    assert configs == [
        {
            "functionName": graph.one(aws.lambda_.Function).outputs["name"],
            "qualifier": "live",
            "destinationConfig": {"onFailure": {"destination": failures(graph)}},
        }
    ]
    assert graph.one(aws.sqs.Queue, "notes-failures").inputs == {
        "messageRetentionSeconds": 1209600,
        "sqsManagedSseEnabled": True,
    }


@every_case
def test_the_home_takes_what_these_services_could_not_hand_over(case):
    graph = graph_of(**case.args)
    home = [each for each in graph.all(aws.sqs.QueuePolicy) if "failures" in each.name]
    expected = [
        {
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": "sqs:SendMessage",
            "Resource": failures(graph),
            "Condition": {"ArnEquals": {"aws:SourceArn": source}},
        }
        for service, source in case.left_by(graph)
    ]
    statements = [json.loads(each.inputs["policy"])["Statement"] for each in home]
    assert statements == ([expected] if expected else [])


@every_case
def test_every_child_can_be_reached_and_overridden_by_its_path(case):
    graph = graph_of(**case.args)
    named = {each.name for each in graph.resources if each.type.startswith("aws:")}
    shown = dict(_shown(vars(graph.result)))
    assert {child.pulumi_resource_name for child in shown.values()} == named
    graph_of(**case.args, overrides={key: {} for key in shown})


def _shown(of):
    for key, value in of.items():
        if isinstance(value, pulumi.CustomResource):
            yield key, value
        elif isinstance(value, Mapping) or is_dataclass(value):
            inner = value if isinstance(value, Mapping) else vars(value)
            yield from ((f"{key}.{path}", child) for path, child in _shown(inner))


@every_case
def test_a_source_waits_until_it_may_call(case):
    graph = graph_of(**case.args)
    [trigger] = [each for each in graph.resources if each.name == case.trigger]
    names = {each.name for each in trigger.dependencies}
    if case.principal:
        assert any(name.endswith("-permission") for name in names)
    if case.asynchronous:
        assert "notes-invoke-config" in names
    # A mapping is tried with the role's rights when it is made: the function waits for them.
    function = graph.one(aws.lambda_.Function)
    assert "notes-policy" in {each.name for each in function.dependencies}


@every_case
def test_tags_and_the_boundary_are_on_what_a_source_makes(case):
    boundary = f"arn:aws:iam::{ACCOUNT}:policy/boundary"
    tags = {"team": "notes"}
    graph = graph_of(**case.args, tags=tags, permissions_boundary_arn=boundary)
    for role in graph.all(aws.iam.Role):
        assert role.inputs["permissionsBoundary"] == boundary
    for kind in (aws.sqs.Queue, aws.lambda_.EventSourceMapping, aws.cloudwatch.EventRule):
        for each in graph.all(kind):
            assert each.inputs["tags"] == tags


def test_the_scheduler_takes_on_a_role_for_this_account_that_calls_this_alias():
    graph = graph_of(schedules=[{"rate": "5 minutes"}, {"name": "late", "cron": "0 22 * * ? *"}])
    role = graph.one(aws.iam.Role, "notes-scheduler-role")
    assert json.loads(role.inputs["assumeRolePolicy"])["Statement"] == [
        {
            "Effect": "Allow",
            "Principal": {"Service": "scheduler.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
        }
    ]
    assert policy_of(graph, "notes-scheduler-policy") == [
        allow(["lambda:InvokeFunction"], live(graph)),
        allow(["sqs:SendMessage"], failures(graph)),
    ]
    assert len(graph.all(aws.scheduler.Schedule)) == 2


def test_a_queue_of_ours_is_encrypted_watched_and_gives_up_after_five_tries():
    graph = synth(lambda: FunctionApp("notes", {**CODE, "queues": [{}], "timeout_seconds": 60}))
    dead = graph.one(aws.sqs.Queue, "notes-queue-dlq")
    assert graph.one(aws.sqs.Queue, "notes-queue").inputs == {
        "visibilityTimeoutSeconds": 360,
        "sqsManagedSseEnabled": True,
        "redrivePolicy": json.dumps(
            {"deadLetterTargetArn": dead.outputs["arn"], "maxReceiveCount": 5}
        ),
    }
    assert dead.inputs == {"messageRetentionSeconds": 1209600, "sqsManagedSseEnabled": True}


def test_a_window_and_own_numbers_of_a_queue():
    queue = {
        "fifo": False,
        "batch_size": 1000,
        "batch_window_seconds": 30,
        "maximum_receives": 2,
        "partial_batch": False,
        "enabled": False,
    }
    graph = graph_of(queues=[queue], timeout_seconds=10)
    mapping = graph.one(aws.lambda_.EventSourceMapping).inputs
    assert (mapping["batchSize"], mapping["maximumBatchingWindowInSeconds"]) == (1000, 30)
    assert mapping["enabled"] is False
    assert "functionResponseTypes" not in mapping
    inputs = graph.one(aws.sqs.Queue, "notes-queue").inputs
    assert inputs["visibilityTimeoutSeconds"] == 6 * 10 + 30
    assert json.loads(inputs["redrivePolicy"])["maxReceiveCount"] == 2


@pytest.mark.parametrize("source", [{"queues": [{}]}, {"streams": [{"arn": KINESIS}]}])
def test_a_mapping_goes_before_its_successor_comes(source):
    """Lambda takes one mapping of a source to a function, whatever its starting position."""
    [mapping] = graph_of(**source).all(aws.lambda_.EventSourceMapping)
    assert mapping.options.delete_before_replace is True


@pytest.mark.parametrize(
    "timestamp",
    ["2026-01-31T08:00:00Z", "2026-01-31T09:00:00+01:00", "2026-01-30T23:30:00-08:30"],
)
def test_a_time_is_worded_as_aws_gives_it_back(timestamp):
    stream = {"starting_position": "at_timestamp", "starting_timestamp": timestamp}
    graph = graph_of(streams=[{"arn": KINESIS, **stream}])
    inputs = graph.one(aws.lambda_.EventSourceMapping).inputs
    assert inputs["startingPosition"] == "AT_TIMESTAMP"
    assert inputs["startingPositionTimestamp"] == "2026-01-31T08:00:00Z"


def test_a_fifo_queue_has_fifo_dead_letters():
    graph = graph_of(queues=[{"fifo": True}])
    assert [queue.inputs["fifoQueue"] for queue in graph.all(aws.sqs.Queue)] == [True, True]


def test_a_fifo_topic_fills_a_fifo_queue_that_admits_this_topic_alone():
    graph = graph_of(topics=[{"arn": f"{TOPIC}.fifo", "raw": True}])
    queue = graph.one(aws.sqs.Queue, "notes-topic")
    assert queue.inputs["fifoQueue"] is True
    policy = graph.one(aws.sqs.QueuePolicy, "notes-topic-policy")
    assert json.loads(policy.inputs["policy"])["Statement"] == [
        {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": queue.outputs["arn"],
            "Condition": {"ArnEquals": {"aws:SourceArn": f"{TOPIC}.fifo"}},
        }
    ]


def test_a_topic_of_another_region_leaves_nothing_in_our_queue_which_sns_would_refuse():
    far = TOPIC.replace("us-east-1", "eu-west-1")
    subscription = graph_of(topics=[{"arn": far}]).one(aws.sns.TopicSubscription)
    assert "redrivePolicy" not in subscription.inputs


def test_a_notifications_filter_is_encoded_as_s3_wants_it():
    bucket = {"bucket": "photos", "prefix": "my photos/year=2026/", "suffix": " (ü).jpg"}
    [notification] = graph_of(buckets=[bucket]).all(aws.s3.BucketNotification)
    [function] = notification.inputs["lambda_functions"]
    assert function["filter_prefix"] == "my+photos/year%3D2026/"
    assert function["filter_suffix"] == "+(%C3%BC).jpg"


def test_more_than_a_role_can_hold_is_refused_in_words():
    queues = [{"name": f"q{number}"} for number in range(60)]
    with pytest.raises(ValueError, match=r"its grants and sources need .* a role holds 10240"):
        graph_of(queues=queues)


CALLERS = {
    "topics": lambda name: {"arn": f"arn:aws:sns:{HERE}:{name}"},
    "buckets": lambda name: {"bucket": f"bucket-{name}"},
    "event_rules": lambda name: {"pattern": {"source": ["shop"]}},
    "log_groups": lambda name: {"log_group": f"/shop/{name}"},
    "receipt_rules": lambda name: {"rule_set_name": "mail"},
    "invoke_permissions": lambda name: {
        "principal": "config.amazonaws.com",
        "source_account": "123456789012",
    },
}
"""The kinds that need a statement in the function's own policy."""


def callers(kind, count):
    names = [f"s{number:02}" for number in range(count)]
    return {kind: [{"name": name, **CALLERS[kind](name)} for name in names]}


def statement_in_policy(permission):
    """Word a permission as it stands in the function's own policy."""
    known = permission.inputs
    conditions = {}
    if "sourceArn" in known:
        conditions["ArnLike"] = {"AWS:SourceArn": known["sourceArn"]}
    if "sourceAccount" in known:
        conditions["StringEquals"] = {"AWS:SourceAccount": known["sourceAccount"]}
    return {
        "Sid": f"{permission.name}-1234567",
        "Effect": "Allow",
        "Principal": {"Service": known["principal"]},
        "Action": known["action"],
        "Resource": f"arn:aws:lambda:{HERE}:function:notes-fn-1234567:live",
        "Condition": conditions,
    }


@pytest.mark.parametrize("kind", CALLERS)
def test_as_many_sources_as_a_functions_own_policy_holds_are_let_through(kind):
    one = own_permissions(graph_of(**callers(kind, 1)))[0]
    policy = {"Version": "2012-10-17", "Id": "default", "Statement": []}
    size = len(json.dumps(statement_in_policy(one), separators=(",", ":"))) + len(",")
    room = 20_480 - len(json.dumps(policy, separators=(",", ":")))
    count = room // size
    assert 40 < count < 80
    assert len(own_permissions(graph_of(**callers(kind, count)))) == count


@pytest.mark.parametrize("kind", CALLERS)
def test_more_than_a_functions_own_policy_holds_is_refused(kind):
    match = rf"'{kind}' is 100: the permissions of all sources come to at least \d+ bytes"
    with pytest.raises(ArgsError, match=match):
        graph_of(**callers(kind, 100))


def test_a_permission_that_is_overridden_is_left_to_aws():
    overrides = {
        f"event_rules.s{number:02}.permission": {"source_arn": "arn:aws:events:*"}
        for number in range(100)
    }
    graph = graph_of(**callers("event_rules", 100), overrides=overrides)
    assert len(own_permissions(graph)) == 100


@pytest.mark.parametrize(
    ("given", "pattern"),
    [
        (
            {"prefix": "in/", "suffix": ".jpg"},
            {"detail-type": ["Object Created"], "detail": {"object": {"key": [{"wildcard": "in/*.jpg"}]}}},
        ),
        ({"prefix": "a*b"}, {"detail-type": ["Object Created"], "detail": {"object": {"key": [{"prefix": "a*b"}]}}}),
        (
            {"prefix": "a*b", "suffix": "c"},
            {"detail-type": ["Object Created"], "detail": {"object": {"key": [{"wildcard": "a\\*b*c"}]}}},
        ),
        (
            {"events": ["s3:ObjectCreated:Put", "s3:ObjectCreated:Copy"]},
            {"detail-type": ["Object Created"], "detail": {"reason": ["CopyObject", "PutObject"]}},
        ),
        (
            {"events": ["s3:ObjectRemoved:*", "s3:ObjectCreated:*"]},
            {
                "detail-type": ["Object Created", "Object Deleted"],
                "detail": {"reason": [{"anything-but": ["Lifecycle Expiration"]}, {"exists": False}]},
            },
        ),
        (
            {"events": ["s3:ObjectCreated:Put", "s3:ObjectRemoved:*"]},
            {
                "detail-type": ["Object Created", "Object Deleted"],
                "detail": {"reason": ["DeleteObject", "PutObject"]},
            },
        ),
        (
            {"events": ["s3:ObjectCreated:Put", "s3:ObjectCreated:*"]},
            {"detail-type": ["Object Created"], "detail": {}},
        ),
        (
            {"events": ["s3:LifecycleExpiration:*"]},
            {"detail-type": ["Object Deleted"], "detail": {"reason": ["Lifecycle Expiration"]}},
        ),
        (
            {"events": ["s3:ObjectRestore:*"]},
            {
                "detail-type": [
                    "Object Restore Completed",
                    "Object Restore Expired",
                    "Object Restore Initiated",
                ],
                "detail": {},
            },
        ),
        (
            {"events": ["s3:ObjectTagging:*"]},
            {"detail-type": ["Object Tags Added", "Object Tags Deleted"], "detail": {}},
        ),
        (
            {"events": ["s3:ObjectTagging:Delete"]},
            {"detail-type": ["Object Tags Deleted"], "detail": {}},
        ),
    ],
)  # fmt: skip
def test_a_buckets_events_in_the_words_of_eventbridge(given, pattern):
    graph = graph_of(buckets=[{"bucket": "photos", "route": "event_bridge", **given}])
    found = json.loads(graph.one(aws.cloudwatch.EventRule).inputs["eventPattern"])
    pattern["detail"] |= {"bucket": {"name": ["photos"]}}
    assert found == {"source": ["aws.s3"], **pattern}


S3_EVENTS = {
    "s3:ObjectCreated:Put": ("Object Created", "PutObject"),
    "s3:ObjectCreated:Copy": ("Object Created", "CopyObject"),
    "s3:ObjectRemoved:Delete": ("Object Deleted", "DeleteObject"),
    "s3:LifecycleExpiration:Delete": ("Object Deleted", "Lifecycle Expiration"),
    "s3:ObjectRestore:Post": ("Object Restore Initiated", None),
    "s3:ObjectRestore:Delete": ("Object Restore Expired", None),
    "s3:ObjectTagging:Put": ("Object Tags Added", None),
    "s3:ObjectTagging:Delete": ("Object Tags Deleted", None),
    "s3:ObjectAcl:Put": ("Object ACL Updated", None),
}
"""What happens in a bucket -> how EventBridge is told of it."""
COARSE = ("s3:ObjectRemoved:", "s3:LifecycleExpiration:")
"""EventBridge's reason does not tell these apart more finely than `*`."""


@settings(max_examples=60, deadline=None)
@given(
    asked=st.sets(
        st.sampled_from(
            [
                *(event for event in S3_EVENTS if not event.startswith(COARSE)),
                "s3:ObjectCreated:*",
                "s3:ObjectRemoved:*",
                "s3:LifecycleExpiration:*",
                "s3:ObjectRestore:*",
                "s3:ObjectTagging:*",
            ]
        ),
        min_size=1,
    )
)
def test_eventbridge_brings_what_a_notification_of_these_events_would(asked):
    bucket = {"bucket": "photos", "route": "event_bridge", "events": sorted(asked)}
    graph = graph_of(buckets=[bucket])
    pattern = json.loads(graph.one(aws.cloudwatch.EventRule).inputs["eventPattern"])
    for event, (kind, reason) in S3_EVENTS.items():
        detail = {"bucket": {"name": "photos"}, "object": {"key": "a"}}
        detail |= {"reason": reason} if reason else {}
        told = {"source": "aws.s3", "detail-type": kind, "detail": detail}
        wanted = event in asked or f"{event.rpartition(':')[0]}:*" in asked
        assert matches(pattern, told) == wanted, event


def test_a_key_of_the_users_encrypts_queues_and_the_role_may_use_it():
    key = f"arn:aws:kms:{HERE}:key/11111111-2222-3333-4444-555555555555"
    graph = graph_of(queues=[{}], schedules=[{"rate": "1 hour"}], kms_key_arn=key)
    queues = graph.all(aws.sqs.Queue)
    assert len(queues) == 3
    for queue in queues:
        assert queue.inputs["kmsMasterKeyId"] == key
        assert "sqsManagedSseEnabled" not in queue.inputs
    for name in ("notes-policy", "notes-scheduler-policy"):
        assert allow(["kms:Decrypt", "kms:GenerateDataKey"], key) in policy_of(graph, name)


HOMES = {
    "queue": (QUEUE, [allow(["sqs:SendMessage"], QUEUE)]),
    "topic": (TOPIC, [allow(["sns:Publish"], TOPIC)]),
    "bucket": (BUCKET, [allow(["s3:ListBucket"], BUCKET), allow(["s3:PutObject"], f"{BUCKET}/*")]),
    "bus": (BUS, [allow(["events:PutEvents"], BUS)]),
    "function": (OTHER, [allow(["lambda:InvokeFunction"], OTHER)]),
}


@pytest.mark.parametrize(("arn", "statements"), HOMES.values(), ids=list(HOMES))
@pytest.mark.parametrize("known", [True, False])
def test_a_home_of_the_users_takes_failures_in_place_of_ours(arn, statements, known):
    source = {"topics": [{"arn": TOPIC}]}
    if arn == TOPIC:
        source = {"event_rules": [{"pattern": {"source": ["a"]}}]}

    def program():
        home = {"on_failure": arn if known else pulumi.Output.from_input(arn)}
        rules = {"retries": 0, "maximum_age_seconds": 60}
        return FunctionApp("notes", {**QUIET, **source, **home, **rules})

    graph = synth(program)
    assert graph.all(aws.sqs.Queue) == []
    config = graph.one(aws.lambda_.FunctionEventInvokeConfig).inputs
    assert config["destinationConfig"] == {"onFailure": {"destination": arn}}
    assert (config["maximumRetryAttempts"], config["maximumEventAgeInSeconds"]) == (0, 60)
    assert policy_of(graph)[1:] == statements


def test_a_stream_without_a_home_of_its_own_takes_the_functions_bucket():
    graph = graph_of(streams=[{"arn": KINESIS}], on_failure=BUCKET)
    mapping = graph.one(aws.lambda_.EventSourceMapping).inputs
    assert mapping["destinationConfig"] == {"onFailure": {"destinationArn": BUCKET}}
    assert graph.all(aws.sqs.Queue) == []
    assert policy_of(graph)[-2:] == HOMES["bucket"][1]


@pytest.mark.parametrize(
    "source",
    [
        {"bucket": "failed-records", "prefix": "in/"},
        {"bucket": "failed-records", "suffix": ".jpg"},
        {"bucket": "failed-records", "events": ["s3:ObjectRemoved:*"]},
        {"bucket": "failed-records", "prefix": "aws/lambda/async/another-function/"},
        {"bucket": "photos"},
    ],
)
def test_a_bucket_may_be_source_and_home_where_its_filter_leaves_out_the_records(source):
    graph = graph_of(buckets=[source], on_failure=BUCKET)
    assert graph.one(aws.s3.BucketNotification).inputs["bucket"] == source["bucket"]


def test_a_home_that_is_known_late_is_still_compared_with_the_bucket():
    def program():
        home = pulumi.Output.from_input(BUCKET)
        source = {"bucket": "failed-records"}
        return FunctionApp("notes", {**QUIET, "buckets": [source], "on_failure": home})

    with pytest.raises(ArgsError, match=r"buckets\[0\].bucket.* writes to this bucket itself"):
        synth(program)


@pytest.mark.parametrize(("arn", "action"), [(QUEUE, "sqs:SendMessage"), (TOPIC, "sns:Publish")])
def test_dead_letters_go_to_a_queue_or_topic_in_place_of_ours(arn, action):
    graph = graph_of(schedules=[{"rate": "1 day"}], dead_letter=arn)
    assert graph.one(aws.lambda_.Function).inputs["deadLetterConfig"] == {"targetArn": arn}
    assert graph.all(aws.lambda_.FunctionEventInvokeConfig) == []
    assert graph.all(aws.sqs.Queue) == []
    assert policy_of(graph)[1:] == [allow([action], arn)]


def test_the_home_of_failures_is_watched():
    graph = graph_of(schedules=[{"rate": "1 day"}], queues=[{}], alarms={"topic_arn": TOPIC})
    names = {
        each.inputs["dimensions"]["QueueName"]
        for each in graph.all(aws.cloudwatch.MetricAlarm)
        if "dimensions" in each.inputs and "QueueName" in each.inputs["dimensions"]
    }
    watched = {"notes-failures", "notes-queue-dlq"}
    assert names == {graph.one(aws.sqs.Queue, name).outputs["name"] for name in watched}


def test_whoever_else_calls_gets_a_permission_and_only_who_does_not_wait_a_home():
    pool = f"arn:aws:cognito-idp:{HERE}:userpool/us-east-1_a"
    graph = graph_of(
        invoke_permissions=[{"principal": "cognito-idp.amazonaws.com", "source_arn": pool}]
    )
    assert extra(graph) == {"Permission": 1}
    assert permissions(graph)[0] | {"function": ""} == {
        "action": "lambda:InvokeFunction",
        "function": "",
        "qualifier": "live",
        "principal": "cognito-idp.amazonaws.com",
        "sourceArn": pool,
    }
    rule = f"arn:aws:iot:{HERE}:rule/doors"
    graph = graph_of(
        invoke_permissions=[
            {"principal": "iot.amazonaws.com", "source_arn": rule, "source_account": ACCOUNT}
        ]
    )
    assert extra(graph) == {"Permission": 1, **ASYNCHRONOUS}


@pytest.mark.parametrize(
    "given",
    [
        {"principal": "alexa-appkit.amazon.com", "event_source_token": "amzn1.ask.skill.a-b"},
        {"principal": "lexv2.amazonaws.com", "source_arn": f"arn:aws:lex:{HERE}:bot-alias/A/B"},
        {"principal": "apigateway.amazonaws.com", "source_arn": f"arn:aws:execute-api:{HERE}:a/*/GET/"},
        {"principal": "cloudformation.amazonaws.com", "source_account": ACCOUNT},
        {"principal": f"arn:aws:iam::{ACCOUNT}:role/deployer"},
        {"principal": "*", "principal_org_id": "o-a1b2c3d4e5"},
    ],
)  # fmt: skip
def test_a_permission_has_the_conditions_that_are_given(given):
    [permission] = permissions(graph_of(invoke_permissions=[given]))
    words = {
        "source_arn": "sourceArn",
        "source_account": "sourceAccount",
        "event_source_token": "eventSourceToken",
        "principal_org_id": "principalOrgId",
        "principal": "principal",
    }
    assert {words[word]: value for word, value in given.items()}.items() <= permission.items()


def test_an_account_is_named_as_lambda_names_it():
    given = {"principal": ACCOUNT, "principal_org_id": "o-a1b2c3d4e5"}
    [permission] = permissions(graph_of(invoke_permissions=[given]))
    assert permission["principal"] == f"arn:aws:iam::{ACCOUNT}:root"
    assert permission["principalOrgId"] == "o-a1b2c3d4e5"


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("eu-west-1", "aws"),
        ("cn-north-1", "aws-cn"),
        ("us-gov-west-1", "aws-us-gov"),
        ("eusc-de-east-1", "aws-eusc"),
        ("us-iso-east-1", "aws-iso"),
        ("us-isob-east-1", "aws-iso-b"),
    ],
)
def test_arns_are_those_of_the_regions_partition(region, partition):
    sources = {
        "buckets": [{"bucket": "photos"}],
        "log_groups": [{"log_group": "/shop"}],
        "receipt_rules": [{"rule_set_name": "mail"}],
    }
    graph = synth(
        lambda: FunctionApp("notes", {**QUIET, **sources}), mocks=AwsMocks(region=region)
    )
    assert {each["sourceArn"] for each in permissions(graph)} == {
        f"arn:{partition}:s3:::photos",
        f"arn:{partition}:logs:{region}:{ACCOUNT}:log-group:/shop:*",
        f"arn:{partition}:ses:{region}:{ACCOUNT}:receipt-rule-set/mail:receipt-rule/{RECEIPT}",
    }


def test_callers_with_a_role_of_their_own_get_the_statement():
    graph = graph_of()
    statement = graph.value(graph.result.invoke_statement)
    assert statement == {
        "Effect": "Allow",
        "Action": "lambda:InvokeFunction",
        "Resource": live(graph),
    }


def test_sources_are_told_apart_by_name_so_that_order_moves_nothing():
    named = [{"name": "orders"}, {"name": "refunds", "fifo": True}, {}]

    def names(queues):
        graph = graph_of(queues=queues)
        return {
            each.name: {key: value for key, value in each.inputs.items() if key != "policy"}
            for each in graph.resources
            if each.type.startswith("aws:") and "queue" in each.name
        }

    assert names(named) == names(named[::-1])
    fewer, more = names(named[:2]), names(named)
    assert fewer.items() <= more.items()
    assert set(more) - set(fewer) == {"notes-queue", "notes-queue-dlq", "notes-queue-mapping"}
    graph = graph_of(queues=named)
    assert set(graph.result.queues) == {"orders", "refunds", "queue"}


def test_a_preview_knows_every_child_of_every_source():
    args = {key: value for case in CASES.values() for key, value in case.args.items()}
    args.pop("buckets")

    def program():
        topic, bucket = aws.sns.Topic("news"), aws.s3.Bucket("photos")
        table = aws.dynamodb.Table(
            "notes",
            hash_key="id",
            attributes=[{"name": "id", "type": "S"}],
            stream_enabled=True,
            stream_view_type="NEW_IMAGE",
        )
        more = {
            "topics": [{"arn": topic.arn}],
            "buckets": [{"bucket": bucket.id}, {"name": "by-rule", "bucket": bucket.id, "route": "event_bridge"}],
            "streams": [{"arn": table.stream_arn}],
        }  # fmt: skip
        shared = {"buckets.bucket.notification": {"eventbridge": True}}
        return FunctionApp("notes", {**QUIET, **args, **more, "overrides": shared})

    assert synth(program, preview=True).counts() == synth(program).counts()


LIMITS = {
    aws.cloudwatch.EventRule: ("name", 64),
    aws.cloudwatch.EventTarget: ("targetId", 64),
    aws.iam.Role: ("name", 64),
    aws.iam.RolePolicy: ("name", 128),
    aws.lambda_.Permission: ("statementId", 100),
    aws.scheduler.Schedule: ("name", 64),
    aws.ses.ReceiptRule: ("name", 64),
    aws.sqs.Queue: ("name", 80),
}
"""What AWS takes for a name: https://docs.aws.amazon.com/general/latest/gr/aws-service-information.html"""


@pytest.mark.parametrize("app", ["n" * 50, "notes"])
@pytest.mark.parametrize("name", [None, "n" * 6])
@every_case
def test_names_as_long_as_they_may_be_still_fit(case, app, name):
    args = {kind: [{**each, "name": name} for each in given] if isinstance(given, list) else given
            for kind, given in case.args.items()}  # fmt: skip
    graph = synth(lambda: FunctionApp(app, {**QUIET, **args}))
    for kind, (word, limit) in LIMITS.items():
        for each in graph.all(kind):
            # Pulumi's automatic name is the logical one, a hyphen and seven letters.
            assert len(each.inputs.get(word, f"{each.name}-0123456")) <= limit, each


def test_stacks_of_one_account_share_a_rule_set():
    mail = {"receipt_rules": [{"rule_set_name": "mail"}]}
    names = {
        synth(lambda: FunctionApp("notes", {**QUIET, **mail}), stack=stack)
        .one(aws.ses.ReceiptRule)
        .inputs["name"]
        for stack in ("development", "staging")
    }
    assert len(names) == 2


def test_recursion_that_only_the_engine_can_tell_is_refused_before_the_trigger_is_made():
    def program():
        bucket = aws.s3.Bucket("photos")
        may = [grants.read_write_bucket(bucket.arn)]
        return FunctionApp("notes", {**QUIET, "buckets": [{"bucket": bucket.id}], "grants": may})

    with pytest.raises(ArgsError, match=r"FunctionApp 'notes': 'buckets\[0\].bucket' is 'photos-"):
        synth(program)


def test_its_own_log_group_is_refused_under_the_name_that_the_engine_gave_it():
    own = graph_of().one(aws.cloudwatch.LogGroup, "notes-logs").outputs["name"]
    with pytest.raises(ArgsError, match=r"'log_groups\[0\].log_group' is .*is the function's own"):
        graph_of(log_groups=[{"log_group": own}])


def test_a_table_without_a_stream_is_refused_when_the_engine_tells():
    def program():
        table = aws.dynamodb.Table("t", hash_key="id", attributes=[{"name": "id", "type": "S"}])
        return FunctionApp("notes", {**QUIET, "streams": [{"arn": table.stream_arn}]})

    with pytest.raises(ArgsError, match="the table has no stream: set its stream_enabled"):
        synth(program)
