"""Log groups of CloudWatch: lines that match a filter go to the function."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from platform_lib.checks import InvalidInput, check_length
from platform_lib.function_app.sources.function_policy import ACCOUNT, HERE, known
from platform_lib.function_app.sources.naming import check_repeated, named_sources
from platform_lib.function_app.sources.recursion import guarded
from platform_lib.function_app.sources.source import Function, Source
from platform_lib.function_app.sources.sqs import Queues
from platform_lib.function_app.sources.target import Target, create_permission
from platform_lib.log_patterns import check_log_pattern
from platform_lib.parts.children import Children
from platform_lib.records import record

_LOG_GROUP = re.compile(r"[.\-_/#A-Za-z0-9]{1,512}")
_NAME_NEED = "must be a log group's name, not its ARN"
_FILTER_LIMIT = 1024
_FILTERS_LIMIT = 2
"""https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutSubscriptionFilter.html"""


@record
class LogGroupSource:
    """What binds a log group to the function."""

    permission: "aws.lambda_.Permission"
    subscription: "aws.cloudwatch.LogSubscriptionFilter"


@record
class LogGroupSettings(Source):
    """A log group as a source, checked."""

    path: str
    log_group: pulumi.Input[str]
    filter_pattern: str

    def children(self, *, alarms: bool) -> Iterator[tuple[str, str]]:
        """Name its children and their types."""
        yield self.at.key("permission"), "aws.lambda_.Permission"
        yield self.at.key("subscription"), "aws.cloudwatch.LogSubscriptionFilter"

    def bind(self, child: Children, target: Target, made: Queues | None) -> LogGroupSource:
        """Let a log group call the function, unless it is the function's own."""

        def check(known: str, own: Sequence[str]) -> None:
            # Its ARN is an output too, and a common slip.
            if str(known).startswith("arn:"):
                raise InvalidInput(f"{self.path}.log_group", known, _NAME_NEED)
            _check_not_own(f"{self.path}.log_group", known, own[0])

        log_group = guarded(child.name, self.log_group, [target.log_group_name], check)
        permission = create_permission(
            child,
            self.at,
            target,
            principal="logs.amazonaws.com",
            source_arn=target.place.arn("logs", pulumi.Output.format("log-group:{}:*", log_group)),
            source_account=target.place.account_id,
        )
        subscription = child.make(
            self.at.key("subscription"),
            aws.cloudwatch.LogSubscriptionFilter,
            self.at.suffix,
            log_group=log_group,
            filter_pattern=self.filter_pattern,
            destination_arn=target.alias.arn,
            # CloudWatch Logs tries the permission when the filter is set.
            opts=pulumi.ResourceOptions(depends_on=[permission, *target.ready]),
        )
        return LogGroupSource(permission=permission, subscription=subscription)


def judge(given: Sequence[Mapping[str, Any]], function: Function) -> Iterator[LogGroupSettings]:
    """Judge the log groups of a function."""
    # Its own group has a name that is known already only where an override gives one.
    own = function.overrides.get("log_group", {}).get("name")
    named = named_sources("log_groups", "log-group", given, app=function.app)
    for path, at, args in named:
        log_group, pattern = args["log_group"], args.get("filter_pattern", "")
        if isinstance(log_group, str):
            if not _LOG_GROUP.fullmatch(log_group):
                raise InvalidInput(f"{path}.log_group", log_group, _NAME_NEED)
            _check_not_own(f"{path}.log_group", log_group, own)
        check_length(f"{path}.filter_pattern", pattern, 0, _FILTER_LIMIT)
        try:
            check_log_pattern(pattern)
        except ValueError as problem:
            raise InvalidInput(f"{path}.filter_pattern", pattern, str(problem)) from None
        yield LogGroupSettings(
            at=at,
            path=path,
            log_group=log_group,
            filter_pattern=pattern,
            permission={
                "principal": "logs.amazonaws.com",
                "source_arn": f"arn:aws:logs:{HERE}:log-group:{known(log_group)}:*",
                "source_account": ACCOUNT,
            },
        )
    need = f"stands there more than {_FILTERS_LIMIT} times, all the filters that a log group takes"
    check_repeated("log_groups", "log_group", given, need, most=_FILTERS_LIMIT)


def _check_not_own(field: str, log_group: str, own: object) -> None:
    if log_group == own:
        need = "is the function's own: each of its lines would call it, which writes the next"
        raise InvalidInput(field, log_group, need)
