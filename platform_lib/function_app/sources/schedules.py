"""Schedules of EventBridge Scheduler: they call the function at set times."""

import zoneinfo
from collections.abc import Iterator, Mapping, Sequence, Set
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pulumi
import pulumi_aws as aws

from platform_lib.checks import InvalidInput, check_json, check_length, check_range
from platform_lib.function_app.sources.naming import READABLE_LIMIT, SourceName, named_sources
from platform_lib.function_app.sources.source import Function, Source
from platform_lib.function_app.sources.sqs import Queues
from platform_lib.function_app.sources.statements import decrypt, send_to, use_key
from platform_lib.function_app.sources.target import Target
from platform_lib.parts.children import Children
from platform_lib.parts.iam import create_policy, create_role
from platform_lib.records import record
from platform_lib.schedule_expressions import next_after, parse_at, parse_cron, parse_rate

_NAME_LIMIT = 64
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
"""Before any time that an expression can name."""
_EXPRESSION_LIMIT = 256
_INPUT_LIMIT = 256 * 1024
_PARSERS = {"cron": parse_cron, "rate": parse_rate, "at": parse_at}


@record
class ScheduleSource:
    """What calls the function at a set time."""

    schedule: "aws.scheduler.Schedule"


@record
class ScheduleSettings(Source):
    """A schedule as a source, checked."""

    expression: str
    time_zone: str | None
    flexible_window_minutes: int | None
    input: str | None
    enabled: bool

    def children(self, *, alarms: bool) -> Iterator[tuple[str, str]]:
        """Name its children and their types; the role is that of all schedules."""
        yield self.at.key("schedule"), "aws.scheduler.Schedule"
        yield "scheduler_role", "aws.iam.Role"
        yield "scheduler_policy", "aws.iam.RolePolicy"

    def bind(self, child: Children, target: Target, made: Queues | None) -> ScheduleSource:
        """Call the function at a set time."""
        if "scheduler_role" not in child.made:
            _create_scheduler_role(child, target)
        role: Any = child.made["scheduler_role"]
        window = self.flexible_window_minutes
        key = self.at.key("schedule")
        schedule = child.make(
            key,
            aws.scheduler.Schedule,
            self.at.suffix,
            name=child.fitting_name(key, self.at.suffix, _NAME_LIMIT),
            keeps=["name"],
            schedule_expression=self.expression,
            schedule_expression_timezone=self.time_zone,
            flexible_time_window=(
                {"mode": "OFF"}
                if window is None
                else {"mode": "FLEXIBLE", "maximum_window_in_minutes": window}
            ),
            state="ENABLED" if self.enabled else "DISABLED",
            kms_key_arn=target.kms_key_arn,
            target={
                "arn": target.alias.arn,
                "role_arn": role.arn,
                "input": self.input,
                "dead_letter_config": target.dead_letter_config,
            },
            # The scheduler tries the role when a schedule is made.
            opts=pulumi.ResourceOptions(
                depends_on=[child.made["scheduler_policy"], *target.ready]
            ),
        )
        return ScheduleSource(schedule=schedule)


def judge(given: Sequence[Mapping[str, Any]], function: Function) -> Iterator[ScheduleSettings]:
    """Judge the schedules of a function."""
    named = named_sources(
        "schedules", "schedule", given, app=function.app, limit=READABLE_LIMIT, longest=""
    )
    for path, at, args in named:
        yield _settings(path, at, args)


def _settings(path: str, at: SourceName, args: Mapping[str, Any]) -> ScheduleSettings:
    kinds = [kind for kind in _PARSERS if kind in args]
    if len(kinds) != 1:
        raise InvalidInput(path, dict(args), "needs one of cron, rate and at")
    [kind] = kinds
    if args[kind].startswith(f"{kind}("):
        raise InvalidInput(f"{path}.{kind}", args[kind], f"leave {kind}( ) out: the field says it")
    try:
        _PARSERS[kind](args[kind])
    except ValueError as problem:
        raise InvalidInput(f"{path}.{kind}", args[kind], str(problem)) from None
    expression = f"{kind}({args[kind]})"
    if kind == "cron" and next_after(expression, _EARLIEST) is None:
        raise InvalidInput(f"{path}.cron", args["cron"], "names a day that never comes")
    check_length(f"{path}.{kind}", expression, 1, _EXPRESSION_LIMIT)
    window = args.get("flexible_window_minutes")
    check_range(f"{path}.flexible_window_minutes", window, 1, 1440, "minutes")
    text = check_json(f"{path}.input", args["input"]) if "input" in args else None
    check_length(f"{path}.input", text, 0, _INPUT_LIMIT)
    return ScheduleSettings(
        at=at,
        expression=expression,
        time_zone=_time_zone(f"{path}.time_zone", kind, args.get("time_zone")),
        flexible_window_minutes=window,
        input=text,
        enabled=args.get("enabled", True),
    )


def _time_zone(field: str, kind: str, name: str | None) -> str | None:
    if name is None:
        return None
    if kind == "rate":
        raise InvalidInput(field, name, "a rate has no time zone; take cron")
    known = _time_zones()
    # A system without time zones of its own cannot judge; AWS does.
    if known and name not in known:
        raise InvalidInput(field, name, "must be an IANA name, such as Europe/Berlin")
    return name


@cache
def _time_zones() -> Set[str]:
    """List the time zones once: each time it costs as much as 20 resources."""
    return zoneinfo.available_timezones()


def _create_scheduler_role(child: Children, target: Target) -> None:
    """Make the role by which the scheduler calls the alias, for this account alone.

    https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
    """
    role = create_role(
        child,
        "scheduler_role",
        "scheduler-role",
        service="scheduler.amazonaws.com",
        boundary_arn=target.boundary_arn,
        account_id=target.place.account_id,
    )
    call = {
        "Effect": "Allow",
        "Action": ["lambda:InvokeFunction"],
        "Resource": target.alias.arn,
    }
    statements: list[pulumi.Input[Any]] = [call]
    if target.failure_queue is not None:
        statements.append(send_to(target.failure_queue.arn))
    if target.kms_key_arn is not None:
        # What a schedule hands over is encrypted, and so is the queue that it sends to.
        sends = target.failure_queue is not None
        statements.append((use_key if sends else decrypt)(target.kms_key_arn))
    create_policy(child, "scheduler_policy", "scheduler-policy", role=role, statements=statements)
