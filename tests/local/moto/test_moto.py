"""What belongs to a version or an alias, and what moto forgets of functions and mappings."""

import json

import pytest
from botocore.exceptions import ClientError
from rows_kit import archive
from rows_samples_sources import alias

from platform_lib.local.desired import Desired


@pytest.fixture
def client(lab):
    return lab.client("lambda")


def allow(client, name, sid, **more):
    request = {"Action": "lambda:InvokeFunction", "Principal": "events.amazonaws.com", **more}
    return client.add_permission(FunctionName=name, StatementId=sid, **request)


def sids(client, name, **more):
    policy = json.loads(client.get_policy(FunctionName=name, **more)["Policy"])
    return [each["Sid"] for each in policy["Statement"]]


def test_an_alias_has_a_policy_of_its_own(lab, client):
    made = alias(lab)
    name = made["functionName"]
    allow(client, name, "one", Qualifier="live")
    allow(client, name, "two")
    allow(client, made["arn"], "three")
    assert sids(client, name, Qualifier="live") == ["one", "three"]
    assert sids(client, name) == ["two"]
    desired = Desired(lab.account.account_id, lab.account.region)
    assert [each["Sid"] for each in desired.resource_policy(name, "live")] == ["one", "three"]
    assert [each["Sid"] for each in desired.resource_policy(name)] == ["two"]
    assert desired.resource_policy(name, "1") == []
    assert desired.resource_policy(name, "live")[0]["Resource"] == made["arn"]

    client.remove_permission(FunctionName=name, StatementId="one", Qualifier="live")
    assert sids(client, name, Qualifier="live") == ["three"]
    with pytest.raises(ClientError, match="ResourceNotFound"):
        client.remove_permission(FunctionName=name, StatementId="two", Qualifier="live")
    with pytest.raises(ClientError, match="ResourceNotFound"):
        sids(client, name, Qualifier="1")
    with pytest.raises(ClientError, match="Function not found"):
        allow(client, name, "four", Qualifier="gone")


def test_a_policy_holds_20_kb_and_each_alias_has_its_own(lab, client):
    name = alias(lab)["functionName"]
    account = {"Principal": "iot.amazonaws.com", "SourceAccount": "123456789012"}

    def fill():
        for number in range(100):
            allow(client, name, f"{number:03}", Qualifier="live", **account)

    with pytest.raises(ClientError, match=r"PolicyLengthExceeded.*bigger than the limit .20480."):
        fill()
    text = client.get_policy(FunctionName=name, Qualifier="live")["Policy"]
    compact = json.dumps(json.loads(text), separators=(",", ":"))
    statement = len(compact) / len(json.loads(text)["Statement"])
    assert 20_480 - statement < len(compact) <= 20_480
    allow(client, name, "one-more")


def test_a_permission_keeps_every_condition(lab, client):
    name = lab.function()["name"]
    allow(
        client,
        name,
        "all",
        SourceArn="arn:aws:s3:::b",
        SourceAccount="123456789012",
        PrincipalOrgID="o-1234567890",
        EventSourceToken="token",
        FunctionUrlAuthType="AWS_IAM",
    )
    (statement,) = Desired(lab.account.account_id, lab.account.region).resource_policy(name)
    assert statement == {
        "Sid": "all",
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": f"arn:aws:lambda:us-east-1:123456789012:function:{name}",
        "Condition": {
            "ArnLike": {"AWS:SourceArn": "arn:aws:s3:::b"},
            "StringEquals": {
                "AWS:SourceAccount": "123456789012",
                "aws:PrincipalOrgID": "o-1234567890",
                "lambda:EventSourceToken": "token",
                "lambda:FunctionUrlAuthType": "AWS_IAM",
            },
        },
    }
    with pytest.raises(ClientError, match=r"ResourceConflict.*already exists"):
        allow(client, name, "all")


def test_asynchronous_invocation_is_set_for_each_qualifier(lab, client):
    made = alias(lab)
    name = made["functionName"]
    home = {"OnFailure": {"Destination": lab.queue()["arn"]}}
    client.put_function_event_invoke_config(
        FunctionName=name, Qualifier="live", MaximumRetryAttempts=0, DestinationConfig=home
    )
    client.put_function_event_invoke_config(FunctionName=name, MaximumEventAgeInSeconds=60)
    client.put_function_event_invoke_config(FunctionName=name, MaximumEventAgeInSeconds=90)
    function = Desired(lab.account.account_id, lab.account.region).function(name)
    assert function.event_invoke_configs == {
        "live": {"MaximumRetryAttempts": 0, "DestinationConfig": home},
        "$LATEST": {"MaximumEventAgeInSeconds": 90},
    }
    listed = client.list_function_event_invoke_configs(FunctionName=name)
    assert [each["FunctionArn"] for each in listed["FunctionEventInvokeConfigs"]] == [
        made["arn"],
        f"{function.function_arn}:$LATEST",
    ]
    client.update_function_event_invoke_config(
        FunctionName=made["arn"], MaximumEventAgeInSeconds=70
    )
    found = client.get_function_event_invoke_config(FunctionName=name, Qualifier="live")
    assert (found["MaximumRetryAttempts"], found["MaximumEventAgeInSeconds"]) == (0, 70)
    client.put_function_event_invoke_config(
        FunctionName=name, Qualifier="live", MaximumRetryAttempts=1
    )
    assert function.event_invoke_configs["live"] == {"MaximumRetryAttempts": 1}
    client.delete_function_event_invoke_config(FunctionName=name, Qualifier="live")
    with pytest.raises(ClientError, match=r"ResourceNotFound.*EventInvokeConfig"):
        client.get_function_event_invoke_config(FunctionName=name, Qualifier="live")
    with pytest.raises(ClientError, match=r"destinationConfig\.onFailure"):
        client.put_function_event_invoke_config(
            FunctionName=name, DestinationConfig={"OnFailure": {"Destination": "no-arn"}}
        )


def test_versions_are_listed_without_a_copy_of_all_logs(lab, client):
    name = alias(lab)["functionName"]
    desired = Desired(lab.account.account_id, lab.account.region)
    latest, first = (each for each in desired.functions() if each.function_name == name)
    assert latest.logs_backend is first.logs_backend is desired.function(name).logs_backend
    listed = client.list_functions(FunctionVersion="ALL")["Functions"]
    arns = [each["FunctionArn"] for each in listed if each["FunctionName"] == name]
    assert arns == [f"{desired.function(name).function_arn}:{each}" for each in ("$LATEST", "1")]


def test_a_number_of_a_version_does_not_come_again(lab, client):
    name = alias(lab)["functionName"]

    def publish(description):
        client.update_function_configuration(FunctionName=name, Description=description)
        return client.publish_version(FunctionName=name)["Version"]

    assert [publish("two"), publish("three")] == ["2", "3"]
    client.update_alias(FunctionName=name, Name="live", FunctionVersion="3")
    for old in ("1", "2"):
        client.delete_function(FunctionName=name, Qualifier=old)
    assert publish("four") == "4"
    assert client.publish_version(FunctionName=name)["Version"] == "4", "nothing changed"
    found = client.list_versions_by_function(FunctionName=name)["Versions"]
    assert [(each["Version"], each["Description"]) for each in found[1:]] == [
        ("3", "three"),
        ("4", "four"),
    ]
    for version, word in (("3", "three"), ("4", "four")):
        told = client.get_function_configuration(FunctionName=name, Qualifier=version)
        assert (told["Description"], told["FunctionArn"].rpartition(":")[2]) == (word, version)


def test_a_version_that_an_alias_names_is_not_deleted(lab, client):
    name = alias(lab)["functionName"]
    client.update_function_configuration(FunctionName=name, Description="two")
    client.publish_version(FunctionName=name)
    client.update_alias(
        FunctionName=name,
        Name="live",
        RoutingConfig={"AdditionalVersionWeights": {"2": 0.1}},
    )
    for version in ("1", "2"):
        with pytest.raises(ClientError, match=r"ResourceConflict.*reference it: \[live\]"):
            client.delete_function(FunctionName=name, Qualifier=version)
    client.create_alias(FunctionName=name, Name="next", FunctionVersion="$LATEST")
    client.delete_function(FunctionName=name)


def test_a_stage_keeps_what_a_change_does_not_name(lab):
    apis = lab.account.client("apigatewayv2")
    api = apis.create_api(Name="notes", ProtocolType="HTTP")["ApiId"]
    apis.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
    apis.update_stage(
        ApiId=api, StageName="$default", DefaultRouteSettings={"ThrottlingBurstLimit": 5}
    )
    found = apis.get_stage(ApiId=api, StageName="$default")
    assert found["AutoDeploy"] is True
    assert found["DefaultRouteSettings"]["ThrottlingBurstLimit"] == 5


def test_a_url_belongs_to_the_alias_in_the_name(lab, client):
    made = alias(lab)
    url = client.create_function_url_config(FunctionName=made["arn"], AuthType="NONE")
    assert url["FunctionArn"] == made["arn"]
    found = client.get_function_url_config(FunctionName=made["functionName"], Qualifier="live")
    assert found["FunctionUrl"] == url["FunctionUrl"]
    with pytest.raises(ClientError, match="ResourceNotFound"):
        client.get_function_url_config(FunctionName=made["functionName"])


def test_what_an_alias_has_goes_with_it(lab, client):
    name = alias(lab)["functionName"]
    allow(client, name, "one", Qualifier="live")
    client.put_function_event_invoke_config(
        FunctionName=name, Qualifier="live", MaximumRetryAttempts=0
    )
    client.delete_alias(FunctionName=name, Name="live")
    client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    assert Desired(lab.account.account_id, lab.account.region).resource_policy(name, "live") == []
    assert (
        Desired(lab.account.account_id, lab.account.region).function(name).event_invoke_configs
        == {}
    )


def test_a_version_keeps_the_dead_letters_that_it_was_published_with(lab, client):
    queue = {"TargetArn": lab.queue()["arn"]}
    name = lab.function(publish=True, deadLetterConfig={"targetArn": queue["TargetArn"]})["name"]
    client.update_function_configuration(FunctionName=name, DeadLetterConfig={"TargetArn": ""})
    client.update_function_code(FunctionName=name, ZipFile=archive("b = 1").read())
    client.publish_version(FunctionName=name)
    desired = Desired(lab.account.account_id, lab.account.region)
    assert desired.function(name, "1").dead_letter_config == queue
    assert desired.function(name, "2").dead_letter_config == {"TargetArn": ""}
    found = client.get_function_configuration(FunctionName=name)
    assert "DeadLetterConfig" not in found


def mappings(lab):
    from moto.backends import get_backend

    backend = get_backend("lambda")[lab.account.account_id][lab.account.region]
    return backend._event_source_mappings


def test_a_mapping_keeps_the_alias_and_what_it_was_asked_for(lab, client):
    made = alias(lab)
    queue = lab.queue()
    asked = {
        "FunctionName": made["arn"],
        "EventSourceArn": queue["arn"],
        "BatchSize": 5,
        "ScalingConfig": {"MaximumConcurrency": 2},
        "FilterCriteria": {"Filters": [{"Pattern": "{}"}]},
    }
    uuid = client.create_event_source_mapping(**asked)["UUID"]
    assert mappings(lab)[uuid].spec == asked
    assert client.get_event_source_mapping(UUID=uuid)["FunctionArn"] == made["arn"]
    with pytest.raises(ClientError, match=f"ResourceConflict.*{uuid}"):
        client.create_event_source_mapping(**asked)
    # The function itself is another target than its alias.
    other = client.create_event_source_mapping(**{**asked, "FunctionName": made["functionName"]})
    assert other["FunctionArn"] == made["arn"].removesuffix(":live")

    client.update_event_source_mapping(UUID=uuid, BatchSize=7, FilterCriteria={})
    assert mappings(lab)[uuid].spec == {**asked, "BatchSize": 7, "FilterCriteria": {}}
    assert client.get_event_source_mapping(UUID=uuid)["FunctionArn"] == made["arn"]
    moved = client.update_event_source_mapping(UUID=uuid, FunctionName=f"{made['functionName']}:1")
    assert moved["FunctionArn"] == made["arn"].removesuffix("live") + "1"

    def listed(**by):
        found = client.list_event_source_mappings(**by)["EventSourceMappings"]
        return [each["UUID"] for each in found]

    assert listed(FunctionName=moved["FunctionArn"], EventSourceArn=queue["arn"]) == [uuid]
    assert listed(FunctionName=made["functionName"]) == [other["UUID"]]
    assert listed(FunctionName=made["arn"]) == []
    assert listed(EventSourceArn=queue["arn"]) == [uuid, other["UUID"]]


def test_a_mapping_that_was_deleted_feeds_nothing(lab, client):
    from moto.backends import get_backend

    queue = lab.queue()
    uuid = client.create_event_source_mapping(
        FunctionName=lab.function()["name"], EventSourceArn=queue["arn"]
    )["UUID"]
    backend = get_backend("sqs")[lab.account.account_id][lab.account.region]
    found = next(each for each in backend.queues.values() if each.queue_arn == queue["arn"])
    assert len(found.lambda_event_source_mappings) == 1
    client.delete_event_source_mapping(UUID=uuid)
    assert found.lambda_event_source_mappings == {}


def test_code_is_the_version_of_the_object_that_was_named(lab, client):
    s3, bucket = lab.client("s3"), lab.bucket()
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    stored = {"S3Bucket": bucket, "S3Key": "app.zip"}
    one, two = (
        s3.put_object(Bucket=bucket, Key="app.zip", Body=word)["VersionId"]
        for word in (b"one", b"two, longer")
    )

    def size(told):
        return told["CodeSize"]

    name = lab.fresh("pinned")
    made = client.create_function(
        FunctionName=name,
        Runtime="python3.13",
        Handler="app.handler",
        Role=lab.role()["arn"],
        Code={**stored, "S3ObjectVersion": one},
    )
    assert size(made) == 3
    assert size(client.update_function_code(FunctionName=name, **stored)) == 11
    pinned = {**stored, "S3ObjectVersion": one}
    assert size(client.update_function_code(FunctionName=name, **pinned)) == 3
    with pytest.raises(ClientError, match="NoSuchVersion"):
        client.update_function_code(FunctionName=name, **stored, S3ObjectVersion="none")
    for lacking, word in (
        ({"S3Bucket": bucket, "S3Key": "none.zip"}, "NoSuchKey"),
        ({"S3Bucket": "no-bucket", "S3Key": "app.zip"}, "NoSuchBucket"),
    ):
        told = f"InvalidParameterValueException.*{word}"
        with pytest.raises(ClientError, match=told):
            client.update_function_code(FunctionName=name, **lacking)
        with pytest.raises(ClientError, match=told):
            client.create_function(
                FunctionName=lab.fresh("lacking"),
                Runtime="python3.13",
                Handler="app.handler",
                Role=lab.role()["arn"],
                Code=lacking,
            )
        with pytest.raises(ClientError, match=told):
            client.publish_layer_version(LayerName=lab.fresh("lacking"), Content=lacking)
    assert size(client.get_function_configuration(FunctionName=name)) == 3
    pinned = {**stored, "S3ObjectVersion": two}
    assert size(client.update_function_code(FunctionName=name, **pinned)) == 11

    layer = client.publish_layer_version(
        LayerName=lab.fresh("tools"), Content={**stored, "S3ObjectVersion": one}
    )
    assert size(layer["Content"]) == 3


@pytest.mark.parametrize(
    ("service", "operation", "asked"),
    [
        ("ec2", "describe_fpga_images", {}),
        ("logs", "get_log_fields", {"dataSourceName": "x", "dataSourceType": "x"}),
        ("ses", "get_account_sending_enabled", {}),
    ],
)
def test_a_request_that_is_not_known_is_refused_in_one_line(lab, capfd, service, operation, asked):
    with pytest.raises(ClientError) as caught:
        getattr(lab.client(service), operation)(**asked)
    error = caught.value.response["Error"]
    assert error["Code"] == "NotImplemented"
    word = operation.title().replace("_", "")
    assert error["Message"].startswith(f"the local cloud does not know {service}:{word}: ")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    with pytest.raises(
        ClientError, match="does not know GET /2016-08-19/account-settings"
    ) as gone:
        lab.client("lambda").get_account_settings()
    assert gone.value.response["Error"]["Code"] == "NotImplemented"
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"AB": "x" * 4087}, None),
        ({"AB": "x" * 4088}, "exceeded the 4KB limit"),
        ({"AB": "é" * 2044}, "exceeded the 4KB limit"),
        ({"X": "1"}, "Value 'X' at 'environment.variables'"),
        ({"_AB": "1"}, "Value '_AB' at 'environment.variables'"),
        ({"A-B": "1"}, "Value 'A-B' at 'environment.variables'"),
    ],
)
def test_variables_are_refused_as_by_lambda(lab, client, variables, told):
    function = lab.function()
    changed = {"FunctionName": function["name"], "Environment": {"Variables": variables}}
    made = {
        "FunctionName": "fresh",
        "Role": function["role"],
        "Code": {"ZipFile": b"zip"},
        "Runtime": "python3.13",
        "Handler": "app.handler",
        "Environment": {"Variables": variables},
    }
    if told is None:
        assert client.update_function_configuration(**changed)["Environment"]["Variables"]
        return
    for refused in (
        lambda: client.update_function_configuration(**changed),
        lambda: client.create_function(**made),
    ):
        with pytest.raises(ClientError, match=told):
            refused()
    kept = client.get_function_configuration(FunctionName=function["name"])
    assert "Environment" not in kept or not kept["Environment"]["Variables"]
    assert "fresh" not in [each["FunctionName"] for each in client.list_functions()["Functions"]]
