"""Apps under Lambda's entry behind each front: what they are told, and what a client sees."""

from pathlib import Path

import apig_wsgi
import mangum
import pytest
import typing_extensions
from dataplane_kit import ask, write_bundle, zipped
from test_fronts_http import OFF, Api, Balanced, Function, url_of

from platform_lib.bundling.serving import function_additions

ASGI = """
import json

async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    headers = [(b"content-type", b"application/json"), (b"x-l", b"caf\\xe9")]
    headers += [(b"vary", b"a"), (b"vary", b"b"), (b"set-cookie", b"a=1"), (b"set-cookie", b"b=2")]
    told = {
        "path": scope["path"], "query": scope["query_string"].decode("latin-1"),
        "raw_path": scope["raw_path"].decode("latin-1"), "server": list(scope["server"]),
        "x-l": dict(scope["headers"]).get(b"x-l", b"").decode("latin-1"),
    }
    body = json.dumps(told).encode()
    if scope["path"] == "/csv":
        headers[0], body = (b"content-type", b"text/csv; charset=windows-1252"), b"caf\\xe9"
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
"""
WSGI = """
import json

def app(environ, start_response):
    headers = [("Content-Type", "application/json"), ("X-L", "caf\\xe9")]
    headers += [("Vary", "a"), ("Vary", "b"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")]
    path = environ["PATH_INFO"].encode("latin-1").decode()
    told = {
        "path": path, "query": environ["QUERY_STRING"], "x-l": environ.get("HTTP_X_L", ""),
        "server": [environ["SERVER_NAME"], int(environ["SERVER_PORT"])],
    }
    body = json.dumps(told).encode()
    if path == "/csv":
        headers[0], body = ("Content-Type", "text/csv; charset=windows-1252"), b"caf\\xe9"
    start_response("200 OK", headers)
    return [body]
"""


@pytest.fixture(scope="module")
def plane(module_plane):
    return module_plane


def packages():
    """The adapters' files, as in a function's zip."""
    root = Path(mangum.__file__).parents[1]
    for module in (mangum, apig_wsgi):
        for path in Path(module.__file__).parent.rglob("*.py"):
            yield str(path.relative_to(root)), path.read_text()
    yield "typing_extensions.py", Path(typing_extensions.__file__).read_text()


@pytest.fixture(scope="module", params=["asgi", "wsgi"])
def function(account, plane, tmp_path_factory, request):
    entry = "from _platform.handler import handler as echo\n"
    files = dict(packages()) | {"web.py": globals()[request.param.upper()], "main.py": entry}
    added = function_additions(app="web:app", interface=request.param).files
    files |= {name: content.decode() for name, content in added.items()}
    return Function(account, plane, zipped(write_bundle(tmp_path_factory.mktemp("code"), files)))


@pytest.fixture(scope="module", params=["api", "url", "balancer"])
def front(function, request):
    """A front's kind and address."""
    if request.param == "api":
        return "api", Api(function).stage().route().url
    if request.param == "balancer":
        return "balancer", Balanced(function, **OFF).attach().url
    function.permit("lambda:InvokeFunctionUrl", Principal="*", FunctionUrlAuthType="NONE")
    function.permit(Principal="*", InvokedViaFunctionUrl=True)
    return "url", url_of(function)


@pytest.mark.parametrize(
    ("sent", "path", "raw_by_api"),
    [
        ("/%252e%252e/etc", "/%2e%2e/etc", "/%252e%252e/etc"),
        ("/a%20b;x=1+2/caf%C3%A9", "/a b;x=1+2/café", "/a%20b;x=1+2/caf%C3%A9"),
        ("/a%2Fb", "/a/b", "/a/b"),
    ],
)
def test_a_path_is_decoded_once_and_a_query_never(front, sent, path, raw_by_api):
    kind, url = front
    told = ask(url, f"{sent}?q=a%20b+c;d&q=%C3%A9").json
    assert (told["path"], told["query"]) == (path, "q=a%20b+c;d&q=%C3%A9")
    if "raw_path" in told:
        assert told["raw_path"] == (raw_by_api if kind == "api" else sent)


def test_headers_come_and_go_as_they_were_sent(front):
    kind, url = front
    answer = ask(url, headers={"X-L": "caf\xe9"})
    assert answer.json["x-l"] == answer.headers["x-l"] == "caf\xe9"
    several = ["a", "b"] if kind == "balancer" else ["a, b"]
    assert answer.headers.get_all("vary") == several
    assert answer.headers.get_all("set-cookie") == ["a=1", "b=2"]


def test_a_body_of_another_charset_is_passed_as_it_is(front):
    answer = ask(front[1], "/csv")
    assert (answer.status, answer.body) == (200, b"caf\xe9")
    assert answer.headers["content-type"] == "text/csv; charset=windows-1252"


def test_a_host_without_a_port(front):
    answer = ask(front[1], headers={"Host": "notes.example.com"})
    assert (answer.status, answer.json["server"]) == (200, ["notes.example.com", 80])
