"""From args to settings: every shared field checked, with its default filled in.

Components read settings, never raw args, so a default has one home and a check runs once.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import pulumi

from platform_lib import defaults
from platform_lib.app_args import (
    Architecture,
    GrantArgs,
    IngressKind,
    NetworkArgs,
    RolloutStrategy,
    Stage,
)
from platform_lib.arns import is_arn
from platform_lib.bundling.artifact import find_source
from platform_lib.checks import InvalidInput, check_range, one_of
from platform_lib.records import record

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ACTION = re.compile(r"[a-z0-9-]+:[A-Za-z0-9*?]+")
_VPC = re.compile(r"vpc-[0-9a-zA-Z]{1,32}")
_SUBNET = re.compile(r"subnet-[0-9a-zA-Z]{1,32}")
_TAG = re.compile(r"[\w\s.:/=+@-]*")
_PATH = re.compile(r"/[!-~]{0,1023}")

_TASKS_LIMIT = 5000
"""https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html"""

INJECTED = ("APP_NAME", "APP_TARGET", "APP_VERSION", "AWS_DEFAULT_REGION", "AWS_REGION", "PORT")
"""Variables that every app gets from its component."""


@record
class AlarmSettings:
    """What is watched, and who is told."""

    topic_arn: pulumi.Input[str] | None
    error_percent: float
    latency_ms: int | None
    """None where nobody waits for an answer."""


@record
class AppSettings:
    """What holds for the app on every target."""

    source: Path | None
    app: str | None
    interface: str | None
    """None where it is found out from the callable."""
    python_version: str
    architecture: str
    port: int
    health_check_path: str
    environment: Mapping[str, pulumi.Input[str]]
    secrets: Mapping[str, pulumi.Input[str]]
    grants: Sequence[GrantArgs]
    network: NetworkArgs | None
    plain_http: bool
    minimum: int
    maximum: int
    cpu_percent: int
    retention_days: int
    log_key_arn: pulumi.Input[str] | None
    alarms: AlarmSettings | None
    kms_key_arn: pulumi.Input[str] | None
    permissions_boundary_arn: pulumi.Input[str] | None
    tags: Mapping[str, str]
    overrides: Mapping[str, Mapping[str, Any]]


def app_settings(args: Mapping[str, Any], has: Collection[str] = ()) -> AppSettings:
    """Judge the shared fields of checked args and fill in what was not given.

    `has` names the shared fields that only some components have yet: this one reads them itself.
    """
    _refuse_later_fields({field: value for field, value in args.items() if field not in has})
    minimum, maximum, cpu_percent = _scaling(args.get("scaling", {}))
    logs = args.get("logs", {})
    settings = AppSettings(
        source=find_source(args["source"]) if "source" in args else None,
        app=args.get("app"),
        interface=args["interface"].value if "interface" in args else None,
        python_version=args.get("python_version", defaults.PYTHON_VERSION),
        architecture=args.get("architecture", Architecture.ARM64).value,
        port=args.get("port", defaults.PORT),
        health_check_path=args.get("health_check_path", defaults.HEALTH_CHECK_PATH),
        environment=args.get("environment", {}),
        secrets=args.get("secrets", {}),
        grants=args.get("grants", ()),
        network=args.get("network"),
        plain_http=args.get("ingress", {}).get("plain_http", False),
        minimum=minimum,
        maximum=maximum,
        cpu_percent=cpu_percent,
        retention_days=logs.get("retention_days", defaults.LOG_RETENTION_DAYS),
        log_key_arn=logs.get("kms_key_arn", args.get("kms_key_arn")),
        alarms=_alarms(args.get("alarms", {})) if "alarms" in has else None,
        kms_key_arn=args.get("kms_key_arn"),
        permissions_boundary_arn=args.get("permissions_boundary_arn"),
        tags=args.get("tags", {}),
        overrides=args.get("overrides", {}),
    )
    _check(settings)
    return settings


def later(field: str, value: object, works: str) -> InvalidInput:
    """Word the refusal of an option that a later release brings."""
    return InvalidInput(field, value, f"not available in this release; {works}")


def refuse_later(args: Mapping[str, Any], fields: Mapping[str, object]) -> None:
    """Refuse options of a later release; `fields` maps each to its value until then."""
    for field, value in fields.items():
        if args.get(field, value) not in (value, []):
            raise later(field, args[field], "leave it out")


def _refuse_later_fields(args: Mapping[str, Any]) -> None:
    if args.get("stage", Stage.DEVELOPMENT) is not Stage.DEVELOPMENT:
        raise later("stage", args["stage"], "leave it out or use 'development'")
    served = {
        field: value for field, value in args.get("ingress", {}).items() if field != "plain_http"
    }
    if served not in ({}, {"kind": IngressKind.PUBLIC}):
        raise later("ingress", args["ingress"], "leave it out, the app is public")
    if args.get("rollout", {}) not in ({}, {"strategy": RolloutStrategy.ROLLING}):
        raise later("rollout", args["rollout"], "leave it out, a change is rolling")
    if args.get("alarms", {}) not in ({}, {"enabled": False}):
        raise later("alarms", args["alarms"], "leave it out or give enabled=False: none is made")
    refuse_later(args, {"domain": None, "kms_key_arn": None})
    for field in ("requests_per_target", "schedules"):
        if args.get("scaling", {}).get(field):
            raise later(f"scaling.{field}", args["scaling"][field], "scale by cpu_percent")


def _scaling(scaling: Mapping[str, Any]) -> tuple[int, int, int]:
    minimum = scaling.get("minimum", defaults.SCALING_MINIMUM)
    check_range("scaling.minimum", minimum, 1, 1000)
    maximum = scaling.get("maximum", max(minimum, defaults.SCALING_MAXIMUM))
    if maximum < minimum:
        raise InvalidInput("scaling.maximum", maximum, f"must be at least minimum, {minimum}")
    check_range("scaling.maximum", maximum, 1, _TASKS_LIMIT)
    cpu_percent = scaling.get("cpu_percent", defaults.SCALING_CPU_PERCENT)
    check_range("scaling.cpu_percent", cpu_percent, 10, 90, "percent")
    return minimum, maximum, cpu_percent


def _alarms(alarms: Mapping[str, Any]) -> AlarmSettings | None:
    if not alarms.get("enabled", True):
        return None
    error_percent = alarms.get("error_percent", defaults.ALARM_ERROR_PERCENT)
    check_range("alarms.error_percent", error_percent, 0, 100, "percent")
    latency_ms = alarms.get("latency_ms", defaults.ALARM_LATENCY_MS)
    check_range("alarms.latency_ms", latency_ms, 1, 900_000, "milliseconds")
    _check_arn("alarms.topic_arn", alarms.get("topic_arn"), "topic", "a topic")
    return AlarmSettings(
        topic_arn=alarms.get("topic_arn"), error_percent=error_percent, latency_ms=latency_ms
    )


def _check(settings: AppSettings) -> None:
    if settings.python_version not in defaults.PYTHON_VERSIONS:
        allowed = one_of(defaults.PYTHON_VERSIONS)
        raise InvalidInput("python_version", settings.python_version, f"must be {allowed}")
    check_range("port", settings.port, 1, 65535)
    if not _PATH.fullmatch(settings.health_check_path):
        need = "must begin with '/', hold no spaces and be at most 1024 characters long"
        raise InvalidInput("health_check_path", settings.health_check_path, need)
    if settings.retention_days not in defaults.LOG_RETENTION_CHOICES:
        allowed = one_of(defaults.LOG_RETENTION_CHOICES)
        raise InvalidInput("logs.retention_days", settings.retention_days, f"must be {allowed}")
    _check_variables(settings.environment, settings.secrets)
    _check_grants(settings.grants)
    _check_arn(
        "permissions_boundary_arn", settings.permissions_boundary_arn, "boundary", "a policy"
    )
    _check_arn("kms_key_arn", settings.kms_key_arn, "key", "a key, not of its alias")
    _check_arn("logs.kms_key_arn", settings.log_key_arn, "key", "a key, not of its alias")
    _check_tags(settings.tags)
    if settings.network is not None:
        _check_subnets(settings.network)


def _check_variables(
    environment: Mapping[str, pulumi.Input[str]], secrets: Mapping[str, pulumi.Input[str]]
) -> None:
    for field, variables in (("environment", environment), ("secrets", secrets)):
        for variable in variables:
            if not _VARIABLE.fullmatch(variable):
                need = "a variable's name must match [A-Za-z_][A-Za-z0-9_]*"
                raise InvalidInput(field, variable, need)
            if variable in INJECTED or variable.startswith("PLATFORM_"):
                raise InvalidInput(field, variable, "every app gets this one from its component")
    for variable, value in environment.items():
        if isinstance(value, str) and "\0" in value:
            need = "holds a NUL character, as no variable does"
            raise InvalidInput(f"environment.{variable}", value, need)
    for variable in sorted(set(environment) & set(secrets)):
        raise InvalidInput("secrets", variable, "stands in environment too; give it once")
    for variable, arn in secrets.items():
        if isinstance(arn, str) and not is_arn(arn, "secret", "parameter"):
            need = (
                "must be the ARN of a Secrets Manager secret, ARN#key for one key of a JSON "
                "secret, or the ARN of an SSM parameter (which has no keys)"
            )
            raise InvalidInput(f"secrets.{variable}", arn, need)


def _check_grants(grants: Sequence[GrantArgs]) -> None:
    for at, grant in enumerate(grants):
        if not grant["actions"] or not grant["resources"]:
            raise InvalidInput(f"grants[{at}]", grant, "needs an action and a resource")
        for action in grant["actions"]:
            if not _ACTION.fullmatch(action):
                need = "must be service:Action, such as s3:GetObject"
                raise InvalidInput(f"grants[{at}].actions", action, need)
        for arn in grant["resources"]:
            if isinstance(arn, str) and arn != "*" and not is_arn(arn):
                need = "must be an ARN, arn:aws:service:region:account:resource, or '*' alone"
                raise InvalidInput(f"grants[{at}].resources", arn, need)


def _check_arn(field: str, value: object, kind: str, what: str) -> None:
    if isinstance(value, str) and not is_arn(value, kind):
        raise InvalidInput(field, value, f"must be an ARN of {what}")


def _check_tags(tags: Mapping[str, str]) -> None:
    # https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
    # What IAM, Lambda and CloudWatch Logs take; every app has a resource of each.
    if len(tags) > 50:
        raise InvalidInput("tags", len(tags), "at most 50 tags fit on a resource")
    for key, value in tags.items():
        if not 1 <= len(key) <= 128 or key.lower().startswith("aws:"):
            need = "a tag's key is 1 to 128 characters long and does not begin with 'aws:'"
            raise InvalidInput("tags", key, need)
        if len(value) > 256:
            raise InvalidInput(f"tags.{key}", value, "must be at most 256 characters long")
        for field, text in (("tags", key), (f"tags.{key}", value)):
            if not _TAG.fullmatch(text):
                need = "a tag takes letters, digits, spaces and _ . : / = + - @ alone"
                raise InvalidInput(field, text, need)


def _check_subnets(network: NetworkArgs) -> None:
    vpc = network["vpc_id"]
    if isinstance(vpc, str) and not _VPC.fullmatch(vpc):
        raise InvalidInput("network.vpc_id", vpc, "must be the ID of a VPC, such as vpc-0a1b2c3d")
    for kind in ("public_subnet_ids", "private_subnet_ids"):
        subnets = network.get(kind)
        if isinstance(subnets, Sequence) and subnets:
            known = {subnet for subnet in subnets if isinstance(subnet, str)}
            for subnet in sorted(known):
                if not _SUBNET.fullmatch(subnet):
                    need = "must be the ID of a subnet, such as subnet-0a1b2c3d"
                    raise InvalidInput(f"network.{kind}", subnet, need)
            unknown = sum(not isinstance(subnet, str) for subnet in subnets)
            if len(known) + unknown < 2:
                need = "needs at least two subnets, in two zones"
                raise InvalidInput(f"network.{kind}", list(subnets), need)
