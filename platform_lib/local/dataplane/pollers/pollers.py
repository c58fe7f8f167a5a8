"""A poller for each event source mapping of the account, woken by what happens to its source.

moto runs functions inside of a send to a queue, a write to a table or a put to a stream, without
waiting, retrying or keeping an order. That is replaced: moto only says that something came.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from platform_lib.local.dataplane.context import Context
from platform_lib.local.dataplane.pollers.mapping_checks import check_role, check_settings
from platform_lib.local.dataplane.pollers.mappings import Invoke, Poller, Settings, settings_of
from platform_lib.local.dataplane.pollers.message_moves import MessageMoves
from platform_lib.local.dataplane.pollers.queue_poller import QueuePoller
from platform_lib.local.dataplane.pollers.queues import Queues
from platform_lib.local.dataplane.pollers.stream_failures import StreamFailures
from platform_lib.local.dataplane.pollers.stream_mapping import StreamTools
from platform_lib.local.dataplane.pollers.stream_poller import StreamPoller
from platform_lib.local.dataplane.pollers.streams import Streams
from platform_lib.local.desired import stream_of
from platform_lib.local.errors import LocalCloudError
from platform_lib.local.moto.replacing import refusal, replaced

_STEP = 0.05


class Pollers:
    """Every mapping's poller.

    Args:
        context: The account, its time and its policies.
        loop: The data plane's loop, in which pollers run.
        invoke: Runs a function by its ARN.
        patience: Seconds that a role's policies may come later than the mapping that needs them:
            programs make both at once, and the providers of AWS wait for it too.
    """

    def __init__(
        self,
        context: Context,
        loop: asyncio.AbstractEventLoop,
        invoke: Invoke,
        patience: float = 5.0,
    ) -> None:
        self._context = context
        self._loop = loop
        self._invoke = invoke
        self._patience = patience
        self._queues = Queues(context.clock, context.say)
        self._streams = Streams(context.desired, context.clock)
        self._stream_tools = StreamTools(
            streams=self._streams,
            failures=StreamFailures(context.account, context.say),
            clock=context.clock,
            invoke=invoke,
            role=lambda function: str(context.desired.function(function).role),
            say=context.say,
        )
        self._pollers: dict[str, tuple[str, Poller]] = {}

    def start(self) -> Callable[[], None]:
        """Listen to moto; return what lets it be."""
        undo = ExitStack()
        undo.callback(self._queues.install(self._came))
        undo.callback(MessageMoves(self._queues, self._context.clock).install())
        undo.callback(self._streams.install(self._came))
        undo.callback(self._follow_mappings())
        return undo.close

    def stop(self) -> None:
        """Take no more from any source."""
        for _, poller in self._pollers.values():
            poller.stop()
        self._pollers.clear()

    def _came(self, source: str) -> None:
        """Hear, in any thread, that a source has something new."""
        if self._is_in_loop():
            # A poller moved something there: its work is to begin before that one's ends.
            self._wake(source)
        elif not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake, source)

    def _is_in_loop(self) -> bool:
        try:
            return asyncio.get_running_loop() is self._loop
        except RuntimeError:
            return False

    def _wake(self, source: str) -> None:
        for of, poller in list(self._pollers.values()):
            if of == source:
                poller.wake()

    def _follow_mappings(self) -> Callable[[], None]:
        from moto.awslambda.models import LambdaBackend

        ours = self
        backend: Any = LambdaBackend
        create = backend.create_event_source_mapping
        update = backend.update_event_source_mapping
        delete = backend.delete_event_source_mapping

        def create_event_source_mapping(self: Any, spec: dict[str, Any]) -> Any:
            made = create(self, spec)
            settings = ours._judged(made, lambda: delete(self, made.uuid))
            # Where "latest" is, is told by the time of the request, not by when we come to it.
            positions = ours._streams.ends(settings.source)
            ours._loop.call_soon_threadsafe(ours._begin, settings, positions)
            return made

        def update_event_source_mapping(self: Any, uuid: str, spec: dict[str, Any]) -> Any:
            found = self.get_event_source_mapping(uuid)
            before = dict(vars(found)) if found is not None else {}
            changed = update(self, uuid, spec)
            if changed is not None:
                settings = ours._judged(changed, lambda: vars(changed).update(before))
                ours._loop.call_soon_threadsafe(ours._change, settings)
            return changed

        def delete_event_source_mapping(self: Any, uuid: str) -> Any:
            ours._loop.call_soon_threadsafe(ours._end, uuid)
            return delete(self, uuid)

        return replaced(
            (backend, "create_event_source_mapping", create_event_source_mapping),
            (backend, "update_event_source_mapping", update_event_source_mapping),
            (backend, "delete_event_source_mapping", delete_event_source_mapping),
        )

    def _judged(self, mapping: Any, undo: Callable[[], object]) -> Settings:
        """Return what a mapping is to do; where AWS refuses that, undo what was done to it."""
        try:
            settings = settings_of(mapping)
            self._check(settings)
        except LocalCloudError as problem:
            undo()
            raise refusal("InvalidParameterValueException", str(problem)) from problem
        return settings

    def _check(self, settings: Settings) -> None:
        """Refuse a mapping that AWS would; wait a little for a role's policies on their way."""
        desired = self._context.desired
        function = desired.function(settings.function)
        queue = desired.queue(settings.source) if ":sqs:" in settings.source else None
        check_settings(settings, function, queue)
        role, role_allows = str(function.role), self._context.permissions.role_allows
        deadline = time.monotonic() + self._patience
        while True:
            try:
                return check_role(settings, role, role_allows)
            except LocalCloudError:
                if time.monotonic() >= deadline:
                    raise
            time.sleep(_STEP)

    def _begin(self, settings: Settings, positions: dict[str, int]) -> None:
        poller = self._make(settings, positions)
        self._pollers[settings.uuid] = (stream_of(settings.source), poller)
        poller.wake()

    def _make(self, settings: Settings, positions: dict[str, int]) -> Poller:
        if ":sqs:" in settings.source:
            return QueuePoller(
                settings,
                find=lambda: self._context.desired.queue(settings.source),
                queues=self._queues,
                clock=self._context.clock,
                invoke=self._invoke,
                say=self._context.say,
            )
        return StreamPoller(settings, positions, self._stream_tools)

    def _change(self, settings: Settings) -> None:
        if settings.uuid in self._pollers:
            self._pollers[settings.uuid][1].change(settings)

    def _end(self, uuid: str) -> None:
        _, poller = self._pollers.pop(uuid, ("", None))
        if poller is not None:
            poller.stop()
