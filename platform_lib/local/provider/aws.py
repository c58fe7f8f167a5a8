"""The `aws` provider: rows and invokes, against the account."""

from collections.abc import Callable
from typing import Protocol

from platform_lib.local.account import Account
from platform_lib.local.errors import LocalCloudError
from platform_lib.local.provider import check as checks
from platform_lib.local.provider.check import Autoname, Change, Failure, Place
from platform_lib.local.provider.invokes import INVOKES, SERVED
from platform_lib.local.provider.resource import Made, Resources, UnfinishedError
from platform_lib.local.provider.row import Properties, Row
from platform_lib.local.provider.rows import HOMES, ROWS
from platform_lib.local.provider.template import fields
from platform_lib.local.provider.values import plain


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
        self._resources = Resources(account, serving.endpoint)

    def configure(self, config: Properties) -> list[Failure]:
        """Take the account's own region; endpoints and credentials do not matter here."""
        region = plain(config.get("region"))
        if region not in (None, "", self._account.region):
            reason = (
                f"{region!r}: this local cloud imitates {self._account.region} only; set "
                f"aws:region to it, or start the local cloud with region={region!r}"
            )
            return [Failure("region", reason)]
        return [Failure(word, _REFUSED[word]) for word in config if word in _REFUSED]

    def check(
        self, type: str, old: Properties, new: Properties, autoname: Autoname
    ) -> tuple[Properties, list[Failure]]:
        """Fill defaults in and find what the row does not take."""
        place = Place(self._account.region, HOMES.get(type, ""))
        return checks.check(row_of(type), old, new, autoname, place)

    def diff(self, type: str, old: Properties, new: Properties, ignore: tuple[str, ...]) -> Change:
        """Compare inputs by what the row's operations can change."""
        return checks.diff(row_of(type), old, new, ignore)

    def foreseen(self, type: str, inputs: Properties, old: Properties | None) -> Properties:
        """Give the state as far as a preview can tell."""
        return self._resources.foreseen(row_of(type), inputs, old)

    def create(self, type: str, inputs: Properties, made: Callable[[Made], None]) -> Made:
        """Make a resource, and wait until what it serves answers."""
        row = row_of(type)
        new = self._resources.create(row, inputs)
        made(new)
        return Made(new.id, self._finished(row, new.id, inputs, "create"))

    def _finished(self, row: Row, id: str, inputs: Properties, action: str) -> Properties:
        state = {**inputs, "id": id}
        try:
            if action == "create":
                self._resources.finish(row, id, inputs)
            state = self._resources.state(row, id, inputs)
            if action:
                self._serving.changed(row.type, id, action)
            if action == "create":
                self._resources.serve(row, id, inputs)
        except LocalCloudError as problem:
            # It exists, whatever failed: the engine must keep it, and try the rest again.
            raise UnfinishedError(str(problem), state) from problem
        return state

    def update(
        self, type: str, id: str, state: Properties, old: Properties, new: Properties
    ) -> Properties:
        """Change a resource, and wait until what it serves answers."""
        row = row_of(type)
        self._resources.update(row, id, state, old, new)
        action = row.heard(plain(old), plain(new)) if row.heard else "update"
        return self._finished(row, id, new, action)

    def read(
        self, type: str, id: str, state: Properties, inputs: Properties
    ) -> tuple[Properties, Properties] | None:
        """Read a resource back."""
        return self._resources.read(row_of(type), id, state, inputs)

    def delete(self, type: str, id: str, state: Properties) -> None:
        """Delete a resource, and stop what it ran."""
        self._resources.delete(row_of(type), id, state)
        self._serving.changed(type, id, "delete")

    def identity(self, type: str, state: Properties) -> Properties:
        """Give the few properties that the row's delete names."""
        row = row_of(type)
        named = fields(row.id) | (fields(row.delete.given) if row.delete else set())
        named.add("forceDestroy")
        bare = plain(state)
        return {
            word: bare[word] for word in sorted(named) if isinstance(bare.get(word), str | int)
        }

    def invoke(self, token: str, args: Properties) -> Properties:
        """Answer a look-up."""
        if token in SERVED:
            return SERVED[token](self._account, plain(args), self._serving.endpoint)
        answer = INVOKES.get(token)
        if answer is None:
            raise LocalCloudError(
                f"{token} is not known to the local cloud: add a function that answers it to "
                "INVOKES in platform_lib/local/provider/invokes.py"
            )
        return answer(self._account, plain(args))


_REFUSED = {
    "defaultTags": "not imitated locally: give tags to the resources, or to the component",
    "ignoreTags": "not imitated locally: leave it out of the local stack's configuration",
}


def row_of(type: str) -> Row:
    """Give the row of a resource type.

    Raises:
        LocalCloudError: There is none.
    """
    row = ROWS.get(type)
    if row is None:
        raise LocalCloudError(
            f"{type} is not known to the local cloud: add a row for it in "
            "platform_lib/local/provider/rows/ (row.py says what a row holds)"
        )
    return row
