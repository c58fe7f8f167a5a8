"""What a function answers otherwise than a VM and a container, because AWS does.

Each stands in the table of `docs/same_answers.md` under the same name, with its source. `apply`
makes the right answer of a front out of the VM's; `shows` is an app on which the two are not the
same, so that a difference that is gone fails until its row is gone too.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

from answers_requests import UPLOADED

Seen = Mapping[str, Any]
API, URL, BALANCER = "function", "function_url", "load_balancer"


@dataclass(frozen=True, kw_only=True)
class Difference:
    apply: Callable[[Seen], Seen]
    fronts: tuple[str, ...] = (API,)
    apps: tuple[str, ...] = ()
    """The apps that have it; all of them where there are none."""

    @property
    def shows(self) -> str:
        return self.apps[0] if self.apps else "asgi"


def _echo(**changes):
    """Change what the app says it was sent, where it says that."""

    def apply(seen):
        body = seen["body"]
        if not isinstance(body, Mapping) or "headers" not in body:
            return seen
        changed = {key: change(body) for key, change in changes.items() if key in body}
        return {**seen, "body": {**body, **changed}}

    return apply


def _joined(by, only=None):
    def join(body):
        by_name = {}
        for name, value in body["headers"]:
            by_name.setdefault(name, []).append(value)
        return sorted(
            [name, each]
            for name, values in by_name.items()
            for each in ([by.join(values)] if only in (None, name) else values)
        )

    return join


def _answers_joined(seen):
    by_name = {}
    for name, value in seen["headers"]:
        by_name.setdefault(name, []).append(value)
    joined = [
        (name, each)
        for name, values in by_name.items()
        for each in (values if name == "set-cookie" else [", ".join(values)])
    ]
    return {**seen, "headers": sorted(joined)}


def _told(status, message):
    body = {"message": message}
    return lambda seen: {
        "status": status,
        "headers": [("content-type", "application/json")],
        "body": body,
    }


def _with_type(seen):
    # Where there is a body, the server of VM and container says application/octet-stream.
    given = dict(seen["headers"]).get("content-type", "application/octet-stream")
    if given != "application/octet-stream":
        return seen
    headers = [(name, value) for name, value in seen["headers"] if name != "content-type"]
    headers.append(("content-type", "text/plain;charset=UTF-8"))
    return {**seen, "headers": sorted(headers)}


def _encoded_anew(key):
    """Decode and encode a path; what a framework has decoded already stays."""

    def encode(body):
        path = body[key]
        return quote(unquote(path), safe="/:;=@!$&'()*+,~") if "%" in path else path

    return encode


def _cookies(body):
    """Both of them; some frameworks read the first header alone."""
    lists = any(isinstance(value, list) for value in body["cookies"].values())
    return {name: [value] if lists else value for name, value in (("a", "1"), ("b", "2"))}


def _balancer_query(body):
    pairs = [pair.partition("=") for pair in body["query"].split("&")]
    names = dict.fromkeys(name for name, _, _ in pairs)
    return "&".join(f"{n}={value}" for n in names for name, _, value in pairs if name == n)


def _page(status, text):
    title = f"{status} {text}"
    body = f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n</body>\r\n</html>\r\n"
    kind = "text/html; charset=utf-8"
    return lambda seen: {
        "status": status,
        "headers": [("content-type", kind)],
        "body": body.encode(),
    }


def _text(status, text):
    headers = [("content-type", "text/plain; charset=utf-8")]
    return lambda seen: {"status": status, "headers": headers, "body": text.encode()}


DIFFERENCES = {
    "path-decoded": Difference(
        apply=_echo(
            raw_path=_encoded_anew("raw_path"),
            path=_encoded_anew("path"),
            url=_encoded_anew("url"),
        )
    ),
    "balancer-query": Difference(apply=_echo(query=_balancer_query), fronts=(BALANCER,)),
    "headers-joined": Difference(apply=_echo(headers=_joined(",")), fronts=(API, URL)),
    "cookies-joined": Difference(
        apply=_echo(headers=_joined("; ", "cookie"), cookies=_cookies), fronts=(API, URL)
    ),
    "header-names": Difference(
        apply=_echo(headers=lambda body: sorted([*body["headers"], ["x-under", "1"]])),
        fronts=(API, URL),
        # Django by ASGI leaves such a name out by itself.
        apps=("asgi", "wsgi", "flask", "django", "quart", "sanic", "litestar"),
    ),
    "forms-in-chunks": Difference(
        apply=lambda seen: {**seen, "body": {**seen["body"], **UPLOADED}}, apps=("django-asgi",)
    ),
    "header-limit": Difference(apply=_told(431, "Request Header Fields Too Large")),
    "request-limit": Difference(apply=_told(413, "Request Entity Too Large"), fronts=(API, URL)),
    "answer-limit": Difference(apply=_told(500, "Internal Server Error")),
    "answer-limit-url": Difference(apply=_told(502, "Internal Server Error"), fronts=(URL,)),
    "balancer-request-limit": Difference(
        apply=_page(413, "Request Entity Too Large"), fronts=(BALANCER,)
    ),
    "balancer-answer-limit": Difference(apply=_page(502, "Bad Gateway"), fronts=(BALANCER,)),
    "answers-joined": Difference(apply=_answers_joined, fronts=(API, URL)),
    "content-type": Difference(apply=_with_type, fronts=(API, URL)),
    "errors": Difference(
        apply=_text(500, "Internal Server Error"), fronts=(API, URL, BALANCER), apps=("asgi",)
    ),
    "errors-wsgi": Difference(apply=_told(500, "Internal Server Error"), apps=("wsgi",)),
    "errors-wsgi-url": Difference(
        apply=_told(502, "Internal Server Error"), fronts=(URL,), apps=("wsgi",)
    ),
    "errors-wsgi-balancer": Difference(
        apply=_page(502, "Bad Gateway"), fronts=(BALANCER,), apps=("wsgi",)
    ),
}
TESTED_APART = {"streaming", "websockets"}
"""In the table too; each has a test of its own."""
