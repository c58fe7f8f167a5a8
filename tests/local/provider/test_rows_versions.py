"""Versions, aliases, what keeps them warm, and keys: changes in place, and AWS's refusals."""

import pytest
from rows_kit import FUNCTION, Made
from rows_samples_sources import alias
from rows_samples_versions import KEY, two_versions

from platform_lib.local.errors import LocalCloudError

ALIAS = "aws:lambda/alias:Alias"
PROVISIONED = "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig"


def weights(version):
    return {"additionalVersionWeights": {version: 0.1}}


def test_an_alias_gets_weights_and_loses_them_in_place(lab):
    made = Made(lab, ALIAS, name="live", functionName=two_versions(lab), functionVersion="1")
    made.change(routingConfig=weights("2"))
    made.change("routingConfig", functionVersion="2")
    made.change(functionVersion="1", routingConfig=weights("2"))
    assert made.replaces(name="other") == ["name"]


@pytest.mark.parametrize(
    ("version", "weighted", "match"),
    [
        ("1", "1", "already included in routing configuration"),
        ("1", "9", "Function not found"),
        ("1", "$LATEST", "not supported for an alias pointing to more than 1"),
        ("$LATEST", "1", "not supported for an alias pointing to more than 1"),
    ],
)
def test_weights_that_aws_refuses_are_refused(lab, version, weighted, match):
    name = two_versions(lab)
    inputs = {"name": "live", "functionName": name, "functionVersion": version}
    with pytest.raises(LocalCloudError, match=match):
        lab.make(ALIAS, **inputs, routingConfig=weights(weighted))


def test_warm_workers_and_weights_exclude_each_other(lab):
    name = two_versions(lab)
    made = Made(lab, ALIAS, name="live", functionName=name, functionVersion="1")
    warm = Made(lab, PROVISIONED, functionName=name, qualifier="live",
                provisionedConcurrentExecutions=1)  # fmt: skip
    warm.change(provisionedConcurrentExecutions=3)
    assert warm.replaces(qualifier="2") == ["qualifier"]
    with pytest.raises(LocalCloudError, match="Invalid alias configuration for Provisioned"):
        made.change(routingConfig=weights("2"))
    lab.kinds.delete(PROVISIONED, warm.id, warm.state)
    made.change(routingConfig=weights("2"))
    with pytest.raises(LocalCloudError, match="Alias with weights can not be used"):
        lab.make(PROVISIONED, **warm.inputs)


def test_warm_workers_go_with_their_alias(lab):
    made = alias(lab)
    client = lab.client("lambda")
    name = made["functionName"]
    client.put_provisioned_concurrency_config(
        FunctionName=name, Qualifier="live", ProvisionedConcurrentExecutions=1
    )
    client.delete_alias(FunctionName=name, Name="live")
    client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    for qualifier, match in (("live", "No Provisioned"), ("$LATEST", "cannot be applied")):
        with pytest.raises(client.exceptions.ClientError, match=match):
            client.get_provisioned_concurrency_config(FunctionName=name, Qualifier=qualifier)


def test_snapshots_and_the_key_of_variables_change_in_place(lab):
    made = Made(lab, FUNCTION, **lab.function_inputs(publish=True))
    client = lab.client("lambda")

    def told(version):
        return client.get_function_configuration(FunctionName=made.id, Qualifier=version)

    made.change(snapStart={"applyOn": "PublishedVersions"}, kmsKeyArn=KEY)
    assert made.state["version"] == "2"
    assert told("2")["SnapStart"]["OptimizationStatus"] == "On"
    assert told("2")["KMSKeyArn"] == KEY
    made.change("snapStart", "kmsKeyArn")
    assert told("3")["SnapStart"] == {"ApplyOn": "None", "OptimizationStatus": "Off"}
    assert "KMSKeyArn" not in told("3")
    assert told("2")["KMSKeyArn"] == KEY


def test_a_log_group_changes_its_key_in_place(lab):
    made = Made(lab, "aws:cloudwatch/logGroup:LogGroup", retentionInDays=7)
    made.change(kmsKeyId=KEY)
    made.change("kmsKeyId")


def test_a_key_and_its_alias_change_in_place(lab):
    key = Made(lab, "aws:kms/key:Key", description="one", enableKeyRotation=True)
    assert key.state["arn"].endswith(key.id)
    key.change(description="two", enableKeyRotation=False, isEnabled=False)
    key.change("isEnabled", "description")
    other = lab.state("aws:kms/key:Key")
    name = Made(lab, "aws:kms/alias:Alias", targetKeyId=key.id)
    assert name.state["name"].startswith("alias/")
    name.change(targetKeyId=other["keyId"])
    assert name.state["targetKeyArn"] == other["arn"]
