"""Lambda's entry: fetches the secrets, then imports the app and makes it answer events.

It stands in the app's tree as `_platform/handler.py`, beside a `config.json` that says what to
serve, and runs on every Python that a target has. Whatever is not needed is not imported, for a
cold start pays for it.
"""

import json
import os
from collections.abc import Callable, Mapping, MutableMapping
from importlib import import_module
from typing import Any

Handler = Callable[[Any, Any], Any]

_ASCII = "".join(map(chr, range(128)))


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
            reason = problem if not isinstance(problem, ValueError) else "it is no JSON"
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
    """Answer events by a WSGI app; bodies that are no text travel as base64."""
    from urllib.parse import quote

    from apig_wsgi import make_lambda_handler

    handler: Handler = make_lambda_handler(app)

    def tidied(event: Any, context: Any) -> Any:
        # An HTTP API gives the path decoded, function URLs and load balancers as it was sent.
        # apig-wsgi expects it as it was sent, and would spoil what is not ASCII.
        if not event.get("rawPath", "").isascii():
            event = {**event, "rawPath": quote(event["rawPath"], safe=_ASCII)}
        many = event.get("multiValueHeaders") or {}
        if len(many.get("cookie", ())) > 1:
            # apig-wsgi joins the values of a header by commas, which part no cookies.
            event = {**event, "multiValueHeaders": {**many, "cookie": ["; ".join(many["cookie"])]}}
        return handler(event, context)

    return tidied


def asgi_handler(app: Any) -> Handler:
    """Answer events by an ASGI app, on one event loop, with its lifespan run once a process."""
    import asyncio

    from mangum import Mangum

    # Mangum takes the thread's loop; whatever the app's import left there, this one is ours.
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    lifespan = Lifespan(app, loop)
    if not lifespan.start():
        return Mangum(app, lifespan="off")
    state = lifespan.state

    # Not a coroutine of its own, but the app's: a request pays for a copy and no more.
    def app_with_state(scope: MutableMapping[str, Any], receive: Any, send: Any) -> Any:
        scope["state"] = state.copy()
        return app(scope, receive, send)

    _at_exit(lifespan)
    return Mangum(app_with_state, lifespan="off")


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
    module, _, path = config["app"].partition(":")
    app: Any = import_module(module)
    for name in path.split("."):
        app = getattr(app, name)
    return wsgi_handler(app) if config["interface"] == "wsgi" else asgi_handler(app)


handler = load()
