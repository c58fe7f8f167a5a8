"""FunctionApp: a web app as a function, on Lambda."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, NotRequired, TypedDict, final

import pulumi
import pulumi_aws as aws

from platform_lib import defaults
from platform_lib.app_args import AppArgs
from platform_lib.artifact import chosen_way
from platform_lib.checks import InvalidInput, check_args, check_name, check_range, naming_errors
from platform_lib.function_code import FunctionCode, code_from_image, code_from_source, ready_code
from platform_lib.parts.children import Children, check_overrides
from platform_lib.parts.environment import app_environment
from platform_lib.parts.front import create_app_egress, create_app_group
from platform_lib.parts.http_api import HTTP_API_CHILDREN, create_http_api
from platform_lib.parts.iam import (
    NETWORK_INTERFACES,
    create_policy,
    create_role,
    grant_statements,
    read_secrets,
    write_logs,
)
from platform_lib.parts.logs import create_log_group
from platform_lib.parts.lookups import aws_provider, check_zones
from platform_lib.parts.outputs import register_outputs
from platform_lib.settings import AppSettings, app_settings, later, refuse_later

ALIAS = "live"
"""The alias that everything which calls the function is bound to."""

_WAYS = (
    frozenset({"source", "app"}),
    frozenset({"source", "handler"}),
    frozenset({"code", "handler"}),
    frozenset({"image_uri"}),
)
_LATER = {
    "alias": ALIAS,
    "buckets": None,
    "dead_letter": None,
    "event_rules": None,
    "invoke_permissions": None,
    "layers": None,
    "log_groups": None,
    "on_failure": None,
    "provisioned_concurrency": None,
    "queues": None,
    "receipt_rules": None,
    "reserved_concurrency": None,
    "schedules": None,
    "snap_start": False,
    "streams": None,
    "topics": None,
}
_CHILDREN = {
    **HTTP_API_CHILDREN,
    "log_group": "aws.cloudwatch.LogGroup",
    "access_log_group": "aws.cloudwatch.LogGroup",
    "role": "aws.iam.Role",
    "policy": "aws.iam.RolePolicy",
    "function": "aws.lambda_.Function",
    "alias": "aws.lambda_.Alias",
}
_NETWORK_CHILDREN = {
    "security_group": "aws.ec2.SecurityGroup",
    "egress": "aws.vpc.SecurityGroupEgressRule",
}
_RESERVED = frozenset(
    {
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_LAMBDA_MAX_CONCURRENCY",
        "AWS_LAMBDA_METADATA_API",
        "AWS_LAMBDA_METADATA_TOKEN",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
    }
)
"""https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html"""
_ENVIRONMENT_LIMIT = 4096


class HttpKind(str, Enum):
    """What stands before a function."""

    HTTP_API = "http_api"
    FUNCTION_URL = "function_url"
    LOAD_BALANCER = "load_balancer"


class HttpArgs(TypedDict):
    """How a function answers HTTP."""

    kind: NotRequired[HttpKind]
    """What stands before the function. Only `http_api` works in this release.
    Default: http_api."""


class FunctionAppArgs(AppArgs):
    """What FunctionApp takes.

    One of `source` with `app`, `source` with `handler`, `code` with `handler`, and `image_uri`.
    """

    handler: NotRequired[str]
    """A plain Lambda handler, as `module.function`. Default: none, `app` is served."""
    code: NotRequired[str]
    """Path or `s3://` URI of a ready zip. Default: none."""
    image_uri: NotRequired[pulumi.Input[str]]
    """URI of a ready image in ECR. Default: none."""
    memory_mib: NotRequired[int]
    """Memory in MiB, 128 to 10240; the processor's share grows with it. Default: 512."""
    timeout_seconds: NotRequired[int]
    """How long one call may take, 1 to 900 seconds; the HTTP API gives up after 30.
    Default: 29."""
    ephemeral_storage_mib: NotRequired[int]
    """Size of /tmp in MiB, 512 to 10240. Default: 512."""
    http: NotRequired[HttpArgs]
    """How the function answers HTTP. Default: by an HTTP API."""
    layers: NotRequired[Sequence[pulumi.Input[str]]]
    """ARNs of layer versions. Not available in this release. Default: none."""
    reserved_concurrency: NotRequired[int]
    """Calls at once that are kept for this function, and its most. Not available in this release.
    Default: none, it shares the account's."""
    provisioned_concurrency: NotRequired[int]
    """Calls at once that are kept warm. Not available in this release. Default: none."""
    snap_start: NotRequired[bool]
    """Whether a snapshot starts the function. Not available in this release. Default: False."""
    queues: NotRequired[Sequence[Mapping[str, Any]]]
    """SQS queues that it works off. Not available in this release. Default: none."""
    streams: NotRequired[Sequence[Mapping[str, Any]]]
    """DynamoDB and Kinesis streams that it follows. Not available in this release.
    Default: none."""
    topics: NotRequired[Sequence[Mapping[str, Any]]]
    """SNS topics that it hears. Not available in this release. Default: none."""
    buckets: NotRequired[Sequence[Mapping[str, Any]]]
    """S3 buckets whose events it gets. Not available in this release. Default: none."""
    event_rules: NotRequired[Sequence[Mapping[str, Any]]]
    """EventBridge rules that call it. Not available in this release. Default: none."""
    schedules: NotRequired[Sequence[Mapping[str, Any]]]
    """Times at which it is called. Not available in this release. Default: none."""
    log_groups: NotRequired[Sequence[Mapping[str, Any]]]
    """Log groups whose lines it gets. Not available in this release. Default: none."""
    receipt_rules: NotRequired[Sequence[Mapping[str, Any]]]
    """SES rules that hand it mail. Not available in this release. Default: none."""
    invoke_permissions: NotRequired[Sequence[Mapping[str, Any]]]
    """Who else may call it. Not available in this release. Default: none."""
    on_failure: NotRequired[pulumi.Input[str]]
    """Where failed events go. Not available in this release. Default: nowhere."""
    dead_letter: NotRequired[pulumi.Input[str]]
    """Queue or topic of events that failed. Not available in this release. Default: none."""
    alias: NotRequired[str]
    """Name of the alias that callers are bound to. Not available in this release.
    Default: live."""


@dataclass(frozen=True, kw_only=True)
class _Settings:
    """FunctionApp's inputs, checked and with their defaults."""

    app: AppSettings
    code: FunctionCode
    variables: Mapping[str, pulumi.Input[str]]
    memory_mib: int
    timeout_seconds: int
    ephemeral_storage_mib: int


@final
class FunctionApp(pulumi.ComponentResource):
    """A web app as a function: Lambda behind an HTTP API.

    It makes a log group for the function and one for the API's access log, a role that may write
    to that log group and do what is granted, the function, its alias `live`, and the HTTP API with
    integration, route, stage and the permission to call the alias: 11 resources, and two more (a
    security group and its way out) where a network is given.

    Closed and encrypted by default: only this API may call the alias, the role names exact ARNs,
    environment variables are encrypted by AWS's key and hold ARNs of secrets, never their values.
    Every change publishes a version, and `up` returns when the alias points to it.

    Rough cost in us-east-1: nothing at rest but logs by the gigabyte; a million requests of 100 ms
    cost about 2 USD (1 for the API, 1 for the function at 512 MiB on arm64).
    """

    url: pulumi.Output[str]
    """Public address of the app."""
    dns_name: pulumi.Output[str]
    """The API's DNS name."""
    role_arn: pulumi.Output[str]
    """ARN of the role that the app runs as."""
    role_name: pulumi.Output[str]
    """Name of the role that the app runs as."""
    log_group_name: pulumi.Output[str]
    """Log group that the app writes to."""
    version: pulumi.Output[str]
    """What runs: the hash of source, lock, processor and Python, or of a ready artifact."""
    security_group_id: pulumi.Output[str] | None
    """Security group that the app stands in; None where no network was given."""

    def __init__(
        self, name: str, args: FunctionAppArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the app. Raises ArgsError before anything registers where an input cannot work."""
        with naming_errors("FunctionApp", name):
            settings = _settings(name, args, aws_provider(opts))
        super().__init__("platform-lib:index:FunctionApp", name, {}, opts)
        app = settings.app
        child = Children(self, name, tags=app.tags, overrides=app.overrides)

        self.log_group = create_log_group(
            child,
            "log_group",
            "logs",
            retention_days=app.retention_days,
            kms_key_arn=app.log_key_arn,
        )
        self.access_log_group = create_log_group(
            child,
            "access_log_group",
            "access-logs",
            retention_days=app.retention_days,
            kms_key_arn=app.log_key_arn,
        )
        self.role = create_role(
            child,
            "role",
            "role",
            service="lambda.amazonaws.com",
            boundary_arn=app.permissions_boundary_arn,
        )
        self.policy = create_policy(
            child,
            "policy",
            "policy",
            role=self.role,
            statements=[
                write_logs(self.log_group.arn),
                *([NETWORK_INTERFACES] if app.network else []),
                *grant_statements(app.grants),
                *read_secrets(app.secrets),
            ],
        )
        vpc_config = None
        # Lambda cannot start a function in a VPC that may not make its interfaces yet.
        ready: list[pulumi.Resource] = [self.policy]
        if app.network is not None:
            self.security_group = create_app_group(child, app.network["vpc_id"])
            self.egress = create_app_egress(child, self.security_group)
            ready.append(self.egress)
            vpc_config = {
                "subnet_ids": list(app.network["private_subnet_ids"]),
                "security_group_ids": [self.security_group.id],
            }

        self.function = child.make(
            "function",
            aws.lambda_.Function,
            "fn",
            **settings.code.inputs,
            architectures=[app.architecture],
            memory_size=settings.memory_mib,
            timeout=settings.timeout_seconds,
            ephemeral_storage={"size": settings.ephemeral_storage_mib},
            role=self.role.arn,
            environment={"variables": settings.variables},
            logging_config={"log_format": "Text", "log_group": self.log_group.name},
            vpc_config=vpc_config,
            publish=True,
            opts=pulumi.ResourceOptions(depends_on=ready),
        )
        self.alias = child.make(
            "alias",
            aws.lambda_.Alias,
            "alias",
            name=ALIAS,
            function_name=self.function.name,
            function_version=self.function.version,
        )
        http = create_http_api(
            child,
            function_name=self.function.name,
            alias=self.alias,
            access_log_group_arn=self.access_log_group.arn,
        )
        self.api, self.integration, self.route = http.api, http.integration, http.route
        self.api_stage, self.permission = http.api_stage, http.permission

        self.url, self.dns_name = http.url, http.dns_name
        # An HTTP API has a hosted zone, and a target group, only behind a name or a balancer.
        self.hosted_zone_id = None
        self.target_group_arn = None
        self.security_group_id = self.security_group.id if app.network is not None else None
        self.role_arn, self.role_name = self.role.arn, self.role.name
        self.log_group_name = self.log_group.name
        self.version = pulumi.Output.from_input(settings.code.version)
        register_outputs(self)


def _variables(name: str, app: AppSettings, code: FunctionCode) -> dict[str, pulumi.Input[str]]:
    variables = app_environment(
        app.environment,
        name=name,
        target="function",
        version=code.version,
        port=app.port,
        region=None,
    )
    if app.secrets:
        # ARNs, not values: the shim fetches the values when the function starts.
        arns = dict(sorted(app.secrets.items()))
        known = all(isinstance(arn, str) for arn in arns.values())
        variables["PLATFORM_SECRETS"] = (
            json.dumps(arns) if known else pulumi.Output.json_dumps(arns)
        )
    return variables


def _check_variables(app: AppSettings, variables: Mapping[str, pulumi.Input[str]]) -> None:
    """Refuse what Lambda would: its own names, and more than 4 KB as far as they are known."""
    for field, given in (("environment", app.environment), ("secrets", app.secrets)):
        for variable in given:
            if variable in _RESERVED:
                raise InvalidInput(field, variable, "is reserved by Lambda; use another name")
    size = sum(
        len(variable.encode()) + (len(value.encode()) if isinstance(value, str) else 0)
        for variable, value in variables.items()
    )
    if size > _ENVIRONMENT_LIMIT:
        need = f"Lambda takes at most {_ENVIRONMENT_LIMIT} bytes of names and values with ours"
        raise InvalidInput("environment", f"{size} bytes", need)


def _settings(
    name: str, raw: FunctionAppArgs, provider: pulumi.ProviderResource | None
) -> _Settings:
    check_name(name)
    args = check_args(raw, FunctionAppArgs)
    chosen_way(args, _WAYS)
    refuse_later(args, _LATER)
    if args.get("http", {}).get("kind", HttpKind.HTTP_API) is not HttpKind.HTTP_API:
        raise later("http.kind", args["http"]["kind"], "use http_api")
    app = app_settings(args)
    memory_mib = args.get("memory_mib", defaults.FUNCTION_MEMORY_MIB)
    check_range("memory_mib", memory_mib, 128, 10240, "MiB")
    timeout_seconds = args.get("timeout_seconds", defaults.FUNCTION_TIMEOUT_SECONDS)
    check_range("timeout_seconds", timeout_seconds, 1, 900, "seconds")
    storage_mib = args.get("ephemeral_storage_mib", defaults.FUNCTION_STORAGE_MIB)
    check_range("ephemeral_storage_mib", storage_mib, 512, 10240, "MiB")
    if app.network is not None:
        private = app.network.get("private_subnet_ids")
        if not private:
            need = "is needed: a function has no way out of a public subnet"
            raise InvalidInput("network.private_subnet_ids", None, need)
        check_zones("network.private_subnet_ids", private, provider)
    check_overrides(app.overrides, _CHILDREN | (_NETWORK_CHILDREN if app.network else {}))
    code = _code(app, args)
    variables = _variables(name, app, code)
    _check_variables(app, variables)
    return _Settings(
        app=app,
        code=code,
        variables=variables,
        memory_mib=memory_mib,
        timeout_seconds=timeout_seconds,
        ephemeral_storage_mib=storage_mib,
    )


def _code(app: AppSettings, args: Mapping[str, Any]) -> FunctionCode:
    if "image_uri" in args:
        return code_from_image(app, args["image_uri"])
    if app.source is None:
        return ready_code(app, args["code"], args["handler"])
    return code_from_source(app, app.source, args.get("handler"))
