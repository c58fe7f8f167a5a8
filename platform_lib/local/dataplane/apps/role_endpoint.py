"""Where an app asks for its role's credentials, as it does in a container and on an instance.

Each container and each instance has an address of its own here: on AWS both stand at link-local
addresses, which nothing on this machine may take. SDKs are told by variables that AWS has for it.
"""

import json
import secrets
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping

from aiohttp import web

from platform_lib.local.guard import guarded
from platform_lib.local.rights.sessions import Credentials

_TTL = "X-aws-ec2-metadata-token-ttl-seconds"
_TOKEN = "X-aws-ec2-metadata-token"  # noqa: S105 - a header's name
_LONGEST_TTL = 21600


class _Endpoint(ABC):
    """A server on a port of 127.0.0.1, from the first ask for its variables on."""

    def __init__(self, give: Callable[[], Credentials]) -> None:
        self._give = give
        self._given: Credentials | None = None
        self._runner: web.ServerRunner | None = None
        self._address = ""

    async def variables(self) -> dict[str, str]:
        """Return what tells an SDK where it is."""
        if self._runner is None:
            self._runner = web.ServerRunner(web.Server(guarded(self._handle), access_log=None))
            await self._runner.setup()
            await web.TCPSite(self._runner, "127.0.0.1", 0).start()
            self._address = "http://127.0.0.1:{1}".format(*self._runner.addresses[0])
        return self._variables(self._address)

    @property
    def credentials(self) -> Credentials:
        """The session's credentials, the same for as long as it lives."""
        if self._given is None:
            self._given = self._give()
        return self._given

    async def close(self) -> None:
        """Stop answering."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        return self._answer(request)

    @abstractmethod
    def _variables(self, address: str) -> dict[str, str]:
        """Name what tells an app where the endpoint is."""

    @abstractmethod
    def _answer(self, request: web.BaseRequest) -> web.Response:
        """Answer one request."""


class TaskEndpoint(_Endpoint):
    """Of a container in ECS.

    On AWS the address is AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, below 169.254.170.2. A whole one
    wants a token beside it, and may be this machine's.
    https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
    """

    def __init__(self, give: Callable[[], Credentials]) -> None:
        super().__init__(give)
        self._path = f"/v2/credentials/{uuid.uuid4()}"
        self._token = secrets.token_urlsafe(32)

    def _variables(self, address: str) -> dict[str, str]:
        return {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": address + self._path,
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": self._token,
        }

    def _answer(self, request: web.BaseRequest) -> web.Response:
        token = request.headers.get("Authorization", "")
        if request.path != self._path or not secrets.compare_digest(
            token.encode(), self._token.encode()
        ):
            told = {"code": "InvalidIdInRequest", "message": "no credentials for this request"}
            return web.json_response(told, status=400)
        return web.json_response({"RoleArn": self.credentials.role_arn, **self.credentials.told()})


class InstanceEndpoint(_Endpoint):
    """Of an instance: version 2 of its metadata alone, of which there is what an app asks for.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html
    """

    def __init__(
        self, give: Callable[[], Credentials], *, instance: str, region: str, account: str
    ) -> None:
        super().__init__(give)
        self._tokens: set[str] = set()
        self._facts: Mapping[str, str] = {
            "instance-id": instance,
            "placement/region": region,
            "placement/availability-zone": f"{region}a",
            "local-ipv4": "127.0.0.1",
            "services/domain": "amazonaws.com",
            "services/partition": "aws",
        }
        self._document = {
            "accountId": account,
            "instanceId": instance,
            "region": region,
            "availabilityZone": f"{region}a",
            "privateIp": "127.0.0.1",
            "version": "2017-09-30",
        }

    def _variables(self, address: str) -> dict[str, str]:
        return {
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": address,
            # boto3 asks once, for a second: a busy machine may take longer.
            "AWS_METADATA_SERVICE_NUM_ATTEMPTS": "3",
            "AWS_METADATA_SERVICE_TIMEOUT": "5",
        }

    def _answer(self, request: web.BaseRequest) -> web.Response:
        path = request.path.strip("/")
        if path == "latest/api/token":
            return self._new_token(request)
        if request.headers.get(_TOKEN) not in self._tokens:
            return web.Response(status=401)
        if request.method != "GET":
            return web.Response(status=405)
        text = self._text(path.removeprefix("latest/"))
        return web.Response(status=404) if text is None else web.Response(text=text)

    def _new_token(self, request: web.BaseRequest) -> web.Response:
        if request.method != "PUT":
            return web.Response(status=405)
        seconds = request.headers.get(_TTL, "")
        if not seconds.isdecimal() or not 1 <= int(seconds) <= _LONGEST_TTL:
            return web.Response(status=400)
        token = secrets.token_urlsafe(40)
        self._tokens.add(token)
        return web.Response(text=token, headers={_TTL: seconds})

    def _text(self, path: str) -> str | None:
        if path == "dynamic/instance-identity/document":
            return json.dumps(self._document, indent=2)
        name = path.removeprefix("meta-data/")
        if name in self._facts:
            return self._facts[name]
        role_arn = self.credentials.role_arn
        if not role_arn:
            return None
        role = role_arn.rpartition("/")[2]
        if name == "iam/security-credentials":
            return role
        if name == f"iam/security-credentials/{role}":
            head = {"Code": "Success", "Type": "AWS-HMAC"}
            return json.dumps({**head, **self.credentials.told()}, indent=2)
        return None
