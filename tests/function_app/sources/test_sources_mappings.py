"""Queues, streams, topics and schedules: what their own settings make."""

import json

import pulumi_aws as aws
import pytest
from sources_kit import (
    ACCOUNT,
    CODE,
    HERE,
    KINESIS,
    QUIET,
    TOPIC,
    allow,
    failures,
    graph_of,
    live,
    policy_of,
)

from platform_lib import ArgsError, FunctionApp
from platform_lib.testing import synth


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


def test_a_topic_of_the_same_program_keeps_its_order_where_that_is_said():
    def program(**more):
        topic = aws.sns.Topic("news", name="news.fifo", fifo_topic=True)
        return FunctionApp("notes", {**QUIET, "topics": [{"arn": topic.arn, "raw": True, **more}]})

    graph = synth(lambda: program(fifo=True))
    queues = graph.all(aws.sqs.Queue)
    assert [queue.inputs["fifoQueue"] for queue in queues] == [True, True]
    # SNS would hand its messages to a queue without an order, and say nothing.
    words = r"FunctionApp 'notes': 'topics\[0\].fifo' is False: .*; give fifo=True"
    with pytest.raises(ArgsError, match=words):
        synth(program)


def test_a_topic_of_another_region_leaves_nothing_in_our_queue_which_sns_would_refuse():
    far = TOPIC.replace("us-east-1", "eu-west-1")
    subscription = graph_of(topics=[{"arn": far}]).one(aws.sns.TopicSubscription)
    assert "redrivePolicy" not in subscription.inputs


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
    alone = graph_of(queues=[{}], kms_key_arn=key)
    assert allow(["kms:Decrypt", "kms:GenerateDataKey"], key) in policy_of(alone, "notes-policy")


def test_a_table_without_a_stream_is_refused_when_the_engine_tells():
    def program():
        table = aws.dynamodb.Table("t", hash_key="id", attributes=[{"name": "id", "type": "S"}])
        return FunctionApp("notes", {**QUIET, "streams": [{"arn": table.stream_arn}]})

    with pytest.raises(ArgsError, match="the table has no stream: set its stream_enabled"):
        synth(program)
