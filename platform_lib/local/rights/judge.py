"""Who may do what, by the account's policies, and the line on the screen when somebody may not."""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from platform_lib.local.desired import Desired
from platform_lib.local.permissions import Fact, Policies, refusal
from platform_lib.local.rights.actions import Need
from platform_lib.local.rights.missing import grants_line, statement
from platform_lib.local.rights.sessions import Known, Sessions


class Judge:
    """Judges calls with the credentials of roles and users.

    Args:
        owner: The key that may do everything.
        account_id: The account's number.
        sessions: Whose each key is.
        say: Shows a line.
    """

    def __init__(
        self, owner: str, account_id: str, sessions: Sessions, say: Callable[[str], None]
    ) -> None:
        self._owner = owner
        self._account_id = account_id
        self._sessions = sessions
        self._say = say
        self._told: set[tuple[str, str, str | None]] = set()

    def known(self, key: str) -> Known | None:
        """Return who is to be judged; None for who may do everything."""
        return None if key == self._owner else self._sessions.known(key)

    def there(self, region: str) -> Desired:
        """Return what reads the account in a region."""
        return Desired(self._account_id, region)

    def refused_to(
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


def request_facts(region: str, source_ip: str, user_agent: str) -> dict[str, Fact]:
    """Return what conditions may ask of every request.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    """
    now = time.time()
    return {
        "aws:CurrentTime": datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "aws:EpochTime": str(int(now)),
        "aws:RequestedRegion": region,
        "aws:SourceIp": source_ip,
        "aws:UserAgent": user_agent,
        "aws:ViaAWSService": "false",
        "aws:PrincipalIsAWSService": "false",
    }
