"""VmApp: a web app on virtual machines, on EC2."""

from collections.abc import Mapping
from typing import Any, final

import pulumi

from platform_lib.arns import partition_of
from platform_lib.checks import naming_errors
from platform_lib.parts.bundle_bucket import store_bundle
from platform_lib.parts.children import Children
from platform_lib.parts.environment import app_environment
from platform_lib.parts.front import create_front
from platform_lib.parts.iam import (
    SESSION_MANAGER,
    create_policy,
    create_role,
    grant_statements,
    read_objects,
    read_secrets,
    write_logs,
)
from platform_lib.parts.logs import create_log_group
from platform_lib.parts.lookups import aws_provider, find_network, find_region, former_names
from platform_lib.parts.outputs import show_outputs
from platform_lib.vm_app.args import VmAppArgs
from platform_lib.vm_app.fleet import (
    create_cpu_scaling,
    create_group,
    create_instance_profile,
    create_release,
    find_size,
    newest_image,
)
from platform_lib.vm_app.settings import VmSettings, vm_settings
from platform_lib.vm_app.user_data import cloud_config


@final
class VmApp(pulumi.ComponentResource):
    """A web app on virtual machines: an EC2 auto scaling group behind a load balancer.

    It makes a load balancer with target group and listener, two security groups that admit the
    world to the balancer and the balancer to the app, a log group, a role with its policy and
    instance profile, a launch template, an auto scaling group in two zones and its scaling: 16
    resources with a bundle that lies in S3. From source, or with a bundle from a path, it also
    makes a bucket, the two things that close it, and the bundle in it.

    Closed and encrypted by default: instances admit nothing but the balancer, there is no SSH
    (Session Manager opens a shell), metadata needs a session token, volumes are encrypted, the app
    runs as a user of its own in a hardened unit, its bundle's hash is proven on the instance, and
    secrets are fetched into memory. `up` waits until the balancer finds all new instances well. A
    later change makes a new group of instances of the size of the old one. When it is well the old
    one goes; when it does not get well, `up` fails, and the old one serves and scales on.

    Rough cost in us-east-1 with one t4g.small: 12 USD a month for the instance, 16 for the load
    balancer, 11 for three public IPv4 addresses, and logs by the gigabyte.
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
    """What runs: the hash of source, lock, processor and Python, or of a ready bundle."""
    security_group_id: pulumi.Output[str]
    """Security group that the app stands in."""
    target_group_arn: pulumi.Output[str]
    """Target group that the app's instances are in."""

    def __init__(
        self, name: str, args: VmAppArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the app. Raises ArgsError before anything registers where an input cannot work."""
        provider = aws_provider(opts)
        with naming_errors("VmApp", name):
            settings = vm_settings(name, args)
            app, archive = settings.app, settings.archive
            network = find_network(app.network, provider)
        size = find_size(
            [name, *former_names(opts)],
            minimum=app.minimum,
            maximum=app.maximum,
            provider=provider,
        )
        super().__init__("platform-lib:index:VmApp", name, {}, opts)
        child = Children(self, name, tags=app.tags, overrides=app.overrides)

        self.log_group = create_log_group(
            child,
            "log_group",
            "logs",
            retention_days=app.retention_days,
            kms_key_arn=app.log_key_arn,
        )
        uri: pulumi.Input[str] = archive.uri
        region = find_region(provider)
        readable = region.apply(
            lambda known: archive.uri.replace("s3://", f"arn:{partition_of(known)}:s3:::", 1)
        )
        ready: list[pulumi.Resource] = []
        if archive.path is not None:
            stored = store_bundle(child, archive=archive.path, key=archive.key)
            self.bucket, self.bucket_policy = stored.bucket, stored.bucket_policy
            self.public_access_block, self.bundle = stored.public_access_block, stored.bundle
            uri = stored.uri
            # All bundles of the bucket: a rollback fetches an older one.
            readable = pulumi.Output.format("{}/*", stored.bucket.arn)
            ready.append(stored.bundle)

        self.role = create_role(
            child,
            "role",
            "role",
            service="ec2.amazonaws.com",
            boundary_arn=app.permissions_boundary_arn,
        )
        self.policy = create_policy(
            child,
            "policy",
            "policy",
            role=self.role,
            statements=[
                SESSION_MANAGER,
                write_logs(self.log_group.arn),
                read_objects(readable),
                *grant_statements(app.grants),
                *read_secrets(app.secrets),
            ],
        )
        self.instance_profile = create_instance_profile(child, self.role)

        front = create_front(
            child,
            vpc_id=network.vpc_id,
            subnet_ids=network.public_subnet_ids,
            port=app.port,
            health_check_path=app.health_check_path,
            target_type="instance",
            plain_http=app.plain_http,
        )
        self.load_balancer_security_group = front.load_balancer_security_group
        self.load_balancer_ingress = front.load_balancer_ingress
        self.load_balancer_egress = front.load_balancer_egress
        self.security_group = front.security_group
        self.ingress, self.egress = front.ingress, front.egress
        self.load_balancer, self.listener = front.load_balancer, front.listener
        self.target_group = front.target_group

        environment = app_environment(
            app.environment,
            name=name,
            target="vm",
            version=archive.version,
            port=app.port,
            region=region,
        )
        release = create_release(
            child,
            image_id=settings.image_id or newest_image(app.architecture, provider),
            instance_type=settings.instance_type,
            volume_gib=settings.volume_gib,
            instance_profile=self.instance_profile,
            security_group_id=self.security_group.id,
            public_addresses=network.app_is_public,
            user_data=_user_data(name, settings, uri, environment, self.log_group.name),
        )
        self.launch_template = release.launch_template
        self.auto_scaling_group = create_group(
            child,
            release=release,
            subnet_ids=network.app_subnet_ids,
            target_group_arn=self.target_group.arn,
            minimum=app.minimum,
            maximum=app.maximum,
            size=size,
            tags=app.tags,
            # What an instance needs while it boots, or its first health check comes too late.
            depends_on=[
                self.listener,
                self.load_balancer_egress,
                self.ingress,
                self.egress,
                self.policy,
                *ready,
            ],
        )
        self.scaling_policy = create_cpu_scaling(child, self.auto_scaling_group, app.cpu_percent)

        show_outputs(
            self,
            served=front.served,
            role=self.role,
            log_group=self.log_group,
            security_group=self.security_group,
            version=archive.version,
        )


def _user_data(
    name: str,
    settings: VmSettings,
    uri: pulumi.Input[str],
    environment: Mapping[str, pulumi.Input[str]],
    log_group_name: pulumi.Input[str],
) -> pulumi.Output[str]:
    app, archive = settings.app, settings.archive

    def write(known: dict[str, Any]) -> str:
        with naming_errors("VmApp", name):
            return cloud_config(
                name=name,
                python_version=app.python_version,
                bundle_uri=known["uri"],
                bundle_sha256=archive.sha256,
                command=archive.command,
                port=app.port,
                environment=known["environment"],
                secrets=known["secrets"],
                log_group_name=known["log_group_name"],
                script=settings.script,
            )

    return pulumi.Output.all(
        uri=uri,
        environment=environment,
        secrets=dict(app.secrets),
        log_group_name=log_group_name,
    ).apply(write)
