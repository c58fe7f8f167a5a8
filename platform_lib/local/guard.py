"""Who may ask what listens here: a program of this machine, and no web page from elsewhere.

A page that a browser shows can send requests to 127.0.0.1 without asking anybody first: a `POST`
of a form or of plain text, an image, a link. By a name of its own that it lets lead here (DNS
rebinding) it can even read the answers. In the imitated account that would be enough to run code
on this machine. So whatever listens here, but for the addresses of the user's apps, answers

- a `Host` that can only mean this machine. A page with such a name was served by this machine;
- no page from elsewhere: it tells where it comes from in `Origin` or `Referer`, or, where it
  holds both back, by `Sec-Fetch-Site`.

AWS clients send none of these three.

https://fetch.spec.whatwg.org/#origin-header
https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header
https://www.rfc-editor.org/rfc/rfc6761#section-6.3 (names below `localhost`)
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from aiohttp import web

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

_HERE: Final = ("127.0.0.1", "localhost", "[::1]")
_CONTAINERS: Final = "host.docker.internal"
"""What this machine is called in a container."""
_LONGEST = 200
_HOST = re.compile(r"(\[[0-9a-f:]+\]|[^:\[\]/@]+)(:\d+)?")


def refusal(headers: Mapping[str, str]) -> str | None:
    """Say why nobody who sends these headers is answered; None for who may ask.

    Args:
        headers: The request's, looked up as `Host`, `Origin`, `Referer` and `Sec-Fetch-Site`.
    """
    host = headers.get("Host", "")
    if not _is_here(host, _CONTAINERS):
        return f"this is a service of one machine: it answers 127.0.0.1, not {_shown(host)}"
    page = headers.get("Origin") or headers.get("Referer")
    if page is not None:
        if not _is_here(_host_of(page)):
            return f"this is a service of one machine: no page of {_shown(page)} may ask it"
    elif headers.get("Sec-Fetch-Site") == "cross-site":
        return "this is a service of one machine: no page from elsewhere may ask it"
    return None


def _host_of(url: str) -> str:
    """Return host and port of an `Origin` or `Referer`; empty where it has none, as `null`."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return parts.netloc if parts.scheme in ("http", "https") else ""


def _is_here(host: str, *more: str) -> bool:
    """Tell whether host and port name this machine, whoever answers for names.

    Names below these lead nowhere else: an account's number or a bucket in front of them is how
    AWS clients word an address.
    """
    match = _HOST.fullmatch(host.lower())
    name = match[1].removesuffix(".") if match else ""
    return any(name == here or name.endswith(f".{here}") for here in (*_HERE, *more))


def _shown(text: str) -> str:
    return repr(text if len(text) <= 100 else f"{text[:100]}...")  # one line, whatever it holds


def guarded(handler: Handler) -> Handler:
    """Put the rule in front of a handler of aiohttp."""

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        why = refusal(request.headers)
        if why is not None:
            return web.Response(status=403, text=f"{why}\n")
        return await handler(request)

    return handle


class GuardedApp:
    """Puts the rule in front of a WSGI application.

    Args:
        app: The application. What it raises is told in a line, and answered with 500.
        admits: Tells of a request whether a page from elsewhere may ask it all the same.
        say: Shows a line.
    """

    def __init__(
        self,
        app: Any,
        admits: Callable[[Mapping[str, Any]], bool],
        say: Callable[[str], None],
    ) -> None:
        self._app = app
        self._admits = admits
        self._say = say

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one request."""
        words = {"Host": "HTTP_HOST", "Origin": "HTTP_ORIGIN", "Referer": "HTTP_REFERER"}
        words["Sec-Fetch-Site"] = "HTTP_SEC_FETCH_SITE"
        headers = {name: environ[key] for name, key in words.items() if key in environ}
        why = refusal(headers)
        if why is not None and not (_is_here(headers.get("Host", "")) and self._admits(environ)):
            return _plain(start_response, "403 Forbidden", why)
        method, path = environ["REQUEST_METHOD"], environ.get("PATH_INFO", "")
        if method == "CONNECT" or not path.startswith("/"):
            return _plain(start_response, "400 Bad Request", "this is no proxy")
        try:
            answer: Iterable[bytes] = self._app(environ, start_response)
        except Exception as problem:  # whatever it is, it ends this one request
            told = " ".join(str(problem).split())[:_LONGEST]
            text = f"{type(problem).__name__}: {told}"
            self._say(f"the account fails to answer {method} {path[:_LONGEST]}: {text}")
            return _plain(start_response, "500 Internal Server Error", f"InternalFailure: {text}")
        return answer


def _plain(start_response: Any, status: str, text: str) -> list[bytes]:
    body = f"{text}\n".encode(errors="replace")
    told = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]
    start_response(status, told)
    return [body]
