"""Log groups of CloudWatch: lines that match a filter go to the function."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from platform_lib.checks import InvalidInput, check_length
from platform_lib.parts.children import Children
from platform_lib.records import record
from platform_lib.sources.naming import SourceName, named_sources
from platform_lib.sources.recursion import guarded
from platform_lib.sources.target import STATEMENT_ID_LIMIT, Place, Target, create_permission

_LOG_GROUP = re.compile(r"[.\-_/#A-Za-z0-9]{1,512}")
_FILTER_LIMIT = 1024


@record
class LogGroupSettings:
    """A log group as a source, checked."""

    at: SourceName
    path: str
    log_group: pulumi.Input[str]
    filter_pattern: str


@record
class LogGroupSource:
    """What binds a log group to the function."""

    permission: "aws.lambda_.Permission"
    subscription: "aws.cloudwatch.LogSubscriptionFilter"


def log_group_settings(
    given: Sequence[Mapping[str, Any]], *, app: str, own: object
) -> list[LogGroupSettings]:
    """Judge the log groups of a function; `own` is its own, where its name is known already."""
    settings = []
    named = named_sources(
        "log_groups", "log-group", given, app=app, limit=STATEMENT_ID_LIMIT, longest="-permission"
    )
    for path, at, args in named:
        log_group, pattern = args["log_group"], args.get("filter_pattern", "")
        if isinstance(log_group, str):
            if not _LOG_GROUP.fullmatch(log_group):
                need = "must be a log group's name, not its ARN"
                raise InvalidInput(f"{path}.log_group", log_group, need)
            _check_not_own(f"{path}.log_group", log_group, own)
        check_length(f"{path}.filter_pattern", pattern, 0, _FILTER_LIMIT)
        settings.append(
            LogGroupSettings(at=at, path=path, log_group=log_group, filter_pattern=pattern)
        )
    return settings


def _check_not_own(field: str, log_group: str, own: object) -> None:
    if log_group == own:
        need = "is the function's own: each of its lines would call it, which writes the next"
        raise InvalidInput(field, log_group, need)


def create_log_group_source(
    child: Children,
    settings: LogGroupSettings,
    target: Target,
    place: Place,
    *,
    own_log_group: pulumi.Input[str],
) -> LogGroupSource:
    """Let a log group call the function, unless it is the function's own."""
    at = settings.at

    def check(known: str, own: Sequence[str]) -> None:
        _check_not_own(f"{settings.path}.log_group", known, own[0])

    log_group = guarded(child.name, settings.log_group, [own_log_group], check)
    permission = create_permission(
        child,
        at.key("permission"),
        f"{at.suffix}-permission",
        target,
        principal="logs.amazonaws.com",
        source_arn=place.arn("logs", pulumi.Output.format("log-group:{}:*", log_group)),
        source_account=place.account_id,
    )
    subscription = child.make(
        at.key("subscription"),
        aws.cloudwatch.LogSubscriptionFilter,
        at.suffix,
        log_group=log_group,
        filter_pattern=settings.filter_pattern,
        destination_arn=target.alias.arn,
        # CloudWatch Logs tries the permission when the filter is set.
        opts=pulumi.ResourceOptions(depends_on=[permission, *target.ready]),
    )
    return LogGroupSource(permission=permission, subscription=subscription)


def log_group_children(settings: LogGroupSettings) -> Iterator[tuple[str, str]]:
    """Name the children of a log group and their types."""
    yield settings.at.key("permission"), "aws.lambda_.Permission"
    yield settings.at.key("subscription"), "aws.cloudwatch.LogSubscriptionFilter"
