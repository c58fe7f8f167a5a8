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
    cpu = args.get("cpu", defaults.CONTAINER_CPU)
    memory_mib = args.get("memory_mib", defaults.CONTAINER_MEMORY_MIB)
    check_fargate(cpu, memory_mib)
    return ContainerSettings(
        app=app,
        image=args.get("image"),
        build=_build(app, args),
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
        return build_own(app.source, args["dockerfile"])
    return build_generated(
        app.source,
        app=app.app,
        interface=app.interface,
        python_version=app.python_version,
        architecture=app.architecture,
        port=app.port,
    )


def _strategy(capacity: Sequence[CapacityArgs]) -> list[dict[str, Any]]:
    """Turn shares into ECS's capacity provider strategy; plain Fargate is FARGATE, weight 1."""
    strategy: list[dict[str, Any]] = []
    for at, share in enumerate(capacity or [CapacityArgs(provider=CapacityProvider.FARGATE)]):
        field = f"capacity[{at}]"
        if share["provider"] is CapacityProvider.EC2:
            raise later(f"{field}.provider", share["provider"], "use fargate or fargate_spot")
        weight, base = share.get("weight", 1), share.get("base", 0)
        check_range(f"{field}.weight", weight, 0, 1000)
        check_range(f"{field}.base", base, 0, 100_000)
        item = {"capacity_provider": share["provider"].value.upper(), "weight": weight}
        strategy.append(item | ({"base": base} if base else {}))
    names = [item["capacity_provider"] for item in strategy]
    if len(set(names)) < len(names):
        raise InvalidInput("capacity", names, "each provider may stand there once")
    if sum("base" in item for item in strategy) > 1:
        raise InvalidInput("capacity", names, "one provider alone may have a base")
    if not any(item["weight"] for item in strategy):
        raise InvalidInput("capacity", names, "one provider at least needs a weight above 0")
    return strategy
