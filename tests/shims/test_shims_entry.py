"""Which app a text names, and how it is called: told by what the callable takes."""

import functools

import pytest
from server_kit import server
from shims_kit import event

from platform_lib.shims.entry import WrongApp, interface_of, load_app

SHAPES = """
import contextlib, functools

async def asgi(scope, receive, send): ...
def wsgi(environ, start_response): ...
def wsgi_more(environ, start_response, more=None): ...
def generator(environ, start_response):
    yield b""
def passes_on(scope, receive, send):
    return asgi(scope, receive, send)
async def any_async(*args): ...
async def typed(scope: "Nowhere", receive: "Nowhere", send: "Nowhere") -> "Nowhere": ...

class Asgi:
    async def __call__(self, scope, receive, send): ...
    async def method(self, scope, receive, send): ...
    @staticmethod
    def static(environ, start_response): ...

class Wsgi:
    def __call__(self, environ, start_response): ...

class Own:
    # As Sentry's middleware: what is called is set on the instance.
    __slots__ = ("__call__",)
    def __init__(self):
        self.__call__ = asgi

class PerRequest:
    # PEP 3333's own example of an app that is a class.
    def __init__(self, environ, start_response): ...
    def __iter__(self):
        yield b""

class Endpoint:
    # As Starlette's endpoints: one object a request, which is awaited.
    def __init__(self, scope, receive, send): ...
    def __await__(self): ...

def wrapped(app):
    @functools.wraps(app)
    def wrapper(*args, **kwargs):
        return app(*args, **kwargs)
    return wrapper

class Space: pass
space = Space()
space.inner = Space()
space.inner.app = Wsgi()

asgi_object, wsgi_object, own = Asgi(), Wsgi(), Own()
asgi_partial = functools.partial(asgi_object, send=None) and functools.partial(asgi)
wsgi_partial = functools.partial(lambda extra, environ, start_response: None, 1)
object_partial = functools.partial(Wsgi())
asgi_decorated, wsgi_decorated = wrapped(asgi), wrapped(wsgi)
asgi_lambda, wsgi_lambda = lambda s, r, t: asgi(s, r, t), lambda environ, start: []
asgi_method, wsgi_static = Asgi().method, Asgi.static

def make(): return Wsgi()
def make_by_default(settings=None): return Asgi()
async def make_later(): return Asgi()
def make_none(): return None

def anything(*args, **kwargs): ...
def none(): ...
def one(scope): ...
def four(a, b, c, d): ...
async def two(scope, protocol): ...
class Two:
    def __init__(self, scope): ...
    async def __call__(self, receive, send): ...
text = "no app"
"""


@pytest.fixture
def shapes(tmp_path, monkeypatch):
    (tmp_path / "shapes_of_apps.py").write_text(SHAPES)
    monkeypatch.syspath_prepend(str(tmp_path))
    return "shapes_of_apps"


@pytest.mark.parametrize(
    ("name", "interface"),
    [
        *dict.fromkeys(("asgi", "passes_on", "any_async", "typed", "asgi_object", "own"), "asgi").items(),
        *dict.fromkeys(("Endpoint", "asgi_partial", "asgi_decorated", "asgi_lambda"), "asgi").items(),
        *dict.fromkeys(("asgi_method", "make_by_default()", "Asgi()"), "asgi").items(),
        *dict.fromkeys(("wsgi", "wsgi_more", "generator", "wsgi_object", "PerRequest"), "wsgi").items(),
        *dict.fromkeys(("wsgi_partial", "object_partial", "wsgi_decorated"), "wsgi").items(),
        *dict.fromkeys(("wsgi_lambda", "wsgi_static", "space.inner.app", "make()"), "wsgi").items(),
    ],
)  # fmt: skip
def test_what_a_callable_takes_tells_its_interface(shapes, name, interface):
    app, found = load_app(f"{shapes}:{name}", None)
    assert found == interface
    assert callable(app)
    assert load_app(f"{shapes}:{name}", interface)[1] == interface
    other = "wsgi" if interface == "asgi" else "asgi"
    if name in ("wsgi_more", "any_async"):
        return
    with pytest.raises(
        WrongApp, match=f"{interface.upper()}, it takes .*'interface' is '{other}'"
    ):
        load_app(f"{shapes}:{name}", other)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "anything",
            "takes any arguments, so that nothing tells ASGI from WSGI: give 'interface'",
        ),
        ("none", "takes 0 arguments: ASGI apps take .*; if it makes the app, write '.*:none()'"),
        ("make", "if it makes the app, write 'shapes_of_apps:make()'"),
        ("make_by_default", "takes 0 or 1 arguments: .*:make_by_default()'"),
        ("Asgi", "takes 0 arguments: .* write 'shapes_of_apps:Asgi()'"),
        ("one", "takes one argument, as apps of ASGI 2 did, which no server here calls: wrap it"),
        ("Two", "takes one argument, as apps of ASGI 2 did, which no server here calls: wrap it"),
        ("two", "is async and takes 2 arguments: ASGI apps take"),
        ("four", "takes 4 arguments"),
        ("text", "is of type str, which cannot be called"),
        ("make_none()", "gives what is of type NoneType, which cannot be called"),
        ("make_later()", "gives what is a coroutine: a factory must not be async"),
    ],
)
def test_what_cannot_be_served_is_one_line(shapes, name, said):
    with pytest.raises(WrongApp, match=said.replace("()", r"\(\)")) as raised:
        load_app(f"{shapes}:{name}", None)
    assert str(raised.value).startswith(f"app '{shapes}:{name}' ")
    assert "\n" not in str(raised.value)


def test_a_given_interface_is_believed_where_nothing_tells(shapes):
    for interface in ("asgi", "wsgi"):
        assert load_app(f"{shapes}:anything", interface)[1] == interface


def test_what_says_nothing_of_its_arguments_is_what_was_given():
    # A class of C, which has no signature.
    unsigned = functools.partial(type)
    assert interface_of(unsigned, "wsgi") == "wsgi"
    with pytest.raises(WrongApp, match="nothing tells"):
        interface_of(unsigned)


@pytest.mark.parametrize(
    ("make", "interface"),
    [
        ("from flask import Flask; app = Flask('web')", "wsgi"),
        ("from fastapi import FastAPI; app = FastAPI()", "asgi"),
        ("from starlette.applications import Starlette; app = Starlette()", "asgi"),
        ("from starlette.routing import Router; app = Router()", "asgi"),
        ("from wsgiref.simple_server import demo_app as app", "wsgi"),
        ("from wsgiref.validate import validator; app = validator(print)", None),
        ("from granian.wsgi import Response as app", None),
        ("from werkzeug.middleware.proxy_fix import ProxyFix; app = ProxyFix(lambda e, s: [])", "wsgi"),
        ("from werkzeug.local import LocalProxy; app = LocalProxy(lambda: lambda e, s: [])", "wsgi"),
    ],
)  # fmt: skip
def test_apps_of_frameworks(make, interface):
    names = {}
    exec(make, names)
    if interface is None:
        with pytest.raises(WrongApp):
            interface_of(names["app"])
    else:
        assert interface_of(names["app"]) == interface


FACTORY = """
import os

def create_app():
    def app(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"made"]
    return app

async def other(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"found"})
"""


@pytest.mark.parametrize(("app", "body"), [("create_app()", "made"), ("other", "found")])
def test_both_targets_find_out_how_an_app_is_called(load, tmp_path, app, body):
    answer = load(FACTORY, app=f"main:{app}").handler(event(), None)
    assert (answer["statusCode"], answer["body"]) == (200, body)
    with server(tmp_path / "server", FACTORY, None, app=f"main:{app}") as served:
        assert served.get("/")[1].decode() == body


def test_a_wrong_interface_is_the_first_line_of_the_error(load, tmp_path):
    said = "app 'main:other' is ASGI, it takes (scope, receive, send), and 'interface' is 'wsgi'"
    with pytest.raises(Exception, match="app 'main:other' is ASGI") as raised:
        load(FACTORY, app="main:other", interface="wsgi")
    assert str(raised.value) == f"{said}: leave it out"
    with (
        pytest.raises(AssertionError) as failed,
        server(tmp_path / "server", FACTORY, "wsgi", app="main:other"),
    ):
        pass
    lines = str(failed.value).splitlines()
    assert f"platform: {said}: leave it out" in lines
    assert not [line for line in lines if "Traceback" in line]
