"""Failure destinations: where asynchronous calls go after their last try."""

from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws

from platform_lib.arns import check_arn, is_fifo
from platform_lib.checks import InvalidInput, check_range
from platform_lib.function_app.sources.sqs import DEAD_LETTER_SECONDS, queue_encryption
from platform_lib.parts.children import Children
from platform_lib.records import record


@record
class FailureSettings:
    """What becomes of calls that fail, checked."""

    retries: int | None
    maximum_age_seconds: int | None
    on_failure: pulumi.Input[str] | None
    dead_letter: pulumi.Input[str] | None
    makes_queue: bool
    """Whether the app gets a queue of failures of its own."""
    called_asynchronously: bool

    @property
    def dead_letter_config(self) -> dict[str, pulumi.Input[str]] | None:
        """The function's own input for it."""
        return None if self.dead_letter is None else {"target_arn": self.dead_letter}

    @property
    def configures(self) -> bool:
        """Whether the alias says how asynchronous calls are tried."""
        return (
            self.retries is not None
            or self.maximum_age_seconds is not None
            or self.on_failure is not None
            or (self.makes_queue and self.called_asynchronously)
        )


def failure_settings(
    args: Mapping[str, Any], *, called_asynchronously: bool, stream_without_destination: bool
) -> FailureSettings:
    """Judge where failures go."""
    retries, age = args.get("retries"), args.get("maximum_age_seconds")
    check_range("retries", retries, 0, 2)
    check_range("maximum_age_seconds", age, 60, 21_600, "seconds")
    on_failure, dead_letter = args.get("on_failure"), args.get("dead_letter")
    if on_failure is not None and dead_letter is not None:
        need = "give on_failure or dead_letter, not both: an event would go to both"
        raise InvalidInput("dead_letter", dead_letter, need)
    for field, arn, kinds in (
        ("on_failure", on_failure, ["queue", "topic", "bucket", "event bus", "function"]),
        ("dead_letter", dead_letter, ["queue", "topic"]),
    ):
        if arn is not None:
            check_arn(field, arn, kinds)
            if is_fifo(arn):
                raise InvalidInput(field, arn, "a FIFO queue or topic cannot take failures")
    given = on_failure is not None or dead_letter is not None
    return FailureSettings(
        retries=retries,
        maximum_age_seconds=age,
        on_failure=on_failure,
        dead_letter=dead_letter,
        makes_queue=not given and (called_asynchronously or stream_without_destination),
        called_asynchronously=called_asynchronously,
    )


def create_failure_queue(
    child: Children, kms_key_arn: pulumi.Input[str] | None
) -> "aws.sqs.Queue":
    """Make the queue of failures, kept as long as SQS keeps anything."""
    return child.make(
        "failure_queue",
        aws.sqs.Queue,
        "failures",
        message_retention_seconds=DEAD_LETTER_SECONDS,
        **queue_encryption(kms_key_arn),
    )


def create_invoke_config(
    child: Children,
    settings: FailureSettings,
    *,
    function_name: pulumi.Input[str],
    alias: "aws.lambda_.Alias",
    failure_queue: "aws.sqs.Queue | None",
) -> "aws.lambda_.FunctionEventInvokeConfig":
    """Say how often an asynchronous call is tried, and where it goes after its last try."""
    destination = settings.on_failure
    if destination is None and failure_queue is not None:
        destination = failure_queue.arn
    return child.make(
        "invoke_config",
        aws.lambda_.FunctionEventInvokeConfig,
        "invoke-config",
        function_name=function_name,
        qualifier=alias.name,
        maximum_retry_attempts=settings.retries,
        maximum_event_age_in_seconds=settings.maximum_age_seconds,
        destination_config=None
        if destination is None
        else {"on_failure": {"destination": destination}},
    )
