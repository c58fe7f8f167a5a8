"""What every source that pushes events works with."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

from platform_lib.local.dataplane.context import Context
from platform_lib.local.dataplane.delivery.asynchronous import Asynchronous
from platform_lib.local.dataplane.delivery.destinations import Destinations, held_back


@dataclass(frozen=True, kw_only=True)
class Push:
    """The way from moto's threads to functions and other destinations."""

    context: Context
    asynchronous: Asynchronous
    destinations: Destinations
    loop: asyncio.AbstractEventLoop

    def begin(self, work: Coroutine[Any, Any, Any]) -> None:
        """Start work in the data plane's loop, from any thread; `settle` waits for it."""
        if not held_back(work):
            self.loop.call_soon_threadsafe(self.context.clock.track, work)

    def say(self, line: str) -> None:
        """Show a line."""
        self.context.say(line)
