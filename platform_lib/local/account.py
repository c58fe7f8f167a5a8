"""The imitated AWS account: moto, in this process, on a port of 127.0.0.1.

It answers programs of this machine and their pages, see `guard.py`. A page from elsewhere is
answered by S3 alone, where a bucket's CORS names its origin as it is, without a `*`.
"""

import functools
import os
import threading
from collections.abc import Callable, Mapping
from typing import Any, Final

from platform_lib.local.desired import Desired
from platform_lib.local.errors import LocalCloudError
from platform_lib.local.guard import GuardedApp
from platform_lib.local.rights import Judge, JudgedApp, Sessions
from platform_lib.local.rights.sessions import Credentials

ACCOUNT_ID: Final = "123456789012"
"""The account that moto imitates."""

SETTINGS: Final = {
    # Otherwise moto looks for each caller's key in every partition's IAM, and makes those first.
    "MOTO_ACCOUNT_ID": ACCOUNT_ID,
    "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
    "MOTO_ENABLE_AMI_VALIDATION": "true",
    "MOTO_EC2_ENABLE_INSTANCE_TYPE_VALIDATION": "true",
    "MOTO_ACM_VALIDATION_WAIT": "5",
}
"""One account, and what moto refuses as AWS does once it is told to: read from the environment."""

_PROFILES: Final = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE")
"""The variables that name a profile of the user's."""

OWNER: Final = "testing"
"""The key, and its secret, of who may do everything: the user's terminal, and the cloud itself."""


def client_environment(account: "Account") -> dict[str, str]:
    """Return the variables with which an AWS client reaches this account, and no other."""
    return {
        "AWS_ENDPOINT_URL": account.endpoint,
        "AWS_ACCESS_KEY_ID": OWNER,
        "AWS_SECRET_ACCESS_KEY": OWNER,
        "AWS_REGION": account.region,
        "AWS_DEFAULT_REGION": account.region,
    }


def is_region(name: str) -> bool:
    """Say whether AWS has a region of that name, where all its services are."""
    return name in _session().get_available_regions("ec2")


class Account:
    """One AWS account, empty at the start and gone at the stop.

    moto's state is global to a process, so there is one account in a process at a time.

    Args:
        region: The region that programs work in.
        permissions: Whether calls with a role's credentials are judged by its policies.
        say: Shows a line: what was refused.

    Attributes:
        region: The region that programs work in where they name no other, and the one that apps
            run in.
        account_id: The account's number.
        endpoint: Where it answers, for `AWS_ENDPOINT_URL`; empty while stopped.
        sessions: Gives credentials of roles.
        judge: Judges who comes with them; None where nobody is judged.
        say: Shows a line.
    """

    _running: "Account | None" = None
    _lock = threading.Lock()

    def __init__(
        self,
        region: str = "us-east-1",
        *,
        permissions: bool = True,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.region = region
        self.account_id = ACCOUNT_ID
        self.endpoint = ""
        self.say = say
        self.sessions = Sessions(Desired(self.account_id, region), region)
        self.judge = (
            Judge(OWNER, self.account_id, self.sessions, self._show) if permissions else None
        )
        self._server: Any = None
        self._profiles: dict[str, str] = {}
        self._others: dict[str, Account] = {}

    def at(self, region: str) -> "Account":
        """Give the running account as another region shows it."""
        if region == self.region:
            return self
        with Account._lock:
            if region not in self._others:
                there = self._others[region] = Account(region)
                there.endpoint = self.endpoint
                there.sessions = self.sessions
            return self._others[region]

    def start(self) -> None:
        """Start answering.

        Raises:
            LocalCloudError: Another account runs in this process.
        """
        with Account._lock:
            if Account._running is not None:
                raise LocalCloudError(
                    "an account runs in this process already: stop it, or start the second local "
                    "cloud in a process of its own"
                )
            for name, value in SETTINGS.items():
                os.environ.setdefault(name, value)
            # One that is not there stops every client, moto's own too, and none counts here.
            self._profiles = {n: os.environ.pop(n) for n in _PROFILES if n in os.environ}
            # Only here: moto reads its settings when it is imported.
            from moto.moto_server import werkzeug_app
            from werkzeug.serving import WSGIRequestHandler, make_server

            from platform_lib.local.moto import patch_moto, reset_moto

            patch_moto()
            reset_moto()
            # Else every answer lets the page that asked read it. What a bucket's CORS says stays.
            werkzeug_app.DISABLE_GLOBAL_CORS = True  # type: ignore[attr-defined]
            dispatcher = werkzeug_app.DomainDispatcherApplication(werkzeug_app.create_backend_app)
            judged: Any = dispatcher
            if self.judge is not None:
                judged = JudgedApp(judged, self.judge, self.region)
            app = GuardedApp(judged, functools.partial(_bucket_admits, dispatcher), self.say)
            # The newer ones of the versions that are allowed have one of their own.
            base: Any = getattr(werkzeug_app, "MotoRequestHandler", WSGIRequestHandler)

            class Handler(base):  # type: ignore[misc]
                """Says nothing of clients that go away, or do not speak HTTP."""

                def log(self, type: str, message: str, *args: Any) -> None:
                    pass

            self._server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Handler)
            self._server.handle_error = self._server.log = lambda *_: None
            threading.Thread(target=self._server.serve_forever, daemon=True).start()
            port = self._server.port
            self.endpoint = f"http://127.0.0.1:{port}"
            Account._running = self

    def stop(self) -> None:
        """Stop answering; everything in the account is gone."""
        with Account._lock:
            if self._server is not None:
                self._server.shutdown()
                self._server.server_close()
                self._server = None
                self.endpoint = ""
                self._client.cache_clear()
                self._others.clear()
                self.sessions.forget()
                os.environ.update(self._profiles)
                Account._running = None

    def _show(self, line: str) -> None:
        self.say(line)

    def __enter__(self) -> "Account":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def client(self, service: str) -> Any:
        """Give the boto3 client of a service; one is made at the first ask.

        Raises:
            LocalCloudError: The account is not running.
        """
        if not self.endpoint:
            raise LocalCloudError("the account is not running: start it first")
        return self._client(service, self.endpoint)

    def client_of(self, given: Credentials, service: str) -> Any:
        """Make a client that works with a role's credentials, as a target's own software does."""
        with _CLIENT_LOCK:
            return _session().client(
                service,
                region_name=self.region,
                endpoint_url=self.endpoint,
                config=_config(),
                aws_access_key_id=given.key,
                aws_secret_access_key=given.secret,
                aws_session_token=given.token,
            )

    @functools.cache  # noqa: B019 - an account lives as long as its process, or is cleared at stop
    def _client(self, service: str, endpoint: str) -> Any:
        with _CLIENT_LOCK:
            return _session().client(
                service, region_name=self.region, endpoint_url=endpoint, config=_config()
            )


def _bucket_admits(dispatcher: Any, environ: Mapping[str, Any]) -> bool:
    """Tell whether a request is for a bucket whose CORS names the origin that it comes from."""
    from moto.s3.models import s3_backends

    name = environ.get("PATH_INFO", "").strip("/").partition("/")[0]
    bucket = s3_backends[ACCOUNT_ID]["aws"].buckets.get(name)
    origins = [each.allowed_origins or () for each in bucket.cors] if bucket else []
    named = {word for each in origins for word in ([each] if isinstance(each, str) else each)}
    # Only a request that moto takes for one of S3's: what else stands in its path means nothing.
    return (
        environ.get("HTTP_ORIGIN") in named and dispatcher.get_application(environ).service == "s3"
    )


@functools.cache
def _session() -> Any:
    """Give the one session of this process: each reads all service files anew."""
    import boto3

    return boto3.session.Session(
        aws_access_key_id=OWNER,
        aws_secret_access_key=OWNER,
    )


def _config() -> Any:
    from botocore.config import Config

    return Config(
        max_pool_connections=64,
        # An error of moto's is an answer; asking again only costs seconds.
        retries={"total_max_attempts": 1},
        s3={"addressing_style": "path"},
        parameter_validation=True,
    )


# boto3 reads its service files when a client is made, which is not safe in several threads.
_CLIENT_LOCK = threading.Lock()
