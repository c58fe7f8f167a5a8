"""Secrets of Secrets Manager, parameters of Systems Manager."""

import base64

from platform_lib.local.account import Account
from platform_lib.local.provider.calls import call_aws
from platform_lib.local.provider.row import Call, Look, Name, Properties, Row, Tags, because

_SECRET = {"SecretId": "{id}"}
_POLICY = Call(
    "put_resource_policy",
    _SECRET,
    takes=("policy",),
    renames={"policy": "ResourcePolicy"},
    without="delete_resource_policy",
)
_WRITE_ONLY = "the engine of the local cloud keeps no write-only inputs: give it as a secret"


def _bytes(inputs: Properties) -> Properties:
    if not isinstance(inputs.get("secretBinary"), str):
        return inputs
    return {**inputs, "secretBinary": base64.b64decode(inputs["secretBinary"]).decode("latin-1")}


def _stages(account: Account, before: Properties, after: Properties) -> None:
    """Move labels to a version, and away from it."""
    old, new = (set(side.get("versionStages") or ["AWSCURRENT"]) for side in (before, after))
    secret, version = {"SecretId": after["secretId"]}, after["versionId"]
    found = call_aws(account, "secretsmanager", "describe_secret", secret)["VersionIdsToStages"]
    for label in sorted(new - old):
        holders = [each for each, labels in found.items() if label in labels and each != version]
        request = {**secret, "VersionStage": label, "MoveToVersionId": version}
        if holders:
            request["RemoveFromVersionId"] = holders[0]
        call_aws(account, "secretsmanager", "update_secret_version_stage", request)
    # A secret always has a current version: its label goes with the version that takes it.
    for label in sorted(old - new - {"AWSCURRENT"}):
        request = {**secret, "VersionStage": label, "RemoveFromVersionId": version}
        call_aws(account, "secretsmanager", "update_secret_version_stage", request)


_PARAMETER = {"Name": "{id}"}
_RESOURCE = {"ResourceType": "Parameter", "ResourceId": "{id}"}

ROWS = (
    Row(
        type="aws:secretsmanager/secret:Secret",
        service="secretsmanager",
        name=Name("name", 512),
        create=Call("create_secret"),
        id="ARN",
        looks=(
            Look("describe_secret", _SECRET, "[@][?DeletedDate==null]|[0]"),
            Look("get_resource_policy", _SECRET, absent=("ResourceNotFoundException",)),
        ),
        # Without a window in which it can come back: the whole account goes in the end.
        delete=Call("delete_secret", {**_SECRET, "ForceDeleteWithoutRecovery": True}),
        renames={"policy": "ResourcePolicy"},
        also=(_POLICY,),
        update=(Call("update_secret", _SECRET, takes=("description", "kmsKeyId")), _POLICY),
        tags=Tags("tag_resource", "untag_resource", _SECRET),
        keeps=("policy",),
        unset={"recoveryWindowInDays": 30},
        outputs={"arn": "ARN"},
        ignored={
            "forceOverwriteReplicaSecret": "there are no replicas",
            "recoveryWindowInDays": "a deleted secret is gone at once here",
        },
        refused=because("one region is imitated, and replicas are in others", "replicas", "type"),
    ),
    Row(
        type="aws:secretsmanager/secretVersion:SecretVersion",
        service="secretsmanager",
        create=Call("put_secret_value"),
        id="join('|', [ARN, VersionId])",
        looks=(Look("get_secret_value", {"SecretId": "{secretId}", "VersionId": "{versionId}"}),),
        prepare=_bytes,
        hooked=("versionStages",),
        updated=_stages,
        back={"secretId": "ARN", "versionStages": "VersionStages"},
        secret=("secretBinary", "secretString"),
        keeps=("versionStages",),
        outputs={"arn": "ARN", "versionId": "VersionId"},
        dropped={"secretBinary": "a read gives bytes"},
        refused=because(_WRITE_ONLY, "secretStringWo", "secretStringWoVersion"),
    ),
    Row(
        type="aws:ssm/parameter:Parameter",
        service="ssm",
        name=Name("name", 1011),
        create=Call("put_parameter"),
        id="{name}",
        looks=(
            Look("get_parameter", {**_PARAMETER, "WithDecryption": True}, "Parameter"),
            Look(
                "describe_parameters",
                {"ParameterFilters": [{"Key": "Name", "Values": ["{id}"]}]},
                "Parameters[0].{Description: Description, KeyId: KeyId, Tier: Tier, "
                "AllowedPattern: AllowedPattern}",
            ),
        ),
        delete=Call("delete_parameter", _PARAMETER),
        renames={"insecureValue": "Value"},
        secret=("value",),
        update=(Call("put_parameter", {"Overwrite": True}),),
        keeps=("arn", "dataType", "insecureValue", "keyId", "tier", "value"),
        replace=("dataType", "name"),
        hooked=("overwrite",),
        tags=Tags(
            "add_tags_to_resource",
            "remove_tags_from_resource",
            _RESOURCE,
            Look("list_tags_for_resource", _RESOURCE),
        ),
        outputs={"arn": "ARN", "version": "Version"},
        volatile=("version",),
        dropped={"overwrite": "it says how to write, not what is there"},
        ignored={"arn": "AWS says it, nobody sets it"},
        refused=because(_WRITE_ONLY, "valueWo", "valueWoVersion"),
    ),
)
