"""The times of files: by their content, within what zips and file systems know."""

import calendar
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from server_kit import server

from platform_lib.shims.file_times import content_time, is_ahead, set_times


@given(st.binary())
def test_a_time_lies_ahead_and_every_file_system_knows_it(content):
    moment = content_time(content)
    assert time.time() < calendar.timegm((2034, 1, 1, 0, 0, 0)) <= moment < 2**31
    assert moment % 2 == 0
    assert is_ahead(time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(moment)))


def test_a_folder_gets_its_times(tmp_path):
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "a").write_bytes(b"a")
    (tmp_path / "b").write_bytes(b"b")
    (tmp_path / "link").symlink_to("nowhere")
    set_times(str(tmp_path))
    assert (tmp_path / "static" / "a").stat().st_mtime == content_time(b"a")
    assert (tmp_path / "b").stat().st_mtime == content_time(b"b") != content_time(b"a")


STARLETTE = """
from starlette.applications import Starlette
from starlette.staticfiles import StaticFiles

app = Starlette()
app.mount("/", StaticFiles(directory="static"))
"""
FLASK = """
from flask import Flask

app = Flask(__name__, static_url_path="")
"""
# No ETag: browsers ask by the date alone.
LAST_MODIFIED = """
import os
from email.utils import formatdate, parsedate_to_datetime

def app(environ, start_response):
    moment = os.stat("static/app.css").st_mtime
    since = environ.get("HTTP_IF_MODIFIED_SINCE")
    if since and parsedate_to_datetime(since).timestamp() >= moment:
        start_response("304 Not Modified", [])
        return []
    start_response("200 OK", [("Last-Modified", formatdate(moment, usegmt=True))])
    return [open("static/app.css", "rb").read()]
"""


@pytest.mark.parametrize(
    ("source", "interface"), [(STARLETTE, "asgi"), (FLASK, "wsgi"), (LAST_MODIFIED, "wsgi")]
)
def test_a_browser_gets_the_new_file_whatever_it_asks_by(tmp_path, source, interface):
    css = tmp_path / "static" / "app.css"
    css.parent.mkdir()
    colours = [b"red", b"tan", b"sky", b"ash"]
    with server(tmp_path, source, interface) as served:
        kept = {}
        for colour in colours:
            css.write_bytes(colour)
            set_times(str(css.parent))
            asks = [b"If-None-Match: " + kept[b"etag"]] if b"etag" in kept else []
            if kept:
                asks.append(b"If-Modified-Since: " + kept[b"last-modified"])
            head, body = served.get("/app.css", *asks)
            assert (head[0], body) == (b"HTTP/1.1 200 OK", colour)
            kept = dict(line.split(b": ", 1) for line in head[1:])
        if b"etag" in kept:
            head, _ = served.get("/app.css", b"If-None-Match: " + kept[b"etag"])
            assert head[0] == b"HTTP/1.1 304 Not Modified"
