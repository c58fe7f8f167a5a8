"""Which functions an event came through: so that a loop of events ends.

Lambda hands a function a trace header, the AWS SDK in it passes that on with what it calls, and
services keep it with the event. In it Lambda counts its own calls, and stops a chain in which a
function was called about 16 times. Here the header is read from requests to the account, carried
with events inside, and kept with the messages of queues as `AWSTraceHeader`.

AWS sees loops through queues, topics, buckets and Lambda itself. Here those through rules and log
groups end too.
https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
"""

import contextlib
import hashlib
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from platform_lib.local.errors import LocalCloudError
from platform_lib.local.moto.replacing import replaced

LIMIT = 16
"""How often one function may be called in a chain."""

HEADER = "X-Amzn-Trace-Id"


class RecursiveLoopError(LocalCloudError):
    """A chain of events called a function too often."""


@dataclass(frozen=True, kw_only=True)
class Lineage:
    """How often a chain of events called which function."""

    root: str = field(default_factory=lambda: f"1-{int(time.time()):08x}-{os.urandom(12).hex()}")
    counts: Mapping[str, int] = field(default_factory=dict)

    def after(self, function: str) -> "Lineage":
        """Return what a function passes on.

        Raises:
            RecursiveLoopError: The chain called it too often already.
        """
        if self.calls(function) >= LIMIT:
            raise RecursiveLoopError(
                f"function {function} was called {LIMIT} times in one chain of events: a loop, "
                "which is stopped as on AWS"
            )
        return self.counting(function)

    def calls(self, function: str) -> int:
        """Return how often the chain came to a function, with the calls that were refused."""
        return self.counts.get(_key(function), 0)

    def counting(self, function: str) -> "Lineage":
        """Return the chain of what becomes of a call, whether it was made or refused."""
        counts = {**self.counts, _key(function): self.calls(function) + 1}
        return Lineage(root=self.root, counts=counts)

    @property
    def header(self) -> str:
        """The trace header's value."""
        counts = ",".join(f"{key}:{count}" for key, count in self.counts.items())
        parent = os.urandom(8).hex()
        return f"Root={self.root};Parent={parent};Sampled=0" + (
            f";Lineage={counts}" if counts else ""
        )

    @classmethod
    def parse(cls, header: str) -> "Lineage":
        """Read a trace header; what is none of ours begins a chain."""
        parts = dict(re.findall(r"(\w+)=([^;]*)", header))
        counts = re.findall(r"([0-9a-f]{8}):(\d{1,3})(?:,|$)", parts.get("Lineage", ""))
        found = {key: int(count) for key, count in counts}
        return cls(root=parts["Root"], counts=found) if "Root" in parts else cls(counts=found)


def _key(function: str) -> str:
    return hashlib.sha256(function.encode()).hexdigest()[:8]


_carried: ContextVar[Lineage | None] = ContextVar("lineage", default=None)


@contextlib.contextmanager
def carrying(lineage: Lineage) -> Iterator[None]:
    """Let what is done meanwhile, in this task and the threads it asks, belong to a chain."""
    token = _carried.set(lineage)
    try:
        yield
    finally:
        _carried.reset(token)


def current() -> Lineage:
    """Return the chain that this belongs to: carried, or of the request that moto answers."""
    # Here: flask comes with moto, which is imported only when an account starts.
    from flask import has_request_context, request

    lineage = _carried.get()
    if lineage is None and has_request_context():
        lineage = Lineage.parse(request.headers.get(HEADER, ""))
    return lineage or Lineage()


def keep_with_messages() -> Callable[[], None]:
    """Let each message of moto's queues keep the chain it belongs to; return what undoes it."""
    from moto.sqs.models import Queue

    queue: Any = Queue
    theirs = queue.add_message

    def add_message(self: Any, message: Any) -> None:
        lineage = current()
        if lineage.counts and "AWSTraceHeader" not in message.system_attributes:
            kept = {"DataType": "String", "StringValue": lineage.header}
            message.system_attributes = {**message.system_attributes, "AWSTraceHeader": kept}
        theirs(self, message)

    return replaced((queue, "add_message", add_message))
