"""Buckets of S3: by the bucket's own notifications, or by EventBridge."""

import re
import weakref
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import quote_plus

import pulumi
import pulumi_aws as aws

from platform_lib.arns import BUCKET_NAME
from platform_lib.checks import InvalidInput, check_length
from platform_lib.function_app.source_args import BucketRoute
from platform_lib.function_app.sources.bucket_events import (
    check_events,
    event_pattern,
    writing_actions,
)
from platform_lib.function_app.sources.event_rules import PERMISSION, EventRuleSettings
from platform_lib.function_app.sources.function_policy import ACCOUNT, known
from platform_lib.function_app.sources.mapping import pattern_text
from platform_lib.function_app.sources.naming import SourceName, named_sources
from platform_lib.function_app.sources.recursion import granted, guarded
from platform_lib.function_app.sources.source import Function, Sender, Source
from platform_lib.function_app.sources.sqs import Queues
from platform_lib.function_app.sources.target import Target, create_permission
from platform_lib.parts.children import Children
from platform_lib.records import record

_NAME_NEED = "must be a bucket's name (no ARN): 3 to 63 small letters, digits, '.' and '-'"
_KEY_LIMIT = 1024


@record
class BucketSource:
    """What binds a bucket to the function; of what this one does without there is None."""

    permission: "aws.lambda_.Permission"
    notification: "aws.s3.BucketNotification | Any" = None
    rule: "aws.cloudwatch.EventRule | Any" = None
    target: "aws.cloudwatch.EventTarget | Any" = None


@record
class Wanted:
    """Which of a bucket's events a source wants."""

    events: Sequence[str]
    prefix: str
    suffix: str


@record
class BucketSettings(Source):
    """A bucket as a source, checked."""

    bucket: pulumi.Input[str]
    wanted: Sequence[Wanted]
    """What is asked of the bucket: by this source, and by those that share its notification."""
    sharing: Sequence[SourceName]
    """The other sources of the function that get the bucket's events by its notification."""
    rule: EventRuleSettings | None
    """The rule between bucket and function, where events come through EventBridge."""

    def children(self, *, alarms: bool) -> Iterator[tuple[str, str]]:
        """Name its children and their types."""
        if self.rule is not None:
            yield from self.rule.children(alarms=alarms)
        else:
            yield self.at.key("permission"), "aws.lambda_.Permission"
            yield self.at.key("notification"), "aws.s3.BucketNotification"

    def bind(self, child: Children, target: Target, made: Queues | None) -> BucketSource:
        """Let a bucket call the function."""
        if self.rule is not None:
            bound = self.rule.bind(child, target, made)
            return BucketSource(permission=bound.permission, rule=bound.rule, target=bound.target)
        permission = create_permission(
            child,
            self.at,
            target,
            principal="s3.amazonaws.com",
            source_arn=target.place.bucket_arn(self.bucket),
            source_account=target.place.account_id,
            opts=pulumi.ResourceOptions(aliases=self._made_before(child, "permission")),
        )
        notification = child.make(
            self.at.key("notification"),
            aws.s3.BucketNotification,
            f"{self.at.suffix}-notification",
            bucket=self.bucket,
            lambda_functions=[
                {
                    "lambda_function_arn": target.alias.arn,
                    "events": list(each.events),
                    "filter_prefix": _encoded(each.prefix) or None,
                    "filter_suffix": _encoded(each.suffix) or None,
                }
                for each in self.wanted
            ],
            opts=pulumi.ResourceOptions(
                # S3 tries the permission when the notification is set.
                depends_on=[permission, *target.ready],
                aliases=self._made_before(child, "notification"),
            ),
        )
        return BucketSource(permission=permission, notification=notification)

    def _made_before(self, child: Children, what: str) -> list[pulumi.Alias]:
        """Name what another source of the bucket made when that stood first.

        It is the same: deleted for a successor, it would take the bucket's notifications with it.
        """
        return [
            pulumi.Alias(name=f"{child.name}-{before}-{what}")
            for at in self.sharing
            for before in dict.fromkeys((at.suffix, at.previous_suffix))
        ]

    def sender(self, bound: BucketSource) -> Sender | None:
        """Name the rule; S3 itself leaves nothing."""
        return ("events.amazonaws.com", bound.rule.arn) if bound.rule is not None else None


@record
class SharedBucketSettings(Source):
    """A further source of a bucket, served by the notification of the first one."""

    first: SourceName

    def children(self, *, alarms: bool) -> Iterator[tuple[str, str]]:
        """Name none: a bucket has one notification, and S3 needs one permission."""
        yield from ()

    def bind(self, child: Children, target: Target, made: Queues | None) -> BucketSource:
        """Give what binds the first source."""
        permission: Any = child.made[self.first.key("permission")]
        notification: Any = child.made[self.first.key("notification")]
        return BucketSource(permission=permission, notification=notification)


def judge(given: Sequence[Mapping[str, Any]], function: Function) -> Iterator[Source]:
    """Judge the buckets of a function.

    Those of one bucket that come by notification are entries of one notification, which is all
    that a bucket has.
    """
    named = list(named_sources("buckets", "bucket", given, app=function.app))
    shared: dict[pulumi.Input[str], list[tuple[str, SourceName, Wanted]]] = {}
    for path, at, args in named:
        if not _by_rule(args):
            entries = shared.setdefault(args["bucket"], [])
            wanted = _wanted(path, args, by_rule=False)
            _check_overlap(path, wanted, entries)
            entries.append((path, at, wanted))
    for path, at, args in named:
        by_rule = _by_rule(args)
        entries = [] if by_rule else shared[args["bucket"]]
        first = entries[0][1] if entries else at
        shares = bool(function.overrides.get(first.key("notification"), {}).get("eventbridge"))
        own = _Listener(app=function.app, name=first.name, by_rule=by_rule, shares=shares)
        settings = _settings(path, at, args, function, own)
        if first != at:
            yield SharedBucketSettings(at=at, first=first)
        elif entries:
            others = [other for _, other, _ in entries[1:]]
            yield replace(settings, wanted=[each for *_, each in entries], sharing=others)
        else:
            yield settings


def _by_rule(args: Mapping[str, Any]) -> bool:
    return args.get("route", BucketRoute.NOTIFICATION) is BucketRoute.EVENT_BRIDGE


def _wanted(path: str, args: Mapping[str, Any], *, by_rule: bool) -> Wanted:
    events = check_events(f"{path}.events", args.get("events", ["s3:ObjectCreated:*"]), by_rule)
    prefix, suffix = args.get("prefix", ""), args.get("suffix", "")
    for field, text in (("prefix", prefix), ("suffix", suffix)):
        check_length(f"{path}.{field}", text, 0, _KEY_LIMIT)
        if "*" in text and not by_rule:
            need = "must be without '*': S3 compares keys as they are and knows no wildcard here"
            raise InvalidInput(f"{path}.{field}", text, need)
    return Wanted(events=events, prefix=prefix, suffix=suffix)


def _check_overlap(
    path: str, wanted: Wanted, entries: Sequence[tuple[str, SourceName, Wanted]]
) -> None:
    """Refuse two entries that one object could match: S3 does not take such a notification.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html
    """
    for other_path, _, other in entries:
        events = any(
            fnmatchcase(one, two) or fnmatchcase(two, one)
            for one in wanted.events
            for two in other.events
        )
        prefixes = wanted.prefix.startswith(other.prefix) or other.prefix.startswith(wanted.prefix)
        suffixes = wanted.suffix.endswith(other.suffix) or other.suffix.endswith(wanted.suffix)
        if events and prefixes and suffixes:
            need = (
                f"an object may match {other_path} of the same bucket too, and S3 takes no two "
                "filters of one event that overlap; give them prefixes or suffixes apart, or take "
                "route 'event_bridge'"
            )
            raise InvalidInput(path, f"{wanted.prefix}*{wanted.suffix}", need)


def _settings(
    path: str, at: SourceName, args: Mapping[str, Any], function: Function, own: "_Listener"
) -> BucketSettings:
    bucket, by_rule = args["bucket"], own.by_rule
    if isinstance(bucket, str) and not re.fullmatch(BUCKET_NAME, bucket):
        raise InvalidInput(f"{path}.bucket", bucket, _NAME_NEED)
    wanted = _wanted(path, args, by_rule=by_rule)
    events, prefix, suffix = wanted.events, wanted.prefix, wanted.suffix

    def check(known: str, written: Sequence[str]) -> None:
        # Its ARN is an output too, and a common slip.
        if str(known).startswith("arn:"):
            raise InvalidInput(f"{path}.bucket", known, _NAME_NEED)
        _check_recursion(f"{path}.bucket", known, written, prefix, suffix)
        if known:
            _check_owner(path, known, own)

    # The same Output is the same bucket before its name is known.
    _check_owner(path, bucket, own)
    written = [*granted(function.grants, *writing_actions(events)), *_records(events, function)]
    bucket = guarded(function.app, bucket, written, check)
    return BucketSettings(
        at=at,
        leaves_failures=by_rule,
        bucket=bucket,
        wanted=[wanted],
        sharing=(),
        rule=_rule(at, bucket, events, prefix, suffix) if by_rule else None,
        permission=PERMISSION if by_rule else _permission(bucket),
    )


def _encoded(text: str) -> str:
    """Word a part of a key as S3 wants it in a notification's filter.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html
    """
    return quote_plus(text, safe="/!()'")


def _permission(bucket: pulumi.Input[str]) -> dict[str, str]:
    return {
        "principal": "s3.amazonaws.com",
        "source_arn": f"arn:aws:s3:::{known(bucket)}",
        "source_account": ACCOUNT,
    }


def _records(events: Sequence[str], function: Function) -> list[pulumi.Input[str]]:
    """Say where records of failures would be put, were the function's destinations buckets.

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
    https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
    """
    if "s3:PutObject" not in writing_actions(events):
        return []
    return [
        f"{destination}{keys}"
        if isinstance(destination, str)
        else pulumi.Output.concat(destination, keys)
        for destinations, keys in (
            (function.destinations, "/aws/lambda/async/"),
            (function.stream_homes, "/aws/lambda/"),
        )
        for destination in destinations
    ]


def _check_recursion(
    field: str, bucket: str, written: Sequence[str], prefix: str, suffix: str
) -> None:
    """Refuse a bucket that the function writes to, where what it writes may match the filter."""
    wanted = f"{bucket}/{prefix}"
    for resource in written:
        # IAM's wildcards reach across a bucket's name into its keys.
        objects = resource.rpartition(":::")[2].replace("?", "*")
        wild = "*" in objects
        head, tail = objects.split("*")[0], objects.split("*")[-1]
        begins = head.startswith(wanted) or (wild and wanted.startswith(head))
        ends = tail.endswith(suffix) or (wild and suffix.endswith(tail))
        if begins and ends:
            need = (
                "the function writes to this bucket itself, and would call itself; write to "
                "another bucket, or under a prefix that the source's filter leaves out"
            )
            raise InvalidInput(field, bucket, need)


@record
class _Listener:
    """A source of this run that gets a bucket's events."""

    app: str
    name: str
    by_rule: bool
    shares: bool
    """Whether its notification leaves EventBridge on."""


_listeners: "weakref.WeakKeyDictionary[Any, dict[object, list[_Listener]]]"
_listeners = weakref.WeakKeyDictionary()
"""Who listens to a bucket, by the run: every engine and test has its own monitor."""


def _check_owner(path: str, bucket: pulumi.Input[str], own: _Listener) -> None:
    """Refuse what overwrites a bucket's notifications, of which EventBridge's switch is one.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketNotificationConfiguration.html
    """
    run = _listeners.setdefault(pulumi.runtime.settings.get_monitor(), {})
    others = run.setdefault(bucket, [])
    shown = bucket if isinstance(bucket, str) else own.name
    for other in others:
        if (other.app, other.name) == (own.app, own.name) or (other.by_rule and own.by_rule):
            continue
        owner = own if other.by_rule else other
        if not other.by_rule and not own.by_rule:
            need = (
                f"{owner.app!r} has this bucket's notifications already, and a bucket has one "
                "owner of them; take route 'event_bridge', or in one app name the bucket in the "
                "same way each time"
            )
            raise InvalidInput(f"{path}.bucket", shown, need)
        if not owner.shares:
            need = (
                f"{owner.app!r} has this bucket's notifications, and with them switches "
                "EventBridge off; take route 'event_bridge' for all, or override `eventbridge` "
                "of its notification with True"
            )
            raise InvalidInput(f"{path}.bucket", shown, need)
    if own not in others:
        others.append(own)


def _rule(
    at: SourceName, bucket: pulumi.Input[str], events: Sequence[str], prefix: str, suffix: str
) -> EventRuleSettings:
    pattern = pulumi.Output.from_input(bucket).apply(
        lambda known: pattern_text(event_pattern(str(known), events, prefix, suffix))
    )
    return EventRuleSettings(at=at, pattern=pattern, event_bus_name=None, input={})
