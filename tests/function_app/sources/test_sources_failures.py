"""Where failures end when the user names a destination for them."""

import pulumi
import pulumi_aws as aws
import pytest
from sources_kit import (
    BUCKET,
    BUS,
    KINESIS,
    OTHER,
    QUEUE,
    QUIET,
    TOPIC,
    allow,
    graph_of,
    policy_of,
)

from platform_lib import ArgsError, FunctionApp
from platform_lib.testing import synth

DESTINATIONS = {
    "queue": (QUEUE, [allow(["sqs:SendMessage"], QUEUE)]),
    "topic": (TOPIC, [allow(["sns:Publish"], TOPIC)]),
    "bucket": (BUCKET, [allow(["s3:ListBucket"], BUCKET), allow(["s3:PutObject"], f"{BUCKET}/*")]),
    "bus": (BUS, [allow(["events:PutEvents"], BUS)]),
    "function": (OTHER, [allow(["lambda:InvokeFunction"], OTHER)]),
}


@pytest.mark.parametrize(("arn", "statements"), DESTINATIONS.values(), ids=list(DESTINATIONS))
@pytest.mark.parametrize("known", [True, False])
def test_a_destination_of_the_users_takes_failures_in_place_of_ours(arn, statements, known):
    source = {"topics": [{"arn": TOPIC}]}
    if arn == TOPIC:
        source = {"event_rules": [{"pattern": {"source": ["a"]}}]}

    def program():
        destination = {"on_failure": arn if known else pulumi.Output.from_input(arn)}
        rules = {"retries": 0, "maximum_age_seconds": 60}
        return FunctionApp("notes", {**QUIET, **source, **destination, **rules})

    graph = synth(program)
    assert graph.all(aws.sqs.Queue) == []
    config = graph.one(aws.lambda_.FunctionEventInvokeConfig).inputs
    assert config["destinationConfig"] == {"onFailure": {"destination": arn}}
    assert (config["maximumRetryAttempts"], config["maximumEventAgeInSeconds"]) == (0, 60)
    assert policy_of(graph)[1:] == statements


def test_a_stream_without_a_destination_of_its_own_takes_the_functions_bucket():
    graph = graph_of(streams=[{"arn": KINESIS}], on_failure=BUCKET)
    mapping = graph.one(aws.lambda_.EventSourceMapping).inputs
    assert mapping["destinationConfig"] == {"onFailure": {"destinationArn": BUCKET}}
    assert graph.all(aws.sqs.Queue) == []
    assert policy_of(graph)[-2:] == DESTINATIONS["bucket"][1]


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
def test_a_bucket_may_be_source_and_destination_where_its_filter_leaves_out_the_records(source):
    graph = graph_of(buckets=[source], on_failure=BUCKET)
    assert graph.one(aws.s3.BucketNotification).inputs["bucket"] == source["bucket"]


def test_a_destination_that_is_known_late_is_still_compared_with_the_bucket():
    def program():
        destination = pulumi.Output.from_input(BUCKET)
        source = {"bucket": "failed-records"}
        return FunctionApp("notes", {**QUIET, "buckets": [source], "on_failure": destination})

    with pytest.raises(ArgsError, match=r"buckets\[0\].bucket.* writes to this bucket itself"):
        synth(program)


@pytest.mark.parametrize(("arn", "action"), [(QUEUE, "sqs:SendMessage"), (TOPIC, "sns:Publish")])
def test_dead_letters_go_to_a_queue_or_topic_in_place_of_ours(arn, action):
    graph = graph_of(schedules=[{"rate": "1 day"}], dead_letter=arn)
    assert graph.one(aws.lambda_.Function).inputs["deadLetterConfig"] == {"targetArn": arn}
    assert graph.all(aws.lambda_.FunctionEventInvokeConfig) == []
    assert graph.all(aws.sqs.Queue) == []
    assert policy_of(graph)[1:] == [allow([action], arn)]


def test_the_failure_destination_is_watched():
    graph = graph_of(schedules=[{"rate": "1 day"}], queues=[{}], alarms={"topic_arn": TOPIC})
    names = {
        each.inputs["dimensions"]["QueueName"]
        for each in graph.all(aws.cloudwatch.MetricAlarm)
        if "dimensions" in each.inputs and "QueueName" in each.inputs["dimensions"]
    }
    watched = {"notes-failures", "notes-queue-dlq"}
    assert names == {graph.one(aws.sqs.Queue, name).outputs["name"] for name in watched}
