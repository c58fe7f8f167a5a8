"""Lets moto's queues live by the data plane's clock."""

from collections.abc import Callable
from typing import Any

from platform_lib.local.dataplane.clock import Clock
from platform_lib.local.moto.replacing import replaced


def queues_by(clock: Clock) -> Callable[[], None]:
    """Let moto's SQS ask this clock for the time; return what puts its own way back.

    Visibility time-outs, delays, deduplication and retention are measured by it: a test that moves
    the clock on by a visibility time-out sees the message again. moto has these two functions from
    a module that all of its services share, so they are replaced where SQS uses them.
    """
    from moto.sqs import models

    sqs: Any = models

    def milliseconds() -> float:
        return clock.now() * 1000.0

    return replaced((sqs, "unix_time", clock.now), (sqs, "unix_time_millis", milliseconds))
