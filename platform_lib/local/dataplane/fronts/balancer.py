"""The load balancer: a proxy on 127.0.0.1 that follows a listener's rules to healthy targets.

A balancer has one local port. It stands for the HTTPS listener, else for the one of the lowest
port. Not imitated: TLS, further listeners, HTTP/2, sticky sessions, authentication actions (501),
web application firewalls, access logs, and the limits of AWS's own fleet. Where no target is
healthy the answer is 503; AWS would try the unhealthy ones, which it does here with functions.
"""

import asyncio
import re
import secrets
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import aiohttp
from aiohttp import web
from aiohttp.connector import Connection
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from platform_lib.local.dataplane.fronts.calls import AsGiven, Refused, head_size
from platform_lib.local.dataplane.fronts.lambda_targets import LambdaTargets
from platform_lib.local.dataplane.fronts.rules import (
    Request,
    first_match,
    redirect_location,
)
from platform_lib.local.dataplane.fronts.targets import TargetGroups
from platform_lib.local.dataplane.shares import Shares
from platform_lib.local.desired import Desired, Listener

_IDLE_TIMEOUT = 60.0
_HOP_BY_HOP = frozenset(
    ("connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer")
) | {"transfer-encoding", "upgrade", "proxy-connection", "expect"}
_VALID_NAME = re.compile(r"[-A-Za-z0-9]+")
_HEAD_LIMIT = 64 * 1024
_ANSWER_HEAD_LIMIT = 32 * 1024
"""Of a target's answer; above it is a 502.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html
"""
_PAGE = "<html>\r\n<head><title>{0}</title></head>\r\n<body>\r\n<center><h1>{0}</h1></center>\r\n"
_PAGE += "</body>\r\n</html>\r\n"


class Balancer:
    """Answers for one load balancer; `handle` is the handler of its server."""

    def __init__(
        self, arn: str, desired: Desired, targets: TargetGroups, functions: LambdaTargets
    ) -> None:
        self._arn = arn
        self._desired = desired
        self._targets = targets
        self._functions = functions
        self._shares = Shares()
        self._client: aiohttp.ClientSession | None = None

    def _session(self) -> aiohttp.ClientSession:
        if self._client is None:
            self._client = aiohttp.ClientSession(
                # Connections are kept shorter than any server keeps them: no request meets a
                # connection that its target is just closing.
                connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=15),
                auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=_IDLE_TIMEOUT),
                skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
                response_class=_TargetAnswer,
                max_line_size=_ANSWER_HEAD_LIMIT,
                max_field_size=_ANSWER_HEAD_LIMIT,
            )
        return self._client

    async def close(self) -> None:
        """Close the connections to targets."""
        if self._client is not None:
            await self._client.close()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        listener = self._desired.listener(self._arn)
        if listener is None:
            return _page(503, "Service Temporarily Unavailable")
        if head_size(request) > _HEAD_LIMIT:
            return _page(400, "Bad Request")
        path, _, query = request.raw_path.partition("?")
        seen = Request(
            method=request.method,
            host=request.headers.get("Host", ""),
            path=path,
            query=query,
            source_ip=request.remote or "127.0.0.1",
            headers={name.lower(): value for name, value in request.headers.items()},
        )
        rule = first_match(listener.rules, seen)
        # Authentication actions come before the last one, which says what answers.
        action = sorted(rule.actions, key=lambda each: int(each.data.get("Order", 1)))[-1]
        data: Mapping[str, Any] = action.data
        match data["Type"]:
            case "forward":
                return await self._forward(request, listener, rule.arn, data)
            case "fixed-response":
                config = data["FixedResponseConfig"]
                return web.Response(
                    status=int(config["StatusCode"]),
                    text=config.get("MessageBody") or "",
                    content_type=config.get("ContentType") or "text/plain",
                )
            case "redirect":
                config = data["RedirectConfig"]
                status = HTTPStatus(int(str(config["StatusCode"]).removeprefix("HTTP_")))
                page = _page(status, status.phrase)
                page.headers["Location"] = redirect_location(config, seen, listener.port)
                return page
        return _page(501, f"Not Imitated: {data['Type']}")

    async def _forward(
        self, request: web.BaseRequest, listener: Listener, rule: str, action: Mapping[str, Any]
    ) -> web.StreamResponse:
        groups = (action.get("ForwardConfig") or {}).get("TargetGroups") or [
            {"TargetGroupArn": action["TargetGroupArn"]}
        ]
        weights = {each["TargetGroupArn"]: float(each.get("Weight", 1)) for each in groups}
        # Kept by rule: the shares of one rule say nothing about another's.
        arn = self._shares.choose(rule, weights)
        group = self._desired.lambda_group(arn) if arn else None
        if arn and group is not None:
            sent = list(forwarded_headers(request, listener).items())
            try:
                return await self._functions.answer(request, arn, group, sent)
            except Refused as refused:
                return _page(refused.answer.status, str(refused))
        target = self._targets.choose(arn) if arn else None
        if target is None:
            return _page(503, "Service Temporarily Unavailable")
        headers = forwarded_headers(request, listener)
        url = URL(f"http://{target.address}{_safe(request.raw_path)}", encoded=True)
        target.enter()
        try:
            if request.headers.get("Upgrade", "").lower() == "websocket":
                return await self._websocket(request, url, headers)
            return await self._pass(request, url, headers)
        finally:
            target.leave()

    async def _pass(
        self, request: web.BaseRequest, url: URL, headers: CIMultiDict[str]
    ) -> web.StreamResponse:
        body = request.content if request.body_exists else None
        try:
            answer = await self._session().request(
                request.method, url, headers=headers, data=body, allow_redirects=False
            )
        except TimeoutError:
            return _page(504, "Gateway Time-out")
        except (aiohttp.ClientError, OSError):
            return _page(502, "Bad Gateway")
        async with answer:
            if sum(len(name) + len(value) for name, value in answer.raw_headers) > (
                _ANSWER_HEAD_LIMIT
            ):
                return _page(502, "Bad Gateway")
            out = _Passed(status=answer.status, reason=answer.reason)
            out.headers.extend(_end_to_end(answer.headers))
            await out.prepare(request)
            async for piece in answer.content.iter_any():
                await out.write(piece)
            await out.write_eof()
            return out

    async def _websocket(
        self, request: web.BaseRequest, url: URL, headers: CIMultiDict[str]
    ) -> web.StreamResponse:
        protocols = [
            p.strip() for p in headers.popall("Sec-WebSocket-Protocol", [""])[0].split(",")
        ]
        for name in [name for name in headers if name.lower().startswith("sec-websocket-")]:
            headers.popall(name, None)
        try:
            theirs = await self._session().ws_connect(
                url, headers=headers, protocols=[p for p in protocols if p], autoping=False
            )
        except _HandshakeRefused as refused:
            return refused.answer
        except (aiohttp.ClientError, OSError, TimeoutError):
            return _page(502, "Bad Gateway")
        ours = web.WebSocketResponse(
            protocols=[theirs.protocol] if theirs.protocol else [], autoping=False
        )
        await ours.prepare(request)
        pumps = {
            asyncio.create_task(_pump(ours, theirs)),
            asyncio.create_task(_pump(theirs, ours)),
        }
        _, waiting = await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        for pump in waiting:
            pump.cancel()
        await theirs.close(code=ours.close_code or aiohttp.WSCloseCode.OK)
        await ours.close(code=theirs.close_code or aiohttp.WSCloseCode.OK)
        return ours


class _HandshakeRefused(Exception):  # noqa: N818 - it is an answer
    """A target answered something else than 101 to a WebSocket's handshake."""

    def __init__(self, answer: web.Response) -> None:
        super().__init__(f"the target answered {answer.status}")
        self.answer = answer


class _TargetAnswer(aiohttp.ClientResponse):
    """An answer of a target; aiohttp forgets what an app says to a handshake that it refuses."""

    async def start(self, connection: Connection) -> "_TargetAnswer":
        """Read the head of the answer, and all of one that refuses a handshake."""
        await super().start(connection)
        if "Sec-WebSocket-Key" in self.request_info.headers and self.status != 101:
            answer = web.Response(status=self.status, reason=self.reason, body=await self.read())
            answer.headers.update(_end_to_end(self.headers))
            raise _HandshakeRefused(answer)
        return self


class _Passed(AsGiven):
    """An answer with a target's headers, and none of aiohttp's own but the date."""

    not_ours = ("Content-Type", "Server")


async def _pump(source: Any, sink: Any) -> None:
    """Carry messages one way until that side closes."""
    async for message in source:
        match message.type:
            case aiohttp.WSMsgType.TEXT:
                await sink.send_str(message.data)
            case aiohttp.WSMsgType.BINARY:
                await sink.send_bytes(message.data)
            case aiohttp.WSMsgType.PING:
                await sink.ping(message.data)
            case aiohttp.WSMsgType.PONG:
                await sink.pong(message.data)


def forwarded_headers(request: web.BaseRequest, listener: Listener) -> CIMultiDict[str]:
    """Return the request's headers as a target sees them.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/x-forwarded-headers.html
    """
    headers = _end_to_end(request.headers)
    if listener.drops_invalid_headers:
        for name in {name for name in headers if not _VALID_NAME.fullmatch(name)}:
            headers.popall(name)
    client = request.remote or "127.0.0.1"
    # All lines of it: what the client says stays in front of what the balancer sees.
    before = ", ".join(headers.getall("X-Forwarded-For", ()))
    headers["X-Forwarded-For"] = f"{before}, {client}" if before else client
    headers["X-Forwarded-Proto"] = "http"
    headers["X-Forwarded-Port"] = str(listener.port)
    trace = f"1-{int(time.time()):08x}-{secrets.token_hex(12)}"
    headers.setdefault("X-Amzn-Trace-Id", f"Root={trace}")
    return headers


def _end_to_end(headers: CIMultiDictProxy[str]) -> CIMultiDict[str]:
    """Leave out what is meant for one connection only, and what `Connection` names."""
    named = {name.strip().lower() for name in headers.get("Connection", "").split(",")}
    kept = CIMultiDict[str]()
    for name, value in headers.items():
        if name.lower() not in _HOP_BY_HOP and name.lower() not in named:
            kept.add(name, value)
    return kept


def _safe(raw_path: str) -> str:
    """Pass a path on as it came, but for bytes that no request line may hold."""
    path = raw_path if raw_path.startswith("/") else URL(raw_path).raw_path_qs
    return quote(path, safe="/?#[]@!$&'()*+,;=%:~-._\"<>\\^`{|}")


def _page(status: int, reason: str) -> web.Response:
    return web.Response(
        status=status,
        text=_PAGE.format(f"{status} {reason}"),
        content_type="text/html",
        headers={"Server": "awselb/2.0"},
    )
