"""Roles and their policies: inline, by exact ARNs, without AWS's managed policies.

A `*` stands where AWS defines no resource level for an action, and in one place more:

- `SESSION_MANAGER`: the ssmmessages channels that an instance opens to be reached without SSH.
  ssm:UpdateInstanceInformation beside them could name instances, but the agent also calls it
  before Systems Manager knows its instance; AWS's own page has it on `*`.
- `network_interfaces`: the describing of interfaces and subnets, for a function in a VPC. What
  changes interfaces is on any resource of EC2 in the account and region.
- ListStreams of DynamoDB and Kinesis, in `function_app.sources.statements`.
- `REGISTRY_TOKEN`: the token of the account's registry, without which no image is pulled.

`read_secrets` names every key of a region: a secret's ARN does not tell its key, so kms:Decrypt
is on all, but only through the secret's own service and for that secret.
`tests/test_authorization.py` holds all of it against AWS's service authorization reference.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from platform_lib.app_args import GrantArgs
from platform_lib.arns import partition_of
from platform_lib.checks import ArgsError
from platform_lib.parts.children import Children

Statement = Mapping[str, Any]

_ROLE_NAME_LIMIT = 64
SESSION_MANAGER: Statement = {
    "Effect": "Allow",
    "Action": [
        "ssm:UpdateInstanceInformation",
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
    ],
    "Resource": "*",
}
"""https://docs.aws.amazon.com/systems-manager/latest/userguide/getting-started-add-permissions-to-existing-profile.html"""

_INLINE_LIMIT = 10_240

REGISTRY_TOKEN: Statement = {
    "Effect": "Allow",
    "Action": ["ecr:GetAuthorizationToken"],
    "Resource": "*",
}


def create_role(
    child: Children,
    key: str,
    suffix: str,
    *,
    service: str,
    boundary_arn: pulumi.Input[str] | None,
    account_id: pulumi.Input[str] | None = None,
    source_arn: pulumi.Input[str] | None = None,
) -> "aws.iam.Role":
    """Make a role that one AWS service may take on, for one account's resources alone if told.

    What a service says of its source when it takes a role on differs, so its own page decides
    what may stand in the condition. EC2 says nothing. Lambda's page names no condition, and with
    one a function in a new VPC is refused (aws-parallelcluster#6926).
    https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
    """
    trust: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sts:AssumeRole",
    }
    condition: dict[str, Any] = {}
    if source_arn is not None:
        condition["ArnLike"] = {"aws:SourceArn": source_arn}
    if account_id is not None:
        condition["StringEquals"] = {"aws:SourceAccount": account_id}
    document: pulumi.Input[str]
    if condition:
        document = pulumi.Output.json_dumps(_document([{**trust, "Condition": condition}]))
    else:
        document = json.dumps(_document([trust]))
    return child.make(
        key,
        aws.iam.Role,
        suffix,
        name=child.fitting_name(key, suffix, _ROLE_NAME_LIMIT),
        keeps=["name"],
        assume_role_policy=document,
        permissions_boundary=boundary_arn,
    )


def create_policy(
    child: Children,
    key: str,
    suffix: str,
    *,
    role: "aws.iam.Role",
    statements: Sequence[pulumi.Input[Any]],
) -> "aws.iam.RolePolicy":
    """Say inline what a role may do; how many statements an ARN needs may be known late."""
    return child.make(
        key,
        aws.iam.RolePolicy,
        suffix,
        role=role.id,
        policy=pulumi.Output.from_input(list(statements)).apply(
            lambda known: _fitting(child.name, json.dumps(_document(list(_flat(known)))))
        ),
    )


def _fitting(app: str, policy: str) -> str:
    """Refuse what a role cannot hold; IAM does not count what is between words.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    """
    size = len("".join(policy.split()))
    if size > _INLINE_LIMIT:
        need = f"a role holds {_INLINE_LIMIT} characters of policy; grant fewer resources at once"
        raise ArgsError(f"app {app!r}: its grants and sources need {size} characters: {need}")
    return policy


def _flat(statements: Sequence[Any]) -> Iterator[Statement]:
    for one in statements:
        if isinstance(one, Mapping):
            yield one
        else:
            yield from one


def _document(statements: Sequence[pulumi.Input[Statement]]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def grant_statements(grants: Sequence[GrantArgs]) -> list[Statement]:
    """Word the user's grants, one statement each."""
    return [
        {
            "Effect": "Allow",
            "Action": list(grant["actions"]),
            "Resource": list(grant["resources"]),
        }
        for grant in grants
    ]


def write_logs(log_group_arn: pulumi.Input[str]) -> Statement:
    """Allow writing to one log group."""
    return {
        "Effect": "Allow",
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": pulumi.Output.format("{}:*", log_group_arn),
    }


def network_interfaces(everything: pulumi.Input[str]) -> list[Statement]:
    """Allow Lambda to make its interfaces in a VPC.

    `everything` is the ARN of all resources of EC2 in the account and region. Lambda asks whether
    the role may before there is an interface, so that nothing narrower passes.
    https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
    """
    return [
        {
            "Effect": "Allow",
            "Action": [
                "ec2:AssignPrivateIpAddresses",
                "ec2:CreateNetworkInterface",
                "ec2:DeleteNetworkInterface",
                "ec2:UnassignPrivateIpAddresses",
            ],
            "Resource": everything,
        },
        {
            "Effect": "Allow",
            "Action": ["ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"],
            "Resource": "*",
        },
    ]


def invoke_statement(function_arn: str) -> Mapping[str, str]:
    """Allow calling one alias of a function."""
    return {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": function_arn}


def decrypt_variables(key_arn: pulumi.Input[str]) -> Statement:
    """Allow a function to start, where a customer's key encrypts its environment variables.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html
    """
    return {"Effect": "Allow", "Action": ["kms:Decrypt"], "Resource": key_arn}


def read_objects(arn: pulumi.Input[str]) -> Statement:
    """Allow reading objects of S3."""
    return {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": arn}


def pull_repository(repository_arn: pulumi.Input[str]) -> list[pulumi.Input[Statement]]:
    """Allow pulling the images of one repository."""
    pull = {
        "Effect": "Allow",
        "Action": [
            "ecr:BatchCheckLayerAvailability",
            "ecr:BatchGetImage",
            "ecr:GetDownloadUrlForLayer",
        ],
        "Resource": repository_arn,
    }
    return [REGISTRY_TOKEN, pull]


_ECR_IMAGE = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?/"
    r"(?P<repository>[^:@]+)([:@].*)?"
)


def pull_image(uri: pulumi.Input[str]) -> list[pulumi.Input[Statement]]:
    """Allow pulling a ready image from ECR; another registry's image needs no right in AWS."""
    if isinstance(uri, str) and not _ECR_IMAGE.fullmatch(uri):
        return []
    return pull_repository(pulumi.Output.from_input(uri).apply(_repository_arn))


def _repository_arn(uri: str) -> str:
    found = _ECR_IMAGE.fullmatch(uri or "")
    if found is None:
        # Known only now: a statement on a repository that cannot be, for IAM takes no empty one.
        return "arn:aws:ecr:::repository/none"
    region, account = found["region"], found["account"]
    return f"arn:{partition_of(region)}:ecr:{region}:{account}:repository/{found['repository']}"


def read_secrets(
    secrets: Mapping[str, pulumi.Input[str]], *, parameters: str = "ssm:GetParameter"
) -> list[pulumi.Output[Statement]]:
    """Allow fetching each secret, and decrypting it through its own service alone.

    `parameters` is the one action by which parameters are fetched: our start-up code on a
    function and an instance asks for each, ECS in the plural.
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html
    """

    def read(reference: str) -> Statement:
        arn, _, service, *_ = _arn_parts(reference)
        is_secret = service == "secretsmanager"
        action = "secretsmanager:GetSecretValue" if is_secret else parameters
        return {"Effect": "Allow", "Action": [action], "Resource": arn}

    arns = [pulumi.Output.from_input(secrets[variable]) for variable in sorted(secrets)]
    return [
        statement for arn in arns for statement in (arn.apply(read), arn.apply(_decrypt_secret))
    ]


def _arn_parts(reference: object) -> tuple[str, str, str, str, str]:
    """Split `ARN#key` into ARN, partition, service, region and account.

    A team's own mocks may answer no ARN, or nothing: what is missing is empty.
    """
    arn = str(reference).partition("#")[0]
    _, partition, service, region, account, _ = (arn + ":::::").split(":", 5)
    return arn, partition, service, region, account


def _decrypt_secret(reference: str) -> Statement:
    arn, partition, service, region, account = _arn_parts(reference)
    context = "SecretARN" if service == "secretsmanager" else "PARAMETER_ARN"
    return {
        "Effect": "Allow",
        "Action": ["kms:Decrypt"],
        "Resource": f"arn:{partition}:kms:{region}:{account}:key/*",
        "Condition": {
            "StringEquals": {
                "kms:ViaService": f"{service}.{region}.amazonaws.com",
                f"kms:EncryptionContext:{context}": arn,
            }
        },
    }
