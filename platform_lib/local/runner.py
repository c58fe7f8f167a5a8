"""Starts `program.py` for one operation on one program, and follows it to its end."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TextIO

from platform_lib.local.engine import Engine
from platform_lib.local.errors import LocalCloudError
from platform_lib.local.project import Project

_SHOWN_LINES = 20


@dataclass(frozen=True, kw_only=True)
class Request:
    """One operation on one program."""

    operation: str
    """One of up, preview, refresh, destroy."""
    project: Project
    stack: str
    folder: Path
    """Where the engine's Pulumi.yaml and stack file lie."""
    state: Path
    """The backend's folder."""
    engine: Engine
    environment: Mapping[str, str]
    """All variables of the program and of the engine."""

    def line(self) -> str:
        """Write the request as the line that `program.py` reads."""
        asked = {
            "operation": self.operation,
            "project": self.project.name,
            "root": str(self.project.root),
            "entry": str(self.project.entry),
            "stack": self.stack,
            "folder": str(self.folder),
            "state": str(self.state),
            "engine": {k: str(v) for k, v in asdict(self.engine).items()},
        }
        return json.dumps(asked) + "\n"


class ProgramProcess:
    """The process of one operation; `wait` follows it."""

    def __init__(self, request: Request, on_event: Callable[[Mapping[str, Any]], None]) -> None:
        self._request = request
        self._on_event = on_event
        self._printed: deque[str] = deque(maxlen=_SHOWN_LINES)
        reading, writing = os.pipe()
        # A session of its own: Ctrl-C in the terminal reaches only the cloud, which ends its
        # programs in order, and one killpg takes the engine along.
        self._process = subprocess.Popen(
            [sys.executable, "-m", "platform_lib.local.program", str(writing)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            pass_fds=[writing],
            start_new_session=True,
            env=dict(self._request.environment),
        )
        os.close(writing)
        self._reports = os.fdopen(reading, encoding="utf-8")

    @property
    def pid(self) -> int:
        """Process id, which is the group's too."""
        return self._process.pid

    def wait(self) -> dict[str, Any]:
        """Follow the operation to its end and return its result.

        Raises:
            LocalCloudError: the operation failed, or its process was killed; the message holds the
                engine's errors.
        """
        assert self._process.stdin and self._process.stdout  # noqa: S101 - pipes, as asked for above
        try:
            self._process.stdin.write(self._request.line())
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # it died at once; its reports and its exit code say so below
        printer = threading.Thread(target=self._prints, args=(self._process.stdout,), daemon=True)
        printer.start()
        last: dict[str, Any] = {}
        for line in self._reports:
            last = json.loads(line)
            if last["event"] not in ("result", "failure"):
                self._on_event(last)
        self._reports.close()
        code = self._process.wait()
        # An engine that outlived its program must not go on: nobody would hear of what it does.
        self.kill()
        printer.join()
        return self._judge(last, code)

    def _judge(self, last: Mapping[str, Any], code: int) -> dict[str, Any]:
        event = last.get("event")
        if event == "result":
            return {k: v for k, v in last.items() if k != "event"}
        if event == "failure":
            raise LocalCloudError(str(last["message"]))
        printed = "".join(f"\n  {line}" for line in self._printed)
        if code < 0:
            raise LocalCloudError(
                f"the program's process was killed ({signal.Signals(-code).name}); the next up "
                f"repairs what it left half done{printed}"
            )
        raise LocalCloudError(f"the program's process ended with {code}{printed}")

    def kill(self) -> None:
        """Kill the whole group, at once. Harmless when it has ended."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def _prints(self, stream: TextIO) -> None:
        for line in stream:
            self._printed.append(line.rstrip())
            self._on_event({"event": "print", "line": line.rstrip()})
