"""What clients do wrong: it is answered or dropped, and the screen says a line at most."""

import gc
import socket
import ssl
import struct
import time

import pytest
from dataplane_kit import Shop, add_image, ask
from functions_kit import Api


@pytest.fixture(scope="module")
def shop(account, module_plane, tmp_path_factory):
    image = add_image(module_plane, tmp_path_factory.mktemp("image"))
    return Shop(account, module_plane, image).up()


@pytest.fixture(scope="module")
def doors(account, module_plane, shop, tmp_path_factory):
    """Port of the account, of a load balancer and of an API."""
    api = Api(account, module_plane, tmp_path_factory.mktemp("api"))
    addresses = {"account": account.endpoint, "balancer": shop.url, "api": api.url}
    return {name: int(url.strip("/").rpartition(":")[2]) for name, url in addresses.items()}


@pytest.fixture
def quiet(capfd, caplog):
    """Look whether anything was printed, or logged, which without a handler is printed too."""

    def look():
        assert capfd.readouterr() == ("", "")
        assert [each for each in caplog.records if each.levelname != "DEBUG"] == []

    return look


def first_line(port, sent):
    """Send bytes, and return the first line of what comes back."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(sent)
        return connection.makefile("rb").readline()


def leave(port, sent):
    """Send bytes and go away without a word, as a client that is killed."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=30)
    connection.sendall(sent)
    time.sleep(0.05)  # so that some are in the middle of an answer; all that follows must hold
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


DOORS = pytest.mark.parametrize("door", ["account", "balancer", "api"])
HOST = b"Host: 127.0.0.1\r\n"


@DOORS
@pytest.mark.parametrize(
    "line", [b"CONNECT evil.example:443 HTTP/1.1", b"OPTIONS * HTTP/1.1", b"GET * HTTP/1.1"]
)
def test_what_a_proxy_or_a_server_as_a_whole_is_asked_is_refused(doors, door, line, quiet):
    status = int(first_line(doors[door], line + b"\r\n" + HOST + b"\r\n").split()[1])
    assert 400 <= status < 500
    quiet()


@DOORS
@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x00\x05hello\n\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x1b]0;owned\x07 / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + HOST + b"A\x00B: c\r\nContent-Length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + HOST + b"Content-Length: one\r\n\r\n",
        b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"PATCH /%ff%00%1b[31m HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n",
    ],
)
def test_a_malformed_request_is_answered_without_a_traceback(
    module_plane, doors, door, sent, quiet
):
    before = len(module_plane.said)
    first_line(doors[door], sent)
    said = module_plane.said[before:]
    assert len(said) <= 1 and "\n" not in "".join(said)
    quiet()


@DOORS
def test_https_on_a_plain_port_says_nothing(doors, door, quiet):
    with (
        pytest.raises((ssl.SSLError, OSError)),
        socket.create_connection(("127.0.0.1", doors[door]), timeout=3) as plain,
    ):
        ssl.create_default_context().wrap_socket(plain, server_hostname="localhost")
    quiet()


@DOORS
@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET / HT",
        b"GET / HTTP/1.1\r\n" + HOST + b"\r\n",
        b"GET /slow HTTP/1.1\r\n" + HOST + b"\r\n",
        b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 99999\r\n\r\nhalf",
    ],
)
def test_a_client_that_goes_away_leaves_no_line(module_plane, shop, doors, door, sent, quiet):
    before = len(module_plane.said)
    # The function's own /slow takes longer than it may, which the screen does say.
    leave(doors[door], sent.replace(b"/slow", b"/") if door == "api" else sent)
    # Each answers the next as before, after which what was left behind has been seen.
    assert ask(shop.url).status == 200
    first_line(doors[door], b"GET / HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")
    gc.collect()
    assert module_plane.said[before:] == []
    quiet()
