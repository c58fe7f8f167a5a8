import asyncio
import http.client
import json
import socket
import threading
from types import SimpleNamespace

import aiohttp
import aiohttp.web
import pytest
from answers_wire import Connection, Request
from answers_wire import ask as raw
from dataplane_kit import Shop, add_image, ask, until

from platform_lib.local.dataplane import DataPlane
from platform_lib.local.dataplane.fronts.targets import TargetGroups
from platform_lib.local.errors import LocalCloudError


@pytest.fixture(scope="module")
def plane(account, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("plane")
        patch.setenv("PLATFORM_LIB_CACHE", str(folder / "cache"))
        running = DataPlane(account, folder / "state", print, patience=10, docker=False)
        running.start()
        yield running
        running.stop()


@pytest.fixture(scope="module")
def image(plane, tmp_path_factory):
    return add_image(plane, tmp_path_factory.mktemp("image"))


@pytest.fixture(scope="module")
def shop(account, plane, image):
    return Shop(account, plane, image, environment={"VERSION": "one"}).up()


def rule(shop, priority, values, **action):
    shop.front.elb.create_rule(
        ListenerArn=shop.front.listener,
        Priority=priority,
        Conditions=[{"Field": "path-pattern", "PathPatternConfig": {"Values": values}}],
        Actions=[action],
    )


def test_rules_are_tried_in_the_order_of_their_priorities(shop):
    fixed = {"StatusCode": "418", "MessageBody": "short and stout", "ContentType": "text/plain"}
    rule(shop, 30, ["/*/pot", "/pot"], Type="fixed-response", FixedResponseConfig=fixed)
    other = {"StatusCode": "410", "ContentType": "text/plain"}
    rule(shop, 20, ["/gone/*"], Type="fixed-response", FixedResponseConfig=other)
    answer = ask(shop.url, "/pot")
    assert (answer.status, answer.body) == (418, b"short and stout")
    assert ask(shop.url, "/gone/pot").status == 410
    assert ask(shop.url, "/").status == 200


def test_a_redirect(shop):
    config = {"Protocol": "HTTPS", "Port": "443", "Path": "/new/#{path}", "StatusCode": "HTTP_301"}
    rule(shop, 40, ["/old"], Type="redirect", RedirectConfig=config)
    answer = ask(shop.url, "/old?a=1")
    assert (answer.status, answer.headers["Location"]) == (
        301,
        "https://127.0.0.1/new/old?a=1",
    )


def test_weights_are_followed_as_soon_as_they_change(account, plane, image, shop):
    blue = Shop(account, plane, image, environment={"VERSION": "two"}).up()

    def weigh(one, two):
        groups = [
            {"TargetGroupArn": shop.front.group, "Weight": one},
            {"TargetGroupArn": blue.front.group, "Weight": two},
        ]
        shop.front.elb.modify_listener(
            ListenerArn=shop.front.listener,
            DefaultActions=[{"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}],
        )
        versions = [ask(shop.url).json["version"] for _ in range(8)]
        return versions.count("one"), versions.count("two")

    assert weigh(3, 1) == (6, 2)
    assert weigh(0, 1) == (0, 8)
    assert weigh(1, 0) == (8, 0)


def test_a_broken_target_is_a_502(shop):
    answer = ask(shop.url, "/hang-up")
    assert answer.status == 502
    assert b"502 Bad Gateway" in answer.body


def test_headers_of_one_connection_stay_there_and_callers_are_added(shop):
    headers = {
        "X-Forwarded-For": "203.0.113.9",
        "Connection": "close, X-Private",
        "X-Private": "1",
        "TE": "trailers",
        "User-Agent": "mine",
    }
    seen = dict(ask(shop.url, "/", headers=headers).json["headers"])
    assert seen["X-Forwarded-For"] == "203.0.113.9, 127.0.0.1"
    assert not {"X-Private", "TE"} & set(seen)
    assert seen["User-Agent"] == "mine"
    assert "X-Amzn-Trace-Id" in seen
    assert "Accept-Encoding" in seen  # http.client's own, not another one


def test_what_a_client_says_in_several_lines_stays_in_front(shop):
    connection = http.client.HTTPConnection(shop.url, timeout=30)
    connection.putrequest("GET", "/")
    for claimed in ("203.0.113.9", "203.0.113.10"):
        connection.putheader("X-Forwarded-For", claimed)
    connection.putheader("X-Forwarded-Proto", "https")
    connection.endheaders()
    seen = dict(json.loads(connection.getresponse().read())["headers"])
    connection.close()
    assert seen["X-Forwarded-For"] == "203.0.113.9, 203.0.113.10, 127.0.0.1"
    assert seen["X-Forwarded-Proto"] == "http"


def test_bodies_pass_with_and_without_a_length(shop):
    body = b"x" * 3_000_000
    assert len(ask(shop.url, "/", "PUT", body=body).json["body"]) == 3_000_000
    assert ask(shop.url, "/", "POST", body=iter([b"a", b"bc"])).json["body"] == "abc"


def test_a_head_keeps_its_length_and_a_connection_serves_many_requests(shop):
    host, port = shop.url.split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=20)
    for _ in range(3):
        connection.request("HEAD", "/")
        answer = connection.getresponse()
        assert answer.read() == b""
        assert int(answer.headers["Content-Length"]) > 0
    connection.close()


def test_who_waits_for_100_gets_it_and_the_target_is_not_asked(shop):
    with Connection(shop.url) as connection:
        answer = connection.ask(Request(method="POST", target="/", body=b"waited", waits=True))
    assert answer.json["body"] == "waited"
    assert "Expect" not in dict(answer.json["headers"])


@pytest.mark.parametrize(
    ("target", "headers", "status"),
    [
        ("/", [("x-long", "x" * 16_000)], 200),
        ("/", [("x-long", "x" * 17_000)], 400),
        ("/?" + "x" * 16_000, [], 200),
        ("/?" + "x" * 17_000, [], 400),
        ("/", [(f"x-{n}", "x" * 15_000) for n in range(4)], 200),
        ("/", [(f"x-{n}", "x" * 15_000) for n in range(5)], 400),
    ],
)
def test_how_long_lines_and_headers_may_be(shop, target, headers, status):
    assert raw(shop.url, Request(method="GET", target=target, headers=headers)).status == status


def test_names_that_are_not_letters_and_digits_are_dropped_where_it_is_told_to(shop):
    request = Request(method="GET", target="/", headers=[("x_under", "1"), ("x-minus", "2")])
    assert {"x_under", "x-minus"} <= set(dict(raw(shop.url, request).json["headers"]))

    def drop(value):
        shop.front.elb.modify_load_balancer_attributes(
            LoadBalancerArn=shop.front.arn,
            Attributes=[
                {"Key": "routing.http.drop_invalid_header_fields.enabled", "Value": value}
            ],
        )

    drop("true")
    names = set(dict(raw(shop.url, request).json["headers"]))
    drop("false")
    assert "x-minus" in names
    assert "x_under" not in names


class Listening:
    """An app by aiohttp in the place of a target, for what the small app cannot do."""

    def __init__(self, handler):
        self.loop = asyncio.new_event_loop()
        self.handler = handler
        self.thread = threading.Thread(target=self.loop.run_forever)

    def __enter__(self):
        self.thread.start()
        asyncio.run_coroutine_threadsafe(self._open(), self.loop).result()
        return self

    async def _open(self):
        async def answer(request):
            return (
                aiohttp.web.Response()
                if request.path == "/health"
                else await self.handler(request)
            )

        self.runner = aiohttp.web.ServerRunner(
            aiohttp.web.Server(answer, auto_decompress=False), shutdown_timeout=0.1
        )
        await self.runner.setup()
        await aiohttp.web.TCPSite(self.runner, "127.0.0.1", 0).start()
        self.address = "127.0.0.1:{1}".format(*self.runner.addresses[0])

    def __exit__(self, *_):
        asyncio.run_coroutine_threadsafe(self.runner.cleanup(), self.loop).result()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()


def behind(shop, target):
    """Put a target behind a shop's balancer; give its address when it is healthy."""

    async def register():
        return shop.plane._context.groups.register(shop.front.group, target.address)

    found = shop.plane._run(register())
    until(lambda: found.state == "healthy")
    return shop.url


@pytest.fixture
def standing(account, plane, image):
    """A balancer whose one target is a server of the test."""
    opened = []

    def stand(handler):
        target = Listening(handler).__enter__()
        opened.append(target)
        return behind(Shop(account, plane, image), target)

    yield stand
    for target in opened:
        target.__exit__()


def test_an_answer_streams_as_it_is_written(standing):
    more = threading.Event()

    async def handler(request):
        out = aiohttp.web.StreamResponse()
        await out.prepare(request)
        await out.write(b"first")
        await asyncio.to_thread(more.wait)
        await out.write(b" second")
        await out.write_eof()
        return out

    host, port = standing(handler).split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=20)
    connection.request("GET", "/")
    answer = connection.getresponse()
    assert answer.read(5) == b"first"
    more.set()
    assert answer.read() == b" second"
    connection.close()


def test_websockets_pass(standing):
    async def handler(request):
        out = aiohttp.web.WebSocketResponse(protocols=["chat"])
        await out.prepare(request)
        async for message in out:
            if message.data == "bye":
                await out.close(code=4001)
                break
            await out.send_str(f"{request.headers['X-Forwarded-For']} said {message.data}")
        return out

    url = standing(handler)

    async def talk():
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(f"http://{url}/chat", protocols=["chat"]) as socket,
        ):
            await socket.send_str("hello")
            first = await socket.receive_str()
            await socket.send_str("bye")
            await socket.receive()
            return socket.protocol, first, socket.close_code

    assert asyncio.run(talk()) == ("chat", "127.0.0.1 said hello", 4001)


def test_a_refused_websocket_gets_the_apps_answer(standing):
    async def handler(request):
        headers = {"X-Why": "no token", "Set-Cookie": "tries=1"}
        return aiohttp.web.Response(status=401, text="who are you?", headers=headers)

    url = standing(handler)
    upgrade = [
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
    ]
    upgrade += [("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")]
    answer = raw(url, Request(method="GET", target="/chat", headers=upgrade))
    assert (answer.status, answer.body) == (401, b"who are you?")
    assert answer.all("x-why") == ["no token"]
    assert answer.all("set-cookie") == ["tries=1"]
    assert answer.all("content-type") == ["text/plain; charset=utf-8"]


class Saying:
    """A target that says some bytes to each request, once it has its head, and closes."""

    def __init__(self, said):
        self.said = said
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.address = "{}:{}".format(*self.socket.getsockname())
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while True:
            try:
                peer, _ = self.socket.accept()
            except OSError:
                return
            with peer:
                head = b""
                while b"\r\n\r\n" not in head:
                    head += peer.recv(65536)
                health = head.startswith(b"GET /health")
                fine = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                peer.sendall(fine if health else self.said)
                peer.shutdown(socket.SHUT_WR)
                # Until the other side has gone: what it still sends is no error of the target's.
                while peer.recv(65536):
                    pass

    def close(self):
        self.socket.close()


@pytest.fixture
def saying(account, plane, image):
    opened = []

    def stand(said):
        target = Saying(said)
        opened.append(target)
        return behind(Shop(account, plane, image), target)

    yield stand
    for target in opened:
        target.close()


def test_a_balancer_adds_the_date_alone(saying):
    url = saying(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
    answer = raw(url, Request(method="GET", target="/"))
    assert {name for name, _ in answer.headers} == {"content-length", "date", "connection"}
    assert answer.body == b"hi"


@pytest.mark.parametrize(
    ("size", "lines", "status"), [(30_000, 1, 200), (33_000, 1, 502), (9_000, 4, 502)]
)
def test_how_long_the_headers_of_an_answer_may_be(saying, size, lines, status):
    headers = "".join(f"X-{n}: {'x' * size}\r\n" for n in range(lines))
    url = saying(f"HTTP/1.1 200 OK\r\n{headers}Content-Length: 2\r\n\r\nhi".encode())
    assert raw(url, Request(method="GET", target="/")).status == status


def test_an_app_may_answer_before_it_has_the_body(saying):
    said = (
        b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 8\r\nConnection: close\r\n\r\ntoo much"
    )
    url = saying(said)
    with Connection(url) as connection:
        connection.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000\r\n\r\nfirst")
        answer = connection.answer("POST")
    assert (answer.status, answer.body) == (413, b"too much")


def test_a_packed_body_is_not_unpacked(standing):
    async def handler(request):
        return aiohttp.web.Response(
            body=b"not really gzip", headers={"Content-Encoding": "gzip", "ETag": '"1"'}
        )

    answer = ask(
        standing(handler), "/", "POST", body=b"nor this", headers={"Content-Encoding": "br"}
    )
    assert (answer.status, answer.body) == (200, b"not really gzip")
    assert answer.headers["Content-Encoding"] == "gzip"


def test_a_deleted_load_balancer_is_gone(account, plane, image):
    shop = Shop(account, plane, image)
    assert ask(shop.url).status == 503
    shop.front.elb.delete_load_balancer(LoadBalancerArn=shop.front.arn)
    plane.changed("aws:lb/loadBalancer:LoadBalancer", shop.front.arn, "delete")
    with pytest.raises(ConnectionRefusedError):
        ask(shop.url)


def test_ports_begin_where_they_were_asked_to(account, tmp_path):
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        plane = DataPlane(account, tmp_path, print, busy.getsockname()[1], docker=False)
        plane.start()
        with pytest.raises(LocalCloudError, match=r"port \d+ of 127\.0\.0\.1 is busy"):
            plane.endpoint("load_balancer", "arn:one")
        plane.stop()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    plane = DataPlane(account, tmp_path, print, port, docker=False)
    plane.start()
    assert plane.endpoint("load_balancer", "arn:one") == f"127.0.0.1:{port}"
    assert plane.endpoint("load_balancer", "arn:one") == f"127.0.0.1:{port}"
    plane.stop()


def test_each_target_group_has_a_turn_of_its_own():
    groups = TargetGroups(SimpleNamespace(health_check=lambda arn: None))

    async def choose():
        for arn in ("one", "two"):
            for number in (1, 2):
                groups.register(arn, f"{arn}-{number}").state = "healthy"
        # One request of each in turn, as of a page and what it asks for.
        return [groups.choose(arn).address for arn in ("one", "two") * 4]

    chosen = asyncio.run(choose())
    for arn in ("one", "two"):
        own = [address for address in chosen if address.startswith(arn)]
        assert own == [f"{arn}-1", f"{arn}-2"] * 2
