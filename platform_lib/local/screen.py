"""What a run looks like: live rows on a terminal, plain lines elsewhere, or nothing.

A program's progress arrives as the events that `program.py` reports; see there for their fields.
"""

import os
import re
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO, cast

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.live import Live

_STILL_SECONDS = 20.0
"""How often a long task without a terminal says that it still runs."""

_SIGNS = {
    "create": "+",
    "update": "~",
    "delete": "-",
    "replace": "+-",
    # In words: these are rare, and nothing in the account changes.
    "read": "read",
    "read-replacement": "read",
    "discard": "forget",
    "discard-replaced": "forget",
    "refresh": "?",
}


class Screen:
    """A screen that shows nothing, and what the others do."""

    def say(self, line: str) -> None:
        """Show one line of text."""

    @contextmanager
    def task(self, text: str) -> Iterator[Callable[[str], None]]:
        """Show that something long is being done, and how long it took.

        What the block is given shows how far it got.
        """
        yield lambda progress: None

    def progress(self, program: str, event: Mapping[str, Any]) -> None:
        """Show one event of a running program."""

    def table(self, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Show a table."""

    def close(self) -> None:
        """Leave the terminal as it was."""


class Both(Screen):
    """Shows what one program does on two screens: the one that asked, and the one that serves."""

    def __init__(self, *screens: Screen) -> None:
        self._screens = screens

    def say(self, line: str) -> None:
        """Show the line on both."""
        for screen in self._screens:
            screen.say(line)

    def progress(self, program: str, event: Mapping[str, Any]) -> None:
        """Show the event on both."""
        for screen in self._screens:
            screen.progress(program, event)


_CONTROL = re.compile(
    "[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u2028-\\u202e\\u2066-\\u2069\\ud800-\\udfff]"
)
"""What a terminal obeys, or what changes the order in which a line is read."""


def harmless(text: str) -> str:
    """Show escape sequences as text: what an app or a request says moves nobody's cursor."""
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def lasting(stream: TextIO) -> TextIO:
    """Give a stream that stays usable when its terminal or the reader of its pipe goes away.

    What is written from then on goes nowhere.
    """
    return cast(TextIO, _Lasting(stream))


class _Lasting:
    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        try:
            self._stream.write(text)
        except OSError:
            self._give_up()
        return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError:
            self._give_up()

    def _give_up(self) -> None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self._stream.fileno())
        os.close(nowhere)


def for_output(stream: TextIO | None = None) -> Screen:
    """Choose live rows for a terminal, plain lines for a file, a pipe or a CI log."""
    out = stream or sys.stdout
    if out.isatty() and os.environ.get("TERM") != "dumb" and not os.environ.get("CI"):
        return LiveScreen(out)
    return PlainScreen(out)


def describe(event: Mapping[str, Any]) -> str | None:
    """Word an event as one line; None for what is not worth one.

    Errors are not: the exception that ends the operation carries them, and they are to be seen
    once.
    """
    kind = event["event"]
    if kind == "resource" and event["state"] != "started" and event["op"] != "same":
        sign = _SIGNS.get(event["op"], event["op"])
        failed = "  failed" if event["state"] == "failed" else ""
        return f"{sign} {event['type']} {event['name']}{failed}"
    if kind == "diagnostic" and event["severity"] == "warning":
        return f"warning: {event['message']}"
    if kind == "print":
        return str(event["line"])
    if kind == "end":
        return str(event["text"])
    return None


class PlainScreen(Screen):
    """Lines of text, each written as soon as it is known."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self._previews: set[str] = set()

    def say(self, line: str) -> None:
        """Write the line."""
        with self._lock:
            print(harmless(line), file=self._stream, flush=True)

    @contextmanager
    def task(self, text: str) -> Iterator[Callable[[str], None]]:
        """Say what starts, that it still runs, and how long it took."""
        self.say(f"{text} ...")
        began = time.monotonic()
        done = threading.Event()
        reached = [""]

        def remind() -> None:
            while not done.wait(_STILL_SECONDS):
                self.say(f"  ... {time.monotonic() - began:.0f} s  {reached[0]}".rstrip())

        reminder = threading.Thread(target=remind, daemon=True)
        reminder.start()
        try:
            yield lambda progress: reached.__setitem__(0, progress)
        finally:
            done.set()
            reminder.join()
        self.say(f"  done in {time.monotonic() - began:.0f} s")

    def progress(self, program: str, event: Mapping[str, Any]) -> None:
        """Write the event as a line that names its program.

        Not what a preview would do: who asked for it shows that as a list, with the properties.
        """
        if event["event"] == "start":
            (self._previews.add if event["text"] == "preview" else self._previews.discard)(program)
        if event["event"] == "resource" and program in self._previews:
            return
        line = describe(event)
        if line is not None:
            self.say("\n".join(f"{program}  {part}" for part in line.splitlines() or [""]))

    def table(self, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Write the table in columns."""
        lines = [list(head), *map(list, rows)]
        widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
        for line in lines:
            padded = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
            self.say("  ".join(padded).rstrip())


class LiveScreen(Screen):
    """Rows that change in place: one for each running program or task, lines scroll above them."""

    def __init__(self, stream: TextIO) -> None:
        from rich.console import Console

        self._console: Console = Console(file=stream, highlight=False)
        self._rows: dict[str, tuple[float, str]] = {}
        self._done: dict[str, int] = {}
        self._live: Live | None = None
        self._lock = threading.RLock()

    def say(self, line: str) -> None:
        """Print the line above the rows."""
        from rich.text import Text

        self._console.print(Text(harmless(line)))

    @contextmanager
    def task(self, text: str) -> Iterator[Callable[[str], None]]:
        """Show the task and its seconds in a row of its own."""
        began = time.monotonic()
        self._row(text, "")
        try:
            yield lambda progress: self._row(text, progress)
        finally:
            self._drop(text)
        self.say(f"{text}: {time.monotonic() - began:.1f} s")

    def progress(self, program: str, event: Mapping[str, Any]) -> None:
        """Update the program's row; warnings, errors and prints go above."""
        kind = event["event"]
        if kind == "start":
            with self._lock:
                self._done[program] = 0
            self._row(program, str(event["text"]))
        elif kind == "resource":
            with self._lock:
                if event["state"] == "done" and event["op"] != "same":
                    self._done[program] = self._done.get(program, 0) + 1
                count = self._done.get(program, 0)
            sign = _SIGNS.get(event["op"], "")
            self._row(program, f"{count:3d} done  {sign} {event['type']} {event['name']}")
        elif kind == "end":
            self._drop(program)
            self.say(f"{program}  {event['text']}")
        else:
            line = describe(event)
            if line is not None:
                self.say("\n".join(f"{program}  {part}" for part in line.splitlines() or [""]))

    def table(self, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Print the table."""
        from rich.table import Table
        from rich.text import Text

        table = Table(*head, box=None, pad_edge=False, padding=(0, 3, 0, 0))
        for row in rows:
            table.add_row(*(Text(harmless(cell), overflow="fold") for cell in row))
        self._console.print(table)

    def close(self) -> None:
        """Take the rows away."""
        with self._lock:
            self._rows.clear()
            if self._live:
                self._live.stop()
                self._live = None

    def _row(self, name: str, text: str) -> None:
        with self._lock:
            began = self._rows[name][0] if name in self._rows else time.monotonic()
            self._rows[name] = (began, text)
            if self._live is None:
                from rich.live import Live

                self._live = Live(
                    console=self._console,
                    get_renderable=self._picture,
                    refresh_per_second=8,
                    transient=True,
                )
                self._live.start()

    def _drop(self, name: str) -> None:
        with self._lock:
            self._rows.pop(name, None)
            if not self._rows and self._live:
                self._live.stop()
                self._live = None

    def _picture(self) -> "RenderableType":
        from rich.table import Table
        from rich.text import Text

        grid = Table.grid(padding=(0, 2))
        with self._lock:
            for name, (began, text) in self._rows.items():
                seconds = f"{time.monotonic() - began:5.1f} s"
                grid.add_row(
                    Text(seconds),
                    Text(harmless(name)),
                    Text(harmless(text), no_wrap=True, overflow="ellipsis"),
                )
        return grid
