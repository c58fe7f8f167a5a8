"""Finds the app that a target serves, and whether it is called as ASGI or as WSGI.

What the callable looks like decides: one that takes two arguments is WSGI, one that takes three
is ASGI.
"""

import functools
import inspect
import sys
from collections.abc import Callable, Collection
from importlib import import_module
from typing import Any

_WORDS = {
    "asgi": "ASGI, it takes (scope, receive, send)",
    "wsgi": "WSGI, it takes (environ, start)",
}


class WrongApp(Exception):  # noqa: N818 - it says what is wrong, as a reader would
    """What was named is no app that can be served so, in one line."""


def load_app(text: str, interface: str | None) -> tuple[Any, str]:
    """Import `package.module:callable`, or call `package.module:factory()`; tell its interface.

    Raises `WrongApp` where that cannot be told, or is not the one that was given.
    """
    module, _, path = text.partition(":")
    app: Any = import_module(module)
    for name in path.removesuffix("()").split("."):
        app = getattr(app, name)
    if path.endswith("()"):
        app = app()
    try:
        return app, interface_of(app, interface)
    except WrongApp as problem:
        made = " gives what" if path.endswith("()") else ""
        raise WrongApp(f"app {text!r}{made} {problem}{_factory(app, text)}") from None


def interface_of(app: Any, given: str | None = None) -> str:
    """Tell how an app is called, by what it takes; a given interface is checked against that."""
    if inspect.iscoroutine(app):
        app.close()
        raise WrongApp("is a coroutine: a factory must not be async")
    if not callable(app):
        raise WrongApp(f"is of type {type(app).__name__}, which cannot be called")
    call = _function(app)
    takes = _counts(call)
    awaits = inspect.iscoroutinefunction(call)
    if takes is None:
        fits = {"asgi", "wsgi"}
    else:
        fits = {word for word, count in (("asgi", 3), ("wsgi", 2)) if count in takes}
        if awaits:
            fits.discard("wsgi")
    if given in fits:
        return given
    if fits == {"asgi", "wsgi"}:
        raise WrongApp(
            "takes any arguments, so that nothing tells ASGI from WSGI: give 'interface'"
        )
    if not fits:
        raise WrongApp(_neither(takes or (), awaits))
    found = fits.pop()
    if given is not None:
        raise WrongApp(f"is {_WORDS[found]}, and 'interface' is {given!r}: leave it out")
    return found


def _function(app: Any) -> Callable[..., Any]:
    """Give what is run where an app is called: of an instance its `__call__`."""
    if inspect.isroutine(app) or isinstance(app, (functools.partial, type)):
        return app
    return app.__call__  # type: ignore[no-any-return]


def _counts(call: Callable[..., Any]) -> Collection[int] | None:
    """Tell how many arguments a callable takes, of none to four; None where it does not say.

    Of those that it could do without none is counted where it takes two or three by need.
    """
    more: dict[str, Any] = {}
    if sys.version_info >= (3, 14):
        from annotationlib import Format

        # What annotations name may be there for type checkers only.
        more["annotation_format"] = Format.FORWARDREF
    try:
        signature = inspect.signature(call, **more)
    except (TypeError, ValueError):
        return None
    fits = [count for count in range(5) if _takes(signature, count)]
    return fits[:1] if fits and fits[0] in (2, 3) else fits


def _takes(signature: inspect.Signature, count: int) -> bool:
    try:
        signature.bind(*range(count))
    except TypeError:
        return False
    return True


def _neither(takes: Collection[int], awaits: bool) -> str:
    if 1 in takes and 0 not in takes:
        wrap = "wrap it by asgiref.compatibility.guarantee_single_callable"
        return f"takes one argument, as apps of ASGI 2 did, which no server here calls: {wrap}"
    numbers = " or ".join(map(str, takes)) or "more than four"
    kind = "is async and takes" if awaits else "takes"
    need = "ASGI apps take (scope, receive, send), WSGI apps (environ, start_response)"
    return f"{kind} {numbers} arguments: {need}"


def _factory(app: Any, text: str) -> str:
    """Ask whether what was named makes the app."""
    makes = callable(app) and 0 in (_counts(_function(app)) or ()) and not text.endswith("()")
    return f"; if it makes the app, write {text + '()'!r}" if makes else ""
