"""What VmApp takes."""

from collections.abc import Sequence
from typing import NotRequired

import pulumi

from platform_lib.app_args import AppArgs


class VmAppArgs(AppArgs):
    """What VmApp takes: `source` with `app`, or `bundle` with `start_command`."""

    bundle: NotRequired[str]
    """Path or `s3://` URI of a ready zip, which is unpacked on the instance. A zip from a path is
    checked against its hash there; one from S3 is trusted as it is. Default: none."""
    start_command: NotRequired[str]
    """Shell command that starts the app of `bundle`, run in the folder it was unpacked to. The app
    listens on `PORT`. Default: none."""
    instance_type: NotRequired[str]
    """EC2 instance type of the architecture, with 1 GiB of memory or more. Default: t4g.small, or
    t3.small on x86_64."""
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
