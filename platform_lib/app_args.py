"""Args that every component takes, and the nested args that two or more components share.

A field's docstring says what it means, in which unit, and what happens when it is left out.
"""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any, NotRequired, TypedDict, TypeVar, Union

import pulumi

E = TypeVar("E", bound=Enum)

if TYPE_CHECKING:
    WordOf = Union[E, str]  # noqa: UP007 - of `E | str` mypy makes no alias
    """A member of an enum, or its value as plain text, for who checks types.

    When a program runs it is the enum: Pulumi's schema analysis takes no union.
    """
else:

    class WordOf:
        """Stands for the enum that is named with it."""

        def __class_getitem__(cls, enum: type[E]) -> type[E]:
            return enum


class Stage(str, Enum):
    """How much is protected."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


class Interface(str, Enum):
    """How the app is called."""

    ASGI = "asgi"
    WSGI = "wsgi"


class Architecture(str, Enum):
    """The processor on the target."""

    ARM64 = "arm64"
    X86_64 = "x86_64"


class IngressKind(str, Enum):
    """Who can reach the app."""

    PUBLIC = "public"
    INTERNAL = "internal"
    NONE = "none"


class RolloutStrategy(str, Enum):
    """How a change reaches users."""

    ROLLING = "rolling"
    ALL_AT_ONCE = "all_at_once"
    BLUE_GREEN = "blue_green"
    CANARY = "canary"
    LINEAR = "linear"
    WEIGHTED = "weighted"


class GrantArgs(TypedDict):
    """One thing that the app may do. `platform_lib.grants` has helpers for the usual ones."""

    actions: Sequence[str]
    """IAM actions, such as `dynamodb:GetItem`."""
    resources: Sequence[pulumi.Input[str]]
    """ARNs that the actions are allowed on; `*` alone where AWS defines no resource level."""


class NetworkArgs(TypedDict):
    """Where the app runs."""

    vpc_id: pulumi.Input[str]
    """ID of the VPC."""
    public_subnet_ids: NotRequired[Sequence[pulumi.Input[str]]]
    """Subnets with a route to the internet, in at least two zones; a public load balancer stands
    in them. Default: none."""
    private_subnet_ids: NotRequired[Sequence[pulumi.Input[str]]]
    """Subnets without public addresses, in at least two zones; the app runs in them where they
    are given. They need a way out (a NAT gateway or VPC endpoints) to fetch the app.
    Default: none, the app runs in the public subnets."""


class IngressArgs(TypedDict):
    """Who reaches the app, and by which listener.

    In this release functions have it; on VM and container only the default and `plain_http` work.
    `hosts`, `paths` and `listener_arn` choose requests by a load balancer's rule, of at most five
    values in all:
    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html
    """

    kind: NotRequired[WordOf[IngressKind]]
    """Public, internal to the VPC, or not served at all. Default: public."""
    allowed_cidrs: NotRequired[Sequence[str]]
    """IPv4 address ranges that may connect, such as `10.0.0.0/8`.
    Default: everyone (`0.0.0.0/0`)."""
    listener_arn: NotRequired[pulumi.Input[str]]
    """A load balancer's listener that exists already. Default: none, one is made."""
    hosts: NotRequired[Sequence[str]]
    """Host names of the app on the listener; `*` and `?` are wildcards. Others are answered with
    404 by a listener of the app's own. Default: every host."""
    paths: NotRequired[Sequence[str]]
    """Path patterns of the app on the listener, such as `/notes/*`. Default: every path."""
    priority: NotRequired[int]
    """The rule's priority on the listener, 1 to 50000. Default: the next free one."""
    plain_http: NotRequired[bool]
    """Whether it is meant that a load balancer of the app's own answers by plain HTTP, where
    `domain` gives it no certificate. Default: False, and a warning says that it does."""


class ScheduleArgs(TypedDict):
    """A change of the bounds at set times. Not available in this release."""

    cron: str
    """When, as an AWS cron expression."""
    minimum: NotRequired[int]
    """The lower bound from then on. Default: unchanged."""
    maximum: NotRequired[int]
    """The upper bound from then on. Default: unchanged."""
    time_zone: NotRequired[str]
    """The expression's time zone, an IANA name. Default: UTC."""


class ScalingArgs(TypedDict):
    """How the app grows and shrinks. No effect on a function, which AWS scales itself."""

    minimum: NotRequired[int]
    """Fewest instances or tasks. Default: 1."""
    maximum: NotRequired[int]
    """Most instances or tasks. Default: 4, or `minimum` where that is more."""
    cpu_percent: NotRequired[int]
    """Average processor use that scaling aims at, 10 to 90 percent. Default: 60."""
    requests_per_target: NotRequired[int]
    """Requests a minute for each target that scaling aims at. Not available in this release.
    Default: none."""
    schedules: NotRequired[Sequence[ScheduleArgs]]
    """Changes of the bounds at set times. Not available in this release. Default: none."""


class RolloutArgs(TypedDict):
    """How a change reaches users. VM and container have only `rolling` in this release."""

    strategy: NotRequired[WordOf[RolloutStrategy]]
    """The way; a target that has not got it says what it has. A function has `rolling` and
    `all_at_once`, which are the same there, and `weighted`. Default: rolling, where the old
    version serves until the new one is healthy, and goes on where that does not get healthy; a
    function changes all at once and does not go back."""
    percent: NotRequired[int]
    """With `weighted`, the share of calls that the new version gets, 1 to 99 percent.
    Default: 10."""
    previous_version: NotRequired[str]
    """With `weighted`, the number of the function's version that gets the rest, such as `7`.
    Default: none, and then `weighted` is refused."""
    bake_minutes: NotRequired[int]
    """How long a step is watched, in minutes. No target has such steps in this release.
    Default: 5."""
    alarm_names: NotRequired[Sequence[pulumi.Input[str]]]
    """Alarms that stop the change and turn it back. No target has it in this release.
    Default: none."""


class LogsArgs(TypedDict):
    """Where logs go and how long they stay."""

    retention_days: NotRequired[int]
    """How long CloudWatch Logs keeps a line, in days; it knows 1, 3, 5, 7, 14, 30, 60, 90, 120,
    150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 and 3653. Default: 30."""
    kms_key_arn: NotRequired[pulumi.Input[str]]
    """A key of yours that encrypts the log group; its policy must admit CloudWatch Logs
    (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html).
    Default: CloudWatch's own encryption."""


class AlarmsArgs(TypedDict):
    """What is watched: how many requests fail, and how long they take.

    A function has both, one without an address only the first unless `latency_ms` is given. VM and
    container have none in this release, and take only `enabled` of False.
    """

    enabled: NotRequired[bool]
    """Whether alarms are made. Default: True on a function."""
    topic_arn: NotRequired[pulumi.Input[str]]
    """The SNS topic that is told, of an alarm's beginning and of its end.
    Default: no one is told."""
    error_percent: NotRequired[float]
    """Share of requests that may fail, 0 to 100 percent. More of them in three of five minutes is
    an alarm. Default: 5."""
    latency_ms: NotRequired[int]
    """How long the slowest hundredth of requests (p99) may take, in milliseconds. That long or
    longer in three of five minutes is an alarm. Default: 1000; none is made where a function has
    no address."""


class DomainArgs(TypedDict):
    """A name of your own, with TLS; it needs `zone_id` or `certificate_arn`.

    In this release functions have it: by an HTTP API or a load balancer.
    """

    name: str
    """The host name, such as `notes.example.com`."""
    zone_id: NotRequired[pulumi.Input[str]]
    """The Route 53 zone that gets the record. Default: no record is made."""
    certificate_arn: NotRequired[pulumi.Input[str]]
    """A certificate of ACM in the app's region. Default: one is requested and validated in the
    zone."""


class AppArgs(TypedDict):
    """What every component takes. A dict of these fields alone moves between all targets."""

    stage: NotRequired[WordOf[Stage]]
    """How much is protected. `production` is not available in this release.
    Default: development."""
    source: NotRequired[str]
    """Directory of a Python app, with `requirements.txt` or `pyproject.toml`. A relative path is
    taken from the folder of the project's Pulumi.yaml, or from the working directory where
    Pulumi does not tell that folder. Default: none; another artifact must be given."""
    app: NotRequired[str]
    """The app in `source` or in one of its dependencies, as `package.module:callable`, or as
    `package.module:create_app()` where a function without arguments makes it. It is an unmodified
    ASGI or WSGI app. Default: none."""
    interface: NotRequired[WordOf[Interface]]
    """How `app` is called; an error where the callable takes other arguments. Default: found out
    from the callable, which is WSGI where it takes two arguments and ASGI where it takes three."""
    python_version: NotRequired[str]
    """Interpreter on the target: 3.11, 3.12, 3.13 or 3.14. Default: 3.13."""
    architecture: NotRequired[WordOf[Architecture]]
    """Processor on the target. Default: arm64."""
    port: NotRequired[int]
    """Port that the app listens on, 1 to 65535; below 1024 only where the app may bind it. It
    reaches the app as `PORT`, which is all it does on a function. Default: 8080."""
    health_check_path: NotRequired[str]
    """Path that answers 200 when the app is well. Default: /health."""
    environment: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Environment variables of the app. Never put a secret here. Default: none but the ones that
    every app gets: APP_NAME, APP_TARGET, APP_VERSION, PORT, AWS_REGION, AWS_DEFAULT_REGION, and
    PYTHONUNBUFFERED of 1 and a HOME that can be written to, which may be given otherwise."""
    secrets: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Variable name -> ARN of a Secrets Manager secret or an SSM parameter; `ARN#key` for one key
    of a JSON secret, whose value is given as it is where it is a string, else as JSON; only a
    container of an image of your own gets it as ECS words it. The value is fetched
    when the app starts and never enters state, user data, an image or a plan. Default: none."""
    grants: NotRequired[Sequence[GrantArgs]]
    """What the app may do in AWS. Default: nothing."""
    network: NotRequired[NetworkArgs]
    """Where the app runs. Default: the account's default VPC with its default subnets in the first
    two zones by zone ID; a function stays outside of a VPC."""
    ingress: NotRequired[IngressArgs]
    """Who reaches the app. Default: everyone, by a load balancer or HTTP API of its own."""
    scaling: NotRequired[ScalingArgs]
    """How the app grows. Default: 1 to 4 instances or tasks at 60 % CPU."""
    rollout: NotRequired[RolloutArgs]
    """How a change reaches users. Default: rolling, and the old version stays when it fails; a
    function changes all at once."""
    logs: NotRequired[LogsArgs]
    """Where logs go. Default: a log group made for the app, kept for 30 days."""
    alarms: NotRequired[AlarmsArgs]
    """What is watched. Default: a function's failures and its p99; on VM and container nothing in
    this release."""
    domain: NotRequired[DomainArgs]
    """A name of your own, with TLS. Default: none, plain HTTP on VM and container."""
    kms_key_arn: NotRequired[pulumi.Input[str]]
    """ARN of a key of yours. On a function it encrypts log groups, environment variables and what
    is made for its events; the key's policy must admit those services. Not available on VM and
    container in this release. Default: AWS's own keys."""
    permissions_boundary_arn: NotRequired[pulumi.Input[str]]
    """ARN of an IAM policy that bounds every role made here. Default: none."""
    tags: NotRequired[Mapping[str, str]]
    """Tags on every resource that takes tags, but for objects in S3 where they are more than 10.
    Default: none."""
    overrides: NotRequired[Mapping[str, Mapping[str, Any]]]
    """The last word on any child: attribute name of the child -> property -> value, such as
    `{"service": {"health_check_grace_period_seconds": 300}}`. A value replaces ours whole; None
    takes ours away. An unknown child or property is an error. Default: none."""


if TYPE_CHECKING:

    class ClosedAppArgs(AppArgs, closed=True):
        """`AppArgs` as a program has them: with no other key, so that they can be spread.

        `{**shared, "cpu": 512}` is sound where `shared` cannot hide a `cpu` of another type:
        https://peps.python.org/pep-0728/. A component's args extend `AppArgs` as they stand above.
        """
