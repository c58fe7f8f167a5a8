"""What ContainerApp takes: its own args, and the nested ones of capacity."""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, NotRequired, TypedDict

import pulumi

from platform_lib.app_args import AppArgs, WordOf


class CapacityProvider(str, Enum):
    """What a task runs on."""

    FARGATE = "fargate"
    FARGATE_SPOT = "fargate_spot"
    EC2 = "ec2"


class CapacityArgs(TypedDict):
    """A share of the tasks for one capacity provider."""

    provider: WordOf[CapacityProvider]
    """What the share runs on. `ec2` is not available in this release."""
    weight: NotRequired[int]
    """The share, relative to the other weights, 0 to 1000. Default: 1."""
    base: NotRequired[int]
    """Tasks that run here before weights count, 0 to 100000; one provider alone may have it.
    Default: 0."""


class ContainerAppArgs(AppArgs):
    """What ContainerApp takes: `source` with `app`, `source` with `dockerfile`, or `image`."""

    image: NotRequired[pulumi.Input[str]]
    """URI of a ready image, best by digest. Default: none."""
    dockerfile: NotRequired[str]
    """A Dockerfile of your own, relative to `source`, which is its build context. Default: none,
    one is generated for `app`."""
    cpu: NotRequired[int]
    """CPU units of a task, 1024 to a core: 256, 512, 1024, 2048, 4096, 8192 or 16384.
    Default: 256."""
    memory_mib: NotRequired[int]
    """Memory of a task in MiB; AWS sells only some pairs with `cpu`
    (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html).
    Default: 512."""
    capacity: NotRequired[Sequence[CapacityArgs]]
    """What tasks run on. Default: Fargate alone."""
    force_delete: NotRequired[bool]
    """Whether a destroy deletes the repository with its images. Default: True."""
    command: NotRequired[Sequence[str]]
    """Command that replaces the image's own. Default: the image's own."""
    read_only_root: NotRequired[bool]
    """Whether the root file system can only be read; /tmp is a volume of the task then. To be
    written by a user who is not root, your own image says `VOLUME /tmp`
    (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/bind-mounts.html).
    Default: True with `app`, False with `image` and `dockerfile`."""
    cluster_arn: NotRequired[pulumi.Input[str]]
    """A cluster that exists already. Not available in this release. Default: one is made."""
    sidecars: NotRequired[Sequence[Mapping[str, Any]]]
    """Further containers of the task. Not available in this release. Default: none."""
    volumes: NotRequired[Sequence[Mapping[str, Any]]]
    """Volumes of the task. Not available in this release. Default: none."""
    enable_execute_command: NotRequired[bool]
    """Whether ECS Exec may open a shell. Not available in this release. Default: False."""
