"""The proof of `make up` fails when the three apps are not one: told by servers that answer wrongly."""

import json
import os
import re
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from platform_lib.local.screen import Screen

ROOT = Path(__file__).parents[2]


@pytest.fixture
def demo(monkeypatch):
    """The module, as `python -m programs.demo` in the repository's root finds it."""
    monkeypatch.syspath_prepend(str(ROOT))
    import programs.demo

    return programs.demo


@pytest.fixture
def apps() -> Iterator[Callable[..., dict[str, str]]]:
    """Start stand-ins for the three apps; `wrong` is the target that answers as `how` says."""
    servers = []

    def start(wrong: str = "", how: str = "") -> dict[str, str]:
        notes: dict[str, dict[str, str]] = {}
        return {
            name: serve(name, notes, how if name == wrong else "") for name in ("vm", "function")
        }

    def serve(name: str, notes: dict[str, dict[str, str]], how: str) -> str:
        class App(BaseHTTPRequestHandler):
            def answer(self, status: int, content: object) -> None:
                body = b"<html>" if how == "html" else json.dumps(content).encode()
                self.send_response(500 if how == "fails" else status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self) -> None:
                if self.path == "/whoami":
                    target = "container" if how == "poses" else name
                    self.answer(200, {"target": target, "version": how == "old"})
                elif how == "forgets":
                    self.answer(404, {"error": "no"})
                elif self.path == "/notes?limit=1":
                    self.answer(200, {"notes": list(notes.values())[-1:], "next": None})
                elif how == "mixes up":
                    self.answer(200, {"id": "1", "text": "another"})
                else:
                    self.answer(200, notes[self.path])

            def do_POST(self) -> None:
                size = int(self.headers["Content-Length"])
                note = {"id": str(len(notes) + 1), **json.loads(self.rfile.read(size))}
                notes[f"/notes/{note['id']}"] = note
                self.answer(201, note)

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), App)
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


class Lines(Screen):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, line: str) -> None:
        self.lines.append(line)


def test_the_proof_shows_each_step(demo, apps):
    urls, screen = apps(), Lines()
    demo.prove(urls, screen)
    shown = "\n".join(screen.lines)
    assert f"POST {urls['vm']}/notes  ->  201" in shown
    assert f"GET  {urls['function']}/notes/1  ->  200" in shown


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ("fails", "answered 500, not 200"),
        ("html", "not JSON"),
        ("poses", "should be the function, and says it is container"),
        ("old", "different versions"),
        ("forgets", "answered 404"),
        ("mixes up", "another note"),
    ],
)
def test_the_proof_fails_when_one_app_answers_wrongly(demo, apps, how, told):
    with pytest.raises(demo.DemoError, match=told):
        demo.prove(apps("function", how), Screen())


class Account:
    """The account with the workers: a message becomes a note of the stand-ins."""

    def __init__(self, url: str, *, counted: int = 2) -> None:
        self.url = url
        self.lines: list[str] = []
        self.counts = [
            {"entry": {"S": "day#1"}, "written": {"N": str(counted - 1)}},
            {"entry": {"S": "day#2"}, "written": {"N": "1"}, "deleted": {"N": "1"}},
            {"entry": {"S": "event#1"}},
        ]

    def client(self, _: str) -> "Account":
        return self

    def advance(self, seconds: float) -> None:
        self.moved = seconds

    def logs(self, _: str) -> list[str]:
        return ["START RequestId: 1", *self.lines, "END RequestId: 1"]

    def send_message(self, **given: str) -> None:
        self.sent = given

    def settle(self) -> None:
        if self.url:
            body = json.dumps({"text": self.sent["MessageBody"]}).encode()
            urllib.request.urlopen(f"{self.url}/notes", body).close()

    def scan(self, **_: str) -> dict[str, object]:
        return {"Items": self.counts}


OUTPUTS = {
    "inbox_queue_url": "http://127.0.0.1:1/inbox",
    "activity_table_name": "counts",
    "digest_log_group_name": "digest",
}


def test_the_proof_of_the_workers_shows_each_step(demo, apps):
    urls, screen = apps(), Lines()
    demo.prove(urls, screen)
    account = Account(urls["vm"])
    demo.prove_workers(account, OUTPUTS, urls, screen)
    assert account.sent["QueueUrl"] == OUTPUTS["inbox_queue_url"]
    shown = "\n".join(screen.lines)
    assert f"GET  {urls['function']}/notes?limit=1  ->  200" in shown
    assert "the message is a note, and 2 notes are counted" in shown


def test_the_proof_fails_when_the_message_becomes_no_note(demo, apps):
    urls = apps()
    demo.prove(urls, Screen())
    with pytest.raises(demo.DemoError, match="no note of the message"):
        demo.prove_workers(Account(""), OUTPUTS, urls, Screen())


def test_the_proof_fails_when_a_note_was_counted_twice(demo, apps):
    urls = apps()
    with pytest.raises(demo.DemoError, match="2 notes were written, and the worker counted 3"):
        demo.prove_workers(Account(urls["vm"], counted=3), OUTPUTS, urls, Screen())


def test_a_day_brings_one_digest_of_what_was_written(demo):
    account, screen = Account(""), Lines()
    account.lines = ['{"level": "INFO", "message": "read", "notes": 2}']
    demo.prove_digest(account, OUTPUTS, screen)
    assert account.moved == 24 * 3600
    assert screen.lines == ["A day later the schedule published a digest of 2 notes."]


@pytest.mark.parametrize(
    "lines", [[], ['{"notes": 1}'], ['{"notes": 2}', '{"notes": 2}'], ['{"level": "ERROR"}']]
)
def test_the_proof_fails_when_a_day_brings_another_digest(demo, lines):
    account = Account("")
    account.lines = lines
    with pytest.raises(demo.DemoError, match=r"START RequestId(.|\n)*END RequestId"):
        demo.prove_digest(account, OUTPUTS, Screen())


def test_the_proof_fails_when_nobody_listens(demo, apps):
    with pytest.raises(demo.DemoError, match=re.escape("GET http://127.0.0.1:1/whoami")):
        demo.prove({**apps(), "container": "http://127.0.0.1:1"}, Screen())


@pytest.mark.engine
def test_one_run_of_the_demo(tmp_path):
    command = [sys.executable, "-m", "programs.demo", "--once"]
    # Its own folder, for one cloud a folder is the rule.
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    for target in ("vm", "function", "container"):
        assert re.search(rf"^notes-{target} +{target} +http://127.0.0.1:\d+ ", done.stdout, re.M)
    assert "The workers ran" in done.stdout
    assert "published a digest of 2 notes" in done.stdout
    assert "whole run" in done.stdout
