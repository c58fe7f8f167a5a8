"""Permissions for whatever else calls the function: services, accounts and roles."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pulumi_aws as aws

from platform_lib.arns import is_arn
from platform_lib.checks import InvalidInput, check_length
from platform_lib.function_app.sources.naming import SourceName, named_sources
from platform_lib.function_app.sources.source import Function, Source
from platform_lib.function_app.sources.sqs import Queues
from platform_lib.function_app.sources.target import Target, create_permission
from platform_lib.parts.children import Children
from platform_lib.records import record

_SERVICE = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.(amazonaws\.com(\.cn)?|amazon\.com)")
_ACCOUNT = re.compile(r"[0-9]{12}")
_ORGANIZATION = re.compile(r"o-[a-z0-9]{10,32}")
_TOKEN = re.compile(r"[A-Za-z0-9._-]{1,256}")

_PRINCIPAL_LIMIT = 2048
_EVERYBODY = "*"
"""https://docs.aws.amazon.com/lambda/latest/dg/permissions-function-organization.html"""

_NO_ACCOUNT_IN_ARN = ("s3.amazonaws.com", "ses.amazonaws.com")
"""Services whose source's ARN does not say whose it is, or which AWS asks to be told."""

_BY_ROLE = {
    "appsync.amazonaws.com": "AppSync",
    "firehose.amazonaws.com": "Data Firehose",
    "pipes.amazonaws.com": "EventBridge Pipes",
    "scheduler.amazonaws.com": "EventBridge Scheduler",
    "states.amazonaws.com": "Step Functions",
}
"""Services that call with a role of their owner's."""

_AT_EDGE = ("edgelambda.amazonaws.com", "replicator.lambda.amazonaws.com")

SYNCHRONOUS = frozenset(
    {
        "alexa-appkit.amazon.com",
        "alexa-connectedhome.amazon.com",
        "apigateway.amazonaws.com",
        "bedrock.amazonaws.com",
        "cognito-idp.amazonaws.com",
        "cognito-sync.amazonaws.com",
        "connect.amazonaws.com",
        "elasticloadbalancing.amazonaws.com",
        "lex.amazonaws.com",
        "lexv2.amazonaws.com",
        "secretsmanager.amazonaws.com",
        "vpc-lattice.amazonaws.com",
    }
)
"""Services that wait for the answer, and try again themselves or not at all.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-services.html
"""


@record
class InvokePermission:
    """What lets somebody call the function."""

    permission: "aws.lambda_.Permission"


@record
class InvokePermissionSettings(Source):
    """A permission, checked."""

    permission: Mapping[str, Any]

    def children(self, *, alarms: bool) -> Iterator[tuple[str, str]]:
        """Name its children and their types."""
        yield self.at.key("permission"), "aws.lambda_.Permission"

    def bind(self, child: Children, target: Target, made: Queues | None) -> InvokePermission:
        """Let somebody call the function."""
        inputs = dict(self.permission)
        if inputs["principal"].isdigit():
            # Lambda gives an account's number back as its ARN, and every `up` would replace the
            # permission: https://github.com/hashicorp/terraform-provider-aws/issues/30722
            inputs["principal"] = target.place.account_arn(inputs["principal"])
        return InvokePermission(permission=create_permission(child, self.at, target, **inputs))


def judge(
    given: Sequence[Mapping[str, Any]], function: Function
) -> Iterator[InvokePermissionSettings]:
    """Judge the permissions of a function's callers."""
    named = named_sources("invoke_permissions", "caller", given, app=function.app)
    for path, at, args in named:
        yield _settings(path, at, args)


def _settings(path: str, at: SourceName, args: Mapping[str, Any]) -> InvokePermissionSettings:
    principal: str = args["principal"]
    field = f"{path}.principal"
    if principal in _AT_EDGE:
        need = (
            "Lambda@Edge runs a version in us-east-1 without environment, alias, VPC or layers, "
            "none of which this component can leave out; take CloudFront functions, or a function "
            "of your own"
        )
        raise InvalidInput(field, principal, need)
    if principal in _BY_ROLE:
        need = (
            f"{_BY_ROLE[principal]} calls by a role of its own: give that role the statement in "
            "the output invoke_statement"
        )
        raise InvalidInput(field, principal, need)
    if principal == _EVERYBODY and "principal_org_id" not in args:
        need = "would let everybody call: give principal_org_id, the organization they must be in"
        raise InvalidInput(field, principal, need)
    service = bool(_SERVICE.fullmatch(principal))
    account = bool(_ACCOUNT.fullmatch(principal)) or is_arn(principal, "principal")
    if not service and principal != _EVERYBODY and not account:
        need = "must be a service, such as cognito-idp.amazonaws.com, an account or a role's ARN"
        raise InvalidInput(field, principal, need)
    check_length(field, principal, 1, _PRINCIPAL_LIMIT)
    _check_conditions(path, principal, args, service=service)
    kept = ("source_arn", "source_account", "event_source_token", "principal_org_id")
    conditions = {word: args[word] for word in kept if word in args}
    return InvokePermissionSettings(
        at=at,
        asynchronous=principal not in SYNCHRONOUS,
        permission={"principal": principal, **conditions},
    )


def _check_conditions(
    path: str, principal: str, args: Mapping[str, Any], *, service: bool
) -> None:
    source_arn = args.get("source_arn")
    if isinstance(source_arn, str) and not is_arn(source_arn, "caller"):
        raise InvalidInput(f"{path}.source_arn", source_arn, "must be an ARN")
    for word, pattern, need in (
        ("source_account", _ACCOUNT, "must be an account's number of 12 digits"),
        ("event_source_token", _TOKEN, "must be at most 256 letters, digits, '.', '_' and '-'"),
        ("principal_org_id", _ORGANIZATION, "must be an organization's ID, such as o-a1b2c3d4e5"),
    ):
        value = args.get(word)
        if isinstance(value, str) and not pattern.fullmatch(value):
            raise InvalidInput(f"{path}.{word}", value, need)
    if service and not {"source_arn", "source_account", "event_source_token"} & set(args):
        need = "is needed for a service, or everybody's resources of it could call; or an account"
        raise InvalidInput(f"{path}.source_arn", None, need)
    if principal in _NO_ACCOUNT_IN_ARN and "source_account" not in args:
        need = f"is needed for {principal}, whose source's ARN does not say whose it is"
        raise InvalidInput(f"{path}.source_account", None, need)
