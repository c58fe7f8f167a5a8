"""Which version of a function serves, how many calls it takes at once, and what keeps it warm."""

import re
from collections.abc import Mapping
from typing import Any

from platform_lib import defaults
from platform_lib.app_args import RolloutStrategy
from platform_lib.checks import InvalidInput, check_range
from platform_lib.records import record

_ALIAS = re.compile(r"(?!^[0-9]+$)[a-zA-Z0-9-_]{1,128}")
"""https://docs.aws.amazon.com/lambda/latest/api/API_CreateAlias.html"""
_VERSION = re.compile(r"[1-9][0-9]{0,17}")
_SNAP_START = re.compile(
    r"python3\.(1[2-9]|[2-9][0-9])|java(1[1-9]|[2-9][0-9])(\.al2023)?|dotnet([89]|[1-9][0-9])"
)
"""https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html"""
_SNAP_START_STORAGE_MIB = 512
_DEPLOYED = (RolloutStrategy.BLUE_GREEN, RolloutStrategy.CANARY, RolloutStrategy.LINEAR)
_HAS = (
    "a function has 'rolling' and 'all_at_once', which are the same here, and 'weighted', which "
    "splits calls between two versions"
)
_ANY = 1_000_000
"""More than any account's limit, which only AWS knows."""


@record
class Weight:
    """A split of the calls: a share to the new version, the rest to the previous one."""

    previous_version: str
    percent: int


@record
class Versions:
    """How the versions of a function serve.

    Attributes:
        alias: The alias that everything which calls the function is bound to.
        weight: How calls are split; None where the new version gets all of them.
        reserved: Calls at once that are kept for the function, and its most.
        provisioned: Calls at once that are kept warm.
        provisioned_maximum: Up to how many are kept warm when they are in use.
        snap_start: Whether a snapshot starts each version.
    """

    alias: str
    weight: Weight | None
    reserved: int | None
    provisioned: int | None
    provisioned_maximum: int | None
    snap_start: bool


def version_settings(
    args: Mapping[str, Any], *, runtime: str | None, storage_mib: int
) -> Versions:
    """Judge the args about versions; `runtime` is Lambda's word, None for an image."""
    alias = args.get("alias", defaults.FUNCTION_ALIAS)
    if not _ALIAS.fullmatch(alias):
        need = "must be letters, digits, '-' and '_', not digits alone, at most 128 characters"
        raise InvalidInput("alias", alias, need)
    versions = Versions(
        alias=alias,
        weight=_weight(args.get("rollout", {})),
        reserved=args.get("reserved_concurrency"),
        provisioned=args.get("provisioned_concurrency"),
        provisioned_maximum=args.get("provisioned_concurrency_maximum"),
        snap_start=args.get("snap_start", False),
    )
    _check_concurrency(versions)
    if versions.snap_start:
        _check_snap_start(versions, runtime, storage_mib)
    return versions


def _weight(rollout: Mapping[str, Any]) -> Weight | None:
    strategy = rollout.get("strategy", RolloutStrategy.ROLLING)
    if strategy in _DEPLOYED:
        need = f"{_HAS}; the others need a CodeDeploy deployment, which pulumi-aws cannot start"
        raise InvalidInput("rollout.strategy", strategy, need)
    for field in ("bake_minutes", "alarm_names"):
        if rollout.get(field) not in (None, []):
            need = "belongs to 'blue_green', 'canary' and 'linear', which a function has not got"
            raise InvalidInput(f"rollout.{field}", rollout[field], f"{need}; leave it out")
    if strategy is not RolloutStrategy.WEIGHTED:
        for field in ("percent", "previous_version"):
            if field in rollout:
                need = "belongs to the strategy 'weighted'; leave it out or give that"
                raise InvalidInput(f"rollout.{field}", rollout[field], need)
        return None
    percent = rollout.get("percent", defaults.ROLLOUT_PERCENT)
    check_range("rollout.percent", percent, 1, 99, "percent")
    previous = rollout.get("previous_version")
    if previous is None or not _VERSION.fullmatch(previous):
        need = "is the number of the version that gets the rest, as text such as '7'"
        raise InvalidInput("rollout.previous_version", previous, need)
    return Weight(previous_version=previous, percent=percent)


def _check_concurrency(versions: Versions) -> None:
    check_range("reserved_concurrency", versions.reserved, 0, _ANY)
    check_range("provisioned_concurrency", versions.provisioned, 1, _ANY)
    if versions.provisioned is None:
        if versions.provisioned_maximum is not None:
            need = "needs provisioned_concurrency, the least that is kept warm"
            raise InvalidInput(
                "provisioned_concurrency_maximum", versions.provisioned_maximum, need
            )
        return
    most = versions.provisioned
    if versions.provisioned_maximum is not None:
        if versions.provisioned_maximum < most:
            need = f"must be at least provisioned_concurrency, {most}"
            raise InvalidInput(
                "provisioned_concurrency_maximum", versions.provisioned_maximum, need
            )
        most = versions.provisioned_maximum
    if versions.reserved is not None and most > versions.reserved:
        field = "provisioned_concurrency"
        field = field if most == versions.provisioned else f"{field}_maximum"
        need = f"must be at most reserved_concurrency, {versions.reserved}"
        raise InvalidInput(field, most, need)
    if versions.weight is not None:
        need = "AWS keeps no version warm behind an alias with weights; leave one of them out"
        raise InvalidInput("provisioned_concurrency", versions.provisioned, need)


def _check_snap_start(versions: Versions, runtime: str | None, storage_mib: int) -> None:
    """Refuse what SnapStart excludes; both processors have it."""
    if versions.provisioned is not None:
        need = "excludes provisioned_concurrency; leave one of them out"
    elif runtime is None:
        need = "excludes image_uri: AWS takes snapshots of zips alone"
    elif not _SNAP_START.fullmatch(runtime):
        need = f"needs Python 3.12, Java 11, .NET 8 or later, and the runtime is {runtime}"
    elif storage_mib > _SNAP_START_STORAGE_MIB:
        need = f"excludes ephemeral_storage_mib above {_SNAP_START_STORAGE_MIB}"
    else:
        return
    raise InvalidInput("snap_start", True, need)
