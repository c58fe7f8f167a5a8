"""From FunctionApp's args to settings: every field checked, with its default filled in."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pulumi

from platform_lib import defaults
from platform_lib.app_args import IngressKind
from platform_lib.app_settings import AppSettings, app_settings
from platform_lib.bundling.artifact import chosen_way
from platform_lib.checks import InvalidInput, check_args, check_name, check_range
from platform_lib.function_app.args import FunctionAppArgs, HttpKind
from platform_lib.function_app.code import WAYS, FunctionCode, function_code
from platform_lib.function_app.http.front import http_front_children
from platform_lib.function_app.http.settings import HttpSettings, http_settings
from platform_lib.function_app.package import package_children
from platform_lib.function_app.runtimes import with_runtime
from platform_lib.function_app.sources.event_sources import (
    SourceSettings,
    source_children,
    source_settings,
)
from platform_lib.function_app.version_settings import Versions, version_settings
from platform_lib.function_app.versions import versions_children
from platform_lib.parts.alarms import function_alarm_children
from platform_lib.parts.children import check_overrides
from platform_lib.parts.environment import app_environment
from platform_lib.parts.lookups import Network, check_zones, find_network
from platform_lib.records import record

_HAS = ("alarms", "domain", "ingress", "kms_key_arn", "rollout")
_CHILDREN = {
    "log_group": "aws.cloudwatch.LogGroup",
    "role": "aws.iam.Role",
    "policy": "aws.iam.RolePolicy",
    "function": "aws.lambda_.Function",
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
_VARIABLE = re.compile(r"[A-Za-z][A-Za-z0-9_]+")
"""https://docs.aws.amazon.com/lambda/latest/api/API_Environment.html, and the service's model"""
_ENVIRONMENT_LIMIT = 4096
_SUBNETS_LIMIT = 16


@record
class FunctionSettings:
    """FunctionApp's inputs, checked and with their defaults."""

    app: AppSettings
    code: FunctionCode
    variables: Mapping[str, pulumi.Input[str]]
    memory_mib: int
    timeout_seconds: int
    ephemeral_storage_mib: int
    sources: SourceSettings
    versions: Versions
    http: HttpSettings
    balancer_network: Network | None
    """Where a load balancer of the function's own stands; None where it has none."""


def function_settings(
    name: str, raw: FunctionAppArgs, provider: pulumi.ProviderResource | None
) -> FunctionSettings:
    """Judge the args of a function and fill in what was not given."""
    check_name(name)
    args = check_args(raw, FunctionAppArgs)
    chosen_way(args, WAYS)
    args = with_runtime(args)
    http = http_settings(args, streams=_streams(args))
    app = _watched(app_settings(args, has=_HAS), args, served=http.kind is not None)
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
        _check_subnets(private)
        check_zones("network.private_subnet_ids", private, provider)
    _check_latency(args, timeout_seconds)
    versions = version_settings(args, runtime=args.get("runtime"), storage_mib=storage_mib)
    code = function_code(app, args)
    sources = source_settings(args, app=name, timeout_seconds=timeout_seconds, grants=app.grants)
    _check_concurrency(args.get("queues", ()), versions)
    children = _children(app, code, versions, sources) | http_front_children(http)
    check_overrides(app.overrides, children)
    variables = _variables(name, app, code)
    _check_variables(app, variables)
    return FunctionSettings(
        app=app,
        code=code,
        variables=variables,
        memory_mib=memory_mib,
        timeout_seconds=timeout_seconds,
        ephemeral_storage_mib=storage_mib,
        sources=sources,
        versions=versions,
        http=http,
        balancer_network=_balancer_network(app, http, provider),
    )


def _streams(args: Mapping[str, Any]) -> bool:
    """Tell whether what runs the function can pass an answer on while it is written.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html
    """
    return "image_uri" in args or args.get("runtime", "").startswith(("nodejs", "provided"))


def _balancer_network(
    app: AppSettings, http: HttpSettings, provider: pulumi.ProviderResource | None
) -> Network | None:
    if http.kind is not HttpKind.LOAD_BALANCER or http.ingress.listener_arn is not None:
        return None
    return find_network(app.network, provider, internal=http.ingress.kind is IngressKind.INTERNAL)


def _children(
    app: AppSettings, code: FunctionCode, versions: Versions, sources: SourceSettings
) -> dict[str, str]:
    return {
        **_CHILDREN,
        **package_children(code, by_key=app.kms_key_arn is not None),
        **(_NETWORK_CHILDREN if app.network else {}),
        **function_alarm_children(app.alarms),
        **source_children(sources, alarms=app.alarms is not None),
        **versions_children(versions),
    }


def _watched(app: AppSettings, args: Mapping[str, Any], *, served: bool) -> AppSettings:
    """Watch how long calls take where somebody waits for them, or where it is asked for."""
    if app.alarms is None or served or "latency_ms" in args.get("alarms", {}):
        return app
    return replace(app, alarms=replace(app.alarms, latency_ms=None))


def _check_latency(args: Mapping[str, Any], timeout_seconds: int) -> None:
    """Refuse an alarm that could never go off: Lambda ends a call at its timeout."""
    latency_ms = args.get("alarms", {}).get("latency_ms", 0)
    if latency_ms > timeout_seconds * 1000:
        need = f"no call takes longer than timeout_seconds, {timeout_seconds}"
        raise InvalidInput("alarms.latency_ms", latency_ms, need)


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


def _check_concurrency(queues: Sequence[Mapping[str, Any]], versions: Versions) -> None:
    """Refuse queues that may call more often at once than the function takes.

    Messages whose call is throttled use up their tries. A function that takes none is switched
    off, with all its queues.
    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
    """
    total = 0
    for at, queue in enumerate(queues):
        asked = queue.get("maximum_concurrency", 0)
        total += asked
        if asked and versions.reserved and total > versions.reserved:
            need = (
                f"with the queues before it comes to {total}, and must be at most "
                f"reserved_concurrency, {versions.reserved}"
            )
            raise InvalidInput(f"queues[{at}].maximum_concurrency", asked, need)


def _check_subnets(subnets: Sequence[pulumi.Input[str]]) -> None:
    """Refuse what a function cannot stand in.

    https://docs.aws.amazon.com/lambda/latest/api/API_VpcConfig.html
    """
    if len(subnets) > _SUBNETS_LIMIT:
        need = f"a function stands in at most {_SUBNETS_LIMIT} subnets"
        raise InvalidInput("network.private_subnet_ids", f"{len(subnets)} subnets", need)


def _check_variables(app: AppSettings, variables: Mapping[str, pulumi.Input[str]]) -> None:
    """Refuse what Lambda would: bad names, and more than 4 KB as far as they are known."""
    for field, given in (("environment", app.environment), ("secrets", app.secrets)):
        for variable in given:
            if variable in _RESERVED:
                raise InvalidInput(field, variable, "is reserved by Lambda; use another name")
    for variable in app.environment:
        if not _VARIABLE.fullmatch(variable):
            need = "Lambda takes names of two characters or more that begin with a letter"
            raise InvalidInput("environment", variable, need)
    size = sum(
        len(variable.encode()) + (len(value.encode()) if isinstance(value, str) else 0)
        for variable, value in variables.items()
    )
    if size > _ENVIRONMENT_LIMIT:
        need = f"Lambda takes at most {_ENVIRONMENT_LIMIT} bytes of names and values with ours"
        raise InvalidInput("environment", f"{size} bytes", need)
