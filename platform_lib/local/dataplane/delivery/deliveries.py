"""Everything that brings events to functions, put together."""

import asyncio
from collections.abc import Callable
from contextlib import ExitStack

from platform_lib.local.dataplane.context import Context
from platform_lib.local.dataplane.delivery.asynchronous import Asynchronous
from platform_lib.local.dataplane.delivery.buckets import deliver_buckets
from platform_lib.local.dataplane.delivery.destinations import Destinations
from platform_lib.local.dataplane.delivery.event_rules import EventRules
from platform_lib.local.dataplane.delivery.invocations import invoke_here
from platform_lib.local.dataplane.delivery.log_groups import deliver_log_groups
from platform_lib.local.dataplane.delivery.push import Push
from platform_lib.local.dataplane.delivery.schedules import Schedules
from platform_lib.local.dataplane.delivery.topics import deliver_topics
from platform_lib.local.dataplane.functions.functions import Functions
from platform_lib.local.dataplane.functions.runtime_api import Outcome
from platform_lib.local.dataplane.lineage import Lineage, keep_with_messages


class Deliveries:
    """Takes events from moto, and brings them to functions.

    Args:
        context: What all of the data plane works with.
        functions: The functions.
        loop: The data plane's.
    """

    def __init__(
        self, context: Context, functions: Functions, loop: asyncio.AbstractEventLoop
    ) -> None:
        self._functions = functions
        self._loop = loop
        destinations = Destinations(context)
        self.asynchronous = Asynchronous(context, functions, destinations)
        self._push = Push(
            context=context, asynchronous=self.asynchronous, destinations=destinations, loop=loop
        )

    def start(self) -> Callable[[], None]:
        """Take the place of what moto does itself; return what puts it back."""
        with ExitStack() as opened:
            opened.callback(keep_with_messages())
            opened.callback(invoke_here(self._invoke, self._accept))
            opened.callback(deliver_topics(self._push))
            rules = EventRules(self._push)
            opened.callback(rules.start())
            opened.callback(deliver_buckets(self._push, rules))
            opened.callback(deliver_log_groups(self._push))
            opened.callback(Schedules(self._push, rules).start())
            return opened.pop_all().close

    def _invoke(self, arn: str, payload: bytes, lineage: Lineage) -> tuple[Outcome, list[str]]:
        work = self._functions.invoke(arn, payload, lineage=lineage)
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def _accept(self, arn: str, payload: bytes, lineage: Lineage) -> None:
        self._loop.call_soon_threadsafe(self.asynchronous.accept, arn, payload, lineage)
