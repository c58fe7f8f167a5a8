"""The page and the API, driven as a browser or a program would drive them."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx2
import pytest
from notes.note import MAX_CHARACTERS, Note, new_id
from notes.page import STYLE_HASH
from notes.reading import MAX_BODY
from notes.store import open_store
from notes.web import app
from starlette.testclient import TestClient

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def client(table: Any) -> Iterator[TestClient]:
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


class Page(HTMLParser):
    """What a browser without JavaScript makes of the page: notes, links, and forms to send."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.notes: list[str] = []
        self.forms: list[dict[str, str]] = []
        self.links: dict[str, str] = {}
        self.alert = self.textarea = ""
        self._into: tuple[str, str] | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {key: value or "" for key, value in attrs}
        if tag == "form":
            self.forms.append(values)
        elif tag == "p" and values.get("class") == "text":
            self.notes.append("")
            self._into = ("note", tag)
        elif tag == "textarea" or values.get("role") == "alert":
            self._into = ("textarea" if tag == "textarea" else "alert", tag)
        elif tag == "a":
            self._into = (values["href"], tag)

    def handle_endtag(self, tag: str) -> None:
        if self._into and self._into[1] == tag:
            self._into = None

    def handle_data(self, data: str) -> None:
        where = self._into[0] if self._into else None
        if where == "note":
            self.notes[-1] += data
        elif where in ("alert", "textarea"):
            setattr(self, where, getattr(self, where) + data)
        elif where is not None:
            self.links[data] = where


def page_of(answer: httpx2.Response) -> Page:
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    return Page(answer.text)


# The page


def test_notes_are_added_and_deleted_by_the_forms_of_the_page(client: TestClient) -> None:
    page = page_of(client.get("/"))
    assert page.notes == []
    assert "Nothing here yet" in client.get("/").text
    add = page.forms[0]
    assert add["method"] == "post"
    for text in ("first", "second\r\nline"):
        answer = client.post(add["action"], data={"text": text}, follow_redirects=False)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    page = page_of(client.get("/"))
    assert page.notes == ["second\nline", "first"]
    page = page_of(client.post(page.forms[1]["action"]))
    assert page.notes == ["first"]


def test_deleting_a_note_that_is_gone_leads_back_to_the_page(client: TestClient) -> None:
    client.post("/", data={"text": "x"})
    action = page_of(client.get("/")).forms[1]["action"]
    for _ in range(2):
        assert client.post(action, follow_redirects=False).status_code == 303


def test_text_that_cannot_be_a_note_comes_back_with_the_reason(client: TestClient) -> None:
    answer = client.post("/", data={"text": "\n" + "x" * (MAX_CHARACTERS + 1)})
    page = page_of(answer)
    assert answer.status_code == 400
    assert "at most 4,000 characters" in page.alert
    # A browser drops the line end that follows <textarea>; the one that was typed stays.
    assert page.textarea == "\n\n" + "x" * (MAX_CHARACTERS + 1)
    assert page.notes == []


def test_what_was_written_is_shown_as_text(client: TestClient) -> None:
    evil = "</p><script>alert(1)</script>\"'<img src=x onerror=alert(1)> {{ 7*7 }} &amp;"
    html = client.post("/", data={"text": evil}).text
    assert Page(html).notes == [evil]
    assert "<script" not in html
    assert "<img" not in html
    too_long = client.post("/", data={"text": "</textarea><script>" + "x" * MAX_CHARACTERS}).text
    assert "<script" not in too_long


def test_older_notes_are_one_link_away(client: TestClient) -> None:
    for number in range(45):
        open_store().add(Note(new_id(number, 0), str(number)))
    seen, page = [], page_of(client.get("/"))
    assert "Newest notes" not in page.links
    for _ in range(2):
        assert len(page.notes) == 20
        seen += page.notes
        page = page_of(client.get(page.links["Older notes"]))
    assert seen + page.notes == [str(number) for number in range(44, -1, -1)]
    assert "Older notes" not in page.links
    assert page.links["Newest notes"] == "/"


def test_the_page_names_every_control_for_those_who_do_not_see_it(client: TestClient) -> None:
    html = client.post("/", data={"text": "read me"}).text
    assert '<html lang="en">' in html
    assert '<label for="text">' in html
    described = re.search(r'class="delete" aria-describedby="([^"]+)"', html)
    assert described
    assert f'id="{described[1]}">read me<' in html


def test_the_page_tells_who_served_it(client: TestClient, monkeypatch: Any) -> None:
    monkeypatch.setenv("APP_TARGET", "vm")
    monkeypatch.setenv("APP_VERSION", "0123456789abcdef")
    assert "<b>vm</b>, version <code>0123456789abcdef</code>" in client.get("/").text


# The API


def test_a_note_through_the_api(client: TestClient) -> None:
    made = client.post("/notes", json={"text": " Grüße 🌱 "})
    note = made.json()
    assert made.status_code == 201
    assert made.headers["Location"] == f"/notes/{note['id']}"
    assert note["text"] == "Grüße 🌱"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", note["created"])
    assert client.get(made.headers["Location"]).json() == note
    assert client.get("/notes").json() == {"notes": [note], "next": None}
    assert page_of(client.get("/")).notes == ["Grüße 🌱"]
    gone = client.delete(made.headers["Location"])
    assert (gone.status_code, gone.content) == (204, b"")
    for answer in (client.get(f"/notes/{note['id']}"), client.delete(f"/notes/{note['id']}")):
        assert (answer.status_code, answer.json()) == (404, {"error": "there is no such note"})


def test_the_list_is_bounded_and_continues(client: TestClient) -> None:
    for number in range(120):
        open_store().add(Note(new_id(number, 0), str(number)))
    assert len(client.get("/notes").json()["notes"]) == 50
    seen, query = [], "?limit=100"
    first = client.get(f"/notes{query}").json()
    seen += first["notes"]
    last = client.get(f"/notes{query}&before={first['next']}").json()
    assert last["next"] is None
    assert [note["text"] for note in seen + last["notes"]] == [str(n) for n in range(119, -1, -1)]


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "limit=-1",
        "limit=x",
        "limit=",
        "limit=%D9%A3",
        "before=x",
        "before=",
    ],
)
def test_a_bad_query_is_refused(client: TestClient, query: str) -> None:
    answer = client.get(f"/notes?{query}")
    assert answer.status_code == 400
    assert re.search("limit must be|before must be", answer.json()["error"])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b'"text"',
        b"[]",
        b"null",
        b"{}",
        b'{"text": 1}',
        b'{"text": null}',
        b'{"text": ""}',
        b'{"text": "x", "colour": "red"}',
        b'{"text": "\\ud83d"}',
        b"[" * 50_000,
        b"1" * 50_000,
    ],
    ids=lambda body: repr(body[:30]),
)
def test_a_malformed_body_is_refused(client: TestClient, body: bytes) -> None:
    answer = client.post("/notes", content=body, headers=JSON)
    assert answer.status_code == 400
    assert answer.json()["error"]


@pytest.mark.parametrize("body", [b"", b"other=1", b"text=%ff", b"text=\xff"])
def test_a_malformed_form_is_refused(client: TestClient, body: bytes) -> None:
    answer = client.post("/", content=body, headers=FORM)
    assert answer.status_code == 400
    assert "form" in answer.json()["error"]


@pytest.mark.parametrize(("path", "headers"), [("/", FORM), ("/notes", JSON)])
def test_a_large_body_is_refused_before_it_is_read_whole(
    client: TestClient, path: str, headers: dict[str, str]
) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(100):
            yield b"x" * 10_000

    for content in (b"x" * (MAX_BODY + 1), endless()):
        answer = client.post(path, content=content, headers=headers)
        assert (answer.status_code, answer.json()) == (
            413,
            {"error": "the body is larger than 64 KiB"},
        )


def test_the_longest_note_fits_whatever_way_it_is_escaped(client: TestClient) -> None:
    text = "🌱" * MAX_CHARACTERS
    assert (
        client.post("/notes", content=json.dumps({"text": text}), headers=JSON).status_code == 201
    )
    assert client.post("/", data={"text": text}, follow_redirects=False).status_code == 303


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/notes", "text/plain"),
        ("/notes", "application/x-www-form-urlencoded"),
        ("/notes", ""),
        ("/", "application/json"),
        ("/", "multipart/form-data; boundary=x"),
    ],
)
def test_another_content_type_is_refused(client: TestClient, path: str, content_type: str) -> None:
    answer = client.post(path, content=b'{"text": "x"}', headers={"Content-Type": content_type})
    assert answer.status_code == 415
    assert "content type must be" in answer.json()["error"]


def test_a_charset_may_follow_the_content_type(client: TestClient) -> None:
    headers = {"Content-Type": "Application/JSON; charset=utf-8"}
    assert client.post("/notes", content=b'{"text": "x"}', headers=headers).status_code == 201


@pytest.mark.parametrize(
    ("method", "path", "status", "allowed"),
    [
        ("GET", "/nothing", 404, None),
        ("GET", "/notes/", 404, None),
        ("GET", "/notes/not-an-id", 404, None),
        ("DELETE", "/notes/not-an-id", 404, None),
        ("POST", "/delete/not-an-id", 404, None),
        ("PUT", "/notes", 405, {"GET", "HEAD", "POST"}),
        ("POST", "/health", 405, {"GET", "HEAD"}),
        ("PATCH", "/notes/00000000000000000000000000", 405, {"GET", "HEAD", "DELETE"}),
        ("GET", "/delete/00000000000000000000000000", 405, {"POST"}),
    ],
)
def test_what_is_not_there(
    client: TestClient, method: str, path: str, status: int, allowed: set[str] | None
) -> None:
    answer = client.request(method, path)
    assert answer.status_code == status
    assert list(answer.json()) == ["error"]
    if allowed:
        assert set(answer.headers["Allow"].split(", ")) == allowed


# Who may send what


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 303),
        ({"Origin": "http://testserver"}, 303),
        ({"Origin": "https://TESTSERVER:443"}, 303),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://testserver"}, 303),
        ({"Sec-Fetch-Site": "none"}, 303),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://testserver.evil.example"}, 403),
        ({"Origin": "http://[bad"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
    ],
)
def test_forms_of_other_sites_are_refused(
    client: TestClient, headers: dict[str, str], status: int
) -> None:
    send = {"data": {"text": "x"}, "headers": headers, "follow_redirects": False}
    assert client.post("/", **send).status_code == status  # type: ignore[arg-type]
    action = f"/delete/{new_id(0, 0)}"
    assert client.post(action, headers=headers, follow_redirects=False).status_code == status
    if status == 403:
        assert client.post("/notes", json={"text": "x"}, headers=headers).status_code == 403
        assert client.delete(f"/notes/{new_id(0, 0)}", headers=headers).status_code == 403
        assert client.get("/notes").json()["notes"] == []


def test_every_answer_has_the_security_headers(client: TestClient, table: Any) -> None:
    table.delete()
    for path, status in (("/health", 200), ("/nothing", 404), ("/", 503)):
        answer = client.get(path)
        assert answer.status_code == status
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert f"'{STYLE_HASH}'" in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"


# Running it


def test_health_does_not_depend_on_the_table_and_the_rest_says_503(
    client: TestClient, table: Any
) -> None:
    table.delete()
    assert client.get("/health").json() == {"status": "ok"}
    for path in ("/notes", "/", f"/notes/{new_id(0, 0)}"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert answer.json() == {"error": "the notes cannot be reached now"}


def test_a_bug_is_a_500_that_tells_nothing(client: TestClient, monkeypatch: Any) -> None:
    monkeypatch.setattr("notes.web.whoami", lambda: 1 / 0)
    answer = client.get("/whoami")
    assert (answer.status_code, answer.json()) == (500, {"error": "something went wrong here"})
    assert "Content-Security-Policy" in answer.headers


def test_whoami_tells_target_version_and_instance(client: TestClient, monkeypatch: Any) -> None:
    for name in ("APP_TARGET", "APP_VERSION", "AWS_LAMBDA_LOG_STREAM_NAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("socket.gethostname", lambda: "ip-10-0-0-7")
    unknown = {"target": "unknown", "version": "unknown", "instance": "ip-10-0-0-7"}
    assert client.get("/whoami").json() == unknown
    monkeypatch.setenv("APP_TARGET", "function")
    monkeypatch.setenv("APP_VERSION", "0123456789abcdef")
    monkeypatch.setenv("AWS_LAMBDA_LOG_STREAM_NAME", "2025/01/01/[7]abc")
    assert client.get("/whoami").json() == {
        "target": "function",
        "version": "0123456789abcdef",
        "instance": "2025/01/01/[7]abc",
    }


def test_the_app_does_not_start_without_a_table_name(table: Any, monkeypatch: Any) -> None:
    monkeypatch.delenv("TABLE_NAME")
    open_store.cache_clear()
    with pytest.raises(KeyError, match="TABLE_NAME"), TestClient(app):
        pass


def test_the_app_works_where_nobody_runs_its_lifespan(table: Any) -> None:
    assert TestClient(app).get("/notes").json() == {"notes": [], "next": None}


def test_importing_the_app_loads_nothing_slow_and_nothing_of_platform_lib() -> None:
    slow = ["boto3", "botocore", "jinja2", "platform_lib", "pulumi"]
    code = f"import sys, notes.web; print([name for name in {slow} if name in sys.modules])"
    source = Path(__file__).parent.parent / "src"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=source, capture_output=True, text=True, check=True
    )
    assert run.stdout == "[]\n"
