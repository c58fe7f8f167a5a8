"""All the event sources of a function together: judged, and bound to its alias."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from itertools import chain
from typing import Any

import pulumi
import pulumi_aws as aws

from platform_lib.app_args import GrantArgs
from platform_lib.app_settings import AlarmSettings
from platform_lib.checks import InvalidInput
from platform_lib.function_app.sources.failures import (
    FailureSettings,
    create_failure_queue,
    create_invoke_config,
    failure_settings,
)
from platform_lib.function_app.sources.function_policy import check_policy
from platform_lib.function_app.sources.source import Function, Right, Source
from platform_lib.function_app.sources.sqs import Queues, create_queue_policy
from platform_lib.function_app.sources.statements import send_to, use_key
from platform_lib.function_app.sources.target import Place, Target
from platform_lib.parts.alarms import create_depth_alarm
from platform_lib.parts.children import Children
from platform_lib.records import record

KINDS = (
    "queues",
    "streams",
    "topics",
    "buckets",
    "event_rules",
    "schedules",
    "log_groups",
    "receipt_rules",
    "invoke_permissions",
)
"""The fields of FunctionAppArgs that name sources; a module of this package has the same name."""


@record
class SourceSettings:
    """Every source of a function and the failure destination, checked."""

    sources: Sequence[Source]
    failures: FailureSettings

    @property
    def leave_failures(self) -> bool:
        """Whether services leave in the app's own queue what they could not hand over."""
        return self.failures.makes_queue and any(one.leaves_failures for one in self.sources)

    @property
    def renamed(self) -> dict[str, tuple[str, str]]:
        """How keys of each source begin -> how its children's suffixes begin, and began before."""
        names = (one.at for one in self.sources)
        return {f"{at.kind}.{at.name}": (at.suffix, at.previous_suffix) for at in names}


def source_settings(
    args: Mapping[str, Any], *, app: str, timeout_seconds: int, grants: Sequence[GrantArgs]
) -> SourceSettings:
    """Judge all sources of a function.

    An `app` is called by HTTP only, so that a source of events with it is an error.
    """
    given = {kind: args[kind] for kind in KINDS if args.get(kind)}
    if "app" in args:
        for kind, value in given.items():
            if kind != "invoke_permissions":
                need = "an app answers HTTP only; give a handler, in a FunctionApp of its own"
                raise InvalidInput(kind, value, need)
    streams = given.get("streams", ())
    function = Function(
        app=app,
        timeout_seconds=timeout_seconds,
        grants=grants,
        overrides=args.get("overrides", {}),
        destinations=[args[field] for field in ("on_failure", "dead_letter") if field in args],
        stream_homes=[one["on_failure"] for one in streams if "on_failure" in one],
    )
    sources = list(chain.from_iterable(_judge(kind, given[kind], function) for kind in given))
    check_policy(sources, function.overrides)
    failures = failure_settings(
        args,
        called_asynchronously=any(one.asynchronous for one in sources),
        stream_without_destination=any(one.needs_destination for one in sources),
    )
    return SourceSettings(sources=sources, failures=failures)


def _judge(kind: str, given: Sequence[Mapping[str, Any]], function: Function) -> Iterable[Source]:
    """Judge the sources of one kind; what judges it is loaded where there are any."""
    found: Iterable[Source] = import_module(f"{__package__}.{kind}").judge(given, function)
    return found


def source_children(settings: SourceSettings, *, alarms: bool) -> dict[str, str]:
    """Name every child of the sources, by its key in `overrides`, and its type."""
    each = (one.children(alarms=alarms) for one in settings.sources)
    return dict(chain(*each, _failure_children(settings, alarms=alarms)))


def _failure_children(settings: SourceSettings, *, alarms: bool) -> Iterator[tuple[str, str]]:
    if settings.failures.makes_queue:
        yield "failure_queue", "aws.sqs.Queue"
        if alarms:
            yield "failure_alarm", "aws.cloudwatch.MetricAlarm"
    if settings.leave_failures:
        yield "failure_queue_policy", "aws.sqs.QueuePolicy"
    if settings.failures.configures:
        yield "invoke_config", "aws.lambda_.FunctionEventInvokeConfig"


@record
class Feeds:
    """What is there before the function: its role names these."""

    queues: Sequence[Queues | None]
    """Those of each source."""
    failure_queue: "aws.sqs.Queue | None"
    statements: Sequence[pulumi.Input[Any]]


def create_feeds(
    child: Children,
    settings: SourceSettings,
    *,
    kms_key_arn: pulumi.Input[str] | None,
    alarms: AlarmSettings | None,
) -> Feeds:
    """Make queues and the failure destination, and say what the role may do with them."""
    queues = [
        one.create_queues(child, kms_key_arn=kms_key_arn, alarms=alarms)
        for one in settings.sources
    ]
    failure_queue = None
    if settings.failures.makes_queue:
        failure_queue = create_failure_queue(child, kms_key_arn)
        if alarms is not None:
            create_depth_alarm(
                child,
                "failure_alarm",
                "failures-alarm",
                queue_name=failure_queue.name,
                topic_arn=alarms.topic_arn,
            )
    rights = list(
        chain.from_iterable(
            one.rights(made) for one, made in zip(settings.sources, queues, strict=True)
        )
    )
    destinations = (
        settings.failures.on_failure,
        settings.failures.dead_letter,
        failure_queue.arn if failure_queue is not None else None,
    )
    rights += [(send_to, destination) for destination in destinations if destination is not None]
    if kms_key_arn is not None and (failure_queue is not None or any(queues)):
        rights.append((use_key, kms_key_arn))
    return Feeds(queues=queues, failure_queue=failure_queue, statements=_statements(rights))


def _statements(rights: Sequence[Right]) -> list[pulumi.Input[Any]]:
    """Word each right once: sources may share a destination."""
    return [word(arn) for word, arn in dict.fromkeys(rights)]


def create_sources(
    child: Children,
    settings: SourceSettings,
    feeds: Feeds,
    *,
    function_name: pulumi.Output[str],
    alias: "aws.lambda_.Alias",
    log_group_name: pulumi.Input[str],
    boundary_arn: pulumi.Input[str] | None,
    kms_key_arn: pulumi.Input[str] | None,
    provider: pulumi.ProviderResource | None,
) -> Mapping[str, Mapping[str, Any]]:
    """Bind every source to the alias, once what it calls knows where failures go.

    Gives what binds each one, by its kind and name.
    """
    ready: list[pulumi.Resource] = []
    if settings.failures.configures:
        ready.append(
            create_invoke_config(
                child,
                settings.failures,
                function_name=function_name,
                alias=alias,
                failure_queue=feeds.failure_queue,
            )
        )
    target = Target(
        function_name=function_name,
        alias=alias,
        failure_queue=feeds.failure_queue,
        ready=ready,
        log_group_name=log_group_name,
        place=Place(provider=provider),
        boundary_arn=boundary_arn,
        kms_key_arn=kms_key_arn,
    )
    bound: dict[str, dict[str, Any]] = {kind: {} for kind in KINDS}
    senders = []
    for one, made in zip(settings.sources, feeds.queues, strict=True):
        source = bound[one.at.kind][one.at.name] = one.bind(child, target, made)
        if (sender := one.sender(source)) is not None:
            senders.append(sender)
    if senders and feeds.failure_queue is not None:
        create_queue_policy(
            child, "failure_queue_policy", "failures-policy", feeds.failure_queue, senders
        )
    return bound
