"""Who else may call a function, and how many a function's own policy holds."""

import json

import pytest
from sources_kit import (
    ACCOUNT,
    ASYNCHRONOUS,
    HERE,
    QUIET,
    RECEIPT,
    extra,
    graph_of,
    live,
    own_permissions,
    permissions,
)

from platform_lib import ArgsError, FunctionApp
from platform_lib.testing import AwsMocks, synth


def test_more_than_a_role_can_hold_is_refused_in_words():
    queues = [{"name": f"q{number}"} for number in range(60)]
    with pytest.raises(ValueError, match=r"its grants and sources need .* a role holds 10240"):
        graph_of(queues=queues)


CALLERS = {
    "topics": lambda name: {"arn": f"arn:aws:sns:{HERE}:{name}"},
    "buckets": lambda name: {"bucket": f"bucket-{name}"},
    "event_rules": lambda name: {"pattern": {"source": ["shop"]}},
    "log_groups": lambda name: {"log_group": f"/shop/{name}"},
    "receipt_rules": lambda name: {"rule_set_name": "mail"},
    "invoke_permissions": lambda name: {
        "principal": "config.amazonaws.com",
        "source_account": "123456789012",
    },
}
"""The kinds that need a statement in the function's own policy."""


def callers(kind, count):
    names = [f"s{number:02}" for number in range(count)]
    return {kind: [{"name": name, **CALLERS[kind](name)} for name in names]}


def statement_in_policy(permission):
    """Word a permission as it stands in the function's own policy."""
    known = permission.inputs
    conditions = {}
    if "sourceArn" in known:
        conditions["ArnLike"] = {"AWS:SourceArn": known["sourceArn"]}
    if "sourceAccount" in known:
        conditions["StringEquals"] = {"AWS:SourceAccount": known["sourceAccount"]}
    return {
        "Sid": f"{permission.name}-1234567",
        "Effect": "Allow",
        "Principal": {"Service": known["principal"]},
        "Action": known["action"],
        "Resource": f"arn:aws:lambda:{HERE}:function:notes-fn-1234567:live",
        "Condition": conditions,
    }


@pytest.mark.parametrize("kind", CALLERS)
def test_as_many_sources_as_a_functions_own_policy_holds_are_let_through(kind):
    one = own_permissions(graph_of(**callers(kind, 1)))[0]
    policy = {"Version": "2012-10-17", "Id": "default", "Statement": []}
    size = len(json.dumps(statement_in_policy(one), separators=(",", ":"))) + len(",")
    room = 20_480 - len(json.dumps(policy, separators=(",", ":")))
    count = room // size
    assert 40 < count < 80
    assert len(own_permissions(graph_of(**callers(kind, count)))) == count


@pytest.mark.parametrize("kind", CALLERS)
def test_more_than_a_functions_own_policy_holds_is_refused(kind):
    match = rf"'{kind}' is 100: the permissions of all sources come to at least \d+ bytes"
    with pytest.raises(ArgsError, match=match):
        graph_of(**callers(kind, 100))


def test_a_permission_that_is_overridden_is_left_to_aws():
    overrides = {
        f"event_rules.s{number:02}.permission": {"source_arn": "arn:aws:events:*"}
        for number in range(100)
    }
    graph = graph_of(**callers("event_rules", 100), overrides=overrides)
    assert len(own_permissions(graph)) == 100


def test_whoever_else_calls_gets_a_permission_and_only_who_does_not_wait_a_destination():
    pool = f"arn:aws:cognito-idp:{HERE}:userpool/us-east-1_a"
    graph = graph_of(
        invoke_permissions=[{"principal": "cognito-idp.amazonaws.com", "source_arn": pool}]
    )
    assert extra(graph) == {"Permission": 1}
    assert permissions(graph)[0] | {"function": ""} == {
        "action": "lambda:InvokeFunction",
        "function": "",
        "qualifier": "live",
        "principal": "cognito-idp.amazonaws.com",
        "sourceArn": pool,
    }
    rule = f"arn:aws:iot:{HERE}:rule/doors"
    graph = graph_of(
        invoke_permissions=[
            {"principal": "iot.amazonaws.com", "source_arn": rule, "source_account": ACCOUNT}
        ]
    )
    assert extra(graph) == {"Permission": 1, **ASYNCHRONOUS}


@pytest.mark.parametrize(
    "given",
    [
        {"principal": "alexa-appkit.amazon.com", "event_source_token": "amzn1.ask.skill.a-b"},
        {"principal": "lexv2.amazonaws.com", "source_arn": f"arn:aws:lex:{HERE}:bot-alias/A/B"},
        {"principal": "apigateway.amazonaws.com", "source_arn": f"arn:aws:execute-api:{HERE}:a/*/GET/"},
        {"principal": "cloudformation.amazonaws.com", "source_account": ACCOUNT},
        {"principal": f"arn:aws:iam::{ACCOUNT}:role/deployer"},
        {"principal": "*", "principal_org_id": "o-a1b2c3d4e5"},
    ],
)  # fmt: skip
def test_a_permission_has_the_conditions_that_are_given(given):
    [permission] = permissions(graph_of(invoke_permissions=[given]))
    words = {
        "source_arn": "sourceArn",
        "source_account": "sourceAccount",
        "event_source_token": "eventSourceToken",
        "principal_org_id": "principalOrgId",
        "principal": "principal",
    }
    assert {words[word]: value for word, value in given.items()}.items() <= permission.items()


def test_an_account_is_named_as_lambda_names_it():
    given = {"principal": ACCOUNT, "principal_org_id": "o-a1b2c3d4e5"}
    [permission] = permissions(graph_of(invoke_permissions=[given]))
    assert permission["principal"] == f"arn:aws:iam::{ACCOUNT}:root"
    assert permission["principalOrgId"] == "o-a1b2c3d4e5"


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("eu-west-1", "aws"),
        ("cn-north-1", "aws-cn"),
        ("us-gov-west-1", "aws-us-gov"),
        ("eusc-de-east-1", "aws-eusc"),
        ("us-iso-east-1", "aws-iso"),
        ("us-isob-east-1", "aws-iso-b"),
    ],
)
def test_arns_are_those_of_the_regions_partition(region, partition):
    sources = {
        "buckets": [{"bucket": "photos"}],
        "log_groups": [{"log_group": "/shop"}],
        "receipt_rules": [{"rule_set_name": "mail"}],
    }
    graph = synth(
        lambda: FunctionApp("notes", {**QUIET, **sources}), mocks=AwsMocks(region=region)
    )
    assert {each["sourceArn"] for each in permissions(graph)} == {
        f"arn:{partition}:s3:::photos",
        f"arn:{partition}:logs:{region}:{ACCOUNT}:log-group:/shop:*",
        f"arn:{partition}:ses:{region}:{ACCOUNT}:receipt-rule-set/mail:receipt-rule/{RECEIPT}",
    }


def test_callers_with_a_role_of_their_own_get_the_statement():
    graph = graph_of()
    statement = graph.value(graph.result.invoke_statement)
    assert statement == {
        "Effect": "Allow",
        "Action": "lambda:InvokeFunction",
        "Resource": live(graph),
    }
