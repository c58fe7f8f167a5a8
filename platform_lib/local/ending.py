"""Ends a command in order when a signal asks for it, whatever it is doing at that moment.

A handler that raises does so between any two steps, those that end things among them: what was
half ended then stays. So the work runs in a thread of its own, no handler does anything, and the
main thread waits for the end of the work or for a signal. After a signal the work is told to come
to its end, and has a time for it; then this process ends anyhow, and its children with it: each
hangs by a pipe from it.
"""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from platform_lib.local.screen import Screen

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
INTERRUPTED = 130
"""The exit code of a command that a signal ended while it worked."""

_SECONDS = 30.0
_DONE = 0


class Ending:
    """Whether a signal came, and what to do then."""

    def __init__(self) -> None:
        self._asked = threading.Event()
        self._lock = threading.Lock()
        self._stops: list[Callable[[], None]] = []

    @property
    def asked(self) -> bool:
        """Whether a signal came."""
        return self._asked.is_set()

    def wait(self) -> None:
        """Wait for a signal."""
        self._asked.wait()

    @contextmanager
    def by(self, stop: Callable[[], None]) -> Iterator[None]:
        """While the block runs, a signal calls `stop` and waits for the block's end.

        `stop` returns soon; without any block a signal ends the process at once.
        """
        with self._lock:
            self._stops.append(stop)
            late = self.asked
        if late:
            stop()
        try:
            yield
        finally:
            self._stops.remove(stop)

    def begin(self) -> bool:
        """Tell that a signal came; False where nothing is to be waited for."""
        with self._lock:
            self._asked.set()
            stops = list(self._stops)
        for stop in stops:
            stop()
        return bool(stops)


def run_until_signalled(work: Callable[[Ending], int], screen: Screen) -> int:
    """Run work until it ends or a signal ends it.

    SIGINT is heard where the shell that started this in the background had it ignored, too.

    Args:
        work: Does all of it in a thread, and returns the exit code.
        screen: Where the signal is answered with a word.
    """
    ending = Ending()
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    before = {number: signal.signal(number, _nothing) for number in SIGNALS}
    wakeup = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    codes: list[int] = []
    problems: list[BaseException] = []

    def run() -> None:
        try:
            codes.append(work(ending))
        except BaseException as problem:
            problems.append(problem)
        finally:
            os.write(writing, bytes([_DONE]))

    threading.Thread(target=run, name="command", daemon=True).start()
    try:
        # Each signal is a byte, its number. Those after the first find all on its way.
        while (heard := os.read(reading, 1)[0]) != _DONE:
            if heard in SIGNALS and not ending.asked:
                _end_at_last(screen)
                screen.say("Stopping.")
                if not ending.begin():
                    leave(INTERRUPTED, screen)
    finally:
        signal.set_wakeup_fd(wakeup)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(reading)
        os.close(writing)
    if problems:
        raise problems[0]
    return codes[0]


def _nothing(number: int, frame: FrameType | None) -> None:
    """Leave it to the main thread, which reads the signal's number from its pipe."""


def _end_at_last(screen: Screen) -> None:
    timer = threading.Timer(_SECONDS, leave, (INTERRUPTED, screen))
    timer.daemon = True
    timer.start()


def leave(code: int, screen: Screen) -> None:
    """End this process now, whatever its threads do, and the commands that it runs."""
    end_commands()
    # A terminal that takes nothing any more must not keep it.
    closing = threading.Thread(target=_close, args=(screen,), daemon=True)
    closing.start()
    closing.join(1.0)
    os._exit(code)


def _close(screen: Screen) -> None:
    with contextlib.suppress(Exception):
        screen.close()
        sys.stdout.flush()
        sys.stderr.flush()


def end_commands() -> None:
    """Kill the commands that this process waits for, such as an installer, with all they started.

    They are in its own process group. What has a group of its own hangs by a pipe from it.
    """
    for pid in _descendants(os.getpid()):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if os.getpgid(pid) == os.getpgrp():
                os.kill(pid, signal.SIGKILL)


def _descendants(pid: int) -> list[int]:
    """The processes below one, by /proc; where there is none, none."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError):
            number, _, rest = stat.read_text().partition(" (")
            children.setdefault(int(rest.rpartition(")")[2].split()[1]), []).append(int(number))
    found = [pid]
    for each in found:
        found += children.get(each, [])
    return found[1:]
