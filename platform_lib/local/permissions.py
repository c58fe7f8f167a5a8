"""Whether somebody may do something, by the policies that the account has.

What Lambda does in a function's name (polls a queue, sends to a failure destination) needs its
execution role; what a service does to a function, queue or topic needs that one's own policy;
what an app does itself needs its role. Here all of it is judged, so that a missing grant is found
before AWS finds it. Not evaluated: organisations' policies, endpoints' policies.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

import functools
import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import IntEnum
from typing import Any

from platform_lib.local.desired import Desired

Statement = Mapping[str, Any]
Fact = str | Sequence[str]
Facts = Mapping[str, Fact]


class Permissions:
    """Judges by the account's policies as they are at the moment."""

    def __init__(self, desired: Desired) -> None:
        self._desired = desired

    def role_allows(
        self, role_arn: str, action: str, resource: str, facts: Facts | None = None
    ) -> bool:
        """Whether a role's policies allow an action; False for a role that is not there.

        Args:
            role_arn: The role.
            action: Such as `sqs:SendMessage`.
            resource: The ARN that the action is for.
            facts: Condition key -> value.
        """
        statements = self._desired.role_statements(role_arn)
        boundary = self._desired.role_boundary(role_arn)
        return permitted(statements, action, resource, facts=facts) and (
            boundary is None or permitted(boundary, action, resource, facts=facts)
        )

    def service_may(self, service: str, action: str, resource: str, source_arn: str) -> bool:
        """Whether a function's, queue's or topic's own policy lets a service do something.

        Args:
            service: Such as `sns.amazonaws.com`.
            action: Such as `lambda:InvokeFunction`.
            resource: The ARN of the function (with its qualifier), queue or topic.
            source_arn: On whose behalf: a topic, bucket, rule or log group.
        """
        account = self._desired.account_id
        facts = {"aws:SourceArn": source_arn, "aws:SourceAccount": account}
        statements = self._desired.resource_statements(resource)
        return permitted(statements, action, resource, principal=service, facts=facts)

    def role_trusts(self, role_arn: str, service: str, source_arn: str) -> bool:
        """Whether a service may assume a role on behalf of something of this account."""
        facts = {"aws:SourceArn": source_arn, "aws:SourceAccount": self._desired.account_id}
        # A trust policy names no resource: it is the role's own.
        statements = [{**each, "Resource": "*"} for each in self._desired.role_trust(role_arn)]
        return permitted(statements, "sts:AssumeRole", role_arn, principal=service, facts=facts)


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Who asks, with credentials of a role's session or of a user.

    Attributes:
        arn: As AWS names it: `arn:aws:sts::...:assumed-role/ROLE/SESSION`, or the user's ARN.
        identity_arn: The role's or the user's.
        account_id: Of the account that it is in.
        facts: What conditions may ask of it: `aws:PrincipalArn` and the like.
    """

    arn: str
    identity_arn: str
    account_id: str
    facts: Facts = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Policies:
    """What counts for one call; None is what is not there, and does not limit.

    Attributes:
        identity: Statements of the caller's own and attached policies.
        boundary: Those of its permissions boundary.
        session: Those that were given when the role was assumed.
        resource: Those of the resource's own policy.
        resource_decides: Whether nothing is allowed that the resource's policy does not allow, if
            only by naming the account: as with keys, and with the trust of a role.
    """

    identity: Sequence[Statement]
    boundary: Sequence[Statement] | None = None
    session: Sequence[Statement] | None = None
    resource: Sequence[Statement] = ()
    resource_decides: bool = False


class _Named(IntEnum):
    """How closely a policy names who asks; what is closer counts for more."""

    NOT = 0
    ACCOUNT = 1
    IDENTITY = 2
    SESSION = 3


def refusal(
    caller: Caller, action: str, resource: str | None, facts: Facts, policies: Policies
) -> str | None:
    """Return why AWS refuses a call within one account, in AWS's words; None where it does not.

    Args:
        caller: Who asks.
        action: Such as `sqs:SendMessage`.
        resource: An ARN, or `*` for an action that is for no resource; None where it is not known:
            then what is allowed for any resource is allowed.
        facts: Condition key -> value.
        policies: What counts.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
    """
    known = _known({**caller.facts, **facts})
    own = [(_named(each, caller), each) for each in policies.resource]
    concerned = [each for named, each in own if named]
    layers: Sequence[tuple[str, Sequence[Statement] | None]] = (
        ("an identity-based policy", policies.identity),
        ("a resource-based policy", concerned),
        ("a permissions boundary", policies.boundary),
        ("a session policy", policies.session),
    )
    for kind, statements in layers:
        if _any(statements or (), "Deny", action, resource, known):
            return f"with an explicit deny in {kind}"
    direct = max(
        (named for named, each in own if _any([each], "Allow", action, resource, known)),
        default=_Named.NOT,
    )
    # The one who is named himself is bound by nothing but denials.
    must: list[tuple[str, Sequence[Statement] | None]] = []
    if direct < _Named.SESSION:
        must += [("permissions boundary", policies.boundary), ("session policy", policies.session)]
    if policies.resource_decides and direct is _Named.NOT:
        must.append(("resource-based policy", ()))
    if direct < _Named.IDENTITY:
        must.append(("identity-based policy", policies.identity))
    for kind, statements in must:
        if statements is not None and not _any(statements, "Allow", action, resource, known):
            return f"because no {kind} allows the {action} action"
    return None


def permitted(
    statements: Sequence[Statement],
    action: str,
    resource: str,
    *,
    principal: str | None = None,
    facts: Facts | None = None,
) -> bool:
    """Whether statements allow an action, and none denies it.

    Args:
        statements: Of all policies that count.
        action: Such as `sqs:SendMessage`.
        resource: An ARN.
        principal: The service that asks, where these are a resource's own; None for a role's.
        facts: Condition key -> value.
    """
    known = _known(facts or {})
    concerned = [
        each for each in statements if principal is None or _is_principal(each, principal)
    ]
    return not _any(concerned, "Deny", action, resource, known) and _any(
        concerned, "Allow", action, resource, known
    )


def _known(facts: Facts) -> dict[str, Fact]:
    return {"aws:securetransport": "true", **{key.lower(): value for key, value in facts.items()}}


def _any(
    statements: Sequence[Statement],
    effect: str,
    action: str,
    resource: str | None,
    facts: Mapping[str, Fact],
) -> bool:
    return any(
        each.get("Effect") == effect
        and _of_action(each, action)
        and _of_resource(each, resource, facts)
        and _holds(each, facts)
        for each in statements
    )


def _of_action(statement: Statement, action: str) -> bool:
    if "NotAction" in statement:
        return not _like_one(statement["NotAction"], action, ignore_case=True)
    return _like_one(statement.get("Action", ()), action, ignore_case=True)


def _of_resource(statement: Statement, resource: str | None, facts: Mapping[str, Fact]) -> bool:
    negated = "NotResource" in statement
    patterns = _filled(statement.get("NotResource" if negated else "Resource", ()), facts)
    if resource is None:
        return statement.get("Effect") == "Allow" or "*" in patterns
    return any(_like(each, resource) for each in patterns) != negated


def _named(statement: Statement, caller: Caller) -> _Named:
    """Tell how closely a statement of a resource's policy names who asks."""
    if "NotPrincipal" in statement:
        others = _principals(statement["NotPrincipal"])
        # A role that is left out is left out with its account and its session, or not at all.
        left_out = {caller.arn, caller.identity_arn} & others or "*" in others
        return _Named.NOT if left_out else _Named.IDENTITY
    given = _principals(statement.get("Principal"))
    if caller.arn in given and caller.arn != caller.identity_arn:
        return _Named.SESSION
    if caller.identity_arn in given or "*" in given:
        return _Named.IDENTITY
    root = f":iam::{caller.account_id}:root"
    if caller.account_id in given or any(each.endswith(root) for each in given):
        return _Named.ACCOUNT
    return _Named.NOT


def _principals(given: Any) -> set[str]:
    if isinstance(given, Mapping):
        return set(_listed(given.get("AWS", ())))
    return {"*"} if given == "*" else set()


def _is_principal(statement: Statement, principal: str) -> bool:
    given = statement.get("Principal")
    if not isinstance(given, Mapping):
        return given == "*"
    return principal in _listed(given.get("Service", ())) or "*" in _listed(given.get("AWS", ()))


def _holds(statement: Statement, facts: Mapping[str, Fact]) -> bool:
    conditions: Mapping[str, Mapping[str, Any]] = statement.get("Condition") or {}
    return all(
        _condition_holds(operator, values, facts.get(key.lower()), facts)
        for operator, keys in conditions.items()
        for key, values in keys.items()
    )


def _condition_holds(
    operator: str, values: Any, fact: Fact | None, facts: Mapping[str, Fact]
) -> bool:
    """Whether a condition holds. An operator that IAM does not know holds never.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
    """
    scope, _, word = operator.rpartition(":")
    name = word.removesuffix("IfExists")
    if name == "Null":
        return any(str(each).lower() == str(fact is None).lower() for each in _listed(values))
    plain = name.replace("Not", "", 1)
    test, negated = _TESTS.get(plain), plain != name
    if test is None:
        return False
    given = [] if fact is None else [fact] if isinstance(fact, str) else list(fact)
    if not given:
        # A key that the request does not have: what is not to be this, is not.
        absent = negated if not scope else scope == "ForAllValues"
        return absent or name != word
    wanted = _filled(values, facts)
    found = [any(test(value, each) for value in wanted) != negated for each in given]
    # Without a word on many values, one that is found is enough, and none for what must not be.
    return all(found) if scope == "ForAllValues" or (negated and not scope) else any(found)


_VARIABLE = re.compile(r"\$\{([^}]*)\}")
# What stands for a star and a question mark that are no wildcards; no text of AWS's has these two.
_STAR, _MARK = "\ue000", "\ue001"
_ESCAPES = {"*": _STAR, "?": _MARK, "$": "$"}


def _filled(patterns: Any, facts: Mapping[str, Fact]) -> list[str]:
    """Put values in the place of variables; what names one that has no value is left out.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
    """
    found = []
    for pattern in _listed(patterns):
        if "${" not in pattern:
            found.append(pattern)
            continue
        values = [_value(each, facts) for each in _VARIABLE.findall(pattern)]
        if None not in values:
            rest = iter(values)
            found.append(_VARIABLE.sub(lambda _, rest=rest: str(next(rest)), pattern))  # type: ignore[misc]
    return found


def _value(variable: str, facts: Mapping[str, Fact]) -> str | None:
    key, comma, default = variable.partition(",")
    if key in _ESCAPES:
        return _ESCAPES[key]
    fact = facts.get(key.strip().lower())
    if isinstance(fact, str):
        # A value stands for itself, whatever is in it.
        return fact.replace("*", _STAR).replace("?", _MARK)
    return default.strip().strip("'") if comma else None


def _arn_like(pattern: str, arn: str) -> bool:
    """Compare part by part, as a `*` of one part does not reach into the next."""
    wanted, given = pattern.split(":", 5), arn.split(":", 5)
    return len(wanted) == len(given) and all(
        _like(one, other) for one, other in zip(wanted, given, strict=True)
    )


@functools.lru_cache(maxsize=4096)
def _expression(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    words = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    words = words.replace(_STAR, r"\*").replace(_MARK, r"\?")
    return re.compile(words, re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def _like(pattern: str, text: str) -> bool:
    return _expression(pattern, False).fullmatch(text) is not None


def _like_one(patterns: Any, text: str, *, ignore_case: bool = False) -> bool:
    return any(
        _expression(pattern, ignore_case).fullmatch(text) is not None
        for pattern in _listed(patterns)
    )


def _number(compare: Callable[[float, float], bool]) -> Callable[[str, str], bool]:
    def test(value: str, fact: str) -> bool:
        try:
            return compare(float(fact), float(value))
        except ValueError:
            return False

    return test


def _moment(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _date(compare: Callable[[float, float], bool]) -> Callable[[str, str], bool]:
    def test(value: str, fact: str) -> bool:
        try:
            return compare(_moment(fact), _moment(value))
        except ValueError:
            return False

    return test


def _in_network(value: str, fact: str) -> bool:
    try:
        return ipaddress.ip_address(fact) in ipaddress.ip_network(value, strict=False)
    except ValueError:
        return False


_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "Equals": lambda fact, value: fact == value,
    "LessThan": lambda fact, value: fact < value,
    "LessThanEquals": lambda fact, value: fact <= value,
    "GreaterThan": lambda fact, value: fact > value,
    "GreaterThanEquals": lambda fact, value: fact >= value,
}

_TESTS: Mapping[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda value, fact: _literal(value) == fact,
    "StringEqualsIgnoreCase": lambda value, fact: _literal(value).lower() == fact.lower(),
    "StringLike": _like,
    "ArnEquals": _arn_like,
    "ArnLike": _arn_like,
    "Bool": lambda value, fact: value.lower() == fact.lower(),
    "BinaryEquals": lambda value, fact: value == fact,
    "IpAddress": _in_network,
    **{f"Numeric{name}": _number(compare) for name, compare in _COMPARISONS.items()},
    **{f"Date{name}": _date(compare) for name, compare in _COMPARISONS.items()},
}


def _literal(value: str) -> str:
    return value.replace(_STAR, "*").replace(_MARK, "?")


def _listed(value: Any) -> Sequence[str]:
    return [_text(each) for each in value] if isinstance(value, list | tuple) else [_text(value)]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
