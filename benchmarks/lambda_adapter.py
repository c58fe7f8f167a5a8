"""What our Lambda entry costs: a request against the bare adapters, a cold start against none.

    python benchmarks/lambda_adapter.py

Both sides run in turns in one run, so that the ratios hold where absolute times do not.
"""

import importlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from platform_lib.bundling.serving import function_additions

ROUNDS = 60
REQUESTS = 100
STARTS = 25

EVENT = {
    "version": "2.0",
    "routeKey": "$default",
    "rawPath": "/health",
    "rawQueryString": "",
    "headers": {"host": "example.org", "accept": "application/json"},
    "requestContext": {
        "http": {
            "method": "GET",
            "path": "/health",
            "protocol": "HTTP/1.1",
            "sourceIp": "127.0.0.1",
        },
        "stage": "$default",
    },
    "isBase64Encoded": False,
}

RAW = """
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"{}"})
"""
FASTAPI = """
from contextlib import asynccontextmanager
from fastapi import FastAPI

@asynccontextmanager
async def lifespan(app):
    yield {"pool": 1}

app = FastAPI(lifespan=lifespan)

@app.get("/health")
async def health():
    return {}
"""
FLASK = """
from flask import Flask

app = Flask(__name__)

@app.get("/health")
def health():
    return {}
"""
APPS = {"raw ASGI": (RAW, "asgi"), "FastAPI": (FASTAPI, "asgi"), "Flask": (FLASK, "wsgi")}

BARE = """
import {module}
def handler(event, context):
    return {{"statusCode": 200, "body": "{{}}"}}
"""
FIRST_ANSWER = """
import time
from {entry} import handler
assert handler({event!r}, None)["statusCode"] == 200
print(time.time())
"""


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as scratch:
        trees = {name: make_tree(Path(scratch), name) for name in APPS}
        print("A request, in process (us, medians)")
        for name, (_, interface) in APPS.items():
            ours, bare = handlers(trees[name], interface)
            mine, theirs = in_turns(ours, bare)
            print(
                f"  {name:9}  bare {'Mangum' if interface == 'asgi' else 'apig-wsgi':9}"
                f" {theirs:7.1f}  ours {mine:7.1f}  ratio {mine / theirs:.3f}"
            )
        print("A cold start, spawn to first response (ms, medians)")
        for name, tree in trees.items():
            mine, theirs, more, least = cold_starts(tree)
            print(
                f"  {name:9}  bare handler that imports the app {theirs:6.1f}  "
                f"ours {mine:6.1f}  {more:+.1f} ms, of the quickest {least:+.1f} ms"
            )


def make_tree(scratch: Path, name: str) -> Path:
    """Lay out an app as in a function's zip, with a bare handler beside it."""
    source, interface = APPS[name]
    module = f"app_{name.replace(' ', '_').lower()}"
    tree = scratch / module
    (tree / "_platform").mkdir(parents=True)
    (tree / f"{module}.py").write_text(source)
    (tree / "bare.py").write_text(BARE.format(module=module))
    additions = function_additions(app=f"{module}:app", interface=interface)
    for path, content in additions.files.items():
        (tree / path).write_bytes(content)
    return tree


def handlers(tree: Path, interface: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Load our entry and the bare adapter over one and the same app."""
    sys.path.insert(0, str(tree))
    for name in [name for name in sys.modules if name.startswith("_platform")]:
        del sys.modules[name]
    ours = importlib.import_module("_platform.handler").handler
    app = importlib.import_module(tree.name).app
    sys.path.remove(str(tree))
    if interface == "asgi":
        from mangum import Mangum

        return ours, Mangum(app, lifespan="off")
    from apig_wsgi import make_lambda_handler

    return ours, make_lambda_handler(app)


def in_turns(ours: Callable[..., Any], bare: Callable[..., Any]) -> tuple[float, float]:
    """Time both in turns; the median of many short rounds, in microseconds a request."""
    times: dict[Callable[..., Any], list[float]] = {ours: [], bare: []}
    for turn in range(ROUNDS + 5):
        for handler in (ours, bare) if turn % 2 else (bare, ours):
            began = time.perf_counter()
            for _ in range(REQUESTS):
                handler(EVENT, None)
            times[handler].append((time.perf_counter() - began) / REQUESTS * 1e6)
    # The first rounds warm caches up.
    return median(times[ours][5:]), median(times[bare][5:])


def cold_starts(tree: Path) -> tuple[float, float, float, float]:
    """Time new processes up to their first answer, in turns: ours, bare, and two differences.

    They are the median of pairs, and that of the quickest starts, which a busy machine blurs
    least.
    """
    times: dict[str, list[float]] = {"_platform.handler": [], "bare": []}
    for turn in range(STARTS + 2):
        for entry in times if turn % 2 else reversed(times):
            program = FIRST_ANSWER.format(entry=entry, event=EVENT)
            began = time.time()
            ran = subprocess.run(
                [sys.executable, "-c", program],
                cwd=tree,
                env=os.environ | {"PYTHONPATH": ""},
                capture_output=True,
                text=True,
                check=True,
            )
            times[entry].append((float(ran.stdout.split()[-1]) - began) * 1000)
    ours, bare = times["_platform.handler"][2:], times["bare"][2:]
    more = median(mine - theirs for mine, theirs in zip(ours, bare, strict=True))
    return median(ours), median(bare), more, min(ours) - min(bare)


if __name__ == "__main__":
    main()
