"""Streams of DynamoDB and Kinesis, followed shard by shard."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pulumi
import pulumi_aws as aws

from platform_lib import defaults
from platform_lib.arns import check_arn, is_arn, is_fifo
from platform_lib.checks import InvalidInput, check_range
from platform_lib.function_app.source_args import StartingPosition
from platform_lib.function_app.sources.mapping import MAPPED_ONCE, create_mapping, mapping_inputs
from platform_lib.function_app.sources.naming import (
    READABLE_LIMIT,
    SourceName,
    check_repeated,
    named_sources,
)
from platform_lib.function_app.sources.never import stream_filter_check
from platform_lib.function_app.sources.recursion import granted, guarded, own_output
from platform_lib.function_app.sources.source import Function, Right, Source
from platform_lib.function_app.sources.sqs import Queues
from platform_lib.function_app.sources.statements import decrypt, read_stream, send_to
from platform_lib.function_app.sources.target import Target
from platform_lib.parts.children import Children
from platform_lib.records import record

_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)", re.ASCII)
_BATCH = 10_000
_UNLIMITED = -1
_DESTINATIONS = ("queue", "topic", "bucket")


@record
class StreamSource:
    """What binds a stream to the function."""

    mapping: "aws.lambda_.EventSourceMapping"


@record
class StreamSettings(Source):
    """A stream as a source, checked."""

    arn: pulumi.Input[str]
    kms_key_arn: pulumi.Input[str] | None
    on_failure: pulumi.Input[str] | None
    mapping: Mapping[str, Any]
    asynchronous: bool = False

    def children(self, *, alarms: bool) -> Iterator[tuple[str, str]]:
        """Name its children and their types."""
        yield self.at.key("mapping"), "aws.lambda_.EventSourceMapping"

    def rights(self, made: Queues | None) -> Iterator[Right]:
        """Allow following the stream, and telling its failure destination."""
        yield read_stream, self.arn
        if self.kms_key_arn is not None:
            yield decrypt, self.kms_key_arn
        if self.on_failure is not None:
            yield send_to, self.on_failure

    def bind(self, child: Children, target: Target, made: Queues | None) -> StreamSource:
        """Let the function follow a stream; what is given up is told of, and blocks no shard."""
        destination = self.on_failure
        if destination is None:
            assert target.failure_queue is not None  # noqa: S101 - made where a stream needs it
            destination = target.failure_queue.arn
        inputs = {
            **self.mapping,
            "destination_config": {"on_failure": {"destination_arn": destination}},
        }
        return StreamSource(
            mapping=create_mapping(child, self.at, target, source_arn=self.arn, inputs=inputs)
        )


def judge(given: Sequence[Mapping[str, Any]], function: Function) -> Iterator[StreamSettings]:
    """Judge the streams of a function."""
    named = named_sources(
        "streams", "stream", given, app=function.app, limit=READABLE_LIMIT, longest=""
    )
    for path, at, args in named:
        yield _settings(path, at, args, function)
    check_repeated("streams", "arn", given, MAPPED_ONCE)


def _settings(
    path: str, at: SourceName, args: Mapping[str, Any], function: Function
) -> StreamSettings:
    inputs = mapping_inputs(
        path,
        args,
        batch_size=defaults.STREAM_BATCH_SIZE,
        batch_limit=_BATCH,
        unit="records",
        check_filter=stream_filter_check(args["arn"]),
    )
    factor = args.get("parallelization_factor", 1)
    check_range(f"{path}.parallelization_factor", factor, 1, 10, "calls a shard")
    retries = args.get("maximum_retries", defaults.STREAM_MAXIMUM_RETRIES)
    if retries != _UNLIMITED:
        check_range(f"{path}.maximum_retries", retries, 0, 10_000)
    age = args.get("maximum_record_age_seconds", defaults.STREAM_MAXIMUM_RECORD_AGE_SECONDS)
    if age != _UNLIMITED:
        check_range(f"{path}.maximum_record_age_seconds", age, 60, 604_800, "seconds")
    tumbling = args.get("tumbling_window_seconds", 0)
    check_range(f"{path}.tumbling_window_seconds", tumbling, 0, 900, "seconds")
    arn = args["arn"]
    if "kms_key_arn" in args:
        check_arn(f"{path}.kms_key_arn", args["kms_key_arn"], ["key"])

    # Filters may leave out what the function writes; a table is not a stream's name.
    puts = granted(function.grants, "kinesis:PutRecord", "kinesis:PutRecords")
    written = [] if args.get("filters") else puts
    advice = "write to another, take the grant away, or give filters that leave out what it writes"
    check_own = own_output(f"{path}.arn", "stream", advice)

    def check(known: str | None, written: Sequence[str]) -> None:
        # A table without a stream tells nothing.
        _check_stream(f"{path}.arn", known or "")
        check_own(str(known).partition("/consumer/")[0], written)

    inputs |= {
        "bisect_batch_on_function_error": args.get("bisect_on_error", True),
        "maximum_retry_attempts": retries,
        "maximum_record_age_in_seconds": age,
        "parallelization_factor": factor,
        "tumbling_window_in_seconds": tumbling or None,
        **_start(path, args, arn),
    }
    destination = _destination(f"{path}.on_failure", args.get("on_failure"), function.destinations)
    return StreamSettings(
        at=at,
        arn=guarded(function.app, arn, written, check),
        kms_key_arn=args.get("kms_key_arn"),
        on_failure=destination,
        mapping=inputs,
        needs_destination=destination is None,
    )


def _destination(
    field: str, own: pulumi.Input[str] | None, destinations: Sequence[pulumi.Input[str]]
) -> pulumi.Input[str] | None:
    """Choose where a batch that was given up is told of; None is the app's queue of failures.

    https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
    """
    app_own = destinations[0] if destinations else None
    if own is None and isinstance(app_own, str) and not is_arn(app_own, *_DESTINATIONS):
        need = f"is needed: a stream takes a queue, topic or bucket, not on_failure's {app_own!r}"
        raise InvalidInput(field, None, need)
    destination = own if own is not None else app_own
    if destination is not None:
        check_arn(field, destination, _DESTINATIONS)
        if is_fifo(destination):
            raise InvalidInput(
                field, destination, "a FIFO queue or topic cannot be told of failures"
            )
    return destination


def _start(path: str, args: Mapping[str, Any], arn: pulumi.Input[str]) -> dict[str, Any]:
    position = args.get("starting_position", StartingPosition.TRIM_HORIZON)
    timestamp = args.get("starting_timestamp")
    field = f"{path}.starting_timestamp"
    if position is not StartingPosition.AT_TIMESTAMP:
        if timestamp is not None:
            raise InvalidInput(field, timestamp, "goes with starting_position 'at_timestamp' only")
        return {"starting_position": position.value.upper()}
    if isinstance(arn, str) and ":dynamodb:" in arn:
        need = "a stream of DynamoDB begins at 'latest' or 'trim_horizon'"
        raise InvalidInput(f"{path}.starting_position", position, need)
    if timestamp is None:
        raise InvalidInput(field, None, "is needed by starting_position 'at_timestamp'")
    return {
        "starting_position": "AT_TIMESTAMP",
        "starting_position_timestamp": _in_utc(field, timestamp),
    }


def _in_utc(field: str, timestamp: str) -> str:
    """Word a time as AWS gives it back: worded otherwise, every `up` would replace the mapping."""
    with suppress(ValueError, OverflowError):
        if _TIMESTAMP.fullmatch(timestamp):
            moment = datetime.fromisoformat(timestamp).astimezone(UTC)
            return moment.isoformat().replace("+00:00", "Z")
    need = "must be RFC 3339 in whole seconds, such as 2026-01-31T08:00:00Z"
    raise InvalidInput(field, timestamp, need)


def _check_stream(field: str, arn: str) -> None:
    if not arn or is_arn(arn, "table"):
        need = "the table has no stream: set its stream_enabled and stream_view_type"
        table = "names a table, not its stream: give the table's stream_arn"
        raise InvalidInput(field, arn, table if arn else need)
    if not is_arn(arn, "stream"):
        need = "must be the ARN of a DynamoDB or Kinesis stream, or of a consumer of one"
        raise InvalidInput(field, arn, need)
