"""What a run looks like, on a terminal and off it."""

import io
import os
import re

import pytest

from platform_lib.local.screen import LiveScreen, PlainScreen, Screen, for_output, lasting

EVENTS = [
    {"event": "start", "text": "up"},
    {"event": "resource", "state": "started", "op": "create", "type": "aws:x:Y", "name": "one"},
    {"event": "resource", "state": "done", "op": "create", "type": "aws:x:Y", "name": "one"},
    {"event": "resource", "state": "done", "op": "same", "type": "aws:x:Y", "name": "two"},
    {"event": "resource", "state": "failed", "op": "update", "type": "aws:x:Y", "name": "three"},
    {"event": "diagnostic", "severity": "warning", "message": "plain HTTP\nonly"},
    {"event": "diagnostic", "severity": "error", "message": "told by the exception"},
    {"event": "print", "line": "printed [bold]"},
    {"event": "end", "text": "up done: 1 create"},
]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def show_all(screen: Screen) -> None:
    for event in EVENTS:
        screen.progress("app", event)
    with screen.task("building") as note:
        note("3 of 4")
    screen.table(["program", "url"], [["app", "http://127.0.0.1:1/" + "x" * 90], ["b", "-"]])
    screen.close()


def test_plain_lines_name_their_program():
    out = io.StringIO()
    show_all(PlainScreen(out))
    lines = out.getvalue().splitlines()
    assert lines[:6] == [
        "app  + aws:x:Y one",
        "app  ~ aws:x:Y three  failed",
        "app  warning: plain HTTP",
        "app  only",
        "app  printed [bold]",
        "app  up done: 1 create",
    ]
    assert lines[6:8] == ["building ...", "  done in 0 s"]
    assert lines[8].split() == ["program", "url"]


def test_a_preview_is_shown_once_by_who_asked_for_it():
    out = io.StringIO()
    screen = PlainScreen(out)
    for event in ({"event": "start", "text": "preview"}, *EVENTS[1:-1], *EVENTS):
        screen.progress("app", event)
    lines = out.getvalue().splitlines()
    assert lines[:3] == ["app  warning: plain HTTP", "app  only", "app  printed [bold]"]
    assert lines[3:5] == ["app  + aws:x:Y one", "app  ~ aws:x:Y three  failed"]


def test_a_terminal_has_rows_and_keeps_what_matters():
    out = Terminal()
    show_all(LiveScreen(out))
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", out.getvalue())
    for words in (
        "app  warning: plain HTTP",
        "app  printed [bold]",
        "app  up done: 1 create",
        "building: ",
    ):
        assert words in text
    assert "told by the exception" not in text
    assert out.getvalue().rstrip("\n").count("\x1b[?25l") == out.getvalue().count("\x1b[?25h")


def test_what_is_only_read_is_worded():
    out = io.StringIO()
    for op in ("read", "discard"):
        step = {"event": "resource", "state": "done", "op": op, "type": "aws:x:Y", "name": "one"}
        PlainScreen(out).progress("app", step)
    assert out.getvalue() == "app  read aws:x:Y one\napp  forget aws:x:Y one\n"


@pytest.mark.parametrize(
    ("stream", "env", "kind"),
    [
        (Terminal(), {}, LiveScreen),
        (Terminal(), {"CI": "true"}, PlainScreen),
        (Terminal(), {"TERM": "dumb"}, PlainScreen),
        (io.StringIO(), {}, PlainScreen),
    ],
)
def test_the_screen_fits_the_output(monkeypatch, stream, env, kind):
    for name in ("CI", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    assert type(for_output(stream)) is kind


SEQUENCES = "\x1b[2J\x1b]0;owned\x07 red\x1b[31m \x9b1m back\x08\r \u202egnp.exe \ud800"


@pytest.mark.parametrize("kind", [PlainScreen, LiveScreen])
def test_escape_sequences_are_shown_and_not_obeyed(kind):
    stream = io.StringIO()
    screen = kind(stream)
    screen.say(f"said {SEQUENCES}\n\tänd ok")
    screen.progress("app", {"event": "print", "line": SEQUENCES})
    screen.table(["name"], [[SEQUENCES]])
    screen.close()
    shown = stream.getvalue()
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e\ud800]", shown)
    assert shown.count("\\x1b[2J\\x1b]0;owned\\x07") == 3 and "änd ok" in shown


def test_a_stream_whose_reader_is_gone_takes_all_and_says_nothing():
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as stream:
        screen = PlainScreen(lasting(stream))
        for _ in range(3):
            screen.say("x" * 100_000)
