"""What aiohttp complains of, in one line on the screen; of what a client did wrong, nothing."""

import logging
from collections.abc import Callable

from aiohttp import ClientConnectionError, web
from aiohttp.http_exceptions import HttpProcessingError

_OF_CLIENTS = (
    ClientConnectionError,  # what aiohttp raises too where its client went away
    ConnectionError,
    HttpProcessingError,
    web.PayloadAccessError,
    web.RequestPayloadError,
)
_LONGEST = 200


def complaints(say: Callable[[str], None]) -> logging.Logger:
    """Give the logger of a server; its tracebacks tell a user nothing."""
    logger = logging.Logger("front")
    logger.addHandler(_Screen(say))
    return logger


class _Screen(logging.Handler):
    def __init__(self, say: Callable[[str], None]) -> None:
        super().__init__(logging.WARNING)
        self._say = say

    def emit(self, record: logging.LogRecord) -> None:
        problem = record.exc_info[1] if record.exc_info else None
        if not isinstance(problem, _OF_CLIENTS):
            text = f"{record.getMessage()}: {type(problem).__name__}: {problem}"
            self._say(" ".join(text.split())[:_LONGEST])
