"""Topics of SNS: they call the function, or fill a queue of ours with messages as published."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from platform_lib import defaults
from platform_lib.app_args import GrantArgs
from platform_lib.checks import InvalidInput
from platform_lib.event_patterns import check_pattern
from platform_lib.function_args import FilterPolicyScope
from platform_lib.parts.children import Children
from platform_lib.records import record
from platform_lib.settings import AlarmSettings
from platform_lib.sources.arns import check_arn, is_fifo
from platform_lib.sources.mapping import pattern_text
from platform_lib.sources.naming import SourceName, named_sources
from platform_lib.sources.queues import (
    QUEUE_NAME_LIMIT,
    Queues,
    QueueSettings,
    create_queue_policy,
    create_queue_source,
    create_queues,
    queue_children,
    queue_mapping,
)
from platform_lib.sources.recursion import granted, guarded, own_output
from platform_lib.sources.target import Target, create_permission

_POLICY_KEYS = 5
_POLICY_COMBINATIONS = 150
_POLICY_BYTES = 262_144


@record
class TopicSettings:
    """A topic as a source, checked."""

    at: SourceName
    arn: pulumi.Input[str]
    filter_policy: str | None
    filter_policy_scope: str | None
    queue: QueueSettings | None
    """The queue between topic and function, where messages come raw."""


@record
class TopicSource:
    """What binds a topic to the function."""

    subscription: "aws.sns.TopicSubscription"
    permission: "aws.lambda_.Permission | None"
    queue: "aws.sqs.Queue | None"
    dead_letter_queue: "aws.sqs.Queue | None"
    alarm: "aws.cloudwatch.MetricAlarm | None"
    queue_policy: "aws.sqs.QueuePolicy | None"
    dead_letter_queue_policy: "aws.sqs.QueuePolicy | None"
    mapping: "aws.lambda_.EventSourceMapping | None"


def topic_settings(
    given: Sequence[Mapping[str, Any]],
    *,
    app: str,
    timeout_seconds: int,
    grants: Sequence[GrantArgs],
    failure_arns: Sequence[pulumi.Input[str]],
) -> list[TopicSettings]:
    """Judge the topics of a function."""
    written = [*granted(grants, "sns:Publish"), *failure_arns]
    settings = []
    longest = "-dlq" if any(args.get("raw") for args in given) else ""
    named = named_sources(
        "topics", "topic", given, app=app, limit=QUEUE_NAME_LIMIT, longest=longest
    )
    for path, at, args in named:
        arn = args["arn"]
        check_arn(f"{path}.arn", arn, ["topic"])
        fifo, raw = is_fifo(arn), args.get("raw", False)
        if fifo and not raw:
            need = "a FIFO topic calls no function: give raw=True for a queue between the two"
            raise InvalidInput(f"{path}.raw", raw, need)
        check = own_output(f"{path}.arn", "topic", "publish to another, or take the grant away")
        scope = args.get("filter_policy_scope")
        settings.append(
            TopicSettings(
                at=at,
                arn=guarded(app, arn, written, check),
                filter_policy=_filter_policy(path, args),
                filter_policy_scope=_SCOPES[scope] if scope is not None else None,
                queue=_queue(at, timeout_seconds, bool(fifo)) if raw else None,
            )
        )
    return settings


_SCOPES = {
    FilterPolicyScope.ATTRIBUTES: "MessageAttributes",
    FilterPolicyScope.BODY: "MessageBody",
}


def _queue(at: SourceName, timeout_seconds: int, fifo: bool) -> QueueSettings:
    return QueueSettings(
        at=at,
        arn=None,
        fifo=fifo,
        visibility_timeout_seconds=6 * timeout_seconds,
        maximum_receives=defaults.QUEUE_MAXIMUM_RECEIVES,
        mapping=queue_mapping(f"{at.kind}.{at.name}", {}, fifo=fifo),
    )


def _filter_policy(path: str, args: Mapping[str, Any]) -> str | None:
    """Judge a filter policy by SNS' limits.

    https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html
    """
    policy = args.get("filter_policy")
    if policy is None:
        if "filter_policy_scope" in args:
            scope = args["filter_policy_scope"]
            raise InvalidInput(f"{path}.filter_policy_scope", scope, "needs a filter_policy")
        return None
    field = f"{path}.filter_policy"
    in_body = args.get("filter_policy_scope") is FilterPolicyScope.BODY
    leaves = list(_leaves(field, policy, nested=in_body))
    if not leaves or len(leaves) > _POLICY_KEYS:
        raise InvalidInput(field, policy, f"must have 1 to {_POLICY_KEYS} keys")
    combinations = 1
    for depth, values in leaves:
        combinations *= depth * len(values)
    if combinations > _POLICY_COMBINATIONS:
        need = f"comes to {combinations} combinations of values; SNS takes {_POLICY_COMBINATIONS}"
        raise InvalidInput(field, policy, need)
    try:
        # Operators are those of EventBridge.
        check_pattern(policy, limit=_POLICY_BYTES)
    except ValueError as problem:
        raise InvalidInput(field, dict(policy), str(problem)) from None
    text = pattern_text(policy)
    if len(text.encode()) > _POLICY_BYTES:
        raise InvalidInput(field, f"{len(text.encode())} bytes", "SNS takes at most 256 KB")
    return text


def _leaves(
    field: str, policy: Mapping[str, Any], *, nested: bool, depth: int = 1
) -> Iterator[tuple[int, Sequence[Any]]]:
    for key, values in policy.items():
        if isinstance(values, Mapping) and nested:
            yield from _leaves(f"{field}.{key}", values, nested=True, depth=depth + 1)
        elif key == "$or" and isinstance(values, Sequence):
            for each in values:
                yield from _leaves(f"{field}.$or", each, nested=nested, depth=depth)
        elif isinstance(values, str) or not isinstance(values, Sequence) or not values:
            need = "must be a list of values and operators, such as ['new', {'prefix': 'old-'}]"
            if isinstance(values, Mapping):
                need = "only a policy with filter_policy_scope 'body' can be nested"
            raise InvalidInput(f"{field}.{key}", values, need)
        else:
            yield depth, values


def create_topic_queues(
    child: Children,
    settings: TopicSettings,
    *,
    kms_key_arn: pulumi.Input[str] | None,
    alarms: AlarmSettings | None,
) -> Queues | None:
    """Make the queues between a topic and the function, where messages come raw."""
    if settings.queue is None:
        return None
    return create_queues(child, settings.queue, kms_key_arn=kms_key_arn, alarms=alarms)


def create_topic_source(
    child: Children, settings: TopicSettings, made: Queues | None, target: Target
) -> TopicSource:
    """Subscribe the function, or its queue, to a topic."""
    at = settings.at
    filters = {
        "topic": settings.arn,
        "filter_policy": settings.filter_policy,
        "filter_policy_scope": settings.filter_policy_scope,
    }
    if made is not None and settings.queue is not None:
        sender = [("sns.amazonaws.com", settings.arn)]
        policy = create_queue_policy(
            child, at.key("queue_policy"), f"{at.suffix}-policy", made.queue, sender
        )
        dead_letter_policy = create_queue_policy(
            child,
            at.key("dead_letter_queue_policy"),
            f"{at.suffix}-dlq-policy",
            made.dead_letter_queue,
            sender,
        )
        subscription = child.make(
            at.key("subscription"),
            aws.sns.TopicSubscription,
            f"{at.suffix}-subscription",
            protocol="sqs",
            endpoint=made.queue.arn,
            raw_message_delivery=True,
            redrive_policy=_redrive(settings.arn, made.dead_letter_queue),
            **filters,
            opts=pulumi.ResourceOptions(depends_on=[policy, dead_letter_policy]),
        )
        source = create_queue_source(child, settings.queue, made, target)
        return TopicSource(
            subscription=subscription,
            permission=None,
            queue=made.queue,
            dead_letter_queue=made.dead_letter_queue,
            alarm=made.alarm,
            queue_policy=policy,
            dead_letter_queue_policy=dead_letter_policy,
            mapping=source.mapping,
        )
    permission = create_permission(
        child,
        at.key("permission"),
        f"{at.suffix}-permission",
        target,
        principal="sns.amazonaws.com",
        source_arn=settings.arn,
    )
    subscription = child.make(
        at.key("subscription"),
        aws.sns.TopicSubscription,
        f"{at.suffix}-subscription",
        protocol="lambda",
        endpoint=target.alias.arn,
        redrive_policy=_redrive(settings.arn, target.failure_queue),
        **filters,
        opts=pulumi.ResourceOptions(depends_on=[permission, *target.ready]),
    )
    return TopicSource(
        subscription=subscription,
        permission=permission,
        queue=None,
        dead_letter_queue=None,
        alarm=None,
        queue_policy=None,
        dead_letter_queue_policy=None,
        mapping=None,
    )


def _redrive(
    topic_arn: pulumi.Input[str], queue: "aws.sqs.Queue | None"
) -> pulumi.Output[str | None] | None:
    """Word where a topic leaves what it could not hand over.

    SNS takes only a queue of its own region and account for it: a topic elsewhere gets none.
    https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html
    """
    if queue is None:
        return None

    def word(arns: list[str]) -> str | None:
        topic, home = (str(arn).split(":")[3:5] for arn in arns)
        return json.dumps({"deadLetterTargetArn": arns[1]}) if topic == home else None

    return pulumi.Output.all(topic_arn, queue.arn).apply(word)


def topic_children(settings: TopicSettings, *, alarms: bool) -> Iterator[tuple[str, str]]:
    """Name the children of a topic and their types."""
    yield settings.at.key("subscription"), "aws.sns.TopicSubscription"
    if settings.queue is None:
        yield settings.at.key("permission"), "aws.lambda_.Permission"
    else:
        yield settings.at.key("queue_policy"), "aws.sqs.QueuePolicy"
        yield settings.at.key("dead_letter_queue_policy"), "aws.sqs.QueuePolicy"
        yield from queue_children(settings.queue, alarms=alarms)
