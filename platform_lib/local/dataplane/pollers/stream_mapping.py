"""A mapping of a stream, as its poller and the lanes of its shards share it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from platform_lib.local.clock import Clock
from platform_lib.local.dataplane.pollers.mappings import Invoke, OddAnswers, Settings
from platform_lib.local.dataplane.pollers.stream_failures import StreamFailures
from platform_lib.local.dataplane.pollers.streams import Record, Streams


@dataclass(frozen=True, kw_only=True)
class StreamTools:
    """What a stream's poller works with.

    Attributes:
        streams: Reads shards.
        failures: Takes what was given up.
        clock: What windows, ages and waits are measured by.
        invoke: Runs functions.
        role: Tells the ARN of a function's role.
        say: Shows a line.
    """

    streams: Streams
    failures: StreamFailures
    clock: Clock
    invoke: Invoke
    role: Callable[[str], str]
    say: Callable[[str], None]


class StreamMapping:
    """Its settings, which change while it runs, and what it works with.

    Args:
        settings: The mapping as it is now.
        tools: What it works with.
    """

    def __init__(self, settings: Settings, tools: StreamTools) -> None:
        self.tools = tools
        self.odd = OddAnswers(tools.say)
        self.change(settings)

    def change(self, settings: Settings) -> None:
        """Go on with other settings."""
        self.settings = settings
        self._role = self.tools.role(settings.function)

    def event(self, record: Record) -> Mapping[str, Any]:
        """Word a record as this function gets it."""
        if "kinesis" in record.event:
            return {**record.event, "invokeIdentityArn": self._role}
        return record.event
