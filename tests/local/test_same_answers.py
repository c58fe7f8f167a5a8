"""One app answers alike on a VM, as a function and in a container: raw requests to each of them.

Where AWS makes a function answer otherwise, `answers_differences.py` says how, and
`docs/same_answers.md` says so to users.
"""

import re
from pathlib import Path

import pytest
from answers_differences import DIFFERENCES, TESTED_APART
from answers_kit import App, filled, seen, serving, unlike, wrong
from answers_wire import Connection, Request, ask

PAGE = Path(__file__).parents[2] / "docs" / "same_answers.md"
FRONTS = ("function_url", "load_balancer")

WERKZEUG = ("path: two slashes", "method: OPTIONS")
APPS = [
    App(name="asgi", source="asgi", fronts=FRONTS, bare=True),
    App(name="wsgi", source="wsgi", fronts=FRONTS, bare=True),
    App(name="flask", source="flask", app="web:create_app()", own=(*WERKZEUG,)),
    App(name="django", source="django", app="web:app", own=("path: a method", "path: two")),
    App(
        name="django-asgi",
        source="django",
        app="web:asgi",
        own=("path: a method", "path: two", "form: a file, in chunks"),
    ),
    App(name="quart", source="quart", own=(*WERKZEUG,)),
    App(
        name="sanic",
        source="sanic",
        # It leaves a path encoded, and fields without a value out; its files have a time alone.
        own=("path: ", "form: fields", "file: ", "method: OPTIONS", "header: Latin-1"),
    ),
    App(
        name="litestar",
        source="litestar",
        # Its files know no conditions, and a path loses a slash at its end.
        own=("file: ", "path: two", "path: a slash", "answer: text in"),
    ),
]


@pytest.fixture(scope="module", params=APPS, ids=lambda app: app.name)
def served(request, tmp_path_factory):
    with serving(request.param, tmp_path_factory.mktemp("plane")) as running:
        yield running


def test_every_target_answers_alike(served):
    name = served.app.name
    files = {w: ask(url, Request(method="GET", target="/file")) for w, url in served.urls.items()}
    problems = []
    for case in served.app.cases():
        answers = {
            word: seen(ask(url, filled(case.request, files[word])), case)
            for word, url in served.urls.items()
        }
        right = answers.pop("vm")
        if not case.name.startswith(served.app.own or ("-",)):
            problems += [f"{case.name}: {told}" for told in wrong(case, right)]
        for word, answer in answers.items():
            expected = right
            for each in case.differs:
                difference = DIFFERENCES[each]
                if word not in difference.fronts or name not in (difference.apps or (name,)):
                    continue
                before, expected = expected, difference.apply(expected)
                if expected == before and name == difference.shows:
                    problems.append(f"{case.name}: {word}: {each} makes no difference any more")
            if answer != expected:
                problems.append(f"{case.name}: {word}: {unlike(answer, expected)}")
    assert not problems, "\n" + "\n".join(problems)


def test_events_come_as_they_are_written_but_from_a_function(served, tmp_path):
    told = {}
    for word, url in served.urls.items():
        gate = tmp_path / word
        request = Request(method="GET", target=f"/events?gate={gate}")
        with Connection(url) as connection:
            connection.send(request.head)
            head = connection.head()
            assert head.all("content-type")[0].startswith("text/event-stream")
            streamed = bool(head.all("transfer-encoding"))
            first = connection.chunk() if streamed else connection.body(head, "GET")
            gate.touch()  # What is asked for after the first event comes before the second.
            rest = connection.rest() if streamed else b""
        told[word] = (first + rest).decode()
    served_at_once = {word for word, text in told.items() if "read at once" in text}
    assert served_at_once == {"vm", "container"}, told
    held_back = {word for word, text in told.items() if text.endswith("data: held back\n\n")}
    assert held_back == set(served.urls) - {"vm", "container"}, told


def test_only_a_server_takes_websockets(served):
    if served.app.name != "asgi":
        pytest.skip("one app with a websocket is enough")
    key = [("Sec-WebSocket-Version", "13"), ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")]
    request = Request(
        method="GET",
        target="/socket",
        headers=[("Upgrade", "websocket"), *key],
        connection="Upgrade",
    )
    statuses = {}
    for word, url in served.urls.items():
        with Connection(url) as connection:
            connection.send(request.head)
            statuses[word] = connection.head().status
    assert statuses == {
        "vm": 101,
        "container": 101,
        "function": 404,
        "function_url": 404,
        "load_balancer": 400,
    }


def test_requests_of_one_connection_are_answered_in_turn(served):
    targets = ["/echo/1", "/status/204", "/echo/2", "/file", "/echo/3"]
    for word, url in served.urls.items():
        with Connection(url) as connection:
            for target in targets:
                connection.send(Request(method="GET", target=target, connection="keep-alive").head)
            answers = [connection.answer("GET") for _ in targets]
        assert [each.status for each in answers] == [200, 204, 200, 200, 200], word
        assert [answers[n].json["path"] for n in (0, 2, 4)] == ["/echo/1", "/echo/2", "/echo/3"]


def test_the_page_lists_each_difference():
    rows = re.findall(r"^\| `([\w-]+)` \|", PAGE.read_text(), re.MULTILINE)
    assert sorted(rows) == sorted({*DIFFERENCES, *TESTED_APART})
