"""What an app is told of each front's event, and what each front is told of its response."""

import base64
import json

import pytest
from shims_kit import event

ASGI = """
import json

async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    body = (await receive())["body"]
    told = {
        "path": scope["path"], "raw_path": scope["raw_path"].decode("latin-1"),
        "root_path": scope["root_path"], "query": scope["query_string"].decode("latin-1"),
        "method": scope["method"], "scheme": scope["scheme"], "body": body.decode("latin-1"),
        "client": scope["client"][0], "server": list(scope["server"]),
        "cookies": "; ".join(v.decode() for k, v in scope["headers"] if k == b"cookie"),
        "headers": {k.decode(): v.decode("latin-1") for k, v in scope["headers"]},
        "event": scope["aws.event"] is EVENT[0],
    }
    headers = [(b"content-type", b"application/json")] + [
        (name.encode("latin-1"), value.encode("latin-1")) for name, value in SENT
    ]
    await send({"type": "http.response.start", "status": 201, "headers": headers})
    await send({"type": "http.response.body", "body": BODY[0] or json.dumps(told).encode()})

EVENT, SENT, BODY = [None], [], [b""]
"""
WSGI = """
import json

def app(environ, start_response):
    told = {
        "path": environ["PATH_INFO"].encode("latin-1").decode(errors="replace"),
        "root_path": environ["SCRIPT_NAME"], "query": environ["QUERY_STRING"],
        "method": environ["REQUEST_METHOD"], "scheme": environ["wsgi.url_scheme"],
        "body": environ["wsgi.input"].read().decode("latin-1"),
        "client": environ["REMOTE_ADDR"],
        "server": [environ["SERVER_NAME"], int(environ["SERVER_PORT"])],
        "cookies": environ.get("HTTP_COOKIE", ""),
        "headers": {
            k[5:].lower().replace("_", "-"): v for k, v in environ.items() if k.startswith("HTTP_")
        } | {"content-type": environ.get("CONTENT_TYPE")},
        "event": environ["apig_wsgi.full_event"] is EVENT[0],
    }
    start_response("201 Created", [("Content-Type", "application/json"), *SENT])
    return [BODY[0] or json.dumps(told).encode()]

EVENT, SENT, BODY = [None], [], [b""]
"""


class App:
    """An app of one interface that tells what it was told, and sends what it is told to."""

    def __init__(self, load, interface):
        source = ASGI if interface == "asgi" else WSGI
        self.interface = interface
        self.handler = load(source, app="main:app", interface=interface).handler
        import main

        self.main = main

    def answer(self, request, *headers, body=b""):
        self.main.EVENT[0], self.main.SENT[:], self.main.BODY[0] = request, headers, body
        answer = self.handler(request, None)
        # As Lambda's runtime client writes it.
        json.dumps(answer)
        return answer

    def told(self, request):
        answer = self.answer(request)
        assert answer["statusCode"] == 201
        told = json.loads(answer["body"])
        assert told["event"]
        assert told["root_path"] == ""
        return told


@pytest.fixture(params=["asgi", "wsgi"])
def app(load, request):
    return App(load, request.param)


def api_event(path="/", **more):
    """As an HTTP API words a request; its domain is the API's, or one of one's own."""
    made = event(path, **more)
    made["requestContext"]["domainName"] = "abc.execute-api.eu-west-1.amazonaws.com"
    return made


def url_event(path="/", **more):
    made = event(path, **more)
    made["requestContext"]["domainName"] = "abc.lambda-url.eu-west-1.on.aws"
    return made


def balancer_event(path="/", query=(), *, multi=True, body=b"", headers=()):
    """As a load balancer words a request: path and parameters stay as they were sent.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
    """
    pairs, sent = {}, {"host": ["example.org"], "x-forwarded-proto": ["https"]}
    for name, value in query:
        pairs.setdefault(name, []).append(value)
    for name, value in headers:
        sent.setdefault(name, []).append(value)
    many = {"multiValueQueryStringParameters": pairs, "multiValueHeaders": sent}
    one = {
        "queryStringParameters": {name: values[-1] for name, values in pairs.items()},
        "headers": {name: values[-1] for name, values in sent.items()},
    }
    return {
        "requestContext": {"elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:x"}},
        "httpMethod": "POST",
        "path": path,
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
        **(many if multi else one),
    }


def rest_event(path="/", *, version=None, **more):
    """As a REST API words a request, and with a version an HTTP API of payload 1.0."""
    made = {
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": "GET",
        "headers": {"Host": "b.example", "X-A": "2"},
        "multiValueHeaders": {"Host": ["b.example"], "X-A": ["1", "2"]},
        "queryStringParameters": {"q": "c"},
        "multiValueQueryStringParameters": {"q": ["a b", "c+&é"]},
        "requestContext": {"domainName": "b.example", "identity": {"sourceIp": "192.0.2.7"}},
        "body": None,
        "isBase64Encoded": False,
        **more,
    }
    return {"version": version, **made} if version else made


# The path


PATHS = [
    # as it was sent, what an app sees, what an HTTP API tells, what comes to the same
    ("/%252e%252e/etc", "/%2e%2e/etc", "/%2e%2e/etc", "/%252e%252e/etc"),
    ("/caf%C3%A9", "/café", "/café", "/caf%C3%A9"),
    ("/a%20b;x=1+2,@:", "/a b;x=1+2,@:", "/a b;x=1+2,@:", "/a%20b;x=1+2,@:"),
    ("/a%2Fb", "/a/b", "/a/b", "/a/b"),
    ("/a%3Fb%23c", "/a?b#c", "/a?b#c", "/a%3Fb%23c"),
    ("/100%25", "/100%", "/100%", "/100%25"),
    ("//x/../y", "//x/../y", "//x/../y", "//x/../y"),
]


@pytest.mark.parametrize(("sent", "seen", "decoded", "again"), PATHS)
def test_a_path_is_decoded_once(app, sent, seen, decoded, again):
    for request, raw in (
        (api_event(decoded), again),
        (rest_event(decoded, version="1.0"), again),
        (url_event(sent), sent),
        (balancer_event(sent), sent),
        (rest_event(sent), sent),
    ):
        told = app.told(request)
        assert told["path"] == seen
        # WSGI has no word for it.
        assert told.get("raw_path", raw) == raw


@pytest.mark.parametrize("path", ["/caf%C3%A9", "/café"])
def test_a_path_of_an_event_that_names_no_domain_is_as_sent(app, path):
    told = app.told(event(path))
    assert (told["path"], told.get("raw_path", "/caf%C3%A9")) == ("/café", "/caf%C3%A9")


def test_bytes_that_are_no_utf_8_are_told_as_a_server_tells_them(app):
    assert app.told(url_event("/%ff%zz/%"))["path"] == "/\N{REPLACEMENT CHARACTER}%zz/%"


def test_an_empty_path_is_the_root(app):
    assert app.told(balancer_event(""))["path"] == "/"


# The query, headers, who asks


@pytest.mark.parametrize("make", [api_event, url_event])
def test_a_query_of_payload_2_is_as_sent(app, make):
    query = "q=a%20b+c;d&q=c&flag&e=%C3%A9%2F"
    assert app.told(make() | {"rawQueryString": query})["query"] == query


def test_a_query_of_a_balancer_is_as_sent(app):
    query = [("q", "a%20b+c;d"), ("q", "%C3%A9"), ("e%5B%5D", "")]
    assert app.told(balancer_event(query=query))["query"] == "q=a%20b+c;d&q=%C3%A9&e%5B%5D="
    last = app.told(balancer_event(query=query, multi=False))["query"]
    assert last == "q=%C3%A9&e%5B%5D="


def test_a_query_of_a_rest_api_is_encoded_again(app):
    assert app.told(rest_event())["query"] == "q=a+b&q=c%2B%26%C3%A9"
    bare = {"multiValueQueryStringParameters": None, "queryStringParameters": None}
    assert app.told(rest_event(**bare))["query"] == ""


def test_requests_of_a_load_balancer(app):
    headers = [("cookie", "x=1"), ("cookie", "y=2"), ("x-a", "1"), ("x-a", "2")]
    told = app.told(balancer_event(body=b"\xff\x00", headers=headers))
    assert (told["method"], told["scheme"]) == ("POST", "https")
    assert told["body"] == "\xff\x00"
    assert told["cookies"] == "x=1; y=2"
    # Each of them is a header of its own in ASGI, and the last stands in the dict.
    assert told["headers"]["x-a"] == ("2" if app.interface == "asgi" else "1,2")


def test_requests_of_payload_2(app):
    kind = 'multipart/related; boundary="a,b"'
    request = api_event(body="text", headers={"X-A": "1,2", "Content-Type": kind})
    told = app.told(request | {"cookies": ["x=1", "y=2"]})
    assert (told["cookies"], told["body"]) == ("x=1; y=2", "text")
    assert (told["headers"]["x-a"], told["headers"]["content-type"]) == ("1,2", kind)
    assert app.told(api_event())["cookies"] == ""


def test_a_date_of_our_files_asks_for_nothing(app):
    dates = {"Fri, 03 Feb 2034 00:00:00 GMT": False, "Sat, 01 Jan 2000 00:00:00 GMT": True}
    for date, passed in dates.items():
        requests = (
            api_event(headers={"if-modified-since": date}),
            balancer_event(headers=[("if-modified-since", date)]),
        )
        for request in requests:
            assert ("if-modified-since" in app.told(request)["headers"]) is passed


def test_bytes_above_127_of_a_header_come_as_they_were_sent(app):
    # A front that reads UTF-8 has a surrogate for each other byte.
    request = api_event(headers={"X-A": "é\udce9"})
    assert app.told(request)["headers"]["x-a"] == "\xc3\xa9\xe9"


@pytest.mark.parametrize(
    ("headers", "server"),
    [
        ({"host": "notes.example.com"}, ["notes.example.com", 443]),
        ({"host": "notes.example.com:8443"}, ["notes.example.com", 8443]),
        ({"host": "[::1]:81"}, ["[::1]", 81]),
        ({"host": "a.example", "x-forwarded-port": "81"}, ["a.example", 81]),
        ({"host": "a.example", "x-forwarded-port": "a.example"}, ["a.example", 443]),
        ({"host": "a.example", "x-forwarded-proto": "http"}, ["a.example", 80]),
    ],
)
def test_the_server_is_what_host_names(app, headers, server):
    assert app.told(url_event(headers=headers))["server"] == server


def test_the_client_is_who_the_front_saw(app):
    assert app.told(api_event())["client"] == "127.0.0.1"
    # All but the last is what the client says of itself; a balancer may be told to add the port.
    for seen in ("192.0.2.1", "192.0.2.1:4711"):
        claimed = [("x-forwarded-for", f"203.0.113.9, {seen}")]
        assert app.told(balancer_event(headers=claimed))["client"] == "192.0.2.1"
    assert app.told(balancer_event())["client"] == ""
    assert app.told(rest_event())["client"] == "192.0.2.7"


# The response

TWICE = [
    ("Vary", "Accept"),
    ("Vary", "Cookie"),
    ("WWW-Authenticate", "Basic"),
    ("WWW-Authenticate", "Bearer"),
    ("Link", "</a>; rel=a"),
    ("Link", "</b>; rel=b"),
    ("Location", "/a"),
    ("Location", "/b"),
    ("Set-Cookie", "a=1, x"),
    ("Set-Cookie", "b=2"),
]
JOINED = {
    "vary": "Accept, Cookie",
    "www-authenticate": "Basic, Bearer",
    "link": "</a>; rel=a, </b>; rel=b",
    "location": "/b",
    "content-type": "application/json",
}


def test_headers_sent_twice_are_joined_in_payload_2(app):
    answer = app.answer(api_event(), *TWICE)
    assert answer["headers"] == JOINED
    assert answer["cookies"] == ["a=1, x", "b=2"]
    assert "multiValueHeaders" not in answer


def test_headers_sent_twice_stay_two_where_a_front_takes_them(app):
    for request in (balancer_event(), rest_event()):
        answer = app.answer(request, *TWICE)
        assert answer["multiValueHeaders"]["vary"] == ["Accept", "Cookie"]
        assert answer["multiValueHeaders"]["location"] == ["/a", "/b"]
        assert answer["multiValueHeaders"]["set-cookie"] == ["a=1, x", "b=2"]
        assert "headers" not in answer


def test_headers_sent_twice_to_a_balancer_that_takes_one(app):
    answer = app.answer(balancer_event(multi=False), *TWICE, ("Set-Cookie", "c=3"))
    cookies = {k: v for k, v in answer["headers"].items() if k.lower() == "set-cookie"}
    assert list(cookies.values()) == ["a=1, x", "b=2", "c=3"]
    assert {k: v for k, v in answer["headers"].items() if k not in cookies} == JOINED
    assert "multiValueHeaders" not in answer


def test_more_cookies_than_the_first_word_has_letters():
    from platform_lib.shims.events import answer

    sent = [("Set-Cookie", str(at)) for at in range(40)]
    told = answer(balancer_event(multi=False), 200, sent, b"")
    assert sorted(told["headers"].values(), key=int) == [str(at) for at in range(40)]


def test_a_header_above_127_is_latin_1(app):
    answer = app.answer(api_event(), ("X-A", "café"), ("Set-Cookie", "a=é"))
    assert answer["headers"]["x-a"] == "café"
    assert answer["cookies"] == ["a=é"]


@pytest.mark.parametrize(
    ("kind", "body", "text"),
    [
        ("text/plain", "Grüße".encode(), True),
        ("text/csv; charset=windows-1252", "Grüße".encode("cp1252"), False),
        ("text/csv; charset=windows-1252", b"plain", True),
        ("application/problem+json", b"{}", True),
        ("image/svg+xml", b"<svg/>", True),
        ("application/json", b"\xff", False),
        ("image/png", b"text or not", False),
        ("", b"text", True),
        ("", b"\xff\x00", False),
    ],
)
def test_a_body_that_is_no_text_of_utf_8_is_base64(app, kind, body, text):
    answer = app.answer(api_event(), ("Content-Type", kind), body=body)
    assert answer["isBase64Encoded"] is not text
    given = answer["body"]
    assert (given.encode() if text else base64.b64decode(given)) == body


def test_a_wsgi_app_may_think_again(load):
    source = """
import sys

def app(environ, start_response):
    write = start_response("200 OK", [("X-A", "1")])
    try:
        raise ValueError
    except ValueError:
        start_response("500 Sorry", [("X-B", "2")], sys.exc_info())
    write(b"wr")
    return iter([b"it", b"ten"])
"""
    answer = load(source, app="main:app", interface="wsgi").handler(api_event(), None)
    assert (answer["statusCode"], answer["body"]) == (500, "written")
    assert answer["headers"] == {"x-b": "2"}


def test_a_response_without_a_type_gets_none(load):
    source = """
async def app(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 204})
        await send({"type": "http.response.body"})
"""
    answer = load(source, app="main:app").handler(api_event(), None)
    assert answer == {
        "statusCode": 204,
        "headers": {},
        "cookies": [],
        "body": "",
        "isBase64Encoded": False,
    }
