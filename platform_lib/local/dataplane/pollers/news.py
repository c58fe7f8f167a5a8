"""Who hears that a queue or a stream has something new."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Listener = Callable[[str], None]
"""Hears, in any thread, the ARN of what has something new."""


class News:
    """Tells a listener; what comes with one request is told together, when all of it is there."""

    def __init__(self) -> None:
        self.listener: Listener = lambda arn: None
        self._held = threading.local()

    def tell(self, arn: str) -> None:
        """Tell that a source has something new, now or with the rest."""
        held: dict[str, None] | None = getattr(self._held, "arns", None)
        if held is None:
            self.listener(arn)
        else:
            held[arn] = None

    @contextmanager
    def together(self) -> Iterator[None]:
        """Let all that comes meanwhile, in this thread, be told at the end: once a source."""
        self._held.arns = {}
        try:
            yield
        finally:
            held, self._held.arns = self._held.arns, None
            for arn in held:
                self.listener(arn)
