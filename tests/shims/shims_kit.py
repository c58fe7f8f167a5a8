"""A function's tree as its zip has it, and an event of payload 2.0."""

from pathlib import Path

from platform_lib.bundling.serving import function_additions


def write(tree: Path, **serving) -> None:
    for name, content in function_additions(**serving).files.items():
        path = tree / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)


def event(path="/", method="GET", body=None, headers=None):
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"host": "example.org", **(headers or {})},
        "requestContext": {
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
            },
            "stage": "$default",
        },
        "body": body,
        "isBase64Encoded": False,
    }
