"""From VmApp's args to settings: every field checked, with its default filled in."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pulumi

from platform_lib import defaults
from platform_lib.app_settings import AppSettings, app_settings, refuse_later
from platform_lib.bundling.artifact import chosen_way, find_zip, split_s3_uri, text_version
from platform_lib.checks import InvalidInput, check_args, check_name, check_range
from platform_lib.parts.bundle_bucket import BUNDLE_CHILDREN
from platform_lib.parts.children import check_overrides
from platform_lib.parts.front import FRONT_CHILDREN
from platform_lib.records import record
from platform_lib.vm_app.args import VmAppArgs
from platform_lib.vm_app.fleet import INSTANCE_CHILDREN

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
_TOO_SMALL = re.compile(r"t1\.micro|[a-z0-9-]+\.nano")
"""Those with less than 1 GiB of memory (https://docs.aws.amazon.com/ec2/latest/instancetypes/gp.html),
where dnf is killed: https://github.com/amazonlinux/amazon-linux-2023/issues/404"""


@record
class Archive:
    """What instances fetch: a local zip to be stored, or a URI that is there already."""

    path: Path | None
    key: str
    uri: str
    sha256: str | None
    command: Sequence[str]
    version: pulumi.Output[str]


@record
class VmSettings:
    """VmApp's inputs, checked and with their defaults."""

    app: AppSettings
    archive: Archive
    instance_type: str
    image_id: pulumi.Input[str] | None
    volume_gib: int
    script: str | None


def vm_settings(name: str, raw: VmAppArgs) -> VmSettings:
    """Judge VmApp's args and fill in what was not given."""
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
    if _TOO_SMALL.fullmatch(instance_type):
        need = (
            "has half a GiB of memory, too little for dnf, which installs Python; take one with "
        )
        need += f"1 GiB or more, such as {defaults.INSTANCE_TYPES[app.architecture]}"
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
    return VmSettings(
        app=app,
        archive=archive,
        instance_type=instance_type,
        image_id=image_id,
        volume_gib=volume_gib,
        script=script,
    )


def _archive(app: AppSettings, args: Mapping[str, Any]) -> Archive:
    if app.source is not None:
        # The bundler loads when something is bundled: a ready artifact does without it.
        from platform_lib.bundling.bundle import build
        from platform_lib.bundling.serving import server_additions, server_command

        bundle = build(
            app.source,
            entry=str(app.app),
            entry_field="app",
            python_version=app.python_version,
            architecture=app.architecture,
            additions=server_additions(str(app.app), app.interface),
        )
        return Archive(
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
        return Archive(
            path=None,
            key="",
            uri=given,
            sha256=None,
            command=command,
            version=text_version(given),
        )
    path = find_zip("bundle", given)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Archive(
        path=path,
        key=f"{digest[:16]}.zip",
        uri="",
        sha256=digest,
        command=command,
        version=pulumi.Output.from_input(digest[:16]),
    )
