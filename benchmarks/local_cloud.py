"""What the local cloud adds: a warm request to a function, and an up, preview and destroy.

    python benchmarks/local_cloud.py

A function answers at once, so that what a request takes is what the local runtime adds: the API's
front, the Runtime API and Lambda's own client in the worker. The target is under 5 ms.
"""

import http.client
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles
from urllib.parse import urlsplit

from platform_lib.local import LocalCloud

REQUESTS = 500
LIMIT_MS = 5.0
PROGRAM = """
import pulumi
from platform_lib import FunctionApp

app = FunctionApp("bare", {"source": "app", "handler": "main.handler"})
pulumi.export("url", app.url)
"""
HANDLER = """
def handler(event, context):
    return {"statusCode": 200, "body": "ok"}
"""


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "Pulumi.yaml").write_text("name: bare\nruntime: python\n")
        (root / "__main__.py").write_text(PROGRAM)
        (root / "app").mkdir()
        (root / "app" / "main.py").write_text(HANDLER)
        (root / "app" / "requirements.txt").write_text("")
        with LocalCloud(root / "state") as cloud:
            stack = cloud.up(root)
            began = time.perf_counter()
            assert cloud.preview(root) == []
            preview = time.perf_counter() - began
            cold, warm = _ask(stack.outputs["url"])
            began = time.perf_counter()
            cloud.destroy(root)
            destroy = time.perf_counter() - began
    worst = quantiles(warm, n=100)[98]
    print(f"up {stack.seconds:.1f} s, unchanged preview {preview:.1f} s, destroy {destroy:.1f} s")
    print(f"cold request {cold:.0f} ms")
    print(f"warm request {median(warm):.2f} ms median, {worst:.2f} ms p99, of {REQUESTS}")
    print(f"target: under {LIMIT_MS} ms median")
    return 0 if median(warm) < LIMIT_MS else 1


def _ask(url: str) -> tuple[float, list[float]]:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
    took = []
    for _ in range(REQUESTS + 1):
        began = time.perf_counter()
        connection.request("GET", "/")
        answer = connection.getresponse()
        assert answer.read() == b"ok"
        took.append((time.perf_counter() - began) * 1000)
    connection.close()
    return took[0], took[1:]


if __name__ == "__main__":
    raise SystemExit(main())
