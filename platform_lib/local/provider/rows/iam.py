"""IAM: roles, their policies, instance profiles."""

from platform_lib.local.account import Account
from platform_lib.local.provider.calls import call_aws
from platform_lib.local.provider.row import Call, Look, Name, Properties, Row, Tags


def _profile(account: Account, id: str) -> dict[str, str]:
    answer = call_aws(account, "iam", "get_instance_profile", {"InstanceProfileName": id})
    roles = answer["InstanceProfile"]["Roles"]
    return {"InstanceProfileName": id, **({"RoleName": roles[0]["RoleName"]} if roles else {})}


def _give_role(account: Account, state: Properties) -> None:
    """Put the role into its profile, which holds one at most."""
    now = _profile(account, state["id"])
    role = state.get("role")
    if now.get("RoleName") == role:
        return
    if "RoleName" in now:
        call_aws(account, "iam", "remove_role_from_instance_profile", now)
    if role:
        call_aws(account, "iam", "add_role_to_instance_profile", {**now, "RoleName": role})


def _take_role(account: Account, state: Properties) -> None:
    _give_role(account, {**state, "role": None})


def _drop_old_versions(account: Account, state: Properties) -> None:
    """Delete what a policy was before: IAM deletes no policy that has other versions."""
    request = {"PolicyArn": state["id"]}
    for version in call_aws(account, "iam", "list_policy_versions", request)["Versions"]:
        if not version["IsDefaultVersion"]:
            call_aws(
                account,
                "iam",
                "delete_policy_version",
                {**request, "VersionId": version["VersionId"]},
            )


_ROLE = {"RoleName": "{id}"}
_ROLE_POLICY = {"RoleName": "{role}", "PolicyName": "{name}"}
_POLICY = {"PolicyArn": "{id}"}
_PROFILE = {"InstanceProfileName": "{id}"}

ROWS = (
    Row(
        type="aws:iam/role:Role",
        service="iam",
        noun="Role",
        name=Name("name", 64),
        create=Call("create_role"),
        id="{name}",
        looks=(Look("get_role", _ROLE, "Role"),),
        delete=Call("delete_role", _ROLE),
        renames={"assumeRolePolicy": "AssumeRolePolicyDocument"},
        defaults={"path": "/", "maxSessionDuration": 3600},
        unset={"forceDetachPolicies": False},
        back={"permissionsBoundary": "PermissionsBoundary.PermissionsBoundaryArn"},
        update=(
            Call("update_role", _ROLE, takes=("description", "maxSessionDuration")),
            Call(
                "update_assume_role_policy",
                {**_ROLE, "PolicyDocument": "{assumeRolePolicy}"},
                takes=("assumeRolePolicy",),
            ),
            Call(
                "put_role_permissions_boundary",
                _ROLE,
                takes=("permissionsBoundary",),
                without="delete_role_permissions_boundary",
            ),
        ),
        tags=Tags("tag_role", "untag_role", _ROLE),
        outputs={"arn": "Arn", "uniqueId": "RoleId", "createDate": "CreateDate"},
        ignored={"forceDetachPolicies": "a destroy takes policies away before their role"},
        refused={
            "inlinePolicies": "deprecated by the provider: use aws.iam.RolePolicy",
            "managedPolicyArns": "deprecated by the provider: use aws.iam.RolePolicyAttachment",
        },
    ),
    Row(
        type="aws:iam/rolePolicy:RolePolicy",
        service="iam",
        noun="Policy",
        name=Name("name", 128),
        create=Call("put_role_policy"),
        id="{role}:{name}",
        looks=(Look("get_role_policy", _ROLE_POLICY),),
        delete=Call("delete_role_policy", _ROLE_POLICY),
        renames={"role": "RoleName", "policy": "PolicyDocument"},
        update=(Call("put_role_policy"),),
        replace=("name", "role"),
    ),
    Row(
        type="aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        service="iam",
        create=Call("attach_role_policy"),
        id="{role}/{policyArn}",
        looks=(
            Look(
                "list_attached_role_policies",
                {"RoleName": "{role}"},
                "AttachedPolicies[?PolicyArn=='{policyArn}']|[0]",
            ),
        ),
        delete=Call("detach_role_policy", {"RoleName": "{role}", "PolicyArn": "{policyArn}"}),
        renames={"role": "RoleName"},
        # What is found was asked for by its role.
        dropped={"role": "the answer lists policies, not their role"},
    ),
    Row(
        type="aws:iam/policy:Policy",
        service="iam",
        noun="Policy",
        name=Name("name", 128),
        create=Call("create_policy"),
        id="Policy.Arn",
        looks=(
            Look("get_policy", _POLICY, "Policy"),
            Look(
                "get_policy_version",
                {**_POLICY, "VersionId": "{DefaultVersionId}"},
                "PolicyVersion.{PolicyDocument: Document}",
            ),
        ),
        delete=Call("delete_policy", _POLICY),
        defaults={"path": "/"},
        renames={"policy": "PolicyDocument"},
        update=(
            Call(
                "create_policy_version",
                {**_POLICY, "SetAsDefault": True},
                takes=("policy",),
                whole=True,
            ),
        ),
        updated=lambda account, before, after: _drop_old_versions(account, after),
        deleting=_drop_old_versions,
        tags=Tags("tag_policy", "untag_policy", _POLICY),
        outputs={"arn": "Arn", "policyId": "PolicyId"},
        ignored={"delayAfterPolicyCreationInMs": "a policy counts at once here"},
    ),
    Row(
        type="aws:iam/instanceProfile:InstanceProfile",
        service="iam",
        noun="InstanceProfile",
        name=Name("name", 128),
        create=Call("create_instance_profile"),
        id="{name}",
        looks=(Look("get_instance_profile", _PROFILE, "InstanceProfile"),),
        delete=Call("delete_instance_profile", _PROFILE),
        defaults={"path": "/"},
        hooked=("role",),
        back={"role": "Roles[0].RoleName"},
        created=_give_role,
        updated=lambda account, before, after: _give_role(account, after),
        deleting=_take_role,
        tags=Tags("tag_instance_profile", "untag_instance_profile", _PROFILE),
        outputs={
            "arn": "Arn",
            "uniqueId": "InstanceProfileId",
            "createDate": "CreateDate",
        },
    ),
    Row(
        type="aws:iam/user:User",
        service="iam",
        noun="User",
        name=Name("name", 64),
        create=Call("create_user"),
        id="{name}",
        looks=(Look("get_user", {"UserName": "{id}"}, "User"),),
        delete=Call("delete_user", {"UserName": "{id}"}),
        defaults={"path": "/"},
        replace=("name",),
        dropped={"permissionsBoundary": "moto tells none of a user"},
        tags=Tags("tag_user", "untag_user", {"UserName": "{id}"}),
        outputs={"arn": "Arn", "uniqueId": "UserId"},
        ignored={"forceDestroy": "nothing holds a user back here"},
    ),
    Row(
        type="aws:iam/group:Group",
        service="iam",
        noun="Group",
        name=Name("name", 128),
        create=Call("create_group"),
        id="{name}",
        looks=(Look("get_group", {"GroupName": "{id}"}, "Group"),),
        delete=Call("delete_group", {"GroupName": "{id}"}),
        defaults={"path": "/"},
        replace=("name",),
        outputs={"arn": "Arn", "uniqueId": "GroupId"},
    ),
)
