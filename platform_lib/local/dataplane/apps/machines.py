"""Auto scaling groups: each instance is the process that its launch template's unit starts.

The bundle is fetched from S3, its hash proven, and the unit's command runs on the Python of this
machine. A changed version of the launch template is what instances start from then on; with an
instance refresh new ones are well before old ones go. The instances of a new group that does not
get well end, where AWS would go on replacing them. Not imitated: the operating system, cloud-init
(packages, users, a first-boot script), the unit's sandbox, disks, most of the instance metadata,
scaling by load, and the instances that the imitated EC2 lists, which are not replaced
by a refresh.
"""

import asyncio
import base64
import hashlib
import re
import uuid
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from platform_lib.bundling.cache import cache_dir
from platform_lib.local.dataplane.apps.replicas import Replica, Replicas
from platform_lib.local.dataplane.apps.role_endpoint import InstanceEndpoint
from platform_lib.local.dataplane.apps.secret_values import secret_value
from platform_lib.local.dataplane.apps.units import Boot, expand, read_user_data
from platform_lib.local.dataplane.context import Context
from platform_lib.local.dataplane.running.processes import Command, Kept, free_port
from platform_lib.local.dataplane.running.pythons import commands_of
from platform_lib.local.dataplane.running.trees import LocalTree, local_tree
from platform_lib.local.errors import LocalCloudError
from platform_lib.local.rights.sessions import Credentials

_BOOT = 240.0
"""Seconds of an instance's grace period that its first boot takes on AWS, and nothing here."""
_HOME = "/var/lib/app"
"""What the unit leaves writable on an instance, where VmApp puts the app's home."""

_SYSTEMD = {
    "HOME": _HOME,
    "LANG": "C.UTF-8",
    "LOGNAME": "app",
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "SHELL": "/sbin/nologin",
    "USER": "app",
}
"""What systemd gives the process of a unit that names a user.

https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html#Environment%20Variables%20in%20Spawned%20Processes
"""


class Machines:
    """Every auto scaling group of the account that has instances here."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._groups: dict[str, Replicas] = {}

    def replicas(self) -> list[Replica]:
        """Return every instance that runs."""
        return [each for g in self._groups.values() for each in (*g.serving, *g.fresh)]

    async def reconcile(self, name: str, *, refresh: bool = False) -> None:
        """Make the instances of a group what the account says; return when they serve.

        Args:
            name: The group's.
            refresh: Whether instances of another version than the group's are replaced.

        Raises:
            NotSteady: The new instances do not get healthy; the old ones serve on.
            LocalCloudError: Its user data or bundle cannot run here.
        """
        group = await asyncio.to_thread(self._describe, name)
        instances = self._groups.get(name)
        if group is None:
            if instances is not None:
                await instances.stop()
                del self._groups[name]
            return
        if instances is None:
            instances = Replicas(self._context.groups, self._context.say)
            self._groups[name] = instances
        template, version, data, role = await asyncio.to_thread(self._template, group)
        boot = read_user_data(data)
        for what in boot.left_out:
            self._context.say(f"{name}: the {what} does not run in the local cloud")

        async def make() -> Replica:
            return await self._instance(group, f"{template}:{version}", boot, role)

        count = int(group["DesiredCapacity"])
        grace = float(group.get("HealthCheckGracePeriod") or 0) - _BOOT
        patience = self._context.patience_for(grace, group.get("TargetGroupARNs", ()))
        wanted = f"{template}:{version}"
        await instances.apply(wanted, count, make, patience=patience, replaces=refresh)

    async def stop(self) -> None:
        """End every instance."""
        await asyncio.gather(*(group.stop() for group in self._groups.values()))

    def _describe(self, name: str) -> dict[str, Any] | None:
        client = self._context.account.client("autoscaling")
        answer = client.describe_auto_scaling_groups(AutoScalingGroupNames=[name])
        return next((dict(each) for each in answer["AutoScalingGroups"]), None)

    def _template(self, group: Mapping[str, Any]) -> tuple[str, str, bytes, str]:
        """Return the launch template's id, its version's number, its user data, and the role."""
        policy = group.get("MixedInstancesPolicy", {}).get("LaunchTemplate", {})
        given = group.get("LaunchTemplate") or policy.get("LaunchTemplateSpecification")
        if not given:
            raise LocalCloudError("an auto scaling group needs a launch template to run here")
        named = {
            key: given[key] for key in ("LaunchTemplateId", "LaunchTemplateName") if key in given
        }
        # One of the two is enough, and both are refused.
        which = dict(list(named.items())[:1])
        found = self._context.account.client("ec2").describe_launch_template_versions(
            **which, Versions=[given.get("Version") or "$Default"]
        )["LaunchTemplateVersions"][0]
        launched = found["LaunchTemplateData"]
        data = base64.b64decode(launched.get("UserData", ""))
        role = self._role(launched.get("IamInstanceProfile") or {})
        return found["LaunchTemplateId"], str(found["VersionNumber"]), data, role

    def _role(self, profile: Mapping[str, str]) -> str:
        """Return the ARN of an instance profile's role; empty where there is none."""
        name = profile.get("Name") or profile.get("Arn", "").rpartition("/")[2]
        if not name:
            return ""
        iam = self._context.account.client("iam")
        try:
            found = iam.get_instance_profile(InstanceProfileName=name)["InstanceProfile"]
        except iam.exceptions.NoSuchEntityException:
            return ""
        return next((str(each["Arn"]) for each in found["Roles"]), "")

    async def _instance(
        self, group: Mapping[str, Any], version: str, boot: Boot, role: str
    ) -> Replica:
        name, number = group["AutoScalingGroupName"], self._context.number()
        stream, account = f"i-{number:017x}", self._context.account
        metadata = InstanceEndpoint(
            lambda: account.sessions.give(role, stream),
            instance=stream,
            region=account.region,
            account=account.account_id,
        )
        given = metadata.credentials
        tree = await asyncio.to_thread(self._tree, boot, given)
        commands = await asyncio.to_thread(commands_of, tree.python)
        arns = group.get("TargetGroupARNs", ())
        # Where the app heeds PORT it gets a free one; else it listens where the balancer asks.
        moves = "PORT" in boot.env
        ports = [self._context.desired.target_port(arn) for arn in arns]
        port = free_port() if moves or not ports else ports[0]
        home = self._context.home(f"{name}-{number}")

        async def make() -> Command:
            secrets = await asyncio.to_thread(self._secrets, boot, given)
            env = {
                **_SYSTEMD,
                "INVOCATION_ID": uuid.uuid4().hex,
                "STATE_DIRECTORY": home,
                **self._context.endpoint(),
                **await metadata.variables(),
                **boot.env,
                **secrets,
            }
            path = f"{tree.path / 'bin'}:{commands}:{_SYSTEMD['PATH']}"
            env |= {"PATH": path, "GRANIAN_HOST": "127.0.0.1"}
            env.setdefault("WEB_CONCURRENCY", "1")
            env["PYTHONPATH"] = _here(env.get("PYTHONPATH", ""), boot, tree)
            if env.get("HOME") == _HOME:
                env["HOME"] = home
            if moves:
                env["PORT"] = str(port)
            words = [_here(word, boot, tree) for word in expand(boot.words, env)]
            return Command(argv=tuple(words), env=env, cwd=tree.path, read_only=cache_dir("local"))

        log = self._context.log(f"{name}-{number}", boot.log_group, stream)
        return Replica(
            name=name,
            target="vm",
            version=version,
            how="process",
            parts=[Kept(name, make, log, self._context.say, after=metadata.close)],
            addresses=[(arn, f"127.0.0.1:{port}") for arn in arns],
        )

    def _secrets(self, boot: Boot, given: Credentials) -> dict[str, str]:
        account = self._context.account
        return {
            name: secret_value(account, given, name, arn) for name, arn in boot.secrets.items()
        }

    def _tree(self, boot: Boot, given: Credentials) -> LocalTree:
        bucket, _, key = boot.uri.removeprefix("s3://").partition("/")
        try:
            client = self._context.account.client_of(given, "s3")
            answer = client.get_object(Bucket=bucket, Key=key)
        except ClientError as error:
            raise LocalCloudError(f"the bundle {boot.uri} cannot be fetched: {error}") from error
        data: bytes = answer["Body"].read()
        digest = hashlib.sha256(data).hexdigest()
        if boot.sha256 not in (None, digest):
            told = f"has the hash {digest}, not {boot.sha256}, so the instance refuses it"
            raise LocalCloudError(f"the bundle {boot.uri} {told}")
        return local_tree(data, self._context.say, wanted=boot.python)


def _here(word: str, boot: Boot, tree: LocalTree) -> str:
    """Put this machine's folder and Python in the place of the instance's."""
    text = re.sub(rf"{re.escape(boot.folder)}(?=[/:\s]|$)", lambda _: str(tree.path), word)
    python = r"/usr/bin/python" + re.escape(boot.python) + r"(?=\s|$)"
    return re.sub(python, lambda _: str(tree.python.path), text)
