"""The provider's gRPC servicer, called as the engine calls it."""

import json
import threading

import grpc
import pytest
from google.protobuf import struct_pb2
from provider_kit import GROUP, KEYS, TABLE, Engine
from pulumi.runtime.proto import provider_pb2, status_pb2

from platform_lib.local.provider import Journal
from platform_lib.local.provider.values import (
    SECRET,
    SIGNATURE,
    UNKNOWN,
    Secret,
    decode,
    encode,
    plain,
)


def test_a_preview_touches_nothing(engine, account):
    inputs = engine.checked(GROUP, {"retentionInDays": 7}, name="preview")
    id, state = engine.create(GROUP, inputs, preview=True)
    assert id == ""
    assert state["arn"].endswith(inputs["name"])
    found = account.client("logs").describe_log_groups(logGroupNamePrefix=inputs["name"])
    assert found["logGroups"] == []


def test_a_preview_does_not_know_what_only_aws_says(engine):
    _, state = engine.create(TABLE, engine.checked(TABLE, KEYS), preview=True)
    assert state["arn"] is UNKNOWN


def test_what_an_update_may_change_is_unknown_in_its_preview(engine):
    type = "aws:ec2/launchTemplate:LaunchTemplate"
    old = engine.checked(type, {"instanceType": "t4g.small"})
    new = {**old, "instanceType": "t4g.medium"}
    state = engine.update(type, "lt-1", {**old, "latestVersion": 1}, old, new, preview=True)
    assert state["latestVersion"] is UNKNOWN


def test_a_resource_changes_drifts_and_goes(engine, account, plane):
    inputs = engine.checked(GROUP, {"retentionInDays": 7, "tags": {"a": "1", "b": "2"}})
    id, state = engine.create(GROUP, inputs)
    new = {**inputs, "retentionInDays": 30, "tags": {"b": "3", "c": "4"}}
    state = engine.update(GROUP, id, state, inputs, new)
    logs = account.client("logs")
    (found,) = logs.describe_log_groups(logGroupNamePrefix=id)["logGroups"]
    assert found["retentionInDays"] == 30
    assert logs.list_tags_log_group(logGroupName=id)["tags"] == {"b": "3", "c": "4"}

    logs.put_retention_policy(logGroupName=id, retentionInDays=1)
    logs.tag_log_group(logGroupName=id, tags={"hand": "made"})
    _, _, now = engine.read(GROUP, id, state, new)
    assert now["retentionInDays"] == 1
    assert now["tags"] == {"b": "3", "c": "4", "hand": "made"}
    assert now["name"] == id

    engine.delete(GROUP, id, state)
    assert engine.read(GROUP, id, state, new)[0] == ""
    engine.delete(GROUP, id, state)
    assert plane.heard == [
        (GROUP, id, action) for action in ("create", "update", "delete", "delete")
    ]


def test_a_resource_of_no_program_can_be_read(engine, account):
    account.client("dynamodb").create_table(
        TableName="by-hand",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    id, state, inputs = engine.read(TABLE, "by-hand")
    assert id == "by-hand"
    assert state["arn"].endswith("table/by-hand")
    assert (state["name"], inputs["hashKey"]) == ("by-hand", "id")
    assert engine.read(TABLE, "not-there")[0] == ""


def test_what_aws_refuses_is_told_in_one_line(engine):
    type = "aws:lb/loadBalancer:LoadBalancer"
    inputs = engine.checked(type, {"subnets": ["subnet-none"]})
    with pytest.raises(grpc.RpcError) as caught:
        engine.create(type, inputs)
    words = caught.value.details()
    assert words.startswith("create_load_balancer: ")
    assert "NotFound: " in words
    assert "\n" not in words


def unfinished(caught):
    """Unpack what the engine is told of a resource that exists but is not whole."""
    metadata = dict(caught.value.trailing_metadata())
    status = status_pb2.Status.FromString(metadata["grpc-status-details-bin"])
    detail = provider_pb2.ErrorResourceInitFailed()
    assert status.details[0].Unpack(detail)
    return detail


def test_what_does_not_serve_is_kept_as_made_but_failed(engine, plane, journal):
    plane.failure = "the app never got healthy:\nTraceback"
    with pytest.raises(grpc.RpcError) as caught:
        engine.create(GROUP, engine.checked(GROUP, {}, name="failing"))
    detail = unfinished(caught)
    assert detail.id.startswith("failing-")
    assert list(detail.reasons) == ["the app never got healthy:\nTraceback"]
    assert decode(detail.properties)["arn"].endswith(detail.id)
    assert [entry.id for entry in journal.entries()] == [detail.id]


def test_a_retry_does_again_what_failed_after_the_create(engine, account):
    type = "aws:iam/instanceProfile:InstanceProfile"
    inputs = engine.checked(type, {"role": "late"}, name="retried")
    with pytest.raises(grpc.RpcError) as caught:
        engine.create(type, inputs)
    detail = unfinished(caught)
    assert detail.reasons[0].startswith("add_role_to_instance_profile: NoSuchEntity")
    iam = account.client("iam")
    iam.create_role(RoleName="late", AssumeRolePolicyDocument="{}")
    engine.update(type, detail.id, decode(detail.properties), inputs, inputs)
    profile = iam.get_instance_profile(InstanceProfileName=detail.id)["InstanceProfile"]
    assert [role["RoleName"] for role in profile["Roles"]] == ["late"]


def test_an_update_that_does_not_serve_keeps_its_new_inputs(engine, plane):
    inputs = engine.checked(GROUP, {}, name="updated")
    id, state = engine.create(GROUP, inputs)
    plane.failure = "no"
    with pytest.raises(grpc.RpcError) as caught:
        engine.update(GROUP, id, state, inputs, {**inputs, "retentionInDays": 7})
    assert decode(unfinished(caught).inputs)["retentionInDays"] == 7


def test_secrets_stay_secret_on_the_wire(engine, journal):
    type = "aws:ssm/parameter:Parameter"
    inputs = engine.checked(type, {"type": "SecureString", "value": Secret("hidden")})
    assert inputs["value"] == Secret("hidden")
    id, state = engine.create(type, inputs)
    assert state["value"] == Secret("hidden")
    _, state, now = engine.read(type, id, state, inputs)
    assert state["value"] == now["value"] == Secret("hidden")
    assert all("hidden" not in json.dumps(dict(one.properties)) for one in journal.entries())


def test_a_secret_that_drifted_is_secret_still(engine, account):
    type = "aws:ssm/parameter:Parameter"
    inputs = engine.checked(type, {"type": "SecureString", "value": Secret("a")}, name="drifting")
    id, state = engine.create(type, inputs)
    account.client("ssm").put_parameter(Name=id, Value="b", Type="SecureString", Overwrite=True)
    assert engine.read(type, id, state, inputs)[2]["value"] == Secret("b")


def test_a_secret_that_is_looked_up_is_secret(engine, account):
    account.client("ssm").put_parameter(Name="/hidden", Value="x", Type="SecureString")
    assert engine.read("aws:ssm/parameter:Parameter", "/hidden")[1]["value"] == Secret("x")
    answer = engine.invoke("aws:ssm/getParameter:getParameter", name="/hidden")
    assert answer["value"] == Secret("x")
    assert "insecureValue" not in answer


def test_fronts_answer_where_the_data_plane_serves_them(engine):
    type = "aws:apigatewayv2/api:Api"
    _, state = engine.create(type, engine.checked(type, {"protocolType": "HTTP"}))
    assert state["apiEndpoint"] == "http://127.0.0.1:8000"


def test_an_unknown_look_up_says_how_to_add_it(engine):
    with pytest.raises(
        grpc.RpcError, match=r"aws:foo/getBar:getBar is not known.*Rows of your own"
    ):
        engine.invoke("aws:foo/getBar:getBar")


def test_the_default_network_is_found(engine):
    vpc = engine.invoke("aws:ec2/getVpc:getVpc", default=True)
    assert vpc["default"] is True
    zones = engine.invoke("aws:index/getAvailabilityZones:getAvailabilityZones", state="available")
    filters = [
        {"name": "vpc-id", "values": [vpc["id"]]},
        {"name": "availability-zone-id", "values": [zones["zoneIds"][0]]},
    ]
    (subnet,) = engine.invoke("aws:ec2/getSubnets:getSubnets", filters=filters)["ids"]
    found = engine.invoke("aws:ec2/getSubnet:getSubnet", id=subnet)
    assert found["availabilityZoneId"] == zones["zoneIds"][0]
    place = {"vpcId": vpc["id"], "availabilityZone": zones["names"][0], "defaultForAz": True}
    assert engine.invoke("aws:ec2/getSubnet:getSubnet", **place)["id"] == subnet
    assert engine.invoke("aws:ec2/getVpc:getVpc", cidrBlock=vpc["cidrBlock"])["id"] == vpc["id"]


def test_a_listener_and_its_balancer_are_looked_up(engine, account):
    elb = account.client("elbv2")
    subnets = account.client("ec2").describe_subnets()["Subnets"][:2]
    arn = elb.create_load_balancer(Name="shared", Subnets=[each["SubnetId"] for each in subnets])
    arn = arn["LoadBalancers"][0]["LoadBalancerArn"]
    fixed = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
    made = elb.create_listener(
        LoadBalancerArn=arn, Protocol="HTTP", Port=81, DefaultActions=[fixed]
    )
    listener = engine.invoke(
        "aws:lb/getListener:getListener", arn=made["Listeners"][0]["ListenerArn"]
    )
    assert (listener["protocol"], listener["port"]) == ("HTTP", 81)
    balancer = engine.invoke(
        "aws:lb/getLoadBalancer:getLoadBalancer", arn=listener["loadBalancerArn"]
    )
    assert balancer["dnsName"].startswith("127.0.0.1:")
    assert balancer["zoneId"]


def test_an_unknown_argument_of_a_look_up_is_not_dropped(engine):
    with pytest.raises(grpc.RpcError, match="'nearTo' is not known"):
        engine.invoke("aws:ec2/getSubnets:getSubnets", nearTo="me")


def test_who_and_where(engine, account):
    caller = engine.invoke("aws:index/getCallerIdentity:getCallerIdentity")
    assert caller["accountId"] == account.account_id
    assert engine.invoke("aws:index/getRegion:getRegion")["region"] == "us-east-1"
    assert engine.invoke("aws:index/getPartition:getPartition")["partition"] == "aws"
    token = engine.invoke("aws:ecr/getAuthorizationToken:getAuthorizationToken")
    assert token["userName"] == "AWS"
    ecr = account.client("ecr")
    ecr.create_repository(repositoryName="asked")
    manifest = '{"mediaType": "application/vnd.oci.image.manifest.v1+json"}'
    put = ecr.put_image(repositoryName="asked", imageManifest=manifest, imageTag="one")["image"]
    images = engine.invoke("aws:ecr/getImages:getImages", repositoryName="asked")
    assert images["imageIds"] == [put["imageId"]]
    name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"
    assert engine.invoke("aws:ssm/getParameter:getParameter", name=name)["value"].startswith(
        "ami-"
    )


def test_a_policy_is_worded_as_the_provider_words_it(engine):
    answer = engine.invoke(
        "aws:iam/getPolicyDocument:getPolicyDocument",
        statements=[
            {
                "actions": ["s3:GetObject"],
                "resources": ["a", "b"],
                "principals": [{"type": "Service", "identifiers": ["ec2.amazonaws.com"]}],
                "conditions": [{"test": "Bool", "variable": "x", "values": ["true"]}],
            }
        ],
    )
    assert json.loads(answer["json"]) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "s3:GetObject",
                "Resource": ["b", "a"],
                "Principal": {"Service": "ec2.amazonaws.com"},
                "Condition": {"Bool": {"x": "true"}},
            }
        ],
    }


def test_the_journal_knows_what_a_delete_needs(engine, providers, journal, account):
    inputs = engine.checked("aws:iam/role:Role", {"assumeRolePolicy": "{}"}, name="lost")
    role, _ = engine.create("aws:iam/role:Role", inputs)
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    inputs = engine.checked("aws:iam/rolePolicy:RolePolicy", {"role": role, "policy": policy})
    engine.create("aws:iam/rolePolicy:RolePolicy", inputs)
    for entry in reversed(journal.entries()):
        providers.delete(entry.type, entry.id, dict(entry.properties))
    names = [one["RoleName"] for one in account.client("iam").list_roles()["Roles"]]
    assert role not in names


def test_the_journal_is_read_by_another_process_and_skips_a_torn_line(engine, journal, tmp_path):
    engine.create(GROUP, engine.checked(GROUP, {}, name="journal"))
    with (tmp_path / "journal").open("a") as file:
        file.write('{"urn": "cut sho')
    (entry,) = Journal(tmp_path / "journal").entries()
    assert entry.type == GROUP
    assert entry.program


def test_programs_are_told_apart_by_their_connection(ports, journal):
    for name in ("one", "two"):
        engine = Engine(ports["aws"])
        engine.create(GROUP, engine.checked(GROUP, {}, name=name))
        engine.close()
    first, second = journal.entries()
    assert first.program != second.program


def test_what_is_being_made_is_waited_for(engine, providers, plane):
    plane.hold = threading.Event()
    inputs = engine.checked(GROUP, {}, name="slow")
    making = threading.Thread(target=engine.create, args=(GROUP, inputs))
    making.start()
    deadline = threading.Event()
    while not plane.heard:
        assert not deadline.wait(0.01)
    assert not providers.wait_idle(timeout=0)
    plane.hold.set()
    assert providers.wait_idle(timeout=30)
    making.join()


def test_values_survive_the_wire():
    value = {
        "text": "a",
        "number": 1.5,
        "whole": 3,
        "yes": True,
        "list": [1, {"deep": Secret([UNKNOWN])}],
        "secret": Secret({"a": "b"}),
    }
    assert decode(encode(value)) == value
    assert plain(value)["secret"] == {"a": "b"}


def test_a_secret_is_marked_as_the_engine_marks_it():
    struct = struct_pb2.Struct()
    struct.update({"s": {SIGNATURE: SECRET, "value": "x"}})
    assert decode(struct) == {"s": Secret("x")}
    assert "x" not in repr(decode(struct))
