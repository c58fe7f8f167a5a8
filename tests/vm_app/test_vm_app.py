import base64
import json
import zipfile
from pathlib import Path

import pulumi
import pulumi_aws as aws
import pytest
import yaml

from platform_lib import ArgsError, VmApp
from platform_lib.testing import AwsMocks, synth

S3 = {"bundle": "s3://artifacts/notes.zip", "start_command": "python3 -m notes"}
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:token-AbCdEf"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "requirements.txt").write_text("")
    (tmp_path / "web.py").write_text("async def app(scope, receive, send): ...\n")
    return tmp_path


def graph_of(**args):
    return synth(lambda: VmApp("notes", {**S3, **args}))


def files_of(graph):
    text = base64.b64decode(graph.one(aws.ec2.LaunchTemplate).inputs["userData"]).decode()
    return {entry["path"]: entry["content"] for entry in yaml.safe_load(text)["write_files"]}


def fails(match, **args):
    def program():
        with pytest.raises(ArgsError, match=match):
            VmApp("notes", args)

    assert synth(program).resources == ()


def group_of(**args):
    return graph_of(**args).one(aws.autoscaling.Group)


def test_a_group_starts_instances_of_the_one_version_that_it_was_proven_with():
    graph = graph_of()
    group = graph.one(aws.autoscaling.Group)
    template = graph.one(aws.ec2.LaunchTemplate)
    # By number: with $Latest it would start what no up has proven.
    version = template.outputs["latestVersion"]
    assert group.inputs["launchTemplate"] == {"id": template.id, "version": str(version)}
    # AWS goes "back" to the new version, for the provider has saved that on the group before.
    assert "instanceRefresh" not in group.inputs


@pytest.mark.parametrize(
    "change",
    [
        {"bundle": "s3://artifacts/other.zip"},
        {"environment": {"A": "b"}},
        {"secrets": {"T": SECRET}},
        {"user_data": "#!/bin/sh"},
        {"instance_type": "t4g.medium"},
        {"image_id": "ami-0123456789abcdef0"},
        {"volume_gib": 9},
        {"overrides": {"launch_template": {"ebs_optimized": "true"}}},
        {
            "overrides": {
                "launch_template": {
                    "placement": aws.ec2.LaunchTemplatePlacementArgs(tenancy="dedicated")
                }
            }
        },
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_an_instance_is_names_its_group_so_that_a_change_makes_the_next_one(change):
    before, after = group_of(), group_of(**change)
    assert before.inputs["namePrefix"] != after.inputs["namePrefix"]
    assert "name" not in after.inputs


@pytest.mark.parametrize(
    "change",
    [
        {"tags": {"team": "notes"}},
        {"scaling": {"minimum": 2, "maximum": 9, "cpu_percent": 50}},
        {"health_check_path": "/well"},
        {"grants": [{"actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::b/*"]}]},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_a_running_instance_can_stay_for_changes_its_group_in_place(change):
    assert group_of().inputs["namePrefix"] == group_of(**change).inputs["namePrefix"]


def test_up_waits_for_the_balancer_to_find_the_instances_well():
    group = group_of(scaling={"minimum": 2}).inputs
    assert (group["minSize"], group["maxSize"], group["desiredCapacity"]) == (2, 4, 2)
    assert (group["minElbCapacity"], group["waitForCapacityTimeout"]) == (2, "15m")
    # It would be an exact number at every later change of the minimum.
    assert "waitForElbCapacity" not in group
    assert group["healthCheckType"] == "ELB"
    assert group["healthCheckGracePeriod"] == 300


def test_a_group_that_was_never_found_well_is_replaced():
    group = group_of()
    # The provider sets it after its wait: what is left without it has not been proven.
    assert group.inputs["enabledMetrics"] == ["GroupInServiceInstances"]
    replaces = {"#initerror", "enabledMetrics", "vpcZoneIdentifiers"}
    assert set(group.options.replace_on_changes) == replaces


def fleet_mocks(prefix, *groups, told=()):
    """An account in which the app has groups: (desired, minimum, status) each."""
    names = [f"{prefix}{at}" for at in range(len(groups))]
    found = {
        name: {"desiredCapacity": desired, "minSize": minimum, "status": status}
        for name, (desired, minimum, status) in zip(names, groups, strict=True)
    }
    return AwsMocks(
        invokes={
            "aws:autoscaling/getAmiIds:getAmiIds": {"names": [*told, *names]},
            "aws:autoscaling/getGroup:getGroup": lambda args: found[args["name"]],
        }
    )


def scaled(*groups, told=(), opts=None, name="notes", **args):
    prefix = group_of().inputs["namePrefix"]
    mocks = fleet_mocks(prefix, *groups, told=told)
    graph = synth(lambda: VmApp(name, {**S3, **args}, opts), mocks=mocks)
    group = graph.one(aws.autoscaling.Group)
    return group.inputs["desiredCapacity"], set(group.options.ignore_changes)


KEPT = {"minElbCapacity", "desiredCapacity"}


def test_a_new_group_starts_with_as_many_as_the_last_one_has():
    assert scaled((3, 1, None)) == (3, KEPT)
    # Within the bounds that are now.
    assert scaled((3, 1, ""), scaling={"maximum": 2}) == (2, KEPT)
    # Other apps and other stacks have groups too; asked for, they would be unknown here.
    assert scaled((3, 1, ""), told=["notes-0000000-1", "web-1", "notes-group-1"]) == (3, KEPT)
    # One that is being deleted serves no more.
    assert scaled((1, 1, ""), (4, 1, "Delete in progress")) == (1, KEPT)


def test_a_renamed_app_finds_the_group_of_its_old_name():
    opts = pulumi.ResourceOptions(aliases=[pulumi.Alias(name="notes")])
    assert scaled((3, 1, ""), name="memos", opts=opts) == (3, KEPT)
    assert scaled((3, 1, ""), name="memos") == (1, KEPT)


def test_another_minimum_tells_the_group_the_count_that_the_provider_waits_for():
    told = KEPT - {"desiredCapacity"}
    assert scaled((3, 1, ""), scaling={"minimum": 2}) == (3, told)
    assert scaled((1, 1, ""), scaling={"minimum": 2}) == (2, told)
    assert scaled((3, 3, "")) == (3, told)


def test_two_groups_are_what_a_killed_up_left_and_are_warned_about(monkeypatch):
    said = []
    monkeypatch.setattr(pulumi.log, "warn", lambda text, *rest: said.append(text))
    assert scaled((1, 1, ""), (3, 1, ""), ingress={"plain_http": True})[0] == 3
    [line] = [line for line in said if "auto scaling groups" in line]
    assert line.startswith("notes has 2 auto scaling groups (notes-")
    assert "delete-auto-scaling-group" in line


def test_an_instance_is_encrypted_and_closed():
    template = graph_of().one(aws.ec2.LaunchTemplate).inputs
    assert template["metadataOptions"] == {
        "httpEndpoint": "enabled",
        "httpTokens": "required",
        "httpPutResponseHopLimit": 1,
    }
    [disk] = template["blockDeviceMappings"]
    assert disk["ebs"]["encrypted"] == "true"
    assert disk["ebs"]["volumeType"] == "gp3"
    assert "keyName" not in template


def test_the_image_is_the_newest_of_the_architecture_read_from_its_public_parameter():
    graph = graph_of(architecture="x86_64")
    asked = [call.args["name"] for call in graph.invokes if "getParameter" in call.token]
    assert asked == [
        "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64",
    ]
    template = graph.one(aws.ec2.LaunchTemplate).inputs
    # An ID, not the parameter, whose image may change under a release that was proven.
    assert template["imageId"].startswith("ami-")
    assert template["instanceType"] == "t3.small"


def test_a_pinned_image_asks_for_no_parameter():
    graph = graph_of(image_id="ami-0123456789abcdef0")
    assert not [call for call in graph.invokes if "getParameter" in call.token]


def test_source_is_stored_encrypted_in_a_closed_bucket_and_old_bundles_stay(source):
    graph = synth(lambda: VmApp("notes", {"source": str(source), "app": "web:app"}))
    block = graph.one(aws.s3.BucketPublicAccessBlock).inputs
    assert {key: value for key, value in block.items() if key != "bucket"} == {
        "blockPublicAcls": True,
        "blockPublicPolicy": True,
        "ignorePublicAcls": True,
        "restrictPublicBuckets": True,
    }
    policy = graph.one(aws.s3.BucketPolicy)
    arn = graph.one(aws.s3.Bucket).outputs["arn"]
    assert json.loads(policy.inputs["policy"])["Statement"] == [
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [arn, f"{arn}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    ]
    # S3 refuses two changes of a bucket's access at once.
    assert graph.one(aws.s3.BucketPublicAccessBlock) in policy.dependencies
    bundle = graph.one(aws.s3.BucketObjectv2)
    assert bundle.inputs["serverSideEncryption"] == "AES256"
    assert bundle.options.retain_on_delete
    files = files_of(graph)
    told = json.loads(files["/etc/platform/bundle.json"])
    bucket = graph.one(aws.s3.Bucket)
    assert told["uri"] == f"s3://{bucket.id}/{bundle.inputs['key']}"
    assert len(told["sha256"]) == 64
    unit = files["/etc/systemd/system/app.service"]
    assert "ExecStart=/usr/bin/python3.13 -m _platform.serve" in unit


def test_the_role_reads_that_bucket_and_opens_session_manager(source):
    graph = synth(lambda: VmApp("notes", {"source": str(source), "app": "web:app"}))
    statements = json.loads(graph.one(aws.iam.RolePolicy).inputs["policy"])["Statement"]
    reads = [each for each in statements if each["Action"] == ["s3:GetObject"]]
    assert [each["Resource"] for each in reads] == [f"{graph.one(aws.s3.Bucket).outputs['arn']}/*"]
    assert any("ssmmessages:OpenDataChannel" in each["Action"] for each in statements)
    # The managed policy for it reads every parameter of the account.
    assert not any("ssm:GetParameter" in each["Action"] for each in statements)


def test_a_bundle_from_a_path_is_stored_too_and_run_by_its_command(tmp_path):
    path = tmp_path / "ready.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("run.sh", "#!/bin/sh\n")
    args = {"bundle": str(path), "start_command": "./run.sh --port $PORT"}
    graph = synth(lambda: VmApp("notes", args))
    assert graph.one(aws.s3.BucketObjectv2).inputs["source"].path == str(path)
    unit = files_of(graph)["/etc/systemd/system/app.service"]
    assert 'ExecStart=/bin/sh -c "./run.sh --port $$PORT"' in unit


def test_no_secret_is_in_user_data_but_its_arn_is():
    files = files_of(graph_of(secrets={"T": f"{SECRET}#key"}))
    assert json.loads(files["/etc/platform/secrets.json"]) == {"T": f"{SECRET}#key"}
    assert "\nT=" not in files["/etc/platform/app.env"]


def test_variables_reach_the_instance():
    text = files_of(graph_of(environment={"A": "b"}))["/etc/platform/app.env"]
    assert 'A="b"' in text
    assert 'APP_TARGET="vm"' in text
    assert 'AWS_DEFAULT_REGION="us-east-1"' in text


@pytest.mark.parametrize(
    ("bad", "match"),
    [
        ({"instance_type": "t3.small"}, "'instance_type' is 't3.small': is not of architecture"),
        (
            {"instance_type": "t4g.nano"},
            "'t4g.nano': has half a GiB of memory, too little for dnf",
        ),
        (
            {"instance_type": "t1.micro", "architecture": "x86_64"},
            "'t1.micro': has half a GiB of memory, too little for dnf",
        ),
        ({"instance_type": "m7g.large", "architecture": "x86_64"}, "is not of architecture x86"),
        ({"image_id": "al2023"}, "'image_id' is 'al2023': must be the ID of an AMI"),
        ({"volume_gib": 7}, "'volume_gib' is 7: must be 8 to 16384 GiB"),
        ({"user_data": "echo"}, "'user_data' is 'echo': must be a script that begins with #!"),
        ({"bundle": "nope.zip"}, "'bundle' is 'nope.zip': is neither an s3:// URI nor the path"),
        ({"bundle": "s3://x"}, "'bundle' is 's3://x': must be s3://bucket/key"),
        ({"spot_percent": 50}, "'spot_percent' is 50: not available in this release"),
        ({"warm_pool": 1}, "'warm_pool' is 1: not available in this release"),
        ({"overrides": {"bucket": {}}}, "'overrides.bucket' .* no such child"),
    ],
)
def test_bad_input_of_its_own_is_refused(bad, match):
    fails(match, **{**S3, **bad})


def test_the_bundle_is_read_in_the_partition_of_the_region():
    def statements(region):
        graph = synth(lambda: VmApp("notes", S3), mocks=AwsMocks(region=region))
        return json.loads(graph.one(aws.iam.RolePolicy).inputs["policy"])["Statement"]

    for region, partition in (("eu-west-1", "aws"), ("cn-north-1", "aws-cn")):
        reads = [each for each in statements(region) if each["Action"] == ["s3:GetObject"]]
        assert reads[0]["Resource"] == f"arn:{partition}:s3:::artifacts/notes.zip"
