"""Alarms: what says that an app fails, is slow, or leaves work undone.

One function a question, over whatever metric a target has for it. Missing data is no alarm: an
app that nobody calls is well.
"""

from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws

from platform_lib.app_settings import AlarmSettings
from platform_lib.parts.children import Children

_ALARM = "aws.cloudwatch.MetricAlarm"

Dimensions = pulumi.Input[Mapping[str, pulumi.Input[str]]]

_PERIOD_SECONDS = 60
# Three bad minutes of five: one bad minute wakes nobody, and a lasting fault is known in three.
_WINDOW: dict[str, Any] = {"evaluation_periods": 5, "datapoints_to_alarm": 3}


def function_alarm_children(alarms: AlarmSettings | None) -> dict[str, str]:
    """Name the alarms that `create_function_alarms` makes, and their type."""
    if alarms is None:
        return {}
    latency = {} if alarms.latency_ms is None else {"latency_alarm": _ALARM}
    return {"error_alarm": _ALARM, **latency}


def create_function_alarms(
    child: Children,
    alarms: AlarmSettings,
    *,
    function_name: pulumi.Input[str],
    alias_name: pulumi.Input[str],
) -> tuple["aws.cloudwatch.MetricAlarm", "aws.cloudwatch.MetricAlarm | None"]:
    """Watch what callers of a function's alias get: how many calls fail, and how long they take.

    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-view.html
    """
    # One Output, not six: each is awaited by itself.
    dimensions = pulumi.Output.all(function_name, alias_name).apply(
        lambda names: {"FunctionName": names[0], "Resource": f"{names[0]}:{names[1]}"}
    )
    error_alarm = create_error_alarm(
        child,
        namespace="AWS/Lambda",
        failed="Errors",
        all_="Invocations",
        dimensions=dimensions,
        percent=alarms.error_percent,
        topic_arn=alarms.topic_arn,
    )
    if alarms.latency_ms is None:
        return error_alarm, None
    latency_alarm = create_latency_alarm(
        child,
        namespace="AWS/Lambda",
        metric="Duration",
        dimensions=dimensions,
        limit=alarms.latency_ms,
        topic_arn=alarms.topic_arn,
    )
    return error_alarm, latency_alarm


def create_error_alarm(
    child: Children,
    *,
    namespace: str,
    failed: str,
    all_: str,
    dimensions: Dimensions,
    percent: float,
    topic_arn: pulumi.Input[str] | None,
) -> "aws.cloudwatch.MetricAlarm":
    """Say when more than a share of requests fails; `failed` and `all_` are counting metrics."""
    return child.make(
        "error_alarm",
        aws.cloudwatch.MetricAlarm,
        "errors",
        alarm_description=f"{child.name}: more than {percent:g} % of requests fail",
        metric_queries=[
            {
                "id": "percent",
                # Some services send no zeros, so a minute without a failure has no data.
                "expression": "100 * FILL(failed, 0) / total",
                "label": "failed requests, percent",
                "return_data": True,
            },
            _query("failed", namespace, failed, dimensions),
            _query("total", namespace, all_, dimensions),
        ],
        comparison_operator="GreaterThanThreshold",
        threshold=percent,
        **_WINDOW,
        **_told(topic_arn),
    )


def _query(id: str, namespace: str, metric: str, dimensions: Dimensions) -> dict[str, Any]:
    return {
        "id": id,
        "return_data": False,
        "metric": {
            "namespace": namespace,
            "metric_name": metric,
            "dimensions": dimensions,
            "period": _PERIOD_SECONDS,
            "stat": "Sum",
        },
    }


def create_latency_alarm(
    child: Children,
    *,
    namespace: str,
    metric: str,
    dimensions: Dimensions,
    limit: float,
    topic_arn: pulumi.Input[str] | None,
) -> "aws.cloudwatch.MetricAlarm":
    """Say when the slowest hundredth of requests reaches a limit, in the metric's own unit."""
    return child.make(
        "latency_alarm",
        aws.cloudwatch.MetricAlarm,
        "latency",
        alarm_description=f"{child.name}: the slowest hundredth of requests is too slow",
        namespace=namespace,
        metric_name=metric,
        dimensions=dimensions,
        extended_statistic="p99",
        period=_PERIOD_SECONDS,
        comparison_operator="GreaterThanOrEqualToThreshold",
        threshold=limit,
        **_WINDOW,
        **_told(topic_arn),
    )


def create_depth_alarm(
    child: Children,
    key: str,
    suffix: str,
    *,
    queue_name: pulumi.Input[str],
    topic_arn: pulumi.Input[str] | None,
) -> "aws.cloudwatch.MetricAlarm":
    """Say when anything lies in a queue that should be empty: what failed for good."""
    queue = suffix.removesuffix("-alarm")
    return child.make(
        key,
        aws.cloudwatch.MetricAlarm,
        suffix,
        alarm_description=f"{child.name}: messages lie in its queue {queue}",
        namespace="AWS/SQS",
        metric_name="ApproximateNumberOfMessagesVisible",
        dimensions={"QueueName": queue_name},
        statistic="Maximum",
        period=_PERIOD_SECONDS,
        # One minute is enough: what lies here does not go away by itself.
        evaluation_periods=1,
        comparison_operator="GreaterThanThreshold",
        threshold=0,
        **_told(topic_arn),
    )


def _told(topic_arn: pulumi.Input[str] | None) -> dict[str, Any]:
    """Tell a topic of the alarm's beginning and end, if there is a topic."""
    actions = [topic_arn] if topic_arn is not None else None
    return {
        "treat_missing_data": "notBreaching",
        "alarm_actions": actions,
        "ok_actions": actions,
    }
