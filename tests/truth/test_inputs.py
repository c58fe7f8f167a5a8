"""(a) Whatever our components and programs make, the provider takes and plans."""

import runpy

import pytest
from conftest import DONE
from doc_blocks import ROOT
from judge import Judge, checked
from plugin import RefusedError
from sources_cases import CASES
from sources_kit import graph_of
from test_contract import make
from test_program_tables import CONFIG
from words import LostError, config_of, terraform_type

from platform_lib.local.provider.rows import ROWS
from platform_lib.testing import synth

VPC = {
    "vpc_id": "vpc-0a1b2c3d",
    "public_subnet_ids": ["subnet-0a1b2c3d", "subnet-1a1b2c3d"],
    "private_subnet_ids": ["subnet-2a1b2c3d", "subnet-3a1b2c3d"],
}
KEY = "arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d-0000-0000-0000-000000000000"
DOMAIN = {"name": "notes.example.com", "zone_id": "Z0123456789"}
ALARMS = {"alarms": {"topic_arn": "arn:aws:sns:us-east-1:123456789012:alarms"}}
APPS = {
    **{target: (target, {}) for target in ("container", "function", "vm")},
    **{
        f"{target} with more": (
            target,
            {
                "network": VPC,
                "tags": {"team": "notes"},
                **(
                    {**ALARMS, "domain": DOMAIN, "kms_key_arn": KEY}
                    if target == "function"
                    else {}
                ),
            },
        )
        for target in ("container", "function", "vm")
    },
    "container on Spot": (
        "container",
        {
            "capacity": [
                {"provider": "fargate", "weight": 1},
                {"provider": "fargate_spot", "weight": 3},
            ]
        },
    ),
    "function behind a balancer": (
        "function",
        {"http": {"kind": "load_balancer"}, "domain": DOMAIN},
    ),
    "function with a URL": (
        "function",
        {"http": {"kind": "function_url", "cors": {"allow_origins": ["*"]}}},
    ),
    "function with CORS and throttle": (
        "function",
        {"http": {"cors": {"allow_origins": ["*"]}, "throttle": {"burst": 5, "rate": 2}}},
    ),
}
NOT_IN_5 = ("invokedViaFunctionUrl",)
"""What pulumi-aws 7 has and a provider of 5.x does not: with 6.x nothing is left out."""


def program_of(name):
    path = str(ROOT / "programs" / name / "__main__.py")
    return synth(lambda: runpy.run_path(path, run_name="__main__"), config=CONFIG[name])


STACKS = {
    **{
        f"app: {name}": lambda given=given: synth(lambda: make(given[0], **given[1]))
        for name, given in APPS.items()
    },
    **{f"source: {name}": lambda case=case: graph_of(**case.args) for name, case in CASES.items()},
    **{f"program: {name}": lambda name=name: program_of(name) for name in CONFIG},
}


@pytest.mark.parametrize("stack", STACKS)
def test_the_provider_takes_what_is_made(stack, provider):
    refused = {}
    for made in STACKS[stack]().resources:
        if not made.custom or made.read or not made.type.startswith("aws:"):
            continue
        type = terraform_type(made.type, lambda name: provider.block(name) is not None)
        assert type, made.type
        inputs = {
            word: value
            for word, value in dict(made.inputs).items()
            if provider.version >= (6,) or word not in NOT_IN_5
        }
        inputs = checked(ROWS[made.type], {}, inputs, made.name)
        try:
            config = config_of(type, provider.block(type), inputs)
            errors = provider.validate(type, config)
            if not errors:
                Judge(provider, type).made(config)
        except (LostError, RefusedError) as problem:
            errors = [str(problem)]
        DONE["resources taken"] += 1
        if errors:
            refused[made.name] = errors
    assert refused == {}
