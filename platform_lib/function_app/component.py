"""FunctionApp: a web app as a function, on Lambda."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, final

import pulumi
import pulumi_aws as aws

from platform_lib.checks import naming_errors
from platform_lib.function_app.args import FunctionAppArgs
from platform_lib.function_app.http.front import create_http_front
from platform_lib.function_app.package import create_package
from platform_lib.function_app.settings import function_settings
from platform_lib.function_app.sources.event_sources import create_feeds, create_sources
from platform_lib.function_app.sources.target import Place
from platform_lib.function_app.versions import serve_versions
from platform_lib.parts.alarms import create_function_alarms
from platform_lib.parts.children import Children
from platform_lib.parts.front import create_app_egress, create_app_group
from platform_lib.parts.iam import (
    create_policy,
    create_role,
    decrypt_variables,
    grant_statements,
    invoke_statement,
    network_interfaces,
    read_secrets,
    write_logs,
)
from platform_lib.parts.logs import create_log_group
from platform_lib.parts.lookups import aws_provider
from platform_lib.parts.outputs import show_outputs

if TYPE_CHECKING:
    from platform_lib.function_app.sources.buckets import BucketSource
    from platform_lib.function_app.sources.event_rules import EventRuleSource
    from platform_lib.function_app.sources.invoke_permissions import InvokePermission
    from platform_lib.function_app.sources.log_groups import LogGroupSource
    from platform_lib.function_app.sources.queues import QueueSource
    from platform_lib.function_app.sources.receipt_rules import ReceiptRuleSource
    from platform_lib.function_app.sources.schedules import ScheduleSource
    from platform_lib.function_app.sources.streams import StreamSource
    from platform_lib.function_app.sources.topics import TopicSource


@final
class FunctionApp(pulumi.ComponentResource):
    """A web app as a function: Lambda behind an HTTP API, or behind what `http` and `ingress` say.

    By default it makes a log group for the function and one for the API's access log, a role that
    may write to that log group and do what is granted, the function, its alias `live`, and the
    HTTP API with integration, route, stage and the permission to call the alias: 11 resources, and
    two alarms. A network adds two more, a security group and its way out.

    Event sources (`queues`, `streams`, `topics` and so on) are bound to the alias, each with the
    right that it needs. What calls and does not wait brings a queue of failures with an alarm.
    Each source is shown by its name, as `app.queues["orders"].queue`.

    Closed and encrypted by default: only this API may call the alias, the role names exact ARNs,
    environment variables are encrypted by AWS's key and hold ARNs of secrets, never their values.
    Every change publishes a version, and `up` returns when the alias points to it.

    Rough cost in us-east-1: at rest 0.30 USD a month for the alarms, and logs by the gigabyte; a
    million requests of 100 ms cost about 2 USD (1 for the API, 1 for the function at 512 MiB on
    arm64).
    """

    url: pulumi.Output[str] | None
    """Address of the app; None where `ingress` lets nobody in."""
    dns_name: pulumi.Output[str] | None
    """DNS name of the API, the function URL or the load balancer."""
    hosted_zone_id: pulumi.Output[str] | None
    """Zone of that name, for an alias record; None of an API's own address and a function URL."""
    role_arn: pulumi.Output[str]
    """ARN of the role that the app runs as."""
    role_name: pulumi.Output[str]
    """Name of the role that the app runs as."""
    log_group_name: pulumi.Output[str]
    """Log group that the app writes to."""
    version: pulumi.Output[str]
    """What runs: the hash of source, lock, processor and Python, or of a ready artifact."""
    invoke_statement: pulumi.Output[Mapping[str, str]]
    """The statement that lets a role call the app: for the role of a state machine, a pipe, an
    AppSync API or a scheduler of your own."""
    security_group_id: pulumi.Output[str] | None
    """Security group that the app stands in; None where no network was given."""
    target_group_arn: pulumi.Output[str] | None
    """ARN of the target group; None without a load balancer."""
    if TYPE_CHECKING:
        # Children that some kinds of `http` have: attributes, and no outputs of the schema.
        access_log_group: "aws.cloudwatch.LogGroup"
        api: "aws.apigatewayv2.Api"
        api_stage: "aws.apigatewayv2.Stage"
        integration: "aws.apigatewayv2.Integration"
        route: "aws.apigatewayv2.Route"
        function_url: "aws.lambda_.FunctionUrl"
        permission: "aws.lambda_.Permission"
        load_balancer: "aws.lb.LoadBalancer"
        target_group: "aws.lb.TargetGroup"
        listener: "aws.lb.Listener"
        # What binds the sources of each kind, by their names.
        queues: Mapping[str, "QueueSource"]
        streams: Mapping[str, "StreamSource"]
        topics: Mapping[str, "TopicSource"]
        buckets: Mapping[str, "BucketSource"]
        event_rules: Mapping[str, "EventRuleSource"]
        schedules: Mapping[str, "ScheduleSource"]
        log_groups: Mapping[str, "LogGroupSource"]
        receipt_rules: Mapping[str, "ReceiptRuleSource"]
        invoke_permissions: Mapping[str, "InvokePermission"]

    def __init__(
        self, name: str, args: FunctionAppArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the app. Raises ArgsError before anything registers where an input cannot work."""
        provider = aws_provider(opts)
        with naming_errors("FunctionApp", name):
            settings = function_settings(name, args, provider)
        super().__init__("platform-lib:index:FunctionApp", name, {}, opts)
        app, versions = settings.app, settings.versions
        child = Children(
            self,
            name,
            tags=app.tags,
            overrides=app.overrides,
            renamed=settings.sources.renamed,
        )
        # Children that some sources bring, and who asks for one knows that it is there: `| Any`
        # spares typed programs a check for None.
        self.failure_queue: aws.sqs.Queue | Any = None
        self.failure_alarm: aws.cloudwatch.MetricAlarm | Any = None
        self.failure_queue_policy: aws.sqs.QueuePolicy | Any = None
        self.invoke_config: aws.lambda_.FunctionEventInvokeConfig | Any = None
        self.scheduler_role: aws.iam.Role | Any = None
        self.scheduler_policy: aws.iam.RolePolicy | Any = None

        self.log_group = create_log_group(
            child,
            "log_group",
            "logs",
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
        feeds = create_feeds(
            child, settings.sources, kms_key_arn=app.kms_key_arn, alarms=app.alarms
        )
        self.policy = create_policy(
            child,
            "policy",
            "policy",
            role=self.role,
            statements=[
                write_logs(self.log_group.arn),
                *(
                    network_interfaces(Place(provider=provider).arn("ec2", "*/*"))
                    if app.network
                    else []
                ),
                *grant_statements(app.grants),
                *read_secrets(app.secrets),
                *([decrypt_variables(app.kms_key_arn)] if app.kms_key_arn is not None else []),
                *feeds.statements,
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
            **create_package(
                child,
                settings.code,
                architecture=app.architecture,
                kms_key_arn=app.kms_key_arn,
            ),
            architectures=[app.architecture],
            memory_size=settings.memory_mib,
            timeout=settings.timeout_seconds,
            ephemeral_storage={"size": settings.ephemeral_storage_mib},
            role=self.role.arn,
            environment={"variables": settings.variables},
            logging_config={"log_format": "Text", "log_group": self.log_group.name},
            vpc_config=vpc_config,
            dead_letter_config=settings.sources.failures.dead_letter_config,
            kms_key_arn=app.kms_key_arn,
            reserved_concurrent_executions=versions.reserved,
            snap_start={"apply_on": "PublishedVersions"} if versions.snap_start else None,
            publish=True,
            opts=pulumi.ResourceOptions(depends_on=ready),
        )
        serving = serve_versions(child, self.function, versions)
        self.alias, self.provisioned_concurrency = serving.alias, serving.provisioned_concurrency
        self.scaling_target, self.scaling_policy = serving.scaling_target, serving.scaling_policy
        if app.alarms is not None:
            self.error_alarm, self.latency_alarm = create_function_alarms(
                child,
                app.alarms,
                function_name=self.function.name,
                alias_name=self.alias.name,
            )
        sources = create_sources(
            child,
            settings.sources,
            feeds,
            function_name=self.function.name,
            alias=self.alias,
            log_group_name=self.log_group.name,
            boundary_arn=app.permissions_boundary_arn,
            kms_key_arn=app.kms_key_arn,
            provider=provider,
        )
        vars(self).update(sources)
        served = create_http_front(
            child,
            http=settings.http,
            network=settings.balancer_network,
            function_name=self.function.name,
            alias=self.alias,
            health_check_path=app.health_check_path,
            retention_days=app.retention_days,
            log_key_arn=app.log_key_arn,
            provider=provider,
        )
        # Which children there are depends on code, sources and front; each one is an attribute.
        vars(self).update(child.attributes)

        self.invoke_statement = self.alias.arn.apply(invoke_statement)
        show_outputs(
            self,
            served=served,
            role=self.role,
            log_group=self.log_group,
            security_group=self.security_group if app.network is not None else None,
            version=pulumi.Output.from_input(settings.code.version),
        )
