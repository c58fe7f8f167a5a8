"""VmApp: a web app on virtual machines, on EC2."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NotRequired, final

import pulumi

from platform_lib import defaults
from platform_lib.app_args import AppArgs
from platform_lib.arns import partition_of
from platform_lib.artifact import chosen_way, find_zip, split_s3_uri, text_version
from platform_lib.checks import InvalidInput, check_args, check_name, check_range, naming_errors
from platform_lib.parts.auto_scaling import (
    INSTANCE_CHILDREN,
    create_cpu_scaling,
    create_group,
    create_instance_profile,
    create_launch_template,
    newest_image,
)
from platform_lib.parts.bundle_bucket import BUNDLE_CHILDREN, store_bundle
from platform_lib.parts.children import Children, check_overrides
from platform_lib.parts.environment import app_environment
from platform_lib.parts.front import FRONT_CHILDREN, create_front
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
from platform_lib.parts.lookups import aws_provider, find_network, find_region
from platform_lib.parts.outputs import register_outputs
from platform_lib.parts.user_data import cloud_config
from platform_lib.records import record
from platform_lib.settings import AppSettings, app_settings, refuse_later

_WAYS = (frozenset({"source", "app"}), frozenset({"bundle", "start_command"}))
_LATER = {"instance_types": None, "spot_percent": 0, "warm_pool": 0}
_CHILDREN = {
    **FRONT_CHILDREN,
    **INSTANCE_CHILDREN,
    "log_group": "aws.cloudwatch.LogGroup",
    "role": "aws.iam.Role",
    "policy": "aws.iam.RolePolicy",
}
_GRAVITON = re.compile(r"(a1|[a-z]+\d+g[a-z]*)([.-]|$)")
"""Families with a `g` behind the generation have AWS's arm64 processors."""


class VmAppArgs(AppArgs):
    """What VmApp takes: `source` with `app`, or `bundle` with `start_command`."""

    bundle: NotRequired[str]
    """Path or `s3://` URI of a ready zip, which is unpacked on the instance. A zip from a path is
    checked against its hash there; one from S3 is trusted as it is. Default: none."""
    start_command: NotRequired[str]
    """Shell command that starts the app of `bundle`, run in the folder it was unpacked to. The app
    listens on `PORT`. Default: none."""
    instance_type: NotRequired[str]
    """EC2 instance type of the architecture. Default: t4g.small, or t3.small on x86_64."""
    image_id: NotRequired[pulumi.Input[str]]
    """AMI; it needs dnf, systemd, cloud-init and the AWS CLI as Amazon Linux 2023 has them.
    Default: the newest Amazon Linux 2023, so that a later `up` may roll to a newer one."""
    volume_gib: NotRequired[int]
    """Size of the root volume in GiB, 8 to 16384. Default: 8."""
    user_data: NotRequired[str]
    """A script that runs as root once, at an instance's first boot, before the app starts; it
    begins with `#!`. Never put a secret here. Default: none."""
    instance_types: NotRequired[Sequence[str]]
    """Instance types that may be mixed. Not available in this release. Default: none."""
    spot_percent: NotRequired[int]
    """Share of spot instances in percent. Not available in this release. Default: 0."""
    warm_pool: NotRequired[int]
    """Stopped instances that wait. Not available in this release. Default: 0."""


@record
class _Archive:
    """What instances fetch: a local zip to be stored, or a URI that is there already."""

    path: Path | None
    key: str
    uri: str
    sha256: str | None
    command: Sequence[str]
    version: pulumi.Output[str]


@record
class _Settings:
    """VmApp's inputs, checked and with their defaults."""

    app: AppSettings
    archive: _Archive
    instance_type: str
    image_id: pulumi.Input[str] | None
    volume_gib: int
    script: str | None


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
    secrets are fetched into memory. `up` waits until the balancer finds the first instances well.
    A later change is an instance refresh, which AWS goes on with after `up`: new instances are
    well before old ones go, and it goes back by itself.

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
            settings = _settings(name, args)
            app, archive = settings.app, settings.archive
            network = find_network(app.network, provider)
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
        self.launch_template = create_launch_template(
            child,
            image_id=settings.image_id or newest_image(app.architecture, provider),
            instance_type=settings.instance_type,
            volume_gib=settings.volume_gib,
            instance_profile=self.instance_profile,
            security_group_id=self.security_group.id,
            public_addresses=network.app_is_public,
            user_data=_user_data(name, settings, uri, environment, self.log_group.name),
        )
        self.auto_scaling_group = create_group(
            child,
            launch_template=self.launch_template,
            subnet_ids=network.app_subnet_ids,
            target_group_arn=self.target_group.arn,
            minimum=app.minimum,
            maximum=app.maximum,
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

        self.url = front.url
        self.dns_name = self.load_balancer.dns_name
        self.hosted_zone_id = self.load_balancer.zone_id
        self.role_arn, self.role_name = self.role.arn, self.role.name
        self.log_group_name = self.log_group.name
        self.version = archive.version
        self.security_group_id = self.security_group.id
        self.target_group_arn = self.target_group.arn
        register_outputs(self)


def _user_data(
    name: str,
    settings: _Settings,
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


def _settings(name: str, raw: VmAppArgs) -> _Settings:
    check_name(name)
    args = check_args(raw, VmAppArgs)
    chosen_way(args, _WAYS)
    refuse_later(args, _LATER)
    app = app_settings(args)
    instance_type = args.get("instance_type", defaults.INSTANCE_TYPES[app.architecture])
    if bool(_GRAVITON.match(instance_type)) != (app.architecture == "arm64"):
        need = f"is not of architecture {app.architecture}; such as "
        need += defaults.INSTANCE_TYPES[app.architecture]
        raise InvalidInput("instance_type", instance_type, need)
    image_id = args.get("image_id")
    if isinstance(image_id, str) and not re.fullmatch(r"ami-[0-9a-f]{8,17}", image_id):
        raise InvalidInput("image_id", image_id, "must be the ID of an AMI, ami-...")
    volume_gib = args.get("volume_gib", defaults.VOLUME_GIB)
    check_range("volume_gib", volume_gib, 8, 16384, "GiB")
    script = args.get("user_data")
    if script is not None and not script.startswith("#!"):
        raise InvalidInput("user_data", script, "must be a script that begins with #!")
    archive = _archive(app, args)
    children = _CHILDREN | (BUNDLE_CHILDREN if archive.path else {})
    check_overrides(app.overrides, children)
    return _Settings(
        app=app,
        archive=archive,
        instance_type=instance_type,
        image_id=image_id,
        volume_gib=volume_gib,
        script=script,
    )


def _archive(app: AppSettings, args: Mapping[str, Any]) -> _Archive:
    if app.source is not None:
        # The bundler loads when something is bundled: a ready artifact does without it.
        from platform_lib.bundle import build
        from platform_lib.serving import server_additions, server_command

        bundle = build(
            app.source,
            entry=str(app.app),
            entry_field="app",
            python_version=app.python_version,
            architecture=app.architecture,
            additions=server_additions(str(app.app), app.interface),
        )
        return _Archive(
            path=bundle.zip,
            key=f"{bundle.tag}.zip",
            uri="",
            sha256=bundle.sha256,
            command=[f"/usr/bin/python{app.python_version}", *server_command()],
            version=pulumi.Output.from_input(bundle.app_hash),
        )
    given = args["bundle"]
    command = ["/bin/sh", "-c", args["start_command"]]
    if given.startswith("s3://"):
        split_s3_uri("bundle", given)
        return _Archive(
            path=None,
            key="",
            uri=given,
            sha256=None,
            command=command,
            version=text_version(given),
        )
    path = find_zip("bundle", given)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return _Archive(
        path=path,
        key=f"{digest[:16]}.zip",
        uri="",
        sha256=digest,
        command=command,
        version=pulumi.Output.from_input(digest[:16]),
    )
