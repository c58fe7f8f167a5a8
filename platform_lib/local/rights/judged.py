"""Stands before the account: whoever comes with a role's or a user's key is judged by its rights.

The account's own key, and one that is nobody's, may do everything: they are the user's terminal,
the providers, and the local cloud itself. Requests without a signature are let through, too.
"""

from collections.abc import Callable, Iterable
from typing import Any

from platform_lib.local.rights.actions import Need, Place, needs
from platform_lib.local.rights.asked import read, signed
from platform_lib.local.rights.deletions import delete_judged
from platform_lib.local.rights.judge import Judge, request_facts
from platform_lib.local.rights.refusals import refused, words

Start = Callable[..., Any]
App = Callable[[dict[str, Any], Start], Iterable[bytes]]


class JudgedApp:
    """A WSGI application before another.

    Args:
        app: The account's.
        judge: Judges.
        region: The account's, where a request does not say.
    """

    def __init__(self, app: App, judge: Judge, region: str) -> None:
        self._app = app
        self._judge = judge
        self._region = region

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        """Answer a request, or hand it on."""
        who = signed(environ, self._region)
        known = self._judge.known(who.key) if who else None
        if who is None or known is None:
            return self._app(environ, start)
        asked, there = read(environ, who), self._judge.there(who.region)
        address = str(environ.get("REMOTE_ADDR", "127.0.0.1"))
        facts = request_facts(who.region, address, str(environ.get("HTTP_USER_AGENT", "")))
        if asked.operation == "DeleteObjects" and asked.model == "s3":
            bucket = asked.parameters.get("Bucket")

            def why_not(key: str, of_version: bool) -> str | None:
                action = f"s3:DeleteObject{'Version' if of_version else ''}"
                need = Need(action=action, resource=f"arn:aws:s3:::{bucket}/{key}")
                refused_to = self._judge.refused_to(known, [need], facts, there)
                return words(asked, known.caller, *refused_to) if refused_to else None

            return delete_judged(self._app, environ, start, why_not)
        place = Place(region=who.region, account=there.account_id, desired=there)
        refused_to = self._judge.refused_to(known, needs(asked, place), facts, there)
        if refused_to is None:
            return self._app(environ, start)
        need, _ = refused_to
        answer = refused(asked, need, words(asked, known.caller, *refused_to))
        start(answer.status, list(answer.headers))
        return [answer.body]
