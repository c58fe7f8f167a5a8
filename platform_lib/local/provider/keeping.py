"""`--unknown keep`: types without a row stay in the state, with made-up ids and nothing behind."""

import secrets
import threading
from collections.abc import Callable, Mapping
from typing import Any

from platform_lib.local.provider.aws import AwsKinds
from platform_lib.local.provider.check import Autoname, Change, Failure
from platform_lib.local.provider.resource import Made
from platform_lib.local.provider.row import NO_CONFIG, Properties
from platform_lib.local.provider.values import UNKNOWN, plain

_MADE_UP = ("arn", "name")


class Keeping(AwsKinds):
    """The `aws` provider that refuses no type.

    Args:
        account: The account.
        serving: The data plane.
        say: Shows a line, once for each type.
    """

    def __init__(self, account: Any, serving: Any, say: Callable[[str], None]) -> None:
        super().__init__(account, serving)
        self._say = say
        self._said: set[str] = set()
        self._lock = threading.Lock()

    def _tell(self, type: str) -> None:
        with self._lock:
            new = type not in self._said
            self._said.add(type)
        if new:
            self._say(f"{type} is kept in the state with made-up ids, and not imitated")

    def check(
        self,
        type: str,
        old: Properties,
        new: Properties,
        autoname: Autoname,
        config: Mapping[str, Any] = NO_CONFIG,
    ) -> tuple[Properties, list[Failure]]:
        """Take all inputs of an unknown type as they are."""
        if self.knows(type):
            return super().check(type, old, new, autoname, config)
        self._tell(type)
        return dict(new), []

    def diff(self, type: str, old: Properties, new: Properties, ignore: tuple[str, ...]) -> Change:
        """Update an unknown type where any input changed."""
        if self.knows(type):
            return super().diff(type, old, new, ignore)
        before, after = plain(old), plain(new)
        words = {*before, *after} - set(ignore)
        changed = sorted(word for word in words if before.get(word) != after.get(word))
        return Change(changed, [], False)

    def foreseen(self, type: str, inputs: Properties, old: Properties | None) -> Properties:
        """Leave open what will be made up."""
        if self.knows(type):
            return super().foreseen(type, inputs, old)
        known = {word: (old or {}).get(word, UNKNOWN) for word in _MADE_UP}
        return {**known, **inputs}

    def create(self, type: str, inputs: Properties, made: Callable[[Made], None]) -> Made:
        """Make an id up."""
        if self.knows(type):
            return super().create(type, inputs, made)
        module, _, name = type.split(":")[1].partition("/")
        id = f"kept-{secrets.token_hex(4)}"
        account = self._account
        arn = f"arn:aws:{module}:{account.region}:{account.account_id}:{name}/{id}"
        new = Made(id, {"arn": arn, "name": id, **inputs, "id": id})
        made(new)
        return new

    def update(
        self, type: str, id: str, state: Properties, old: Properties, new: Properties
    ) -> Properties:
        """Keep what was made up beside the new inputs."""
        if self.knows(type):
            return super().update(type, id, state, old, new)
        kept = {word: state[word] for word in _MADE_UP if word in state}
        return {**kept, **new, "id": id}

    def read(
        self,
        type: str,
        id: str,
        state: Properties,
        inputs: Properties,
        config: Mapping[str, Any] = NO_CONFIG,
    ) -> tuple[Properties, Properties] | None:
        """Give an unknown type back as it was; nothing is known of one that was not made here."""
        if self.knows(type):
            return super().read(type, id, state, inputs, config)
        return (state, inputs) if state else None

    def delete(self, type: str, id: str, state: Properties) -> None:
        """Forget."""
        if self.knows(type):
            super().delete(type, id, state)

    def identity(self, type: str, state: Properties) -> Properties:
        """Nothing is needed to forget."""
        return super().identity(type, state) if self.knows(type) else {}
