"""The evaluation of policies, held against AWS's documented tables.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

import pytest

from platform_lib.local.permissions import Caller, Policies, permitted, refusal

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/app"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/app/one"
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:jobs"
CALLER = Caller(arn=SESSION, identity_arn=ROLE, account_id=ACCOUNT)
SEND = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": QUEUE}
DENY = {**SEND, "Effect": "Deny"}
OTHER = {**SEND, "Action": "sqs:ReceiveMessage"}


def by(principal, statement=SEND):
    return {**statement, "Principal": {"AWS": principal}}


NO_IDENTITY = "because no identity-based policy allows the sqs:SendMessage action"
NO_BOUNDARY = "because no permissions boundary allows the sqs:SendMessage action"
NO_SESSION = "because no session policy allows the sqs:SendMessage action"
NO_RESOURCE = "because no resource-based policy allows the sqs:SendMessage action"


@pytest.mark.parametrize(
    ("policies", "why"),
    [
        # Identity alone.
        ({"identity": []}, NO_IDENTITY),
        ({"identity": [SEND]}, None),
        ({"identity": [SEND, DENY]}, "with an explicit deny in an identity-based policy"),
        # Identity or resource: one of the two is enough within an account.
        ({"identity": [], "resource": [by(ROLE)]}, None),
        ({"identity": [], "resource": [by(SESSION)]}, None),
        ({"identity": [], "resource": [by("*")]}, None),
        ({"identity": [], "resource": [{**SEND, "Principal": "*"}]}, None),
        # The account alone: it is for its policies to allow.
        ({"identity": [], "resource": [by(f"arn:aws:iam::{ACCOUNT}:root")]}, NO_IDENTITY),
        ({"identity": [], "resource": [by(ACCOUNT)]}, NO_IDENTITY),
        ({"identity": [], "resource": [by("arn:aws:iam::123456789012:role/other")]}, NO_IDENTITY),
        (
            {"identity": [SEND], "resource": [by("*", DENY)]},
            "with an explicit deny in a resource-based policy",
        ),
        (
            {"identity": [SEND], "resource": [by(ACCOUNT, DENY)]},
            "with an explicit deny in a resource-based policy",
        ),
        ({"identity": [SEND], "resource": [by("arn:aws:iam::1:role/x", DENY)]}, None),
        # All but a few are denied: who is left out is named by role, session or account.
        (
            {"identity": [SEND], "resource": [{**DENY, "NotPrincipal": {"AWS": "someone"}}]},
            "with an explicit deny in a resource-based policy",
        ),
        ({"identity": [SEND], "resource": [{**DENY, "NotPrincipal": {"AWS": [ROLE]}}]}, None),
        # A boundary allows nothing, it limits.
        ({"identity": [], "boundary": [SEND]}, NO_IDENTITY),
        ({"identity": [SEND], "boundary": []}, NO_BOUNDARY),
        ({"identity": [SEND], "boundary": [OTHER]}, NO_BOUNDARY),
        ({"identity": [SEND], "boundary": [SEND]}, None),
        (
            {"identity": [SEND], "boundary": [SEND, DENY]},
            "with an explicit deny in a permissions boundary",
        ),
        # What a resource allows the role is limited by it, what it allows the session is not.
        ({"identity": [], "boundary": [], "resource": [by(ROLE)]}, NO_BOUNDARY),
        ({"identity": [], "boundary": [], "resource": [by(SESSION)]}, None),
        (
            {"identity": [], "boundary": [DENY], "resource": [by(SESSION)]},
            "with an explicit deny in a permissions boundary",
        ),
        # A session's policy limits, too.
        ({"identity": [SEND], "session": []}, NO_SESSION),
        ({"identity": [SEND], "session": [SEND]}, None),
        ({"identity": [SEND], "session": [DENY]}, "with an explicit deny in a session policy"),
        ({"identity": [], "session": [], "resource": [by(SESSION)]}, None),
        # A key, and the trust of a role: their own policy has to let the account in at least.
        ({"identity": [SEND], "resource_decides": True}, NO_RESOURCE),
        ({"identity": [SEND], "resource": [by(ACCOUNT)], "resource_decides": True}, None),
        ({"identity": [], "resource": [by(ACCOUNT)], "resource_decides": True}, NO_IDENTITY),
        ({"identity": [], "resource": [by(ROLE)], "resource_decides": True}, None),
    ],
)
def test_whether_a_call_is_allowed(policies, why):
    assert refusal(CALLER, "sqs:SendMessage", QUEUE, {}, Policies(**policies)) == why


def test_an_unknown_resource_is_what_any_statement_allows():
    def why(*statements):
        return refusal(CALLER, "sqs:SendMessage", None, {}, Policies(identity=statements))

    assert why(SEND) is None
    assert why(OTHER) == NO_IDENTITY
    assert why(SEND, DENY) is None
    assert why(SEND, {**DENY, "Resource": "*"}) is not None


def holds(operator, key, value, **facts):
    statement = {**SEND, "Condition": {operator: {key: value}}}
    named = {"aws:" + name.replace("__", "/"): fact for name, fact in facts.items()}
    return permitted([statement], "sqs:SendMessage", QUEUE, facts=named)


@pytest.mark.parametrize(
    ("operator", "value", "fact", "expected"),
    [
        ("StringEquals", "a", "a", True),
        ("StringEquals", ["b", "a"], "a", True),
        ("StringEquals", "a*", "ab", False),
        ("StringEquals", "A", "a", False),
        ("StringEqualsIgnoreCase", "A", "a", True),
        ("StringNotEqualsIgnoreCase", "A", "a", False),
        ("StringNotEquals", ["b", "a"], "a", False),
        ("StringNotEquals", ["b", "c"], "a", True),
        ("StringLike", "a*", "ab", True),
        ("StringLike", "a?", "a", False),
        ("StringNotLike", "a*", "ab", False),
        ("NumericEquals", "5", "5.0", True),
        ("NumericNotEquals", "5", "5", False),
        ("NumericLessThan", "5", "4", True),
        ("NumericLessThan", "5", "5", False),
        ("NumericLessThanEquals", "5", "5", True),
        ("NumericGreaterThan", "5", "6", True),
        ("NumericGreaterThanEquals", "5", "4", False),
        ("NumericEquals", "5", "five", False),
        ("DateLessThan", "2030-01-01T00:00:00Z", "2029-12-31T23:59:59Z", True),
        ("DateGreaterThan", "2030-01-01T00:00:00Z", "2029-12-31T23:59:59Z", False),
        ("DateGreaterThanEquals", "1893456000", "2030-01-01T00:00:00Z", True),
        ("DateEquals", "2030-01-01T00:00:00Z", "1893456000", True),
        ("DateNotEquals", "2030-01-01", "2030-01-01T00:00:00Z", False),
        ("Bool", "true", "True", True),
        ("Bool", True, "true", True),
        ("Bool", "true", "false", False),
        ("BinaryEquals", "QmluYXJ5", "QmluYXJ5", True),
        ("IpAddress", "203.0.113.0/24", "203.0.113.9", True),
        ("IpAddress", ["10.0.0.0/8", "2001:db8::/32"], "2001:db8::1", True),
        ("NotIpAddress", "203.0.113.0/24", "203.0.113.9", False),
        ("IpAddress", "203.0.113.9", "203.0.113.9", True),
        ("ArnEquals", "arn:aws:sns:*:*:news", "arn:aws:sns:us-east-1:1:news", True),
        ("ArnLike", "arn:aws:sns:*", "arn:aws:sns:us-east-1:1:news", False),
        ("ArnNotLike", "arn:aws:sns:*:*:news", "arn:aws:sns:us-east-1:1:news", False),
        ("Null", "true", "there", False),
        ("Null", "false", "there", True),
        ("NoSuchOperator", "a", "a", False),
    ],
)
def test_what_an_operator_says(operator, value, fact, expected):
    assert holds(operator, "aws:Fact", value, Fact=fact) is expected


@pytest.mark.parametrize(
    ("operator", "value", "expected"),
    [
        ("StringEquals", "a", False),
        ("StringEqualsIfExists", "a", True),
        ("StringNotEquals", "a", True),
        ("StringNotEqualsIfExists", "a", True),
        ("NumericLessThan", "5", False),
        ("NumericLessThanIfExists", "5", True),
        ("ArnNotLike", "arn:aws:sns:*:*:news", True),
        ("NotIpAddress", "10.0.0.0/8", True),
        ("Bool", "false", False),
        ("Null", "true", True),
        ("Null", "false", False),
        ("ForAllValues:StringEquals", "a", True),
        ("ForAnyValue:StringEquals", "a", False),
        ("ForAnyValue:StringNotEquals", "a", False),
        ("ForAnyValue:StringEqualsIfExists", "a", True),
    ],
)
def test_what_an_operator_says_of_a_key_that_is_not_there(operator, value, expected):
    assert holds(operator, "aws:Fact", value) is expected


@pytest.mark.parametrize(
    ("operator", "given", "expected"),
    [
        ("ForAllValues:StringEquals", ["a"], True),
        ("ForAllValues:StringEquals", ["a", "b"], True),
        ("ForAllValues:StringEquals", ["a", "x"], False),
        ("ForAnyValue:StringEquals", ["x", "a"], True),
        ("ForAnyValue:StringEquals", ["x", "y"], False),
        ("ForAllValues:StringNotEquals", ["x", "y"], True),
        ("ForAllValues:StringNotEquals", ["x", "a"], False),
        ("ForAnyValue:StringNotEquals", ["x", "a"], True),
        ("ForAnyValue:StringNotEquals", ["a", "b"], False),
        ("ForAllValues:StringLike", ["apple", "box"], False),
    ],
)
def test_what_an_operator_says_of_many_values(operator, given, expected):
    assert holds(operator, "aws:Fact", ["a", "b"], Fact=given) is expected


@pytest.mark.parametrize(
    ("resource", "facts", "expected"),
    [
        ("${aws:username}", {"aws:username": "jobs"}, True),
        ("${aws:username}", {"aws:username": "other"}, False),
        ("${aws:username}", {}, False),
        ("${aws:username, 'jobs'}", {}, True),
        ("${aws:PrincipalTag/queue}", {"aws:principaltag/queue": "jobs"}, True),
        # A value is no pattern, and what is escaped is none either.
        ("${aws:username}", {"aws:username": "*"}, False),
        ("${*}", {}, False),
        ("job${?}", {}, False),
        ("job?", {}, True),
    ],
)
def test_variables_in_a_resource(resource, facts, expected):
    base = QUEUE.rpartition(":")[0]
    statement = {**SEND, "Resource": f"{base}:{resource}"}
    assert permitted([statement], "sqs:SendMessage", QUEUE, facts=facts) is expected


def test_variables_in_a_condition():
    def may(fact, name="bill"):
        condition = {"StringEquals": {"s3:prefix": "home/${aws:username}"}}
        facts = {"s3:prefix": fact, "aws:username": name}
        return permitted([{**SEND, "Condition": condition}], "sqs:SendMessage", QUEUE, facts=facts)

    assert may("home/bill")
    assert not may("home/anne")
    assert may("home/a*", "a*")
