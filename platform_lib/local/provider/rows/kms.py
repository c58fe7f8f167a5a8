"""KMS: keys and their aliases."""

from platform_lib.local.account import Account
from platform_lib.local.provider.calls import call_aws
from platform_lib.local.provider.row import Call, Look, Name, Properties, Row, Tags, because


def _switch(account: Account, before: Properties, after: Properties) -> None:
    """Enable or disable a key and its rotation; a key begins enabled and without one."""
    for word, begins, on, off in (
        ("isEnabled", True, "enable_key", "disable_key"),
        ("enableKeyRotation", False, "enable_key_rotation", "disable_key_rotation"),
    ):
        wanted = after.get(word, begins)
        if before.get(word, begins) != wanted:
            call_aws(account, "kms", on if wanted else off, {"KeyId": after["id"]})


def _created(account: Account, state: Properties) -> None:
    _switch(account, {}, state)


def _alias(inputs: Properties) -> Properties:
    """Word an alias as AWS takes it: `alias/` before its name, and a key's ID, not its ARN."""
    out = dict(inputs)
    if "name" in out and not str(out["name"]).startswith("alias/"):
        out["name"] = f"alias/{out['name']}"
    if "targetKeyId" in out:
        out["targetKeyId"] = str(out["targetKeyId"]).rpartition("/")[2]
    return out


_KEY = {"KeyId": "{id}"}

ROWS = (
    Row(
        type="aws:kms/key:Key",
        service="kms",
        create=Call("create_key"),
        id="KeyMetadata.KeyId",
        looks=(
            # Where keys are deleted they wait: such a key is gone here.
            Look("describe_key", _KEY, "[KeyMetadata][?KeyState!='PendingDeletion']|[0]"),
            Look("get_key_policy", {**_KEY, "PolicyName": "default"}),
            Look("get_key_rotation_status", _KEY, "{Rotation: KeyRotationEnabled}"),
        ),
        delete=Call("schedule_key_deletion", {**_KEY, "PendingWindowInDays": 7}),
        renames={"customerMasterKeySpec": "KeySpec"},
        update=(
            Call("update_key_description", _KEY, takes=("description",)),
            Call("put_key_policy", {**_KEY, "PolicyName": "default"}, takes=("policy",)),
        ),
        keeps=("description", "multiRegion", "policy", "rotationPeriodInDays"),
        unset={
            "bypassPolicyLockoutSafetyCheck": False,
            "customerMasterKeySpec": "SYMMETRIC_DEFAULT",
            "enableKeyRotation": False,
            "isEnabled": True,
            "keyUsage": "ENCRYPT_DECRYPT",
        },
        hooked=("bypassPolicyLockoutSafetyCheck", "enableKeyRotation", "isEnabled"),
        created=_created,
        updated=_switch,
        back={"isEnabled": "Enabled", "enableKeyRotation": "Rotation"},
        tags=Tags("tag_resource", "untag_resource", _KEY, Look("list_resource_tags", _KEY)),
        outputs={"arn": "Arn", "keyId": "KeyId"},
        dropped={"bypassPolicyLockoutSafetyCheck": "it says how to write, not what is there"},
        ignored={
            "deletionWindowInDays": "a deleted key is gone at once here",
            "rotationPeriodInDays": "no key is ever rotated here",
        },
        refused=because("keys of other stores are not imitated", "customKeyStoreId", "xksKeyId"),
    ),
    Row(
        type="aws:kms/alias:Alias",
        service="kms",
        name=Name("name", 256),
        create=Call("create_alias"),
        renames={"name": "AliasName"},
        id="{name}",
        looks=(
            Look("list_aliases", {}, "Aliases[?AliasName=='{id}']|[0]"),
            Look("describe_key", _KEY, "KeyMetadata.{KeyArn: Arn}"),
        ),
        delete=Call("delete_alias", {"AliasName": "{id}"}),
        prepare=_alias,
        update=(Call("update_alias", {"AliasName": "{id}"}, takes=("targetKeyId",)),),
        replace=("name",),
        back={"name": "AliasName"},
        outputs={"arn": "AliasArn", "name": "AliasName", "targetKeyArn": "KeyArn"},
    ),
)
