"""Topics of SNS: they call the function, or fill a queue of ours with messages as published."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from platform_lib import defaults
from platform_lib.app_settings import AlarmSettings
from platform_lib.arns import check_arn, is_fifo
from platform_lib.checks import InvalidInput
from platform_lib.event_patterns import check_pattern
from platform_lib.function_app.source_args import FilterPolicyScope
from platform_lib.function_app.sources.mapping import pattern_text
from platform_lib.function_app.sources.naming import SourceName, check_repeated, named_sources
from platform_lib.function_app.sources.queues import (
    QUEUE_NAME_LIMIT,
    QueueSettings,
    keeps_order,
    queue_mapping,
)
from platform_lib.function_app.sources.recursion import Check, granted, guarded, own_output
from platform_lib.function_app.sources.source import Function, Right, Sender, Source
from platform_lib.function_app.sources.sqs import Queues, create_queue_policy
from platform_lib.function_app.sources.target import Target, create_permission
from platform_lib.parts.children import Children
from platform_lib.records import record

_POLICY_KEYS = 5
_POLICY_COMBINATIONS = 150
_POLICY_BYTES = 262_144
_SCOPES = {
    FilterPolicyScope.ATTRIBUTES: "MessageAttributes",
    FilterPolicyScope.BODY: "MessageBody",
}
_POLICY_NUMBERS = 1_000_000_000
_POLICY_DIGITS = 5


@record
class TopicSource:
    """What binds a topic to the function; of what this one does without there is None."""

    subscription: "aws.sns.TopicSubscription"
    permission: "aws.lambda_.Permission | Any" = None
    queue: "aws.sqs.Queue | Any" = None
    dead_letter_queue: "aws.sqs.Queue | Any" = None
    alarm: "aws.cloudwatch.MetricAlarm | Any" = None
    queue_policy: "aws.sqs.QueuePolicy | Any" = None
    dead_letter_queue_policy: "aws.sqs.QueuePolicy | Any" = None
    mapping: "aws.lambda_.EventSourceMapping | Any" = None


@record
class TopicSettings(Source):
    """A topic as a source, checked."""

    arn: pulumi.Input[str]
    filter_policy: str | None
    filter_policy_scope: str | None
    queue: QueueSettings | None
    """The queue between topic and function, where messages come raw."""

    def children(self, *, alarms: bool) -> Iterator[tuple[str, str]]:
        """Name its children and their types."""
        yield self.at.key("subscription"), "aws.sns.TopicSubscription"
        if self.queue is None:
            yield self.at.key("permission"), "aws.lambda_.Permission"
        else:
            yield self.at.key("queue_policy"), "aws.sqs.QueuePolicy"
            yield self.at.key("dead_letter_queue_policy"), "aws.sqs.QueuePolicy"
            yield from self.queue.children(alarms=alarms)

    def create_queues(
        self,
        child: Children,
        *,
        kms_key_arn: pulumi.Input[str] | None,
        alarms: AlarmSettings | None,
    ) -> Queues | None:
        """Make the queues between a topic and the function, where messages come raw."""
        if self.queue is None:
            return None
        return self.queue.create_queues(child, kms_key_arn=kms_key_arn, alarms=alarms)

    def rights(self, made: Queues | None) -> Iterator[Right]:
        """Allow working the queue between off."""
        if self.queue is not None:
            yield from self.queue.rights(made)

    def bind(self, child: Children, target: Target, made: Queues | None) -> TopicSource:
        """Subscribe the function, or its queue, to a topic."""
        if self.queue is not None and made is not None:
            return self._by_queue(child, target, self.queue, made)
        permission = create_permission(
            child, self.at, target, principal="sns.amazonaws.com", source_arn=self.arn
        )
        subscription = self._subscribe(
            child,
            after=[permission, *target.ready],
            protocol="lambda",
            endpoint=target.alias.arn,
            redrive_policy=_redrive(self.arn, target.failure_queue),
        )
        return TopicSource(subscription=subscription, permission=permission)

    def sender(self, bound: TopicSource) -> Sender | None:
        """Name the topic; a raw one leaves what failed with its own queues."""
        return ("sns.amazonaws.com", self.arn) if self.leaves_failures else None

    def _by_queue(
        self, child: Children, target: Target, queue: QueueSettings, made: Queues
    ) -> TopicSource:
        at, senders = self.at, [("sns.amazonaws.com", self.arn)]
        policy = create_queue_policy(
            child, at.key("queue_policy"), f"{at.suffix}-policy", made.queue, senders
        )
        dead_letter_policy = create_queue_policy(
            child,
            at.key("dead_letter_queue_policy"),
            f"{at.suffix}-dlq-policy",
            made.dead_letter_queue,
            senders,
        )
        subscription = self._subscribe(
            child,
            after=[policy, dead_letter_policy],
            protocol="sqs",
            endpoint=made.queue.arn,
            raw_message_delivery=True,
            redrive_policy=_redrive(self.arn, made.dead_letter_queue),
        )
        return TopicSource(
            subscription=subscription,
            queue=made.queue,
            dead_letter_queue=made.dead_letter_queue,
            alarm=made.alarm,
            queue_policy=policy,
            dead_letter_queue_policy=dead_letter_policy,
            mapping=queue.bind(child, target, made).mapping,
        )

    def _subscribe(
        self, child: Children, *, after: Sequence[pulumi.Resource], **inputs: Any
    ) -> "aws.sns.TopicSubscription":
        return child.make(
            self.at.key("subscription"),
            aws.sns.TopicSubscription,
            f"{self.at.suffix}-subscription",
            topic=self.arn,
            filter_policy=self.filter_policy,
            filter_policy_scope=self.filter_policy_scope,
            **inputs,
            opts=pulumi.ResourceOptions(depends_on=after),
        )


def judge(given: Sequence[Mapping[str, Any]], function: Function) -> Iterator[TopicSettings]:
    """Judge the topics of a function."""
    written = [*granted(function.grants, "sns:Publish"), *function.destinations]
    longest = "-dlq" if any(args.get("raw") for args in given) else ""
    named = named_sources(
        "topics", "topic", given, app=function.app, limit=QUEUE_NAME_LIMIT, longest=longest
    )
    for path, at, args in named:
        arn = args["arn"]
        check_arn(f"{path}.arn", arn, ["topic"])
        fifo, raw = keeps_order(path, args, "topic"), args.get("raw", False)
        if fifo and not raw:
            need = "a FIFO topic calls no function: give raw=True for a queue between the two"
            raise InvalidInput(f"{path}.raw", raw, need)
        scope = args.get("filter_policy_scope")
        yield TopicSettings(
            at=at,
            asynchronous=not raw,
            leaves_failures=not raw,
            arn=guarded(function.app, arn, written, _check(path, fifo)),
            filter_policy=_filter_policy(path, args),
            filter_policy_scope=_SCOPES[scope] if scope is not None else None,
            queue=_queue(at, function.timeout_seconds, fifo) if raw else None,
            permission=None if raw else {"principal": "sns.amazonaws.com", "source_arn": arn},
        )
    # SNS takes an endpoint once; a raw topic's is a queue of its own.
    direct = [{} if args.get("raw") else args for args in given]
    need = "stands there twice, and SNS calls a function once for each topic; join the filters"
    check_repeated("topics", "arn", direct, need)


def _check(path: str, fifo: bool) -> Check:
    """Refuse the function's own topic, and one that turns out to keep an order nobody asked for.

    SNS takes a queue without an order for such a topic too, and says nothing.
    https://docs.aws.amazon.com/sns/latest/dg/fifo-message-delivery.html
    """
    own = own_output(f"{path}.arn", "topic", "publish to another, or take the grant away")

    def check(topic: str, written: Sequence[str]) -> None:
        own(topic, written)
        if is_fifo(topic) and not fifo:
            need = "the topic's name ends in .fifo, and its order would be lost; give fifo=True"
            raise InvalidInput(f"{path}.fifo", fifo, need)

    return check


def _queue(at: SourceName, timeout_seconds: int, fifo: bool) -> QueueSettings:
    return QueueSettings(
        at=at,
        arn=None,
        kms_key_arn=None,
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
    try:
        leaves = list(_leaves(field, policy, nested=in_body))
    except RecursionError:
        raise InvalidInput(field, policy, "is nested too deep") from None
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
    for number in _numbers(policy):
        if abs(number) > _POLICY_NUMBERS or round(number, _POLICY_DIGITS) != number:
            need = (
                f"has the number {number}; SNS compares numbers from {-_POLICY_NUMBERS} to "
                f"{_POLICY_NUMBERS}, with at most {_POLICY_DIGITS} digits behind the point"
            )
            raise InvalidInput(field, policy, need)
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
        elif key == "$or" and _are_policies(values):
            for each in values:
                yield from _leaves(f"{field}.$or", each, nested=nested, depth=depth)
        elif isinstance(values, str) or not isinstance(values, Sequence) or not values:
            need = "must be a list of values and operators, such as ['new', {'prefix': 'old-'}]"
            if isinstance(values, Mapping):
                need = "only a policy with filter_policy_scope 'body' can be nested"
            raise InvalidInput(f"{field}.{key}", values, need)
        else:
            yield depth, values


def _numbers(value: Any) -> Iterator[int | float]:
    """Find every number in a policy."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for each in value:
            yield from _numbers(each)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield value


def _are_policies(values: Any) -> bool:
    return isinstance(values, Sequence) and all(isinstance(each, Mapping) for each in values)


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
        topic, queue = (str(arn).split(":")[3:5] for arn in arns)
        return json.dumps({"deadLetterTargetArn": arns[1]}) if topic == queue else None

    return pulumi.Output.all(topic_arn, queue.arn).apply(word)
