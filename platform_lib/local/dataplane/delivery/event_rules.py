"""EventBridge rules: which events go to which targets, and what becomes of those that cannot.

Local targets are always there or not at all, so nothing is retried: an event that a target may not
or cannot take goes to the target's dead letters at once, as on AWS for these errors.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
"""

import copy
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from platform_lib.event_patterns import matches
from platform_lib.local.clock import stamp
from platform_lib.local.dataplane.delivery.dead_letters import give_up
from platform_lib.local.dataplane.delivery.destinations import Message, Refusal
from platform_lib.local.dataplane.delivery.input_templates import target_input
from platform_lib.local.dataplane.delivery.push import Push
from platform_lib.local.dataplane.lineage import Lineage, current
from platform_lib.local.moto.replacing import replaced

SERVICE = "events.amazonaws.com"
_HOPS = 5
"""From how many buses an event may come."""


class EventRules:
    """Sends events to the targets of the rules that they match."""

    def __init__(self, push: Push) -> None:
        self._push = push
        self._theirs: Callable[..., None] = lambda *_: None

    def start(self) -> Callable[[], None]:
        """Take the place of moto's deliveries; return what puts them back.

        moto fails PutEvents where a rule's target is a function, and knows neither disabled rules
        nor policies. Its deliveries to log groups, archives and HTTP stay.
        """
        from moto.events.models import Rule

        rule: Any = Rule
        self._theirs = rule.send_to_targets

        def send_to_targets(
            rule: Any, original_event: Mapping[str, Any], transform_input: bool = True
        ) -> None:
            event, lineage = original_event, current()
            self._offer(_Sent(rule=rule, event=event, lineage=lineage, transform=transform_input))

        return replaced((rule, "send_to_targets", send_to_targets))

    def put(self, bus: str, event: Mapping[str, Any], lineage: Lineage, hops: int = 0) -> None:
        """Offer an event to every rule of a bus. May be called from any thread."""
        for rule in self._push.context.desired.event_rules(bus):
            self._offer(_Sent(rule=rule, event=event, lineage=lineage, hops=hops))

    def fire(self, rule: Any, event: Mapping[str, Any]) -> None:
        """Send an event to every target of a rule, whatever its pattern says."""
        self._send(_Sent(rule=rule, event=event, lineage=Lineage()))

    def _offer(self, sent: "_Sent") -> None:
        pattern = sent.rule.event_pattern.get_pattern()
        if sent.rule.state != "DISABLED" and pattern and matches(pattern, sent.wire):
            self._send(sent)

    def _send(self, sent: "_Sent") -> None:
        for target in list(sent.rule.targets):
            service, kind = target["Arn"].split(":")[2], target["Arn"].rpartition(":")[2]
            if service in ("lambda", "sqs", "sns") or kind.startswith("event-bus/"):
                self._push.begin(self._deliver(sent, target))
            else:
                from moto.events.models import EventPattern

                alone = copy.copy(sent.rule)
                alone.targets, alone.event_pattern = [target], EventPattern.load(None)
                now = self._push.context.clock.now()
                self._theirs(alone, _in_motos_words(sent.event, now), sent.transform)

    async def _deliver(self, sent: "_Sent", target: Mapping[str, Any]) -> None:
        try:
            text = target_input(target, sent.wire, sent.rule.arn, sent.received)
        except ValueError as error:
            refusal: Refusal | None = Refusal(code="INVALID_JSON", message=str(error))
        else:
            refusal = await self._bring(sent, target, text)
        if refusal is not None:
            await self._give_up(sent, target, refusal)

    async def _bring(self, sent: "_Sent", target: Mapping[str, Any], text: str) -> Refusal | None:
        arn, source = str(target["Arn"]), sent.rule.arn
        match arn.split(":")[2]:
            case "lambda":
                return self._push.asynchronous.accept_from(
                    SERVICE, source, arn, text.encode(), sent.lineage
                )
            case "events":
                if sent.hops >= _HOPS:
                    told = f"the event came through {_HOPS} buses"
                    return Refusal(code="TOO_MANY_HOPS", message=told)
                self.put(arn.rpartition("/")[2], sent.wire, sent.lineage, sent.hops + 1)
                return None
        group = (target.get("SqsParameters") or {}).get("MessageGroupId", "")
        message = Message(body=text, attributes={}, group_id=group)
        return await self._push.destinations.send_by_service(
            SERVICE, source, arn, message, sent.lineage
        )

    async def _give_up(self, sent: "_Sent", target: Mapping[str, Any], refusal: Refusal) -> None:
        rule, id = sent.rule, sent.wire["id"]
        place = str(target["Arn"]).partition(":function:")[2] or target["Arn"].rpartition(":")[2]
        line = f"rule {rule.name} cannot reach {place}, because {refusal.message}"
        arn = (target.get("DeadLetterConfig") or {}).get("Arn")
        message = Message(
            body=json.dumps(sent.wire),
            attributes={
                "RULE_ARN": rule.arn,
                "TARGET_ARN": target["Arn"],
                "ERROR_CODE": refusal.code,
                "ERROR_MESSAGE": refusal.message,
            },
        )
        await give_up(
            f"{line}; event {id}",
            arn,
            missing="the target has no dead letters",
            send=lambda home: self._push.destinations.send_by_service(
                SERVICE, rule.arn, home, message, sent.lineage
            ),
            say=self._push.say,
        )


@dataclass(frozen=True, kw_only=True)
class _Sent:
    """An event on its way through a rule.

    Attributes:
        rule: moto's.
        event: The event as it was put, with what moto keeps in it for itself.
        lineage: The chain that it belongs to.
        transform: Whether moto's own targets change it.
        hops: From how many other buses it came.
    """

    rule: Any
    event: Mapping[str, Any]
    lineage: Lineage
    transform: bool = True
    hops: int = 0

    @property
    def wire(self) -> dict[str, Any]:
        """The event as rules and targets see it."""
        return _wire(self.event)

    @property
    def received(self) -> str | None:
        """When the bus got it, where that was by PutEvents: its time may be another."""
        moment = self.event.get("ingestion-time")
        return None if moment is None else stamp(moment, milliseconds=False)


def _wire(event: Mapping[str, Any]) -> dict[str, Any]:
    """Give an event AWS's time, and leave out what moto keeps in it for itself."""
    wire = {key: value for key, value in event.items() if key != "ingestion-time"}
    if isinstance(wire.get("time"), int | float):
        wire["time"] = stamp(wire["time"], milliseconds=False)
    return wire


def _in_motos_words(event: Mapping[str, Any], now: float) -> dict[str, Any]:
    """Count an event's time in seconds, and say when it came in, as moto's own targets need it."""
    moment = event["time"]
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment).timestamp()
    return {"ingestion-time": now, **event, "time": moment}
