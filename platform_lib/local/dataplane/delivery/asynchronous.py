"""Lambda's asynchronous invocation: a queue, retries, and failure destinations.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from platform_lib.local.clock import backoff, stamp
from platform_lib.local.dataplane.context import Context
from platform_lib.local.dataplane.delivery.destinations import Destinations, Message, Refusal
from platform_lib.local.dataplane.functions.functions import Functions, ThrottledError
from platform_lib.local.dataplane.functions.runtime_api import Outcome, failure, summary
from platform_lib.local.dataplane.lineage import LIMIT, Lineage, RecursiveLoopError
from platform_lib.local.desired import LATEST, name_and_qualifier
from platform_lib.local.errors import LocalCloudError

_PAUSES = (60.0, 120.0)
"""Seconds before the first and the second retry."""

_RETRIES = 2
_LONGEST_AGE = 6 * 3600.0
_FIRST_BACKOFF, _LONGEST_BACKOFF = 1.0, 300.0


@dataclass(kw_only=True)
class Event:
    """One event on its way to a function."""

    arn: str
    payload: bytes
    lineage: Lineage
    accepted: float
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    attempts: int = 0
    throttles: int = 0
    outcome: Outcome | None = None

    @property
    def name(self) -> str:
        """The function's name."""
        return name_and_qualifier(self.arn)[0]

    @property
    def qualifier(self) -> str:
        """The version or alias that was called."""
        return name_and_qualifier(self.arn)[1] or LATEST

    @property
    def qualified_arn(self) -> str:
        """The ARN with its qualifier, `$LATEST` too."""
        return f"{self.arn.partition(':function:')[0]}:function:{self.name}:{self.qualifier}"

    @property
    def passed_on(self) -> Lineage:
        """The chain of what becomes of it: a record for another function counts this one."""
        return self.lineage.counting(self.name)

    @property
    def label(self) -> str:
        """How a line names what was called."""
        return self.arn.partition(":function:")[2]


class Asynchronous:
    """Takes events for functions, and sees each of them through."""

    def __init__(self, context: Context, functions: Functions, destinations: Destinations) -> None:
        self._context = context
        self._functions = functions
        self._destinations = destinations

    def accept(self, arn: str, payload: bytes, lineage: Lineage, id: str | None = None) -> str:
        """Take an event for a function, a version or an alias; return the request's id."""
        event = Event(
            arn=arn,
            payload=payload,
            lineage=lineage,
            accepted=self._context.clock.now(),
            id=id or str(uuid.uuid4()),
        )
        self._begin(event)
        return event.id

    def accept_from(
        self, service: str, source_arn: str, arn: str, payload: bytes, lineage: Lineage
    ) -> Refusal | None:
        """Take an event that a service brings, or say why the service cannot call the function."""
        try:
            self._context.desired.function(arn)
        except LocalCloudError as error:
            return Refusal(code="RESOURCE_NOT_FOUND", message=str(error))
        refusal = self._destinations.service_refusal(service, source_arn, arn)
        if refusal is None:
            self.accept(arn, payload, lineage)
        return refusal

    def _begin(self, event: Event) -> None:
        self._context.clock.track(self._attempt(event))

    def _config(self, event: Event) -> Mapping[str, Any]:
        configs = self._context.desired.function(event.name).event_invoke_configs
        config: Mapping[str, Any] = configs.get(event.qualifier, {})
        return config

    async def _attempt(self, event: Event) -> None:
        try:
            config = self._config(event)
        except LocalCloudError as error:
            self._context.say(f"an event for function {event.label} is lost: {error}")
            return
        expires = event.accepted + config.get("MaximumEventAgeInSeconds", _LONGEST_AGE)
        if self._context.clock.now() > expires:
            await self._fail(event, "EventAgeExceeded", "it was too old")
            return
        try:
            outcome, _ = await self._functions.invoke(
                event.arn, event.payload, lineage=event.lineage, request_id=event.id
            )
        except ThrottledError:
            self._again_in(
                event, backoff(_FIRST_BACKOFF, event.throttles, _LONGEST_BACKOFF), expires
            )
            event.throttles += 1
            return
        except RecursiveLoopError as loop:
            if event.lineage.calls(event.name) > LIMIT:
                told = f"function {event.label} gave up an event, because {loop}"
                self._context.say(f"{told}; it is lost: what it leaves behind comes back to it")
                return
            # What AWS writes into its record then is not documented: the error is ours.
            event.outcome = failure("RecursiveInvocationException", str(loop))
            await self._fail(event, "RecursiveLoopDetected", str(loop))
            return
        except LocalCloudError as error:
            outcome = failure("LocalCloudError", str(error))
        event.attempts += 1
        event.outcome = outcome
        if not outcome.failed:
            await self._succeed(event, config)
        elif event.attempts > config.get("MaximumRetryAttempts", _RETRIES):
            told = f"it failed {_times(event.attempts)}: {summary(outcome)[1]}"
            await self._fail(event, "RetriesExhausted", told)
        else:
            self._again_in(event, _PAUSES[event.attempts - 1], expires)

    def _again_in(self, event: Event, pause: float, expires: float) -> None:
        clock = self._context.clock
        # An event whose time is up before the next attempt goes home when it is.
        when = min(clock.now() + pause, expires + 0.001)
        clock.call_at(when, lambda: self._begin(event))

    async def _succeed(self, event: Event, config: Mapping[str, Any]) -> None:
        arn = _destination(config, "OnSuccess")
        if arn:
            refusal = await self._send_record(event, "Success", arn)
            if refusal:
                self._context.say(
                    f"function {event.label}: its success destination got no record, because "
                    f"{refusal.message}"
                )

    async def _fail(self, event: Event, condition: str, why: str) -> None:
        """Bring an event to its failure destinations, and say in a line what became of it."""
        desired = self._context.desired
        told = f"function {event.label} gave up an event, because {why}"
        try:
            config = self._config(event)
            version = desired.function(event.arn)
        except LocalCloudError as error:
            self._context.say(f"{told}; it is lost: {error}")
            return
        sendings = []
        destination = _destination(config, "OnFailure")
        if destination:
            sendings.append((destination, self._send_record(event, condition, destination)))
        dead_letters = str((version.dead_letter_config or {}).get("TargetArn") or "")
        if dead_letters:
            message = Message(
                body=event.payload.decode(errors="replace"),
                attributes={
                    "RequestID": event.id,
                    "ErrorCode#": "200",
                    "ErrorMessage": _error_message(event.outcome, why)[:1024],
                },
            )
            sending = self._destinations.send_by_role(
                version.role, dead_letters, message, event.passed_on
            )
            sendings.append((dead_letters, sending))
        if not sendings:
            self._context.say(f"{told}; it is lost: there is no failure destination")
        for arn, sending in sendings:
            refusal = await sending
            place = arn.partition(":function:")[2] or arn.rpartition(":")[2]
            lost = f"; {place} did not get it, because {refusal.message}" if refusal else ""
            self._context.say(told + (lost or f"; it is in {place}"))

    async def _send_record(self, event: Event, condition: str, arn: str) -> Refusal | None:
        record = self._record(event, condition)
        role = self._context.desired.function(event.arn).role
        if arn.split(":")[2] == "lambda":
            refusal = self._destinations.role_refusal(role, arn)
            try:
                self._context.desired.function(arn)
            except LocalCloudError as error:
                return Refusal(code="RESOURCE_NOT_FOUND", message=str(error))
            if refusal is None:
                self.accept(arn, json.dumps(record).encode(), event.passed_on)
            return refusal
        moment = datetime.fromtimestamp(self._context.clock.now(), UTC)
        word = "Success" if condition == "Success" else "Failure"
        message = Message(
            body=json.dumps(record),
            attributes={},
            source="lambda",
            detail_type=f"Lambda Function Invocation Result - {word}",
            resources=(record["requestContext"]["functionArn"], arn),
            key=(
                f"aws/lambda/async/{event.name}/{moment:%Y/%m/%d/%Y-%m-%dT%H.%M.%S}-{uuid.uuid4()}"
                if arn.split(":")[2] == "s3"
                else ""
            ),
        )
        return await self._destinations.send_by_role(role, arn, message, event.passed_on)

    def _record(self, event: Event, condition: str) -> dict[str, Any]:
        record: dict[str, Any] = {
            "version": "1.0",
            "timestamp": stamp(self._context.clock.now()),
            "requestContext": {
                "requestId": event.id,
                "functionArn": event.qualified_arn,
                "condition": condition,
                "approximateInvokeCount": event.attempts,
            },
            "requestPayload": _parsed(event.payload),
        }
        if event.outcome is not None:
            record["responseContext"] = {
                "statusCode": 200,
                "executedVersion": event.outcome.version or LATEST,
                **({"functionError": "Unhandled"} if event.outcome.failed else {}),
            }
            record["responsePayload"] = _parsed(event.outcome.payload)
        return record


def _destination(config: Mapping[str, Any], word: str) -> str:
    return str(((config.get("DestinationConfig") or {}).get(word) or {}).get("Destination") or "")


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _error_message(outcome: Outcome | None, why: str) -> str:
    parsed = None if outcome is None else _parsed(outcome.payload)
    return str(parsed.get("errorMessage", why)) if isinstance(parsed, dict) else why


def _parsed(payload: bytes) -> Any:
    try:
        return json.loads(payload)
    except ValueError:
        return payload.decode(errors="replace")
