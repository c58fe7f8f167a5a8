"""Stands before the account: whoever comes with a role's or a user's key is judged by its rights.

The account's own key, and one that is nobody's, may do everything: they are the user's terminal,
the providers, and the local cloud itself. Requests without a signature are let through, too.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from platform_lib.local.desired import Desired
from platform_lib.local.permissions import Fact, Policies, refusal
from platform_lib.local.rights.actions import Need, Place, needs
from platform_lib.local.rights.asked import Signed, read, signed
from platform_lib.local.rights.deletions import delete_judged
from platform_lib.local.rights.missing import grants_line, statement
from platform_lib.local.rights.refusals import refused, words
from platform_lib.local.rights.sessions import Known, Sessions

Start = Callable[..., Any]
App = Callable[[dict[str, Any], Start], Iterable[bytes]]


class JudgedApp:
    """A WSGI application before another.

    Args:
        app: The account's.
        owner: The key that may do everything.
        desired: Reads the account.
        sessions: Whose each key is.
        say: Shows a line.
    """

    def __init__(
        self,
        app: App,
        owner: str,
        desired: Desired,
        sessions: Sessions,
        say: Callable[[str], None],
    ) -> None:
        self._app = app
        self._owner = owner
        self._desired = desired
        self._sessions = sessions
        self._say = say
        self._told: set[tuple[str, str, str | None]] = set()

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        """Answer a request, or hand it on."""
        who = signed(environ, self._desired.region)
        if who is None or who.key == self._owner:
            return self._app(environ, start)
        known = self._sessions.known(who.key)
        if known is None:
            return self._app(environ, start)
        asked, facts = read(environ, who), _facts(environ, who)
        there = Desired(self._desired.account_id, who.region)
        if asked.operation == "DeleteObjects" and asked.model == "s3":
            bucket = asked.parameters.get("Bucket")

            def why_not(key: str, of_version: bool) -> str | None:
                action = f"s3:DeleteObject{'Version' if of_version else ''}"
                need = Need(action=action, resource=f"arn:aws:s3:::{bucket}/{key}")
                refused_to = self._refused_to(known, [need], facts, there)
                return words(asked, known.caller, *refused_to) if refused_to else None

            return delete_judged(self._app, environ, start, why_not)
        place = Place(region=who.region, account=there.account_id, desired=there)
        refused_to = self._refused_to(known, needs(asked, place), facts, there)
        if refused_to is None:
            return self._app(environ, start)
        need, _ = refused_to
        answer = refused(asked, need, words(asked, known.caller, *refused_to))
        start(answer.status, list(answer.headers))
        return [answer.body]

    def _refused_to(
        self, known: Known, wanted: Sequence[Need], facts: Mapping[str, Fact], there: Desired
    ) -> tuple[Need, str] | None:
        """Return the first of what is wanted that is refused, and why, and say so."""
        for need in wanted:
            why = self._why_not(known, need, facts, there)
            if why is not None:
                self._tell(known, need, why)
                return need, why
        return None

    def _why_not(
        self, known: Known, need: Need, facts: Mapping[str, Fact], desired: Desired
    ) -> str | None:
        """Return why a caller may not do something, in AWS's words; None where it may."""
        arn = known.caller.identity_arn
        if known.is_role:
            identity, boundary = desired.role_statements(arn), desired.role_boundary(arn)
        else:
            identity, boundary = desired.user_statements(arn), desired.user_boundary(arn)
        tags = {f"aws:PrincipalTag/{k}": v for k, v in desired.tags(arn).items()}
        # Actions on a key are for the key's policy to allow, and so is who takes a role on.
        trusting = need.action == "sts:AssumeRole"
        own: Any = ()
        if trusting and need.resource:
            own = [{**each, "Resource": "*"} for each in desired.role_trust(need.resource)]
        elif need.resource and need.resource.startswith("arn:"):
            own = desired.resource_statements(need.resource)
        policies = Policies(
            identity=identity,
            boundary=boundary,
            session=known.policy,
            resource=own,
            resource_decides=trusting or (need.action.startswith("kms:") and bool(own)),
        )
        return refusal(
            known.caller, need.action, need.resource, {**facts, **tags, **need.facts}, policies
        )

    def _tell(self, known: Known, need: Need, why: str) -> None:
        """Say once what was refused to whom, and the line that allows it."""
        once = (known.caller.identity_arn, need.action, need.resource)
        if once in self._told:
            return
        self._told.add(once)
        name = known.caller.identity_arn.rpartition("/")[2]
        kind = "role" if known.is_role else "user"
        line = f"{kind} {name}: refused {need.action} on {need.resource or '*'}, as on AWS, {why}"
        if "no identity-based policy" in why:
            line += f". Missing: {statement(need)}. In the app: grants=[{grants_line(need)}]"
        self._say(line)


def _facts(environ: Mapping[str, Any], who: Signed) -> dict[str, Fact]:
    """Return what conditions may ask of every request.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    """
    now = time.time()
    return {
        "aws:CurrentTime": datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "aws:EpochTime": str(int(now)),
        "aws:RequestedRegion": who.region,
        "aws:SourceIp": str(environ.get("REMOTE_ADDR", "127.0.0.1")),
        "aws:UserAgent": str(environ.get("HTTP_USER_AGENT", "")),
        "aws:ViaAWSService": "false",
        "aws:PrincipalIsAWSService": "false",
    }
