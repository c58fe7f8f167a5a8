"""N functions with five event sources each, written by hand: what FunctionApp makes of them."""

import json

import function
import pulumi
import pulumi_aws as aws
from options import keep

STREAM = "arn:aws:kinesis:us-east-1:123456789012:stream/clicks"
TOPIC = "arn:aws:sns:us-east-1:123456789012:news"


def make_all(names):
    account = aws.get_caller_identity_output().account_id
    for name in names:
        make(name, account)


def allow(actions, resource):
    return {"Effect": "Allow", "Action": actions, "Resource": resource}


def document(*statements):
    return pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": list(statements)})


def queue(name, **more):
    return aws.sqs.Queue(name, sqs_managed_sse_enabled=True, **more)


def make(name, account):
    dead = queue(f"{name}-queue-dlq", message_retention_seconds=1209600)
    work = queue(
        f"{name}-queue",
        visibility_timeout_seconds=174,
        redrive_policy=dead.arn.apply(
            lambda arn: json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 5})
        ),
    )
    failures = queue(f"{name}-failures", message_retention_seconds=1209600)
    receive = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
    read = [
        "kinesis:DescribeStream",
        "kinesis:DescribeStreamSummary",
        "kinesis:GetRecords",
        "kinesis:GetShardIterator",
        "kinesis:ListShards",
    ]
    fn, alias = function.make(
        name,
        [
            allow(receive, work.arn),
            allow(read, STREAM),
            allow(["kinesis:ListStreams"], "*"),
            allow(["sqs:SendMessage"], failures.arn),
        ],
    )
    config = aws.lambda_.FunctionEventInvokeConfig(
        f"{name}-invoke-config",
        function_name=fn.name,
        qualifier=alias.name,
        destination_config={"on_failure": {"destination": failures.arn}},
    )
    schedule(name, alias, failures, account, config)
    topic(name, fn, alias, failures, config)
    rule = event_rule(name, fn, alias, failures, config)
    leave = [("sns.amazonaws.com", TOPIC), ("events.amazonaws.com", rule.arn)]
    aws.sqs.QueuePolicy(
        f"{name}-failures-policy",
        queue_url=failures.url,
        policy=document(
            *(
                {
                    "Effect": "Allow",
                    "Principal": {"Service": service},
                    "Action": "sqs:SendMessage",
                    "Resource": failures.arn,
                    "Condition": {"ArnEquals": {"aws:SourceArn": source}},
                }
                for service, source in leave
            )
        ),
    )
    partial = ["ReportBatchItemFailures"]
    aws.lambda_.EventSourceMapping(
        f"{name}-queue-mapping",
        function_name=alias.arn,
        event_source_arn=work.arn,
        batch_size=10,
        function_response_types=partial,
        enabled=True,
    )
    aws.lambda_.EventSourceMapping(
        f"{name}-stream-mapping",
        function_name=alias.arn,
        event_source_arn=STREAM,
        batch_size=100,
        function_response_types=partial,
        enabled=True,
        bisect_batch_on_function_error=True,
        maximum_retry_attempts=10,
        maximum_record_age_in_seconds=86400,
        parallelization_factor=1,
        starting_position="TRIM_HORIZON",
        destination_config={"on_failure": {"destination_arn": failures.arn}},
    )


def permission(name, fn, alias, principal, source):
    return aws.lambda_.Permission(
        name,
        action="lambda:InvokeFunction",
        function=fn.name,
        qualifier=alias.name,
        principal=principal,
        source_arn=source,
    )


def topic(name, fn, alias, failures, config):
    may = permission(f"{name}-topic-permission", fn, alias, "sns.amazonaws.com", TOPIC)
    aws.sns.TopicSubscription(
        f"{name}-topic-subscription",
        topic=TOPIC,
        protocol="lambda",
        endpoint=alias.arn,
        redrive_policy=failures.arn.apply(lambda arn: json.dumps({"deadLetterTargetArn": arn})),
        opts=pulumi.ResourceOptions(depends_on=[may, config]),
    )


def event_rule(name, fn, alias, failures, config):
    rule = aws.cloudwatch.EventRule(
        f"{name}-rule", event_pattern='{"source":["shop"]}', opts=keep("name")
    )
    may = permission(f"{name}-rule-permission", fn, alias, "events.amazonaws.com", rule.arn)
    aws.cloudwatch.EventTarget(
        f"{name}-rule-target",
        rule=rule.name,
        arn=alias.arn,
        dead_letter_config={"arn": failures.arn},
        opts=keep("targetId", depends_on=[may, config]),
    )
    return rule


def schedule(name, alias, failures, account, config):
    role = aws.iam.Role(
        f"{name}-scheduler-role",
        assume_role_policy=document(
            {
                "Effect": "Allow",
                "Principal": {"Service": "scheduler.amazonaws.com"},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"aws:SourceAccount": account}},
            }
        ),
        opts=keep("name"),
    )
    policy = aws.iam.RolePolicy(
        f"{name}-scheduler-policy",
        role=role.name,
        policy=document(
            allow(["lambda:InvokeFunction"], alias.arn),
            allow(["sqs:SendMessage"], failures.arn),
        ),
    )
    aws.scheduler.Schedule(
        f"{name}-schedule",
        schedule_expression="rate(1 hour)",
        flexible_time_window={"mode": "OFF"},
        state="ENABLED",
        target={
            "arn": alias.arn,
            "role_arn": role.arn,
            "dead_letter_config": {"arn": failures.arn},
        },
        opts=keep("name", depends_on=[policy, config]),
    )
