"""All the event sources of a function together: judged, and bound to its alias."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

import pulumi
import pulumi_aws as aws

from platform_lib.app_args import GrantArgs
from platform_lib.checks import InvalidInput
from platform_lib.parts.alarms import create_depth_alarm
from platform_lib.parts.children import Children
from platform_lib.records import record
from platform_lib.settings import AlarmSettings
from platform_lib.sources.buckets import (
    BucketSettings,
    BucketSource,
    bucket_children,
    bucket_settings,
    create_bucket_source,
)
from platform_lib.sources.event_rules import (
    EventRuleSettings,
    EventRuleSource,
    create_event_rule_source,
    event_rule_children,
    event_rule_settings,
)
from platform_lib.sources.failures import (
    FailureSettings,
    create_failure_queue,
    create_invoke_config,
    failure_settings,
)
from platform_lib.sources.invoke_permissions import (
    InvokePermission,
    InvokePermissionSettings,
    create_invoke_permission,
    invoke_permission_children,
    invoke_permission_settings,
)
from platform_lib.sources.log_groups import (
    LogGroupSettings,
    LogGroupSource,
    create_log_group_source,
    log_group_children,
    log_group_settings,
)
from platform_lib.sources.queues import (
    Queues,
    QueueSettings,
    QueueSource,
    create_queue_policy,
    create_queue_source,
    create_queues,
    queue_children,
    queue_settings,
)
from platform_lib.sources.receipt_rules import (
    ReceiptRuleSettings,
    ReceiptRuleSource,
    create_receipt_rule_source,
    receipt_rule_children,
    receipt_rule_settings,
)
from platform_lib.sources.schedules import (
    ScheduleSettings,
    ScheduleSource,
    create_schedule_source,
    create_scheduler_role,
    schedule_children,
    schedule_settings,
)
from platform_lib.sources.statements import read_stream, receive_messages, send_to, use_key
from platform_lib.sources.streams import (
    StreamSettings,
    StreamSource,
    create_stream_source,
    stream_children,
    stream_settings,
)
from platform_lib.sources.target import Place, Target
from platform_lib.sources.topics import (
    TopicSettings,
    TopicSource,
    create_topic_queues,
    create_topic_source,
    topic_children,
    topic_settings,
)

KINDS = (
    "queues",
    "streams",
    "topics",
    "buckets",
    "event_rules",
    "schedules",
    "log_groups",
    "receipt_rules",
    "invoke_permissions",
)
"""The fields of FunctionAppArgs that name sources."""


@record
class SourceSettings:
    """Every source of a function and the home of its failures, checked."""

    queues: Sequence[QueueSettings]
    streams: Sequence[StreamSettings]
    topics: Sequence[TopicSettings]
    buckets: Sequence[BucketSettings]
    event_rules: Sequence[EventRuleSettings]
    schedules: Sequence[ScheduleSettings]
    log_groups: Sequence[LogGroupSettings]
    receipt_rules: Sequence[ReceiptRuleSettings]
    invoke_permissions: Sequence[InvokePermissionSettings]
    failures: FailureSettings

    @property
    def leave_failures(self) -> bool:
        """Whether services leave in the app's own queue what they could not hand over."""
        by_rule = (bucket.by_rule for bucket in self.buckets)
        direct = (topic.queue is None for topic in self.topics)
        asks = bool(self.event_rules) or any(by_rule) or any(direct)
        return asks and self.failures.makes_queue


def source_settings(
    args: Mapping[str, Any], *, app: str, timeout_seconds: int, grants: Sequence[GrantArgs]
) -> SourceSettings:
    """Judge all sources of a function.

    An `app` is called by HTTP only, so that a source of events with it is an error.
    """
    given = {kind: args.get(kind, ()) for kind in KINDS}
    if "app" in args:
        for kind in KINDS[:-1]:
            if given[kind]:
                need = "an app answers HTTP only; give a handler, in a FunctionApp of its own"
                raise InvalidInput(kind, given[kind], need)
    homes = [args[field] for field in ("on_failure", "dead_letter") if field in args]
    permissions = invoke_permission_settings(given["invoke_permissions"], app=app)
    topics = topic_settings(
        given["topics"],
        app=app,
        timeout_seconds=timeout_seconds,
        grants=grants,
        failure_arns=homes,
    )
    streams = stream_settings(given["streams"], app=app, on_failure=homes[0] if homes else None)
    failures = failure_settings(
        args,
        called_asynchronously=_called_asynchronously(given, topics, permissions),
        stream_without_home=any(stream.on_failure is None for stream in streams),
    )
    stream_homes = [stream.on_failure for stream in streams if stream.on_failure is not None]
    return SourceSettings(
        queues=queue_settings(
            given["queues"],
            app=app,
            timeout_seconds=timeout_seconds,
            grants=grants,
            failure_arns=[*homes, *stream_homes],
        ),
        streams=streams,
        topics=topics,
        buckets=bucket_settings(
            given["buckets"], app=app, grants=grants, overrides=args.get("overrides", {})
        ),
        event_rules=event_rule_settings(given["event_rules"], app=app),
        schedules=schedule_settings(given["schedules"], app=app),
        log_groups=log_group_settings(
            given["log_groups"],
            app=app,
            own=args.get("overrides", {}).get("log_group", {}).get("name"),
        ),
        receipt_rules=receipt_rule_settings(given["receipt_rules"], app=app),
        invoke_permissions=permissions,
        failures=failures,
    )


def _called_asynchronously(
    given: Mapping[str, Sequence[Any]],
    topics: Sequence[TopicSettings],
    permissions: Sequence[InvokePermissionSettings],
) -> bool:
    kinds = ("buckets", "event_rules", "schedules", "log_groups", "receipt_rules")
    return (
        any(given[kind] for kind in kinds)
        or any(topic.queue is None for topic in topics)
        or any(permission.asynchronous for permission in permissions)
    )


def source_children(settings: SourceSettings, *, alarms: bool) -> dict[str, str]:
    """Name every child of the sources, by its key in `overrides`, and its type."""
    each: Iterator[Iterator[tuple[str, str]]] = chain(
        (queue_children(queue, alarms=alarms) for queue in settings.queues),
        map(stream_children, settings.streams),
        (topic_children(topic, alarms=alarms) for topic in settings.topics),
        map(bucket_children, settings.buckets),
        (event_rule_children(rule.at) for rule in settings.event_rules),
        [schedule_children(settings.schedules)],
        map(log_group_children, settings.log_groups),
        map(receipt_rule_children, settings.receipt_rules),
        map(invoke_permission_children, settings.invoke_permissions),
        [_failure_children(settings, alarms=alarms)],
    )
    return dict(chain.from_iterable(each))


def _failure_children(settings: SourceSettings, *, alarms: bool) -> Iterator[tuple[str, str]]:
    if settings.failures.makes_queue:
        yield "failure_queue", "aws.sqs.Queue"
        if alarms:
            yield "failure_alarm", "aws.cloudwatch.MetricAlarm"
    if settings.leave_failures:
        yield "failure_queue_policy", "aws.sqs.QueuePolicy"
    if settings.failures.configures:
        yield "invoke_config", "aws.lambda_.FunctionEventInvokeConfig"


@record
class Feeds:
    """What is there before the function: its role names these."""

    queues: Sequence[Queues | None]
    topic_queues: Sequence[Queues | None]
    failure_queue: "aws.sqs.Queue | None"
    failure_alarm: "aws.cloudwatch.MetricAlarm | None"
    statements: Sequence[pulumi.Input[Any]]


def create_feeds(
    child: Children,
    settings: SourceSettings,
    *,
    kms_key_arn: pulumi.Input[str] | None,
    alarms: AlarmSettings | None,
) -> Feeds:
    """Make queues and the home of failures, and say what the function's role may do with them."""
    queues = [
        create_queues(child, queue, kms_key_arn=kms_key_arn, alarms=alarms)
        if queue.arn is None
        else None
        for queue in settings.queues
    ]
    topic_queues = [
        create_topic_queues(child, topic, kms_key_arn=kms_key_arn, alarms=alarms)
        for topic in settings.topics
    ]
    failure_queue = failure_alarm = None
    if settings.failures.makes_queue:
        failure_queue = create_failure_queue(child, kms_key_arn)
        if alarms is not None:
            failure_alarm = create_depth_alarm(
                child,
                "failure_alarm",
                "failures-alarm",
                queue_name=failure_queue.name,
                topic_arn=alarms.topic_arn,
            )
    return Feeds(
        queues=queues,
        topic_queues=topic_queues,
        failure_queue=failure_queue,
        failure_alarm=failure_alarm,
        statements=_statements(settings, queues, topic_queues, failure_queue, kms_key_arn),
    )


def _statements(
    settings: SourceSettings,
    queues: Sequence[Queues | None],
    topic_queues: Sequence[Queues | None],
    failure_queue: "aws.sqs.Queue | None",
    kms_key_arn: pulumi.Input[str] | None,
) -> list[pulumi.Input[Any]]:
    made = [one.queue.arn for one in (*queues, *topic_queues) if one is not None]
    given = [queue.arn for queue in settings.queues if queue.arn is not None]
    statements: list[pulumi.Input[Any]] = [
        receive_messages(arn) for arn in dict.fromkeys((*made, *given))
    ]
    lists = [read_stream(stream.arn) for stream in settings.streams]
    homes: list[pulumi.Input[str]] = [
        home
        for home in (
            settings.failures.on_failure,
            settings.failures.dead_letter,
            *(stream.on_failure for stream in settings.streams),
            failure_queue.arn if failure_queue is not None else None,
        )
        if home is not None
    ]
    lists += [send_to(home) for home in dict.fromkeys(homes)]
    if kms_key_arn is not None and (made or failure_queue is not None):
        statements.append(use_key(kms_key_arn))
    return [*statements, *lists]


@record
class Sources:
    """What binds every source to the function, by the source's name."""

    queues: Mapping[str, QueueSource]
    streams: Mapping[str, StreamSource]
    topics: Mapping[str, TopicSource]
    buckets: Mapping[str, BucketSource]
    event_rules: Mapping[str, EventRuleSource]
    schedules: Mapping[str, ScheduleSource]
    log_groups: Mapping[str, LogGroupSource]
    receipt_rules: Mapping[str, ReceiptRuleSource]
    invoke_permissions: Mapping[str, InvokePermission]
    scheduler_role: "aws.iam.Role | None"
    scheduler_policy: "aws.iam.RolePolicy | None"
    failure_queue_policy: "aws.sqs.QueuePolicy | None"
    invoke_config: "aws.lambda_.FunctionEventInvokeConfig | None"


def create_sources(
    child: Children,
    settings: SourceSettings,
    feeds: Feeds,
    *,
    function_name: pulumi.Output[str],
    alias: "aws.lambda_.Alias",
    log_group_name: pulumi.Input[str],
    boundary_arn: pulumi.Input[str] | None,
    kms_key_arn: pulumi.Input[str] | None,
    provider: pulumi.ProviderResource | None,
) -> Sources:
    """Bind every source to the alias, once what it calls knows where failures go."""
    invoke_config = None
    if settings.failures.configures:
        invoke_config = create_invoke_config(
            child,
            settings.failures,
            function_name=function_name,
            alias=alias,
            failure_queue=feeds.failure_queue,
        )
    target = Target(
        function_name=function_name,
        alias=alias,
        failure_queue=feeds.failure_queue,
        ready=[invoke_config] if invoke_config is not None else [],
    )
    place = Place(provider=provider)
    scheduler_role = scheduler_policy = None
    schedules: dict[str, ScheduleSource] = {}
    if settings.schedules:
        scheduler_role, scheduler_policy = create_scheduler_role(
            child, target, place, boundary_arn=boundary_arn, kms_key_arn=kms_key_arn
        )
        for schedule in settings.schedules:
            schedules[schedule.at.name] = create_schedule_source(
                child,
                schedule,
                target,
                role_arn=scheduler_role.arn,
                depends_on=[scheduler_policy],
            )
    topics = {
        topic.at.name: create_topic_source(child, topic, made, target)
        for topic, made in zip(settings.topics, feeds.topic_queues, strict=True)
    }
    buckets = {
        bucket.at.name: create_bucket_source(child, bucket, target, place)
        for bucket in settings.buckets
    }
    event_rules = {
        rule.at.name: create_event_rule_source(child, rule, target)
        for rule in settings.event_rules
    }
    failure_queue_policy = None
    if settings.leave_failures and feeds.failure_queue is not None:
        rules = [
            *(rule.rule for rule in event_rules.values()),
            *(bucket.rule for bucket in buckets.values() if bucket.rule is not None),
        ]
        failure_queue_policy = create_queue_policy(
            child,
            "failure_queue_policy",
            "failures-policy",
            feeds.failure_queue,
            [
                *(("sns.amazonaws.com", one.arn) for one in settings.topics if one.queue is None),
                *(("events.amazonaws.com", rule.arn) for rule in rules),
            ],
        )
    return Sources(
        queues={
            queue.at.name: create_queue_source(child, queue, made, target)
            for queue, made in zip(settings.queues, feeds.queues, strict=True)
        },
        streams={
            stream.at.name: create_stream_source(child, stream, target)
            for stream in settings.streams
        },
        topics=topics,
        buckets=buckets,
        event_rules=event_rules,
        schedules=schedules,
        log_groups={
            group.at.name: create_log_group_source(
                child, group, target, place, own_log_group=log_group_name
            )
            for group in settings.log_groups
        },
        receipt_rules={
            rule.at.name: create_receipt_rule_source(child, rule, target, place)
            for rule in settings.receipt_rules
        },
        invoke_permissions={
            one.at.name: create_invoke_permission(child, one, target)
            for one in settings.invoke_permissions
        },
        scheduler_role=scheduler_role,
        scheduler_policy=scheduler_policy,
        failure_queue_policy=failure_queue_policy,
        invoke_config=invoke_config,
    )
