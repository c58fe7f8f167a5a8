"""Brings a message to a queue, a topic, an event bus or a bucket, where a policy allows it."""

import asyncio
from collections.abc import Coroutine, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from platform_lib.local.dataplane.context import Context
from platform_lib.local.dataplane.lineage import Lineage, carrying

ACTIONS: Mapping[str, str] = {
    "sqs": "sqs:SendMessage",
    "sns": "sns:Publish",
    "events": "events:PutEvents",
    "lambda": "lambda:InvokeFunction",
    "s3": "s3:PutObject",
}


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Why something cannot be called: AWS's code, and words that follow "because"."""

    code: str
    message: str


@dataclass(frozen=True, kw_only=True)
class Message:
    """What is sent.

    Attributes:
        body: A queue's and a topic's message, an object's content, a bus's detail.
        attributes: Names and texts beside a message; a name that ends in `#` is a number's.
        key: Of an object.
        source: Of an event on a bus.
        detail_type: Of an event on a bus.
        resources: Of an event on a bus.
        group_id: Of a message for a FIFO queue.
    """

    body: str
    attributes: Mapping[str, str]
    key: str = ""
    source: str = ""
    detail_type: str = ""
    resources: tuple[str, ...] = ()
    group_id: str = ""


_set_off: ContextVar[list[Coroutine[Any, Any, Any]] | None] = ContextVar("set_off", default=None)


def held_back(work: Coroutine[Any, Any, Any]) -> bool:
    """Keep what a send sets off until that has returned; tell whether there is one.

    Otherwise a busy machine shows what became of it before the line of the send itself.
    """
    waiting = _set_off.get()
    if waiting is None:
        return False
    waiting.append(work)
    return True


class Destinations:
    """Sends in somebody's name. Each method returns why it did not, or None."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def send_by_role(
        self, role_arn: str, arn: str, message: Message, lineage: Lineage
    ) -> Refusal | None:
        """Send in the name of a role, as Lambda and EventBridge Scheduler do."""
        refusal = self.role_refusal(role_arn, arn, message.key)
        return refusal or await self._send(arn, message, lineage)

    async def send_by_service(
        self, service: str, source_arn: str, arn: str, message: Message, lineage: Lineage
    ) -> Refusal | None:
        """Send in the name of a service, which needs the destination's own permission."""
        refusal = self.service_refusal(service, source_arn, arn)
        return refusal or await self._send(arn, message, lineage)

    def role_refusal(self, role_arn: str, arn: str, key: str = "") -> Refusal | None:
        """Tell what a role lacks to send there."""
        action = ACTIONS.get(arn.split(":")[2])
        if action is None:
            return Refusal(code="NOT_IMITATED", message=f"the local cloud cannot send to {arn}")
        needed = {action: f"{arn}/{key}" if key else arn}
        if action == ACTIONS["s3"]:
            needed["s3:ListBucket"] = arn
        for action, resource in needed.items():
            if not self._context.permissions.role_allows(role_arn, action, resource):
                told = f"role {role_arn.rpartition('/')[2]} does not allow {action} on {resource}"
                return Refusal(code="NO_PERMISSIONS", message=told)
        return None

    def service_refusal(self, service: str, source_arn: str, arn: str) -> Refusal | None:
        """Tell what a queue's, topic's or function's own policy lacks."""
        action = ACTIONS.get(arn.split(":")[2])
        if action is None:
            return Refusal(code="NOT_IMITATED", message=f"the local cloud cannot send to {arn}")
        if self._context.permissions.service_may(service, action, arn, source_arn):
            return None
        told = f"no statement in the policy of {arn} allows {action} to {service} for {source_arn}"
        return Refusal(code="NO_PERMISSIONS", message=told)

    async def _send(self, arn: str, message: Message, lineage: Lineage) -> Refusal | None:
        waiting: list[Coroutine[Any, Any, Any]] = []
        token = _set_off.set(waiting)
        try:
            with carrying(lineage):
                refusal = await asyncio.to_thread(self._put, arn, message)
        finally:
            _set_off.reset(token)
        for work in waiting:
            # It runs when whoever sends waits next, with its line said.
            self._context.clock.track(work)
        return refusal

    def _put(self, arn: str, message: Message) -> Refusal | None:
        from moto.core.exceptions import JsonRESTError, ServiceException

        try:
            self._put_somewhere(arn, message)
        except (JsonRESTError, ServiceException, KeyError) as error:
            return Refusal(code="RESOURCE_NOT_FOUND", message=f"{arn}: {error}")
        return None

    def _put_somewhere(self, arn: str, message: Message) -> None:
        from moto.backends import get_backend

        account, region = self._context.account.account_id, self._context.account.region
        service, name = arn.split(":")[2], arn.rpartition(":")[2]
        if service == "s3":
            buckets: Any = get_backend("s3")[account]["aws"]
            buckets.put_object(name, message.key, message.body.encode())
            return
        backend: Any = get_backend(service)[account][region]  # type: ignore[call-overload]
        if service == "sqs":
            backend.send_message(
                name,
                message.body,
                message_attributes=_typed(message.attributes, "DataType", "StringValue"),
                group_id=message.group_id or None,
            )
        elif service == "sns":
            backend.get_topic(arn)
            told = _typed(message.attributes, "Type", "Value")
            backend.publish(message.body, arn=arn, message_attributes=told)
        else:
            event = {
                "Source": message.source,
                "DetailType": message.detail_type,
                "Detail": message.body,
                "Resources": list(message.resources),
                "EventBusName": arn.rpartition("/")[2],
            }
            backend.put_events([event])


def _typed(attributes: Mapping[str, str], kind: str, value: str) -> dict[str, dict[str, str]]:
    """Word attributes as a service does, which has its own words for a type and a value."""
    return {
        name.removesuffix("#"): {kind: "Number" if name.endswith("#") else "String", value: text}
        for name, text in attributes.items()
    }
