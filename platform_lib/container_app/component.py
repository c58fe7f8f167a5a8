"""ContainerApp: a web app in containers, on ECS."""

from typing import cast, final

import pulumi

from platform_lib.bundling.artifact import text_version
from platform_lib.checks import naming_errors
from platform_lib.container_app.args import ContainerAppArgs
from platform_lib.container_app.repository import push_image
from platform_lib.container_app.roles import create_task_role
from platform_lib.container_app.service import (
    create_cluster,
    create_scaling,
    create_service,
    create_task_definition,
)
from platform_lib.container_app.settings import container_settings
from platform_lib.container_app.task import (
    SCRATCH_VOLUME,
    container_definition,
    health_command,
    secret_keys,
)
from platform_lib.naming import physical_name
from platform_lib.parts.children import Children
from platform_lib.parts.environment import app_environment
from platform_lib.parts.front import create_front
from platform_lib.parts.iam import (
    create_policy,
    grant_statements,
    pull_image,
    pull_repository,
    read_secrets,
    write_logs,
)
from platform_lib.parts.logs import create_log_group
from platform_lib.parts.lookups import aws_provider, find_network, find_region
from platform_lib.parts.outputs import show_outputs

_FAMILY_LIMIT = 255


@final
class ContainerApp(pulumi.ComponentResource):
    """A web app in containers: an ECS service on Fargate behind an application load balancer.

    It makes a load balancer with target group and listener, two security groups that admit the
    world to the balancer and the balancer to the app, a log group, an execution role and the
    app's role, a cluster with Fargate's capacity providers, a task definition, a service and its
    scaling: 20 resources with a ready image and a grant. From source it also makes a repository,
    its life cycle and the image.

    Closed and encrypted by default: tasks admit nothing but the balancer, images are scanned when
    they are pushed and named by digest, tags cannot be moved, the root file system of an image of
    ours is read-only, roles name exact ARNs, secrets are fetched by ECS when a task starts. `up`
    waits until the new tasks serve, and ECS goes back to the old ones by itself when they do not.

    Rough cost in us-east-1 at one task of 256 CPU units on arm64: 7 USD a month for the task, 16
    for the load balancer, 11 for three public IPv4 addresses, and logs by the gigabyte.
    """

    url: pulumi.Output[str]
    """Public address of the app."""
    dns_name: pulumi.Output[str]
    """The load balancer's DNS name, for a record of your own."""
    hosted_zone_id: pulumi.Output[str]
    """The load balancer's hosted zone, for an alias record."""
    role_arn: pulumi.Output[str]
    """ARN of the role that the app runs as."""
    role_name: pulumi.Output[str]
    """Name of the role that the app runs as."""
    log_group_name: pulumi.Output[str]
    """Log group that the app writes to."""
    version: pulumi.Output[str]
    """What runs: the hash of source, lock, processor and Python, or of a ready image's URI."""
    security_group_id: pulumi.Output[str]
    """Security group that the app stands in."""
    target_group_arn: pulumi.Output[str]
    """Target group that the app's tasks are in."""

    def __init__(
        self, name: str, args: ContainerAppArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the app. Raises ArgsError before anything registers where an input cannot work."""
        provider = aws_provider(opts)
        with naming_errors("ContainerApp", name):
            settings = container_settings(name, args)
            app = settings.app
            network = find_network(app.network, provider)
        super().__init__("platform-lib:index:ContainerApp", name, {}, opts)
        child = Children(self, name, tags=app.tags, overrides=settings.overrides)
        region = find_region(provider)

        self.log_group = create_log_group(
            child,
            "log_group",
            "logs",
            retention_days=app.retention_days,
            kms_key_arn=app.log_key_arn,
        )
        if settings.build is not None:
            pushed = push_image(
                child,
                build=settings.build,
                build_overrides=settings.build_overrides,
                architecture=app.architecture,
                force_delete=settings.force_delete,
                provider=provider,
            )
            self.repository = pushed.repository
            self.lifecycle_policy = pushed.lifecycle_policy
            self.image = pushed.image
            uri: pulumi.Input[str] = pushed.uri
            pull = pull_repository(pushed.repository.arn)
            version = pulumi.Output.from_input(settings.build.version)
        else:
            uri = cast("pulumi.Input[str]", settings.image)
            pull = pull_image(uri)
            version = text_version(uri)

        self.execution_role = create_task_role(
            child,
            "execution_role",
            "exec",
            boundary_arn=app.permissions_boundary_arn,
            provider=provider,
        )
        self.execution_policy = create_policy(
            child,
            "execution_policy",
            "exec-policy",
            role=self.execution_role,
            statements=[
                write_logs(self.log_group.arn),
                *pull,
                *read_secrets(app.secrets, parameters="ssm:GetParameters"),
            ],
        )
        self.role = create_task_role(
            child,
            "role",
            "role",
            boundary_arn=app.permissions_boundary_arn,
            provider=provider,
        )
        ready: list[pulumi.Resource] = [self.execution_policy]
        if app.grants:
            self.policy = create_policy(
                child, "policy", "policy", role=self.role, statements=grant_statements(app.grants)
            )
            ready.append(self.policy)

        front = create_front(
            child,
            vpc_id=network.vpc_id,
            subnet_ids=network.public_subnet_ids,
            port=app.port,
            health_check_path=app.health_check_path,
            target_type="ip",
            plain_http=app.plain_http,
        )
        self.load_balancer_security_group = front.load_balancer_security_group
        self.load_balancer_ingress = front.load_balancer_ingress
        self.load_balancer_egress = front.load_balancer_egress
        self.security_group = front.security_group
        self.ingress, self.egress = front.ingress, front.egress
        self.load_balancer, self.listener = front.load_balancer, front.listener
        self.target_group = front.target_group

        self.cluster, self.capacity_providers = create_cluster(child)
        self.task_definition = create_task_definition(
            child,
            family=physical_name(
                f"{name}-task", _FAMILY_LIMIT, pulumi.get_project(), pulumi.get_stack()
            ),
            container=container_definition(
                image=uri,
                port=app.port,
                environment={
                    **app_environment(
                        app.environment,
                        name=name,
                        target="container",
                        version=version,
                        port=app.port,
                        region=region,
                    ),
                    # A task cannot see its share of the machine from inside.
                    **({"PLATFORM_CPU_UNITS": str(settings.cpu)} if app.app is not None else {}),
                    **(secret_keys(app.secrets) if app.app is not None else {}),
                },
                secrets=app.secrets,
                log_group_name=self.log_group.name,
                region=region,
                command=settings.command,
                # Only an image of ours is known to have a Python that can ask.
                health_command=health_command(app.port, app.health_check_path)
                if app.app is not None
                else None,
                read_only_root=settings.read_only_root,
                finds_keys=app.app is not None,
            ),
            volumes=[SCRATCH_VOLUME] if settings.read_only_root else [],
            cpu=settings.cpu,
            memory_mib=settings.memory_mib,
            architecture=app.architecture,
            execution_role_arn=self.execution_role.arn,
            task_role_arn=self.role.arn,
        )
        self.service = create_service(
            child,
            cluster_arn=self.cluster.arn,
            task_definition_arn=self.task_definition.arn,
            desired_count=app.minimum,
            capacity=settings.capacity,
            subnet_ids=network.app_subnet_ids,
            public_addresses=network.app_is_public,
            security_group_id=self.security_group.id,
            target_group_arn=self.target_group.arn,
            port=app.port,
            # The listener first: a target group without a load balancer takes no service. Rules,
            # policies and capacity first: without them the first tasks cannot pull or report.
            depends_on=[
                self.listener,
                self.ingress,
                self.egress,
                self.load_balancer_egress,
                self.capacity_providers,
                *ready,
            ],
        )
        self.scaling_target, self.scaling_policy = create_scaling(
            child,
            cluster_name=self.cluster.name,
            service_name=self.service.name,
            minimum=app.minimum,
            maximum=app.maximum,
            cpu_percent=app.cpu_percent,
        )

        show_outputs(
            self,
            served=front.served,
            role=self.role,
            log_group=self.log_group,
            security_group=self.security_group,
            version=version,
        )
