"""From ContainerApp's args to settings: every field checked, with its default filled in."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pulumi

from platform_lib import defaults
from platform_lib.app_settings import AppSettings, app_settings, later, refuse_later
from platform_lib.bundling.artifact import chosen_way
from platform_lib.checks import InvalidInput, check_args, check_name, check_range
from platform_lib.container_app.args import CapacityArgs, CapacityProvider, ContainerAppArgs
from platform_lib.container_app.repository import REPOSITORY_CHILDREN
from platform_lib.container_app.service import ECS_CHILDREN
from platform_lib.container_app.sizing import check_fargate
from platform_lib.parts.children import check_overrides
from platform_lib.parts.front import FRONT_CHILDREN
from platform_lib.records import record

if TYPE_CHECKING:
    from platform_lib.bundling.image import BuildContext

_WAYS = (
    frozenset({"source", "app"}),
    frozenset({"source", "dockerfile"}),
    frozenset({"image"}),
)
_LATER = {
    "cluster_arn": None,
    "enable_execute_command": False,
    "sidecars": None,
    "volumes": None,
}

_CHILDREN = {
    **FRONT_CHILDREN,
    **ECS_CHILDREN,
    "log_group": "aws.cloudwatch.LogGroup",
    "execution_role": "aws.iam.Role",
    "execution_policy": "aws.iam.RolePolicy",
    "role": "aws.iam.Role",
}
"""Key of every child that is always made -> its class, for `overrides`."""


@record
class ContainerSettings:
    """ContainerApp's inputs, checked and with their defaults."""

    app: AppSettings
    image: pulumi.Input[str] | None
    build: "BuildContext | None"
    build_overrides: Mapping[str, Any]
    """What the user adds to the image's build."""
    overrides: Mapping[str, Mapping[str, Any]]
    """All others."""
    cpu: int
    memory_mib: int
    capacity: Sequence[Mapping[str, Any]]
    force_delete: bool
    command: Sequence[str] | None
    read_only_root: bool


def container_settings(name: str, raw: ContainerAppArgs) -> ContainerSettings:
    """Judge ContainerApp's args and fill in what was not given."""
    check_name(name)
    args = check_args(raw, ContainerAppArgs)
    way = chosen_way(args, _WAYS)
    refuse_later(args, _LATER)
    app = app_settings(args)
    children = dict(_CHILDREN)
    if "image" not in way:
        children |= REPOSITORY_CHILDREN
    if app.grants:
        children["policy"] = "aws.iam.RolePolicy"
    check_overrides(app.overrides, children)
    build_overrides, overrides = _split_overrides(app.overrides)
    cpu = args.get("cpu", defaults.CONTAINER_CPU)
    memory_mib = args.get("memory_mib", defaults.CONTAINER_MEMORY_MIB)
    check_fargate(cpu, memory_mib)
    return ContainerSettings(
        app=app,
        image=args.get("image"),
        build=_build(app, args),
        build_overrides=build_overrides,
        overrides=overrides,
        cpu=cpu,
        memory_mib=memory_mib,
        capacity=_strategy(args.get("capacity", ())),
        force_delete=args.get("force_delete", True),
        command=args.get("command"),
        # Only an image of ours is known to write nowhere else.
        read_only_root=args.get("read_only_root", "app" in way),
    )


def _build(app: AppSettings, args: Mapping[str, Any]) -> "BuildContext | None":
    if app.source is None:
        return None
    # The bundler loads when something is bundled: a ready image does without it.
    from platform_lib.bundling.image import build_generated, build_own

    if app.app is None:
        return build_own(app.source, args["dockerfile"], architecture=app.architecture)
    return build_generated(
        app.source,
        app=app.app,
        interface=app.interface,
        python_version=app.python_version,
        architecture=app.architecture,
        port=app.port,
    )


def _split_overrides(
    overrides: Mapping[str, Mapping[str, Any]],
) -> tuple[Mapping[str, Any], Mapping[str, Mapping[str, Any]]]:
    """Take what the user adds to the image's build out of the overrides: it joins ours.

    The image's tag names all that goes in, so that where it is built from is not theirs to say.
    """
    image = dict(overrides.get("image", {}))
    build = image.pop("build", None) or {}
    if not isinstance(build, Mapping):
        need = "must be a dict, such as {'args': {'LEVEL': '1'}}"
        raise InvalidInput("overrides.image.build", build, need)
    for word in ("context", "dockerfile"):
        if word in build:
            need = "the image is built from `source`; give that, and `dockerfile`"
            raise InvalidInput(f"overrides.image.build.{word}", build[word], need)
    return build, {**overrides, "image": image}


def _strategy(capacity: Sequence[CapacityArgs]) -> list[dict[str, Any]]:
    """Turn shares into ECS's capacity provider strategy; plain Fargate is FARGATE, weight 1."""
    strategy: list[dict[str, Any]] = []
    for at, share in enumerate(capacity or [CapacityArgs(provider=CapacityProvider.FARGATE)]):
        field = f"capacity[{at}]"
        provider = CapacityProvider(share["provider"])
        if provider is CapacityProvider.EC2:
            raise later(f"{field}.provider", provider, "use fargate or fargate_spot")
        weight, base = share.get("weight", 1), share.get("base", 0)
        check_range(f"{field}.weight", weight, 0, 1000)
        check_range(f"{field}.base", base, 0, 100_000)
        item = {"capacity_provider": provider.value.upper(), "weight": weight}
        strategy.append(item | ({"base": base} if base else {}))
    names = [item["capacity_provider"] for item in strategy]
    if len(set(names)) < len(names):
        raise InvalidInput("capacity", names, "each provider may stand there once")
    if sum("base" in item for item in strategy) > 1:
        raise InvalidInput("capacity", names, "one provider alone may have a base")
    if not any(item["weight"] for item in strategy):
        raise InvalidInput("capacity", names, "one provider at least needs a weight above 0")
    return strategy
