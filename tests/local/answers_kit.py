"""Apps of `same_answers/` on every target, and what of their answers is compared."""

import json
import platform
import re
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

from answers_requests import GROUPS
from answers_wire import Request, ask
from provided import bring_up

from platform_lib import TARGETS, AppArgs, FunctionApp, FunctionAppArgs
from platform_lib.local.account import Account
from platform_lib.local.dataplane import DataPlane

SOURCES = Path(__file__).parent / "same_answers"
_OF_A_HOP = frozenset(("connection", "keep-alive", "transfer-encoding", "date", "server"))
_NAMED_ANEW = frozenset(("apigw-requestid", "x-amzn-requestid"))
_OF_A_FRONT = frozenset(
    ("x-amzn-trace-id", "x-forwarded-port", "content-length", "transfer-encoding")
)


@dataclass(frozen=True, kw_only=True)
class App:
    name: str
    source: str
    app: str = "web:app"
    fronts: tuple[str, ...] = ()
    """Further fronts of its function than an HTTP API."""
    bare: bool = False
    health: str = "/health"
    own: tuple[str, ...] = ()
    """How the names of cases begin that it answers in its own way: alike, not as the list has it."""

    def cases(self):
        for name, group in GROUPS.items():
            for case in group:
                if not ((case.bare and not self.bare) or (name == "frameworks" and self.bare)):
                    yield case


@dataclass(frozen=True, kw_only=True)
class Served:
    app: App
    urls: Mapping[str, str]


def program(app):
    def run():
        args = AppArgs(
            source=str(SOURCES / app.source),
            app=app.app,
            # Which processor it is makes no difference here; this machine's is installed once.
            architecture="x86_64" if platform.machine() == "x86_64" else "arm64",
            health_check_path=app.health,
            environment={"GREETING": "hello"},
            alarms={"enabled": False},
        )
        apps = {word: target(word, AppArgs(**args)) for word, target in TARGETS.items()}
        for front in app.fronts:
            settings = FunctionAppArgs(**args, http={"kind": front})
            apps[front] = FunctionApp(front.replace("_", "-"), settings)
        return {word: each.url for word, each in apps.items()}

    return run


@contextmanager
def serving(app, folder):
    with Account() as account:
        plane = DataPlane(account, folder, print, docker=False)
        plane.start()
        try:
            graph = bring_up(program(app), account, plane)
            urls = {word: graph.value(url) for word, url in graph.result.items()}
            for url in urls.values():
                awake(url, app.health)
            yield Served(app=app, urls=urls)
        finally:
            plane.stop()


def awake(url, path):
    """Let a function start: on a busy machine that takes longer than an HTTP API waits."""
    for _ in range(6):
        if ask(url, Request(method="GET", target=path)).status == 200:
            return
    raise AssertionError(f"{url}{path} does not answer 200")


def seen(answer, case):
    """Keep what a client and an app go by: not what each hop and each front writes anew."""
    dropped = _OF_A_HOP | _NAMED_ANEW
    if case.request.method != "HEAD":
        dropped |= {"content-length"}
    headers = sorted((n, _steady(n, value)) for n, value in answer.headers if n not in dropped)
    body = answer.body
    if body and ("content-type", "application/json") in headers:
        body = json.loads(body)
        if "headers" in body:
            # A WSGI app cannot tell the two apart.
            pairs = [[name.replace("_", "-"), value] for name, value in body["headers"]]
            sent = [[name, value] for name, value in pairs if name not in _OF_A_FRONT]
            body = {**body, "headers": sorted(sent)}
    return {"status": answer.status, "headers": headers, "body": body}


def _steady(name, value):
    """Leave out what differs by process and moment: a set's order, a file's place, an expiry."""
    if name == "allow":
        return ", ".join(sorted(each.strip() for each in value.split(",")))
    if name == "etag":  # Werkzeug's, of time, size and place.
        return re.sub(r'^"(\d+\.\d+-\d+)-\d+"$', r'"\1"', value)
    if name == "expires" and parsedate_to_datetime(value) > datetime.now(UTC):
        return "later"
    return value


def wrong(case, answer):
    """Say what of an answer is not what the list asks for."""
    if answer["status"] != case.status:
        yield f"status {answer['status']}, not {case.status}"
        return
    for name, values in case.answer.items():
        given = [value for each, value in answer["headers"] if each == name]
        if given != values and not (name == "content-length" and case.request.method != "HEAD"):
            yield f"{name}: {given}, not {values}"
    body = answer["body"]
    if case.content is not None and body != case.content:
        yield f"its body is {body[:80]!r}"
    if (case.echo or case.sent) and not isinstance(body, Mapping):
        yield f"the app says nothing of its request: {body[:80]!r}"
    elif case.echo or case.sent:
        for key, value in case.echo.items():
            if key in body and body[key] != value:
                yield f"{key} is {body[key]!r:.200}, not {value!r:.200}"
        lacking = [pair for pair in map(list, case.sent) if pair not in body.get("headers", ())]
        if lacking and not case.differs:
            yield f"the app did not get {lacking}: {body['headers']}"


def filled(request, file):
    """Put what the same target's file has into the headers that ask for it."""
    headers = [
        (name, file.all(value[1:-1])[0] if file.all(value[1:-1]) else "-")
        if value.startswith("{")
        else (name, value)
        for name, value in request.headers
    ]
    return replace(request, headers=headers)


def unlike(answer, expected):
    if answer["status"] == expected["status"] and answer["headers"] == expected["headers"]:
        given, wanted = answer["body"], expected["body"]
        if isinstance(given, Mapping) and isinstance(wanted, Mapping):
            keys = [key for key in {*given, *wanted} if given.get(key) != wanted.get(key)]
            return "; ".join(
                f"{key}: {given.get(key)!r:.300} | {wanted.get(key)!r:.300}" for key in keys
            )
    return f"{answer!r:.400} | {expected!r:.400}"
