"""A journal of what was made and deleted, so that a run that was killed can be repaired.

The engine writes down what was done to a resource only after the provider answered. When the
engine is killed in between, a resource exists and no state knows it, or is gone and a state has
it: the journal knows.
"""

import json
import os
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Entry:
    """One resource that was made or deleted.

    Attributes:
        urn: Its name in the stack.
        type: Its Pulumi type token.
        id: Its provider id.
        program: The connection of the engine that asked for it: tells programs apart.
        properties: What a delete needs to know of it.
        deleted: Whether it was deleted, not made.
    """

    urn: str
    type: str
    id: str
    program: str
    properties: Mapping[str, Any]
    deleted: bool = False


class Journal:
    """Lines of JSON, one for each resource made or deleted, kept through a kill of any process."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True)

    def add(self, entry: Entry) -> None:
        """Write an entry down; it is with the operating system when this returns."""
        line = (json.dumps(asdict(entry)) + "\n").encode()
        with self._lock:
            file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(file, line)
            finally:
                os.close(file)

    def entries(self) -> list[Entry]:
        """Give every entry in order; a last line that a kill cut short is no entry."""
        if not self._path.exists():
            return []
        lines = self._path.read_text().split("\n")
        # What stands behind the last line end was never finished.
        return [Entry(**json.loads(line)) for line in lines[:-1] if line]

    def clear(self) -> None:
        """Forget everything, once the stacks' states are known to be whole."""
        with self._lock:
            self._path.unlink(missing_ok=True)
