"""Lets what moto tells of messages and events live by the data plane's clock."""

from collections.abc import Callable
from typing import Any

from platform_lib.local.clock import Clock, stamp
from platform_lib.local.moto.replacing import replaced


def live_by(clock: Clock) -> Callable[[], None]:
    """Let moto's SQS, SNS and EventBridge ask this clock; return what puts their own way back.

    Visibility time-outs, delays, deduplication and retention are measured by it: a test that moves
    the clock on by a visibility time-out sees the message again. A topic's notification and a bus'
    event tell its time, as does what the data plane words itself. moto has these functions from a
    module that all of its services share, so they are replaced where these three use them.
    """
    from moto.events import models as buses
    from moto.sns import models as topics
    from moto.sqs import models as queues

    events: Any = buses
    sns: Any = topics
    sqs: Any = queues

    def milliseconds() -> float:
        return clock.now() * 1000.0

    def word() -> str:
        return stamp(clock.now())

    return replaced(
        (sqs, "unix_time", clock.now),
        (sqs, "unix_time_millis", milliseconds),
        (sns, "iso_8601_datetime_with_milliseconds", word),
        (events, "unix_time", clock.now),
    )
