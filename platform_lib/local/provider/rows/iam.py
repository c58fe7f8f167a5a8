"""IAM: roles, their policies, instance profiles."""

from platform_lib.local.provider.row import Call, Look, Name, Row, Tags

ROWS = (
    Row(
        type="aws:iam/role:Role",
        service="iam",
        noun="Role",
        name=Name("name", 64),
        create=Call("create_role"),
        id="{name}",
        looks=(Look("get_role", {"RoleName": "{id}"}, "Role"),),
        delete=Call("delete_role", {"RoleName": "{id}"}),
        renames={"assumeRolePolicy": "AssumeRolePolicyDocument"},
        defaults={"path": "/", "maxSessionDuration": 3600},
        back={"permissionsBoundary": "PermissionsBoundary.PermissionsBoundaryArn"},
        update=(
            Call("update_role", {"RoleName": "{id}"}, takes=("description", "maxSessionDuration")),
            Call(
                "update_assume_role_policy",
                {"RoleName": "{id}"},
                takes=("assumeRolePolicy",),
                renames={"assumeRolePolicy": "PolicyDocument"},
            ),
            Call(
                "put_role_permissions_boundary",
                {"RoleName": "{id}"},
                takes=("permissionsBoundary",),
            ),
        ),
        tags=Tags("tag_role", "untag_role", {"RoleName": "{id}"}),
        outputs={"arn": "Arn", "uniqueId": "RoleId", "createDate": "CreateDate"},
        ignored={"forceDetachPolicies": "a destroy takes policies away before their role"},
        refused={
            "inlinePolicies": "deprecated by the provider: use aws.iam.RolePolicy",
            "managedPolicyArns": "deprecated by the provider: use aws.iam.RolePolicyAttachment",
        },
    ),
)
