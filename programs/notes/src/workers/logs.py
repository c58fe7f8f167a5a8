"""Lines of JSON in the log group: there `{ $.level = "ERROR" }` finds what went wrong."""

import json
import logging


class JsonLines(logging.Formatter):
    """One JSON object a record, with the call that it belongs to."""

    _first: str | None = None

    def format(self, record: logging.LogRecord) -> str:
        """Write a record; `extra={"fields": {...}}` adds to it."""
        # Lambda's runtime puts the ID on every record. A process is cold in its first call.
        request = getattr(record, "aws_request_id", None)
        self._first = self._first or request
        line = {
            "level": record.levelname,
            "message": record.getMessage(),
            "request_id": request,
            "cold_start": request is not None and request == self._first,
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        # Lambda writes what a formatter gives as it is, line end and all.
        return f"{json.dumps(line, default=str)}\n"


def json_log() -> logging.Logger:
    """Return the workers' log, and make every line of this process one of JSON."""
    log = logging.getLogger("workers")
    log.setLevel(logging.INFO)
    lines = JsonLines()
    for handler in logging.getLogger().handlers:
        handler.setFormatter(lines)
    return log
