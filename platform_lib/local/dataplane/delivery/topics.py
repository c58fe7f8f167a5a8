"""SNS: brings what is published to functions, and to queues that let the topic send.

Not imitated: signatures, retries of an endpoint that is there (the local ones always answer).
https://docs.aws.amazon.com/sns/latest/dg/sns-lambda-as-subscriber.html
"""

import json
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from platform_lib.event_patterns import check_pattern, matches
from platform_lib.local.dataplane.delivery import event_shapes
from platform_lib.local.dataplane.delivery.dead_letters import give_up
from platform_lib.local.dataplane.delivery.destinations import Message, Refusal
from platform_lib.local.dataplane.delivery.push import Push
from platform_lib.local.dataplane.lineage import Lineage, current
from platform_lib.local.moto.replacing import replaced

SERVICE = "sns.amazonaws.com"


def deliver_topics(push: Push) -> Callable[[], None]:
    """Take the place of moto's deliveries to functions; return what puts them back.

    moto waits for the function, loses its errors, and brings an event of made-up values. Its
    deliveries to queues stay, where the queue's policy lets the topic send. Its filters fail
    Publish where a policy has an `$or`, and do not know all operators.
    """
    from moto.sns.exceptions import SNSInvalidParameter
    from moto.sns.models import SNSBackend, Subscription
    from moto.sns.utils import FilterPolicyMatcher

    subscription: Any = Subscription
    matcher: Any = FilterPolicyMatcher
    backend: Any = SNSBackend
    theirs, judge = subscription.publish, backend._validate_filter_policy

    def validate_filter_policy(self: Any, policy: Any, scope: str | None) -> None:
        try:
            judge(self, policy, scope)
        except SNSInvalidParameter as problem:
            if "Unrecognized match type" not in str(problem):
                raise
            try:
                check_pattern(policy)
            except ValueError as wrong:
                raise SNSInvalidParameter(f"Invalid parameter: FilterPolicy: {wrong}") from wrong

    def publish(self: Any, message: str, message_id: str, *rest: Any, **more: Any) -> None:
        if self.protocol not in ("lambda", "sqs"):
            theirs(self, message, message_id, *rest, **more)
            return
        attributes = more.get("message_attributes") or {}
        wanted = self._filter_policy_matcher
        if wanted is not None and not wanted.matches(attributes, message):
            return
        own = message
        if more.get("message_structure") == "json":
            own = self._parse_message_structure(message, self.protocol)
        told = event_shapes.notification(
            topic_arn=self.topic_arn,
            subscription_arn=self.arn,
            message_id=message_id,
            message=own,
            subject=more.get("subject"),
            attributes=attributes,
            moment=push.context.clock.now(),
        )
        lineage = current()
        if self.protocol == "lambda":
            push.begin(_to_function(push, self, told, lineage))
            return
        refusal = push.destinations.service_refusal(SERVICE, self.topic_arn, self.endpoint)
        if refusal is None:
            theirs(self, message, message_id, *rest, **more)
        else:
            push.begin(_give_up(push, self, told, lineage, refusal))

    return replaced(
        (subscription, "publish", publish),
        (matcher, "matches", _lets_through),
        (backend, "_validate_filter_policy", validate_filter_policy),
    )


def _lets_through(self: Any, attributes: Mapping[str, Any] | None, message: str) -> bool:
    """Whether a subscription's filter policy lets a message through.

    https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html
    """
    policy: Mapping[str, Any] = self.filter_policy or {}
    if self.filter_policy_scope != "MessageBody":
        given = {name: each for name, each in (attributes or {}).items() if _is_seen(each)}
        return matches(policy, {name: _parsed(each) for name, each in given.items()})
    try:
        body = json.loads(message)
    except ValueError:
        body = None
    # A body that is no object has nothing to look at, not even something that is absent.
    return not policy or (isinstance(body, dict) and matches(policy, body))


def _is_seen(attribute: Mapping[str, Any]) -> bool:
    """Whether filters see an attribute: binary ones they do not, not even that they are there.

    https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html
    """
    return str(attribute["Type"]).partition(".")[0] != "Binary"


def _parsed(attribute: Mapping[str, Any]) -> Any:
    """Give an attribute's value as filters see it: a number, a list or a text."""
    value = attribute["Value"]
    if attribute["Type"] == "Number" or attribute["Type"] == "String.Array":
        # Publish looked whether it is one.
        return json.loads(value)
    return value


async def _to_function(
    push: Push, subscription: Any, told: dict[str, Any], lineage: Lineage
) -> None:
    payload = json.dumps(event_shapes.topic_event(told, subscription.arn)).encode()
    refusal = push.asynchronous.accept_from(
        SERVICE, subscription.topic_arn, subscription.endpoint, payload, lineage
    )
    if refusal is not None:
        await _give_up(push, subscription, told, lineage, refusal)


async def _give_up(
    push: Push, subscription: Any, told: dict[str, Any], lineage: Lineage, refusal: Refusal
) -> None:
    """Bring a message to the subscription's dead letters: such an error SNS does not retry.

    https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html
    """
    topic, endpoint = (
        each.rpartition(":")[2] for each in (subscription.topic_arn, subscription.endpoint)
    )
    line = f"topic {topic} cannot reach {endpoint}, because {refusal.message}"
    policy = json.loads(subscription.attributes.get("RedrivePolicy") or "{}")
    arn = policy.get("deadLetterTargetArn")
    message = Message(
        body=json.dumps(told),
        attributes={
            "RequestID": str(uuid.uuid4()),
            "ErrorCode": refusal.code,
            "ErrorMessage": refusal.message,
        },
    )
    await give_up(
        f"{line}; message {told['MessageId']}",
        arn,
        missing="no redrive policy",
        send=lambda home: push.destinations.send_by_service(
            SERVICE, subscription.topic_arn, home, message, lineage
        ),
        say=push.say,
    )
