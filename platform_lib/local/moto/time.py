"""Lets moto's queues live by the data plane's clock."""

from collections.abc import Callable
from typing import Any

from platform_lib.local.dataplane.clock import Clock


def queues_by(clock: Clock) -> Callable[[], None]:
    """Let moto's SQS ask this clock for the time; return what puts its own way back.

    Visibility time-outs, delays, deduplication and retention are measured by it: a test that moves
    the clock on by a visibility time-out sees the message again. moto has these two functions from
    a module that all of its services share, so they are replaced where SQS uses them.
    """
    from moto.sqs import models

    sqs: Any = models
    theirs = sqs.unix_time, sqs.unix_time_millis

    def milliseconds() -> float:
        return clock.now() * 1000.0

    sqs.unix_time, sqs.unix_time_millis = clock.now, milliseconds

    def undo() -> None:
        sqs.unix_time, sqs.unix_time_millis = theirs

    return undo
