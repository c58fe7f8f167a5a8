"""Inputs for the rows of versions, of what keeps them warm, and of keys."""

from rows_kit import TAGS, TRUST, archive
from rows_samples_sources import alias

KEY = "arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d"


def two_versions(lab):
    """Give the name of a function with versions 1 and 2."""
    name = lab.function(publish=True)["name"]
    client = lab.client("lambda")
    client.update_function_configuration(FunctionName=name, MemorySize=256)
    assert client.publish_version(FunctionName=name)["Version"] == "2"
    return name


def warm(lab):
    made = alias(lab)
    return {
        "serviceNamespace": "lambda",
        "resourceId": f"function:{made['functionName']}:live",
        "scalableDimension": "lambda:function:ProvisionedConcurrency",
    }


def warm_target(lab):
    inputs = warm(lab)
    lab.state("aws:appautoscaling/target:Target", **inputs, minCapacity=1, maxCapacity=2)
    return inputs


SAMPLES = {
    "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig": lambda lab: [
        {
            "functionName": alias(lab)["functionName"],
            "qualifier": "live",
            "provisionedConcurrentExecutions": 2,
        },
        {
            "functionName": lab.function(publish=True)["arn"],
            "qualifier": "1",
            "provisionedConcurrentExecutions": 1,
        },
    ],
    "aws:kms/key:Key": lambda lab: [
        {
            "description": "notes",
            "customerMasterKeySpec": "SYMMETRIC_DEFAULT",
            "keyUsage": "ENCRYPT_DECRYPT",
            "multiRegion": False,
            "enableKeyRotation": True,
            "policy": TRUST,
            "tags": TAGS,
        },
        {"isEnabled": False},
    ],
    "aws:kms/alias:Alias": lambda lab: [
        {"targetKeyId": lab.state("aws:kms/key:Key")["arn"]},
        {"targetKeyId": lab.state("aws:kms/key:Key")["keyId"], "name": "alias/notes"},
    ],
}
MORE = {
    "aws:lambda/alias:Alias": lambda lab: [
        {
            "name": "weighted",
            "functionName": two_versions(lab),
            "functionVersion": "1",
            "routingConfig": {"additionalVersionWeights": {"2": 0.1}},
        }
    ],
    "aws:lambda/function:Function": lambda lab: [
        {
            "role": lab.role()["arn"],
            "runtime": "python3.13",
            "handler": "app.handler",
            "code": archive(),
            "publish": True,
            "kmsKeyArn": KEY,
            "snapStart": {"applyOn": "PublishedVersions"},
        }
    ],
}
