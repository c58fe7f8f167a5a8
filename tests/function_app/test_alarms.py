"""What is watched, and who is told."""

import pulumi
import pulumi_aws as aws
import pytest

from platform_lib import ArgsError, FunctionApp
from platform_lib.parts.alarms import create_depth_alarm
from platform_lib.parts.children import Children
from platform_lib.testing import synth

S3 = {"code": "s3://artifacts/notes.zip", "handler": "notes.handler"}
TOPIC = "arn:aws:sns:us-east-1:123456789012:pager"


def graph_of(**args):
    return synth(lambda: FunctionApp("notes", {**S3, **args}))


def test_the_failures_of_the_alias_are_watched():
    graph = graph_of()
    name = graph.one(aws.lambda_.Function).outputs["name"]

    def query(id, metric):
        return {
            "id": id,
            "returnData": False,
            "metric": {
                "namespace": "AWS/Lambda",
                "metricName": metric,
                "dimensions": {"FunctionName": name, "Resource": f"{name}:live"},
                "period": 60,
                "stat": "Sum",
            },
        }

    assert graph.one(aws.cloudwatch.MetricAlarm, "notes-errors").inputs == {
        "alarmDescription": "notes: more than 5 % of requests fail",
        "metricQueries": [
            {
                "id": "percent",
                "expression": "100 * FILL(failed, 0) / total",
                "label": "failed requests, percent",
                "returnData": True,
            },
            query("failed", "Errors"),
            query("total", "Invocations"),
        ],
        "comparisonOperator": "GreaterThanThreshold",
        "threshold": 5,
        "evaluationPeriods": 5,
        "datapointsToAlarm": 3,
        "treatMissingData": "notBreaching",
    }


def test_the_slowest_hundredth_is_watched():
    graph = graph_of()
    name = graph.one(aws.lambda_.Function).outputs["name"]
    assert graph.one(aws.cloudwatch.MetricAlarm, "notes-latency").inputs == {
        "alarmDescription": "notes: the slowest hundredth of requests is too slow",
        "namespace": "AWS/Lambda",
        "metricName": "Duration",
        "dimensions": {"FunctionName": name, "Resource": f"{name}:live"},
        "extendedStatistic": "p99",
        "period": 60,
        "comparisonOperator": "GreaterThanOrEqualToThreshold",
        "threshold": 1000,
        "evaluationPeriods": 5,
        "datapointsToAlarm": 3,
        "treatMissingData": "notBreaching",
    }


def test_limits_are_ones_own_and_a_topic_is_told_of_beginning_and_end():
    graph = graph_of(alarms={"topic_arn": TOPIC, "error_percent": 0.5, "latency_ms": 200})
    errors = graph.one(aws.cloudwatch.MetricAlarm, "notes-errors").inputs
    latency = graph.one(aws.cloudwatch.MetricAlarm, "notes-latency").inputs
    assert (errors["threshold"], latency["threshold"]) == (0.5, 200)
    assert errors["alarmDescription"] == "notes: more than 0.5 % of requests fail"
    for alarm in (errors, latency):
        assert alarm["alarmActions"] == alarm["okActions"] == [TOPIC]


def test_nobody_waits_for_a_function_without_an_address():
    graph = graph_of(ingress={"kind": "none"})
    assert [each.name for each in graph.all(aws.cloudwatch.MetricAlarm)] == ["notes-errors"]
    graph = graph_of(ingress={"kind": "none"}, alarms={"latency_ms": 5000})
    assert graph.one(aws.cloudwatch.MetricAlarm, "notes-latency").inputs["threshold"] == 5000


def test_a_topic_that_only_the_engine_knows_is_told():
    def program():
        topic = aws.sns.Topic("pager")
        FunctionApp("notes", {**S3, "alarms": {"topic_arn": topic.arn}})

    graph = synth(program)
    arn = graph.one(aws.sns.Topic).outputs["arn"]
    for alarm in graph.all(aws.cloudwatch.MetricAlarm):
        assert alarm.inputs["alarmActions"] == [arn]


def test_two_alarms_are_two_resources_and_none_is_none():
    with_alarms, without = graph_of(), graph_of(alarms={"enabled": False})
    assert len(with_alarms.all(aws.cloudwatch.MetricAlarm)) == 2
    assert not without.all(aws.cloudwatch.MetricAlarm)
    assert len(with_alarms.resources) - len(without.resources) == 2


def test_a_queue_that_should_be_empty_is_watched():
    class Home(pulumi.ComponentResource):
        def __init__(self):
            super().__init__("test:index:Home", "notes")
            child = Children(self, "notes", tags={}, overrides={})
            queue = child.make("failures", aws.sqs.Queue, "failures")
            create_depth_alarm(
                child, "depth_alarm", "depth", queue_name=queue.name, topic_arn=TOPIC
            )

    graph = synth(Home)
    name = graph.one(aws.sqs.Queue).outputs["name"]
    assert graph.one(aws.cloudwatch.MetricAlarm, "notes-depth").inputs == {
        "alarmDescription": "notes: messages lie in its queue depth",
        "namespace": "AWS/SQS",
        "metricName": "ApproximateNumberOfMessagesVisible",
        "dimensions": {"QueueName": name},
        "statistic": "Maximum",
        "period": 60,
        "evaluationPeriods": 1,
        "comparisonOperator": "GreaterThanThreshold",
        "threshold": 0,
        "treatMissingData": "notBreaching",
        "alarmActions": [TOPIC],
        "okActions": [TOPIC],
    }


@pytest.mark.parametrize(
    ("bad", "match"),
    [
        ({"error_percent": -1}, "'alarms.error_percent' is -1.0: must be 0 to 100 percent"),
        ({"error_percent": 100.5}, "'alarms.error_percent' is 100.5: must be 0 to 100 percent"),
        ({"error_percent": float("nan")}, "'alarms.error_percent' is nan: must be 0 to 100"),
        ({"error_percent": "5"}, "'alarms.error_percent' is '5': must be a number"),
        ({"latency_ms": 0}, "'alarms.latency_ms' is 0: must be 1 to 900000 milliseconds"),
        ({"latency_ms": 29_001}, "'alarms.latency_ms' is 29001: no call takes longer than time"),
        ({"topic_arn": "pager"}, "'alarms.topic_arn' is 'pager': must be an ARN of a topic"),
        (
            {"topic_arn": TOPIC.replace("sns", "sqs")},
            "'alarms.topic_arn' is .*: must be an ARN of a topic",
        ),
        ({"email": "a@b"}, "'alarms.email' is 'a@b': no such input"),
    ],
)
def test_bad_input_is_refused(bad, match):
    def program():
        with pytest.raises(ArgsError, match=match):
            FunctionApp("notes", {**S3, "alarms": bad})

    assert synth(program).resources == ()


def test_alarms_that_are_off_have_no_override():
    def program():
        with pytest.raises(ArgsError, match=r"'overrides\.error_alarm' .* no such child"):
            args = {"alarms": {"enabled": False}, "overrides": {"error_alarm": {}}}
            FunctionApp("notes", {**S3, **args})

    assert synth(program).resources == ()
