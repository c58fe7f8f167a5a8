"""Several regions and default tags in one program, by the real engine."""

import pytest
from echo_cloud import write_program
from provided import bring_up
from rows_kit import Quiet

from platform_lib import FunctionApp
from platform_lib.local import cli
from platform_lib.local.account import Account

PROGRAM = """
there = aws.Provider("there", region="eu-west-1", default_tags={"tags": {"team": "notes"}})
opts = pulumi.ResourceOptions(provider=there)
ask = pulumi.InvokeOptions(provider=there)
here = aws.sqs.Queue("here", tags={"own": "1"})
queue = aws.sqs.Queue("there", tags={"own": "1"}, opts=opts)
pulumi.export("here", here.tags_all)
pulumi.export("arn", queue.arn)
pulumi.export("region", queue.region)
pulumi.export("tags", queue.tags)
pulumi.export("all", queue.tags_all)
pulumi.export("zone", aws.get_availability_zones(opts=ask).names[0])
"""


@pytest.mark.engine
def test_a_program_has_two_regions_and_default_tags(local_cloud, tmp_path):
    program = write_program(tmp_path / "regions", "regions", PROGRAM)
    config = {"aws:defaultTags": {"tags": {"from": "config"}}}
    stack = local_cloud.up(program, config=config)
    try:
        assert stack.outputs["arn"].startswith("arn:aws:sqs:eu-west-1:")
        assert stack.outputs["region"] == "eu-west-1"
        assert stack.outputs["tags"] == {"own": "1"}
        assert stack.outputs["all"] == {"own": "1", "team": "notes"}
        assert stack.outputs["here"] == {"own": "1", "from": "config"}
        assert stack.outputs["zone"] == "eu-west-1a"
        assert local_cloud.preview(program) == []
        assert local_cloud.refresh(program) == []
        [change] = local_cloud.preview(program, config={})
        assert (change.op, change.name) == ("update", "here")
    finally:
        local_cloud.destroy(program)
    there = local_cloud.services.account.at("eu-west-1")
    assert "QueueUrls" not in there.client("sqs").list_queues()


def test_an_app_comes_up_in_another_region():
    def program():
        FunctionApp("notes", {"inline": "def handler(event, context): return {}"})

    with Account("eu-west-1") as account:
        bring_up(program, account, Quiet())
        [function] = account.client("lambda").list_functions()["Functions"]
        assert function["FunctionArn"].startswith("arn:aws:lambda:eu-west-1:")


@pytest.mark.parametrize(
    ("files", "asked", "region"),
    [
        ({}, (), "us-east-1"),
        ({"one": "eu-west-1"}, (), "eu-west-1"),
        ({"one": "eu-west-1", "two": "eu-west-1"}, (), "eu-west-1"),
        ({"one": "eu-west-1", "two": "eu-north-1"}, (), "us-east-1"),
        ({"one": "eu-west-1"}, ("--region", "us-west-2"), "us-west-2"),
        ({"one": "eu-west-1"}, ("-c", "aws:region=us-west-2"), "us-west-2"),
    ],
)
def test_a_new_cloud_is_where_its_programs_are(files, asked, region, tmp_path):
    folders = [write_program(tmp_path / name, name, "") for name in files or ("one",)]
    for folder, name in zip(folders, files.values(), strict=False):
        (folder / "Pulumi.local.yaml").write_text(f"config:\n  aws:region: {name}\n")
    given = cli._parser().parse_args(["up", *map(str, folders), *asked])
    assert cli._region(given) == region


@pytest.mark.engine
def test_outputs_name_the_default_network(local_cloud):
    told = local_cloud.network_line
    ec2 = local_cloud.client("ec2")
    for subnet in ec2.describe_subnets(
        SubnetIds=[ec2.describe_subnets()["Subnets"][0]["SubnetId"]]
    )["Subnets"]:
        assert f"{subnet['SubnetId']} ({subnet['AvailabilityZone']})" in told
        assert told.startswith(f"default VPC {subnet['VpcId']}, ")
