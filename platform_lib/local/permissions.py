"""Whether a role or a service may do something, by the policies that the account has.

What Lambda does in a function's name (polls a queue, sends to a failure destination) needs its
execution role; what a service does to a function, queue or topic needs that one's own policy. Here
both are judged, so that a missing grant is found before AWS finds it. What an app does itself with
boto3 is not judged.

Evaluated are actions, resources, principals and the conditions below; a statement with another
condition counts as one that does not hold. Not evaluated: boundaries, organisations' policies.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from platform_lib.local.desired import Desired

Statement = Mapping[str, Any]


class Permissions:
    """Judges by the account's policies as they are at the moment."""

    def __init__(self, desired: Desired) -> None:
        self._desired = desired

    def role_allows(
        self, role_arn: str, action: str, resource: str, facts: Mapping[str, str] | None = None
    ) -> bool:
        """Whether a role's policies allow an action; False for a role that is not there.

        Args:
            role_arn: The role.
            action: Such as `sqs:SendMessage`.
            resource: The ARN that the action is for.
            facts: Condition key -> value.
        """
        statements = self._desired.role_statements(role_arn)
        return permitted(statements, action, resource, facts=facts)

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


def permitted(
    statements: Sequence[Statement],
    action: str,
    resource: str,
    *,
    principal: str | None = None,
    facts: Mapping[str, str] | None = None,
) -> bool:
    """Whether statements allow an action, and none denies it.

    Args:
        statements: Of all policies that count.
        action: Such as `sqs:SendMessage`.
        resource: An ARN.
        principal: The service that asks, where these are a resource's own; None for a role's.
        facts: Condition key -> value.
    """
    known = {"aws:securetransport": "true", **_lower(facts or {})}
    allowed = False
    for statement in statements:
        if _concerns(statement, action, resource, principal) and _holds(statement, known):
            if statement.get("Effect") == "Deny":
                return False
            allowed = True
    return allowed


def _concerns(statement: Statement, action: str, resource: str, principal: str | None) -> bool:
    if principal is not None and not _is_principal(statement, principal):
        return False
    actions = [each.lower() for each in _listed(statement.get("Action", ()))]
    if "NotAction" in statement:
        others = [each.lower() for each in _listed(statement["NotAction"])]
        named = not _matches(others, action.lower())
    else:
        named = _matches(actions, action.lower())
    if "NotResource" in statement:
        return named and not _matches(_listed(statement["NotResource"]), resource)
    return named and _matches(_listed(statement.get("Resource", ())), resource)


def _is_principal(statement: Statement, principal: str) -> bool:
    given = statement.get("Principal")
    if not isinstance(given, Mapping):
        return given == "*"
    return principal in _listed(given.get("Service", ())) or "*" in _listed(given.get("AWS", ()))


def _holds(statement: Statement, facts: Mapping[str, str]) -> bool:
    conditions: Mapping[str, Mapping[str, Any]] = statement.get("Condition") or {}
    return all(
        _condition_holds(operator, values, facts.get(key.lower()))
        for operator, keys in conditions.items()
        for key, values in keys.items()
    )


def _condition_holds(operator: str, values: Any, fact: str | None) -> bool:
    name = operator.removesuffix("IfExists")
    negated = name.replace("Not", "", 1) if "Not" in name else ""
    test = _TESTS.get(negated or name)
    if test is None:
        return False
    if fact is None:
        # A key that the request does not have: what is not to be this, is not.
        return bool(negated) or name != operator
    found = any(test(str(value), fact) for value in _listed(values))
    return found != bool(negated)


def _arn_like(pattern: str, arn: str) -> bool:
    """Compare part by part, as a `*` of one part does not reach into the next."""
    wanted, given = pattern.split(":", 5), arn.split(":", 5)
    return len(wanted) == len(given) and all(
        _like(one, other) for one, other in zip(wanted, given, strict=True)
    )


def _like(pattern: str, text: str) -> bool:
    words = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(words, text, re.DOTALL) is not None


_TESTS: Mapping[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda value, fact: value == fact,
    "StringEqualsIgnoreCase": lambda value, fact: value.lower() == fact.lower(),
    "StringLike": _like,
    "ArnEquals": _arn_like,
    "ArnLike": _arn_like,
    "Bool": lambda value, fact: value.lower() == fact.lower(),
}


def _matches(patterns: Sequence[str], text: str) -> bool:
    return any(_like(pattern, text) for pattern in patterns)


def _lower(facts: Mapping[str, str]) -> dict[str, str]:
    return {key.lower(): value for key, value in facts.items()}


def _listed(value: Any) -> Sequence[str]:
    return [str(each) for each in value] if isinstance(value, list | tuple) else [str(value)]
