"""The `aws` provider: rows and invokes, against the account."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, Protocol

from platform_lib.local.account import Account, is_region
from platform_lib.local.errors import LocalCloudError
from platform_lib.local.provider import check as checks
from platform_lib.local.provider.check import HOW, Autoname, Change, Failure
from platform_lib.local.provider.convert import Converter
from platform_lib.local.provider.invokes import INVOKES, SERVED
from platform_lib.local.provider.own import installed, read_project
from platform_lib.local.provider.resource import Made, Resources, UnfinishedError
from platform_lib.local.provider.row import GLOBAL, NO_CONFIG, TAGS_ALL, Properties, Row
from platform_lib.local.provider.rows import ROWS
from platform_lib.local.provider.template import fields
from platform_lib.local.provider.values import UNKNOWN, plain


class Serving(Protocol):
    """What the provider needs of the data plane."""

    def endpoint(self, kind: str, id: str) -> str:
        """Give the address on 127.0.0.1 that a front answers on."""

    def changed(self, type: str, id: str, action: str) -> None:
        """Wait until what this changed serves again.

        Raises:
            NotSteady: It does not.
        """


class AwsKinds:
    """Every resource type of the `aws` provider that has a row."""

    version = "7.51.1"

    def __init__(self, account: Account, serving: Serving) -> None:
        self._account = account
        self._serving = serving
        self._regions: dict[str, Resources] = {}
        self._own = installed()

    def read_project(self, root: Path) -> None:
        """Take over the rows that a program's project has of its own.

        Raises:
            LocalCloudError: A file of them cannot be run.
        """
        read_project(root, self._own)

    def knows(self, type: str) -> bool:
        """Say whether there is a row for a type."""
        return type in self._own.rows or type in ROWS

    def _row(self, type: str) -> Row:
        row = self._own.rows.get(type) or ROWS.get(type)
        if row is None:
            raise LocalCloudError(
                f"{type} is not known to the local cloud: with --unknown keep, or "
                "LocalCloud(keep_unknown=True), it stays in the stack with made-up ids and is not "
                f"imitated; a row of your own imitates it ({HOW})"
            )
        return row

    def _resources(self, properties: Mapping[str, Any]) -> Resources:
        """Give what works in the region that properties name."""
        region = str(plain(properties.get("region")) or self._account.region)
        if region not in self._regions:
            there = self._account.at(region)
            self._regions[region] = Resources(there, self._serving.endpoint)
        return self._regions[region]

    def configure(self, config: Properties) -> list[Failure]:
        """Take regions and default tags; endpoints and credentials do not matter here."""
        failures = [Failure("region", reason) for reason in self._wrong_region(config)]
        return failures + [Failure(word, _REFUSED[word]) for word in config if word in _REFUSED]

    def _wrong_region(self, properties: Mapping[str, Any]) -> list[str]:
        region = plain(properties.get("region"))
        if isinstance(region, str) and region and not is_region(region):
            return [f"{region!r} is no region of AWS's"]
        return []

    def check(
        self,
        type: str,
        old: Properties,
        new: Properties,
        autoname: Autoname,
        config: Mapping[str, Any] = NO_CONFIG,
    ) -> tuple[Properties, list[Failure]]:
        """Fill defaults in, the provider's too, and find what the row does not take."""
        row = self._row(type)
        failures: list[Failure] = []
        region = plain(new.get("region", config.get("region")))
        if row.service not in GLOBAL and region not in (None, "", self._account.region):
            new = {**new, "region": region}
            failures = [Failure("region", reason) for reason in self._wrong_region(new)]
            if row.service in _AT_HOME:
                home = self._account.region
                reason = (
                    f"{region!r}: what runs or calls apps does so in {home} only; start the local "
                    f"cloud there: platform-local up --region {region}, or "
                    f"LocalCloud(region={region!r})"
                )
                failures.append(Failure("region", reason))
        checked, found = checks.check(row, old, new, autoname)
        tags = _default_tags(config)
        if tags and takes_tags(row):
            own = plain(new.get("tags")) or {}
            checked[TAGS_ALL] = UNKNOWN if own is UNKNOWN else {**tags, **own}
        return checked, failures + found

    def diff(self, type: str, old: Properties, new: Properties, ignore: tuple[str, ...]) -> Change:
        """Compare inputs by what the row's operations can change."""
        return checks.diff(self._row(type), old, new, ignore)

    def foreseen(self, type: str, inputs: Properties, old: Properties | None) -> Properties:
        """Give the state as far as a preview can tell."""
        return self._resources(inputs).foreseen(self._row(type), inputs, old)

    def create(self, type: str, inputs: Properties, made: Callable[[Made], None]) -> Made:
        """Make a resource, and wait until what it serves answers."""
        row = self._row(type)
        new = self._resources(inputs).create(row, inputs)
        made(new)
        return Made(new.id, self._finished(row, new.id, inputs, "create"))

    def _finished(self, row: Row, id: str, inputs: Properties, action: str) -> Properties:
        state = {**inputs, "id": id}
        resources = self._resources(inputs)
        try:
            if action == "create":
                resources.finish(row, id, inputs)
            state = resources.state(row, id, inputs)
            if action:
                self._serving.changed(row.type, id, action)
            if action == "create":
                resources.serve(row, id, inputs)
        except LocalCloudError as problem:
            # It exists, whatever failed: the engine must keep it, and try the rest again.
            raise UnfinishedError(str(problem), state) from problem
        return state

    def update(
        self, type: str, id: str, state: Properties, old: Properties, new: Properties
    ) -> Properties:
        """Change a resource, and wait until what it serves answers."""
        row = self._row(type)
        self._resources(new).update(row, id, state, old, new)
        action = row.heard(plain(old), plain(new)) if row.heard else "update"
        return self._finished(row, id, new, action)

    def read(
        self,
        type: str,
        id: str,
        state: Properties,
        inputs: Properties,
        config: Mapping[str, Any] = NO_CONFIG,
    ) -> tuple[Properties, Properties] | None:
        """Read a resource back; one that no program made yet, in its provider's region."""
        place = {**config, **state, **inputs}
        return self._resources(place).read(self._row(type), id, state, inputs)

    def delete(self, type: str, id: str, state: Properties) -> None:
        """Delete a resource, and stop what it ran."""
        self._resources(state).delete(self._row(type), id, state)
        self._serving.changed(type, id, "delete")

    def identity(self, type: str, state: Properties) -> Properties:
        """Give the few properties that the row's delete names."""
        row = self._row(type)
        named = fields(row.id) | (fields(row.delete.given) if row.delete else set())
        named |= {"forceDestroy", "region"}
        bare = plain(state)
        return {
            word: bare[word] for word in sorted(named) if isinstance(bare.get(word), str | int)
        }

    def invoke(
        self, token: str, args: Properties, config: Mapping[str, Any] = NO_CONFIG
    ) -> Properties:
        """Answer a look-up, in the region that it or its provider names."""
        for wrong in (*self._wrong_region(args), *self._wrong_region(config)):
            raise LocalCloudError(f"{token}: region {wrong}")
        region = str(plain(args.get("region") or config.get("region") or self._account.region))
        if token in SERVED:
            return SERVED[token](self._account, plain(args), self._serving.endpoint)
        answer = self._own.invokes.get(token) or INVOKES.get(token)
        if answer is None:
            raise LocalCloudError(
                f"{token} is not known to the local cloud: a function of your own can answer it "
                f"({HOW})"
            )
        return answer(self._account.at(region), plain(args))


_AT_HOME: Final = (
    "apigatewayv2",
    "application-autoscaling",
    "autoscaling",
    "ecs",
    "elasticache",
    "elbv2",
    "events",
    "lambda",
    "rds",
    "scheduler",
)
"""Services that the data plane knows in one region."""
_REFUSED = {
    "ignoreTags": "not imitated locally: leave it out of the local stack's configuration",
}


def takes_tags(row: Row) -> bool:
    """Say whether the provider's default tags are put on a type: a group's tags are blocks."""
    if row.type == "aws:autoscaling/group:Group":
        return False
    return row.tags is not None or "tags" in row.hooked or _creates_tags(row)


def _creates_tags(row: Row) -> bool:
    return "tags" not in row.ignored and Converter(row, row.create).top("tags") is not None


def _default_tags(config: Mapping[str, Any]) -> dict[str, str]:
    """Read the provider's default tags, which the SDK words as JSON."""
    told = plain(config.get("defaultTags"))
    try:
        found = json.loads(told) if isinstance(told, str) else told
    except ValueError:
        raise LocalCloudError(f"aws:defaultTags {told!r} should be JSON") from None
    tags = found.get("tags") if isinstance(found, dict) else None
    return tags if isinstance(tags, dict) else {}
