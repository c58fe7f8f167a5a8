"""What is loaded when: at one app, most of a program's time goes into imports."""

import json
import subprocess
import sys

import pytest

from platform_lib.function_app.sources.event_sources import KINDS

WATCHED = (
    "boto3",
    "botocore",
    "moto",
    "pulumi_docker",
    "pulumi_aws.cloudwatch",
    "pulumi_aws.ec2",
    "pulumi_aws.lambda_",
    "pulumi_aws.ecs",
    "pulumi_aws.lb",
    "pulumi_aws.s3",
    "pytest",
    "aiohttp",
    "granian",
    *(f"platform_lib.function_app.sources.{kind}" for kind in KINDS),
)

FUNCTION = """
from platform_lib import FunctionApp
from platform_lib.testing import synth
args = {"code": "s3://artifacts/notes.zip", "handler": "notes.handler"}
synth(lambda: FunctionApp("notes", args))
"""

WORKER = """
from platform_lib import FunctionApp
from platform_lib.testing import synth
args = {"code": "s3://artifacts/notes.zip", "handler": "notes.handler", "schedules": [{"rate": "1 day"}]}
synth(lambda: FunctionApp("notes", args))
"""

FUNCTION_IN_A_VPC = """
from platform_lib import FunctionApp
from platform_lib.testing import synth
network = {"vpc_id": "vpc-1", "private_subnet_ids": ["subnet-1", "subnet-2"]}
args = {"code": "s3://artifacts/notes.zip", "handler": "notes.handler", "network": network}
synth(lambda: FunctionApp("notes", args))
"""


def loaded_by(program):
    """Run a program in an interpreter of its own and tell which watched modules it executed."""
    # A lazy module stands in sys.modules from the start; its type tells whether it was executed.
    report = (
        "\nimport json, sys, types"
        f"\nwatched = {WATCHED!r}"
        "\nprint(json.dumps([name for name in watched"
        " if type(sys.modules.get(name)) is types.ModuleType]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program + report], capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("module", ["platform_lib", "platform_lib.testing"])
def test_an_import_loads_no_service(module):
    assert loaded_by(f"import {module}") == set()


def test_a_function_outside_a_vpc_never_loads_ec2():
    loaded = loaded_by(FUNCTION)
    assert not loaded & {"pulumi_aws.ec2", "pulumi_aws.lb", "pulumi_aws.ecs", "boto3"}
    assert "pulumi_aws.lambda_" in loaded


def test_the_watch_sees_ec2_where_it_is_loaded():
    assert "pulumi_aws.ec2" in loaded_by(FUNCTION_IN_A_VPC)


@pytest.mark.parametrize(
    ("program", "kinds"),
    [(FUNCTION, set()), (WORKER, {"platform_lib.function_app.sources.schedules"})],
)
def test_a_function_loads_the_kinds_of_source_that_it_has(program, kinds):
    assert {name for name in loaded_by(program) if name.startswith("platform_lib.")} == kinds
