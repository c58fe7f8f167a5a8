"""Lambda's entry: fetches the secrets, then imports the app and makes it answer events.

It stands in the app's tree as `_platform/handler.py`, beside a `config.json` that says what to
serve, and runs on every Python that a target has. Whatever is not needed is not imported, for a
cold start pays for it.
"""

import json
import os
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

Handler = Callable[[Any, Any], Any]


def fetch_secrets(references: Mapping[str, str]) -> None:
    """Set each variable to the secret or parameter whose ARN (or `ARN#key`) is given for it."""
    import boto3

    fetched: dict[str, str] = {}
    for variable, reference in references.items():
        arn, _, key = reference.partition("#")
        try:
            if arn not in fetched:
                fetched[arn] = _fetch(boto3, arn)
            os.environ[variable] = _part(fetched[arn], key) if key else fetched[arn]
        except Exception as problem:
            # Not the value, nor a parser's excerpt of it: this line goes to the log.
            reason = problem if not isinstance(problem, ValueError) else "it is not JSON"
            told = f"the secret for {variable} ({reference}) could not be read"
            raise RuntimeError(f"{told}: {type(problem).__name__}: {reason}") from None


def _fetch(boto3: Any, arn: str) -> str:
    service, region = arn.split(":")[2:4]
    client = boto3.client(service, region_name=region)
    if service == "secretsmanager":
        return str(client.get_secret_value(SecretId=arn)["SecretString"])
    return str(client.get_parameter(Name=arn, WithDecryption=True)["Parameter"]["Value"])


def _part(secret: str, key: str) -> str:
    value = json.loads(secret)[key]
    return value if isinstance(value, str) else json.dumps(value)


def wsgi_handler(app: Any) -> Handler:
    """Answer events by a WSGI app, which apig-wsgi calls.

    apig-wsgi gets every event in one shape, with the path as it was sent, and words no answer: of
    repeated headers it would keep the last, and it takes every text for UTF-8.
    """
    from base64 import b64decode

    from _platform.events import Request, answer, sent_text
    from apig_wsgi import make_lambda_handler

    # Of the one request that a process of Lambda has at a time.
    around: dict[str, Any] = {}
    started: list[tuple[str, str]] = []

    def called(environ: dict[str, Any], start_response: Any) -> Any:
        def start(status: str, headers: Any, exc_info: Any = None) -> Any:
            # The app may think again: nothing has been sent yet.
            started[:] = headers
            return start_response(status, [])

        environ.update(around)
        if not environ["HTTP_COOKIE"]:
            del environ["HTTP_COOKIE"]
        return app(environ, start)

    # To it no body is a text.
    call = make_lambda_handler(called, non_binary_content_type_prefixes=())

    def handler(event: Any, context: Any) -> Any:
        nonlocal around
        request = Request(event)
        headers: dict[str, str] = {}
        for name, value in request.headers:
            text = sent_text(value)
            if name in headers:
                text = f"{headers[name]}{'; ' if name == 'cookie' else ','}{text}"
            headers[name] = text
        cookies = [headers.pop("cookie")] if "cookie" in headers else []
        around = {
            "QUERY_STRING": sent_text(request.query),
            "SERVER_NAME": request.server[0],
            "SERVER_PORT": str(request.server[1]),
            "wsgi.url_scheme": request.scheme,
            "apig_wsgi.full_event": event,
            "apig_wsgi.request_context": event["requestContext"],
        }
        if "content-type" in headers:
            around["CONTENT_TYPE"] = headers["content-type"]
        http = {"method": request.method, "sourceIp": request.client, "protocol": "HTTP/1.1"}
        whole = {
            "version": "2.0",
            "rawPath": request.raw_path,
            "rawQueryString": "",
            "headers": headers,
            "cookies": cookies,
            "requestContext": {"http": http},
            "body": event.get("body"),
            "isBase64Encoded": event.get("isBase64Encoded", False),
        }
        said = call(whole, context)
        return answer(event, said["statusCode"], started, b64decode(said["body"]))

    return handler


def asgi_handler(app: Any) -> Handler:
    """Answer events by an ASGI app, on one event loop, with its lifespan run once a process.

    Mangum calls the app. Its own reading of events decodes the path again and knows no `raw_path`,
    and its answers take every header for UTF-8: so it gets a reader of ours.
    """
    import asyncio
    from base64 import b64decode
    from urllib.parse import unquote

    from _platform.events import Request, answer, sent_bytes
    from mangum import Mangum

    # Mangum takes the thread's loop; whatever the app's import left there, this one is ours.
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    lifespan = Lifespan(app, loop)
    with_state = lifespan.start()
    if with_state:
        _at_exit(lifespan)

    class Event:
        """One event as Mangum wants it: https://mangum.fastapiexpert.com/adapter/."""

        def __init__(self, event: Any, context: Any, _: Any) -> None:
            self.event = event
            self.context = context

        @classmethod
        def infer(cls, event: Any, *_: Any) -> bool:
            return "http" in event.get("requestContext", ()) or "httpMethod" in event

        @property
        def body(self) -> bytes:
            body = self.event.get("body") or ""
            return b64decode(body) if self.event.get("isBase64Encoded") else body.encode()

        @property
        def scope(self) -> dict[str, Any]:
            request = Request(self.event)
            raw = request.raw_path
            scope: dict[str, Any] = {
                "type": "http",
                "asgi": {"version": "3.0", "spec_version": "2.3"},
                "http_version": "1.1",
                "method": request.method,
                "scheme": request.scheme,
                "path": raw if request.is_plain else unquote(raw),
                "raw_path": raw.encode(),
                "query_string": sent_bytes(request.query),
                "root_path": "",
                "headers": [(k.encode(), sent_bytes(v)) for k, v in request.headers],
                "client": (request.client, 0),
                "server": request.server,
                "aws.event": self.event,
                "aws.context": self.context,
            }
            if with_state:
                scope["state"] = lifespan.state.copy()
            return scope

        def __call__(self, response: Any) -> dict[str, Any]:
            headers = [
                (name.decode("latin-1"), value.decode("latin-1"))
                for name, value in response["headers"]
            ]
            worded: dict[str, Any] = answer(
                self.event, response["status"], headers, response["body"]
            )
            return worded

    return Mangum(app, lifespan="off", custom_handlers=[Event])


class Lifespan:
    """An app's start and end, by ASGI's lifespan protocol, between which requests are served.

    https://asgi.readthedocs.io/en/latest/specs/lifespan.html
    """

    def __init__(self, app: Any, loop: Any) -> None:
        self.app = app
        self.loop = loop
        self.state: dict[str, Any] = {}
        self.task: Any = None
        self.answer: Any = None
        self.event: Any = None

    def start(self) -> bool:
        """Run the app's start; False where the app knows no lifespan, as most servers take it.

        Raises RuntimeError where the app says that it cannot start.
        """
        self.answer, self.event = self.loop.create_future(), self.loop.create_future()
        self.event.set_result("lifespan.startup")
        scope = {
            "type": "lifespan",
            "asgi": {"version": "3.0", "spec_version": "2.0"},
            "state": self.state,
        }
        self.task = self.loop.create_task(self._run(scope))
        message = self.loop.run_until_complete(self.answer)
        if message["type"] == "lifespan.startup.failed":
            raise RuntimeError(f"the app could not start: {message.get('message', '')}")
        return bool(message["type"] == "lifespan.startup.complete")

    def stop(self) -> None:
        """Run the app's end."""
        if self.task.done() or self.loop.is_running() or self.loop.is_closed():
            return
        self.answer = self.loop.create_future()
        self.event.set_result("lifespan.shutdown")
        self.loop.run_until_complete(self.answer)

    async def _run(self, scope: dict[str, Any]) -> None:
        try:
            await self.app(scope, self._receive, self._send)
        except Exception as problem:
            # By the protocol an app that raises before it has started has no lifespan.
            print(f"platform: the app's lifespan ended, or there is none: {problem!r}")
        if not self.answer.done():
            self.answer.set_result({"type": "ended"})

    async def _receive(self) -> dict[str, Any]:
        event = await self.event
        self.event = self.loop.create_future()
        return {"type": event}

    async def _send(self, message: dict[str, Any]) -> None:
        if not self.answer.done():
            self.answer.set_result(message)


def _at_exit(lifespan: Lifespan) -> None:
    """End the lifespan with the process: at its exit, and on the TERM that Lambda may send.

    The main thread waits for events in C, where Python's signal handlers do not run: so the
    signal goes to a pipe, which a thread reads. Lambda's last word is KILL, which nothing hears.
    """
    import atexit
    import signal
    import threading

    atexit.register(lifespan.stop)
    in_main = threading.current_thread() is threading.main_thread()
    if not in_main or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        return
    heard, told = os.pipe()
    os.set_blocking(told, False)

    def wait() -> None:
        while os.read(heard, 1)[0] != signal.SIGTERM:
            pass
        lifespan.stop()
        os._exit(128 + signal.SIGTERM)

    signal.set_wakeup_fd(told, warn_on_full_buffer=False)
    signal.signal(signal.SIGTERM, lambda *_: None)
    threading.Thread(target=wait, daemon=True).start()


def provide_secrets(references: Mapping[str, str]) -> None:
    """Fetch the secrets now; where this start becomes a snapshot, after each restore instead.

    A snapshot is kept and started from for weeks: no secret may be in it. Hooks run in the order
    in which they are registered, so this one is before the app's own.
    https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks-python.html
    """
    if os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") != "snap-start":
        fetch_secrets(references)
        return
    # The import belongs in the snapshot: a restore has ten seconds. It holds no credentials.
    import boto3  # noqa: F401
    from snapshot_restore_py import register_after_restore

    register_after_restore(fetch_secrets, references)


def load() -> Handler:
    """See to the secrets, import the app or the handler, and give what Lambda is to call."""
    secrets = os.environ.get("PLATFORM_SECRETS")
    if secrets:
        provide_secrets(json.loads(secrets))
    with open(os.path.join(os.path.dirname(__file__), "config.json"), "rb") as file:
        config = json.load(file)
    if "handler" in config:
        module, _, name = config["handler"].rpartition(".")
        handler: Handler = getattr(import_module(module.replace("/", ".")), name)
        return handler
    from _platform.entry import load_app

    app, interface = load_app(config["app"], config["interface"])
    return wsgi_handler(app) if interface == "wsgi" else asgi_handler(app)


handler = load()
