"""Credentials of roles, given to apps as AWS gives them, and whose a key is that comes back."""

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from platform_lib.local.desired import Desired
from platform_lib.local.permissions import Caller, Fact, Statement

_HOURS = 6
"""How long credentials say that they live: who asks again before gets the same, living on."""


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """Temporary credentials of one session of a role."""

    role_arn: str
    session: str
    key: str
    secret: str
    token: str

    def environment(self) -> dict[str, str]:
        """Return the variables in which Lambda gives them."""
        return {
            "AWS_ACCESS_KEY_ID": self.key,
            "AWS_SECRET_ACCESS_KEY": self.secret,
            "AWS_SESSION_TOKEN": self.token,
        }

    def told(self) -> dict[str, str]:
        """Return them as the endpoints of containers and instances tell them."""
        until = datetime.now(UTC) + timedelta(hours=_HOURS)
        return {
            "AccessKeyId": self.key,
            "SecretAccessKey": self.secret,
            "Token": self.token,
            "Expiration": until.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }


@dataclass(frozen=True, kw_only=True)
class Known:
    """Whose a key is, and what its session was given when its role was assumed."""

    caller: Caller
    is_role: bool
    policy: Sequence[Statement] | None = None


class Sessions:
    """The sessions of one account. Its methods may be called from any thread."""

    def __init__(self, desired: Desired, region: str) -> None:
        self._desired = desired
        self._region = region
        self._lock = threading.Lock()
        self._known: dict[str, Known | None] = {}

    def give(self, role_arn: str, session: str) -> Credentials:
        """Give credentials of a role to an app; a role that is not there may do nothing.

        Args:
            role_arn: The role.
            session: How AWS names the session: a function's name, a task's or an instance's id.
        """
        from moto.sts.models import sts_backends

        backend = sts_backends[self._desired.account_id]["aws"]
        with self._lock:
            made = backend.assume_role(
                region_name=self._region,
                role_session_name=session,
                role_arn=role_arn,
                policy="",
                duration=_HOURS * 3600,
                external_id="",
            )
        return Credentials(
            role_arn=role_arn,
            session=session,
            key=made.access_key_id,
            secret=made.secret_access_key,
            token=made.session_token,
        )

    def take_back(self, given: Credentials) -> None:
        """Forget the credentials of an app that is gone."""
        from moto.sts.models import sts_backends

        backend = sts_backends[self._desired.account_id]["aws"]
        with self._lock:
            backend.assumed_roles[:] = [
                each for each in backend.assumed_roles if each.access_key_id != given.key
            ]
            self._known.pop(given.key, None)

    def known(self, key: str) -> Known | None:
        """Return whose a key is; None for one that is no role's and no user's of the account."""
        try:
            return self._known[key]
        except KeyError:
            found = self._find(key)
            # An unknown key may be a user's later: that it is unknown is not kept.
            if found is not None:
                self._known[key] = found
            return found

    def _find(self, key: str) -> Known | None:
        account = self._desired.account_id
        session = self._desired.session_of_key(key)
        if session is not None:
            name = session.role_arn.rpartition("/")[2]
            arn = f"arn:aws:sts::{account}:assumed-role/{name}/{session.session_name}"
            role_id = self._desired.role_id(session.role_arn)
            facts: Mapping[str, Fact] = {
                "aws:PrincipalType": "AssumedRole",
                "aws:userid": f"{role_id}:{session.session_name}",
            }
            caller = self._caller(arn, session.role_arn, facts)
            policy = _statements(session.policy) if session.policy else None
            return Known(caller=caller, is_role=True, policy=policy)
        user = self._desired.user_of_key(key)
        if user is None:
            return None
        facts = {
            "aws:PrincipalType": "User",
            "aws:userid": str(user.id),
            "aws:username": str(user.name),
        }
        return Known(caller=self._caller(str(user.arn), str(user.arn), facts), is_role=False)

    def _caller(self, arn: str, identity: str, facts: Mapping[str, Fact]) -> Caller:
        account = self._desired.account_id
        common = {"aws:PrincipalArn": identity, "aws:PrincipalAccount": account}
        return Caller(
            arn=arn, identity_arn=identity, account_id=account, facts={**common, **facts}
        )

    def forget(self) -> None:
        """Forget whose each key is: the account is emptied."""
        self._known.clear()


def _statements(policy: str) -> list[dict[str, Any]]:
    found = json.loads(policy).get("Statement", [])
    return found if isinstance(found, list) else [found]
