"""Apps that others wrote run unmodified on every target: an ASGI app with a lifespan, a WSGI app.

Nothing says which of them is which.

- simple-repository-server (ASGI, FastAPI, by CERN) makes its routes in its lifespan: where nobody
  runs the lifespan, every path is a 404.
- httpbin (WSGI, Flask) lives in a dependency alone, beside no source at all, and tells what it was
  sent.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from platform_lib.local import LocalCloud

pytestmark = pytest.mark.engine

PROGRAM = Path(__file__).parent / "third_party"
PACKAGE = PROGRAM / "repository" / "packages" / "demo" / "demo-1.0.tar.gz"

targets = pytest.mark.parametrize("target", ["vm", "function", "container"])


@contextmanager
def running(cloud: LocalCloud, **config: str) -> Iterator[httpx2.Client]:
    """A client of an app that is up, on a stack of its own."""
    stack = f"{config['source']}-{config['target']}"
    try:
        url = cloud.up(PROGRAM, config=config, stack=stack).outputs["url"]
        # Not by the proxies that the environment may name.
        with httpx2.Client(base_url=url, trust_env=False, timeout=30) as client:
            yield client
    finally:
        cloud.destroy(PROGRAM, stack=stack)


@targets
def test_an_asgi_app_that_needs_its_lifespan(local_cloud: LocalCloud, target: str) -> None:
    with running(
        local_cloud,
        target=target,
        source="repository",
        app="index:app",
        health="/simple/",
    ) as client:
        for _ in range(2):
            listing = client.get("/simple/").raise_for_status()
            assert '<a href="demo/">demo</a>' in listing.text
        as_json = {"Accept": "application/vnd.pypi.simple.v1+json"}
        found = client.get("/simple/demo/", headers=as_json).raise_for_status()
        assert found.headers["Content-Type"] == as_json["Accept"]
        assert [file["filename"] for file in found.json()["files"]] == [PACKAGE.name]
        download = client.get(f"/resources/demo/{PACKAGE.name}").raise_for_status()
        assert download.content == PACKAGE.read_bytes()
        assert client.get("/nothing").status_code == 404


@targets
def test_a_wsgi_app_that_lives_in_a_dependency(local_cloud: LocalCloud, target: str) -> None:
    with running(
        local_cloud,
        target=target,
        source="httpbin",
        app="httpbin:app",
        health="/status/200",
    ) as client:
        path = "/anything/a%20b/%C3%A9?x=1&x=2&empty="
        sent = client.post(path, content="Grüße".encode(), headers={"X-Custom": "kept"}).json()
        assert sent["method"] == "POST"
        assert sent["data"] == "Grüße"
        assert sent["headers"]["X-Custom"] == "kept"
        assert sent["args"] == {"x": ["1", "2"], "empty": ""}
        assert sent["url"] == f"{client.base_url}/anything/a%20b/é?x=1&x=2&empty="
        form = client.put("/anything", data={"field": "a & b"}).json()
        assert form["form"] == {"field": "a & b"}
        assert client.get("/status/418").status_code == 418
        redirect = client.get("/cookies/set?a=1&b=2")
        assert redirect.status_code == 302
        assert sorted(redirect.headers.get_list("Set-Cookie")) == ["a=1; Path=/", "b=2; Path=/"]
        assert client.get("/cookies").json() == {"cookies": {"a": "1", "b": "2"}}
        assert client.get("/image/png").content.startswith(b"\x89PNG\r\n")
        assert client.get("/gzip").json()["gzipped"] is True
        assert client.head("/get").content == b""
        large = "x" * 900_000
        assert client.post("/anything", content=json.dumps(large)).json()["json"] == large
