"""DeleteObjects, of which each object is judged: what may not go is an error in the answer.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
"""

import io
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from platform_lib.local.rights.asked import body

Start = Callable[..., Any]
App = Callable[[dict[str, Any], Start], Iterable[bytes]]

_SPACE = re.compile(r"\{[^}]*\}")


def delete_judged(
    app: App,
    environ: dict[str, Any],
    start: Start,
    why_not: Callable[[str, bool], str | None],
) -> Iterable[bytes]:
    """Hand on what may be deleted, and answer for the rest.

    Args:
        app: The account's.
        environ: The request.
        start: Of WSGI.
        why_not: Key, and whether a version of it is named, to AWS's words that refuse it.
    """
    try:
        asked = ElementTree.fromstring(body(environ))  # noqa: S314 - an app's own request
    except ElementTree.ParseError:
        return app(environ, start)
    errors = []
    for entry in [each for each in asked if _name(each) == "Object"]:
        named = {_name(each): each.text or "" for each in entry}
        why = why_not(named.get("Key", ""), "VersionId" in named)
        if why is not None:
            asked.remove(entry)
            errors.append((named.get("Key", ""), why))
    if not errors:
        return app(environ, start)
    told = "".join(
        f"<Error><Key>{escape(key)}</Key><Code>AccessDenied</Code>"
        f"<Message>{escape(why)}</Message></Error>"
        for key, why in errors
    )
    if any(_name(each) == "Object" for each in asked):
        space = asked.tag.rpartition("}")[0].lstrip("{") or None
        rest: bytes = ElementTree.tostring(asked, default_namespace=space)
        return _with_the_rest(app, environ, start, rest, told)
    of_s3 = "http://s3.amazonaws.com/doc/2006-03-01/"
    answer = f'<?xml version="1.0"?>\n<DeleteResult xmlns="{of_s3}">{told}</DeleteResult>'
    return _answer(start, "200 OK", {"Content-Type": "application/xml"}, answer.encode())


def _with_the_rest(
    app: App, environ: dict[str, Any], start: Start, content: bytes, errors: str
) -> Iterable[bytes]:
    """Put errors into the account's answer on what may be deleted."""
    environ["wsgi.input"], environ["CONTENT_LENGTH"] = io.BytesIO(content), str(len(content))
    told: list[tuple[str, Mapping[str, str]]] = []

    def hear(status: str, headers: Iterable[tuple[str, str]], *_: Any) -> None:
        told.append((status, dict(headers)))

    answer = b"".join(app(environ, hear))
    ((status, headers),) = told
    end = answer.rfind(b"</")
    return _answer(start, status, headers, answer[:end] + errors.encode() + answer[end:])


def _answer(
    start: Start, status: str, headers: Mapping[str, str], content: bytes
) -> Iterable[bytes]:
    kept = [each for each in headers.items() if each[0].lower() != "content-length"]
    start(status, [*kept, ("Content-Length", str(len(content)))])
    return [content]


def _name(element: ElementTree.Element) -> str:
    return _SPACE.sub("", element.tag)
