"""What fires by the clock: EventBridge Scheduler's schedules, and rules with a schedule.

A schedule fires once for each time it is due. Times that passed while the machine slept fire once
together. A flexible window is used at its beginning.
https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from platform_lib.local.clock import Timer, stamp
from platform_lib.local.dataplane.delivery import event_shapes
from platform_lib.local.dataplane.delivery.dead_letters import give_up
from platform_lib.local.dataplane.delivery.destinations import Message, Refusal
from platform_lib.local.dataplane.delivery.event_rules import EventRules
from platform_lib.local.dataplane.delivery.push import Push
from platform_lib.local.dataplane.lineage import Lineage
from platform_lib.local.errors import LocalCloudError
from platform_lib.local.moto.replacing import replaced
from platform_lib.schedule_expressions import next_after

SERVICE = "scheduler.amazonaws.com"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """When something is due; another plan begins anew."""

    expression: str
    zone: str = "UTC"
    start: float | None = None
    end: float | None = None
    at_once: bool = False
    """Whether a rate fires when it is made: a schedule's does, a rule's does not."""

    def first(self, now: float) -> float | None:
        """Return the first time that is due from now on."""
        if self.expression.startswith("rate"):
            if self.start is not None and self.start > now:
                return self._until_end(self.start)
            return self._until_end(now) if self.at_once else self.after(now, now)
        begin = max(now, self.start or now)
        # A start that is itself a time when it is due counts.
        return self.after(begin - (1e-3 if begin > now else 0), now)

    def after(self, due: float, now: float) -> float | None:
        """Return the time after one, not before now."""
        moment = datetime.fromtimestamp(due, UTC)
        if not self.expression.startswith("rate"):
            moment = max(moment, datetime.fromtimestamp(now, UTC))
            found = next_after(self.expression, moment, self.zone)
            return self._until_end(found.timestamp()) if found else None
        found = next_after(self.expression, moment)
        if found is None:
            return None
        pace = found.timestamp() - due
        # In step with the first time, also after times that were missed.
        return self._until_end(due + pace * (max(0.0, (now - due) // pace) + 1))

    def _until_end(self, due: float) -> float | None:
        return None if self.end is not None and due > self.end else due


@dataclass(kw_only=True)
class _Entry:
    plan: Plan
    timer: Timer | None = None


class Schedules:
    """Keeps a timer for each schedule of the account."""

    def __init__(self, push: Push, rules: EventRules) -> None:
        self._push = push
        self._rules = rules
        self._entries: dict[str, _Entry] = {}

    def start(self) -> Callable[[], None]:
        """Hear of changes of schedules and rules; return what ends that."""
        from moto.events.models import EventsBackend
        from moto.scheduler.models import EventBridgeSchedulerBackend

        loop, refresh = self._push.loop, self.refresh

        def heard(backend: Any, name: str) -> tuple[Any, str, Any]:
            theirs = getattr(backend, name)

            def telling(self: Any, *arguments: Any, **named: Any) -> Any:
                result = theirs(self, *arguments, **named)
                loop.call_soon_threadsafe(refresh)
                return result

            return backend, name, telling

        changes = ("create_schedule", "update_schedule", "delete_schedule")
        return replaced(
            *(heard(EventBridgeSchedulerBackend, name) for name in changes),
            heard(EventBridgeSchedulerBackend, "delete_schedule_group"),
            *(heard(EventsBackend, f"{word}_rule") for word in ("put", "enable", "disable")),
            heard(EventsBackend, "delete_rule"),
        )

    def refresh(self) -> None:
        """Set timers as the account says now; what did not change keeps its own."""
        wanted = self._wanted()
        for key in [key for key, entry in self._entries.items() if wanted.get(key) != entry.plan]:
            entry = self._entries.pop(key)
            if entry.timer is not None:
                entry.timer.cancel()
        now = self._push.context.clock.now()
        for key, plan in wanted.items():
            if key in self._entries:
                continue
            entry = self._entries[key] = _Entry(plan=plan)
            try:
                self._set(key, entry, plan.first(now))
            except ValueError as error:
                self._push.say(f"schedule {key.rpartition('/')[2]} never fires: it {error}")

    def _wanted(self) -> dict[str, Plan]:
        desired = self._push.context.desired
        plans = {
            str(each.arn): Plan(
                expression=str(each.schedule_expression),
                zone=str(each.schedule_expression_timezone or "UTC"),
                start=_seconds(each.start_date),
                end=_seconds(each.end_date),
                at_once=True,
            )
            for each in desired.schedules()
            if each.state != "DISABLED"
        }
        rules = {
            str(each.arn): Plan(expression=str(each.scheduled_expression))
            for each in desired.event_rules()
            if each.scheduled_expression and each.state != "DISABLED"
        }
        return plans | rules

    def _set(self, key: str, entry: _Entry, due: float | None) -> None:
        if due is not None:
            entry.timer = self._push.context.clock.call_at(
                due, lambda: self._fire(key, entry, due)
            )

    def _fire(self, key: str, entry: _Entry, due: float) -> None:
        following = entry.plan.after(due, self._push.context.clock.now())
        if entry.plan.expression.startswith("at"):
            following = None
        self._set(key, entry, following)
        desired = self._push.context.desired
        schedule = next((each for each in desired.schedules() if each.arn == key), None)
        if schedule is not None:
            last = following is None
            self._push.context.clock.track(self._deliver(schedule, due, last=last))
            return
        rule = next((each for each in desired.event_rules() if each.arn == key), None)
        if rule is not None:
            self._rules.fire(rule, self._told("aws.events", key, due, {}))

    def _told(self, source: str, arn: str, due: float, detail: Any) -> dict[str, Any]:
        account = self._push.context.account
        return event_shapes.bus_event(
            source=source,
            detail_type="Scheduled Event",
            detail=detail,
            account=account.account_id,
            region=account.region,
            moment=due,
            resources=[arn],
        )

    async def _deliver(self, schedule: Any, due: float, *, last: bool) -> None:
        text, execution = self._input(schedule, due), str(uuid.uuid4())
        for word, value in {
            "schedule-arn": schedule.arn,
            "scheduled-time": stamp(due, milliseconds=False),
            "execution-id": execution,
            "attempt-number": "1",
        }.items():
            text = text.replace(f"<aws.scheduler.{word}>", value)
        if self._trusted(schedule):
            refusal = await self._bring(schedule, text)
            if refusal is not None:
                await self._give_up(schedule, text, execution, due, refusal)
        if last and schedule.action_after_completion == "DELETE":
            self._push.context.desired.forget_schedule(schedule)

    def _input(self, schedule: Any, due: float) -> str:
        given = schedule.target.get("Input")
        if given is not None:
            return str(given)
        return json.dumps(self._told("aws.scheduler", schedule.arn, due, "{}"))

    def _trusted(self, schedule: Any) -> bool:
        """Whether the schedule's role can be assumed: nothing happens in its name otherwise."""
        role = schedule.target["RoleArn"]
        group = schedule.arn.replace(":schedule/", ":schedule-group/").rpartition("/")[0]
        trusted = self._push.context.permissions.role_trusts(role, SERVICE, group)
        if not trusted:
            self._push.say(
                f"schedule {schedule.name} does nothing, because role {role.rpartition('/')[2]} "
                f"does not let {SERVICE} assume it for {group}; this run is lost"
            )
        return trusted

    async def _bring(self, schedule: Any, text: str) -> Refusal | None:
        target = schedule.target
        arn, role = str(target["Arn"]), target["RoleArn"]
        lineage = Lineage()
        if arn.split(":")[2] == "lambda":
            try:
                self._push.context.desired.function(arn)
            except LocalCloudError as error:
                return Refusal(code="RESOURCE_NOT_FOUND", message=str(error))
            refusal = self._push.destinations.role_refusal(role, arn)
            if refusal is None:
                self._push.asynchronous.accept(arn, text.encode(), lineage)
            return refusal
        bus = target.get("EventBridgeParameters") or {}
        message = Message(
            body=text,
            attributes={},
            source=bus.get("Source", ""),
            detail_type=bus.get("DetailType", ""),
            group_id=(target.get("SqsParameters") or {}).get("MessageGroupId", ""),
        )
        return await self._push.destinations.send_by_role(role, arn, message, lineage)

    async def _give_up(
        self, schedule: Any, text: str, execution: str, due: float, refusal: Refusal
    ) -> None:
        """Bring what could not be delivered to the target's dead letters.

        https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html
        """
        target = schedule.target
        line = f"schedule {schedule.name} cannot reach its target, because {refusal.message}"
        arn = (target.get("DeadLetterConfig") or {}).get("Arn")
        message = Message(
            body=text,
            attributes={
                "SCHEDULE_ARN": schedule.arn,
                "TARGET_ARN": target["Arn"],
                "EXECUTION_ID": execution,
                "SCHEDULED_TIME": stamp(due, milliseconds=False),
                "ERROR_CODE": refusal.code,
                "ERROR_MESSAGE": refusal.message,
            },
        )
        await give_up(
            f"{line}; this run",
            arn,
            missing="the target has no dead letters",
            send=lambda home: self._push.destinations.send_by_role(
                target["RoleArn"], home, message, Lineage()
            ),
            say=self._push.say,
        )


def _seconds(given: Any) -> float | None:
    if given is None or given == "":
        return None
    if isinstance(given, datetime):
        return given.timestamp()
    return float(given)
