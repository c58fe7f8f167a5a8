"""What every row does: make, read, change and delete a resource in the account."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import jmespath

from platform_lib.local.account import Account
from platform_lib.local.errors import LocalCloudError
from platform_lib.local.provider.calls import AwsError, call_aws
from platform_lib.local.provider.check import compared
from platform_lib.local.provider.convert import Converter, empty_of, merge
from platform_lib.local.provider.drift import current_value, imported
from platform_lib.local.provider.references import refuse_invented
from platform_lib.local.provider.row import GLOBAL, TAGS_ALL, Call, Properties, Row
from platform_lib.local.provider.tagging import retag
from platform_lib.local.provider.template import fields, fill, is_template, read_back
from platform_lib.local.provider.values import UNKNOWN, has_unknown, plain

Endpoint = Callable[[str, str], str]
"""(kind, id) -> the address that the data plane serves it on."""


class UnfinishedError(LocalCloudError):
    """The resource exists, but something that belongs to it failed.

    Attributes:
        state: What is known of the resource.
    """

    def __init__(self, message: str, state: Properties) -> None:
        super().__init__(message)
        self.state = state


@dataclass(frozen=True)
class Made:
    """A resource that was made."""

    id: str
    state: Properties


class Resources:
    """Makes, reads, changes and deletes the resources of rows in one account."""

    def __init__(self, account: Account, endpoint: Endpoint) -> None:
        self.account = account
        self._endpoint = endpoint

    def create(self, row: Row, inputs: Properties) -> Made:
        """Do the one operation that makes a resource; `finish` does the rest."""
        sent = self._prepared(row, inputs)
        if row.asked:
            sent = {**row.asked(self.account, sent), **sent}
        refuse_invented(self.account, row.create.operation, sent)
        answer = self._call(row, row.create, sent, {**self._names(), **sent})
        if is_template(row.id):
            id = fill(row.id, {**self._names(), **plain(inputs), **sent})
        else:
            id = jmespath.search(row.id, answer)
        if id is None:
            raise LocalCloudError(f"{row.create.operation}: no {row.id} in the answer")
        told = {word: jmespath.search(path, answer) for word, path in row.made.items()}
        return Made(str(id), {**inputs, **told, "id": str(id)})

    def finish(self, row: Row, id: str, inputs: Properties) -> None:
        """Do what making a resource takes after its create; doing it again does no harm."""
        sent = self._prepared(row, inputs)
        values = self._values(row, id, sent)
        for call in row.also:
            if call.takes == () or Converter(row, call).takes(sent):
                self._call(row, call, sent, values)
        if row.tags and sent.get("tags") and Converter(row, row.create).top("tags") is None:
            retag(self.account, row, values, {}, sent["tags"])
        if row.created:
            row.created(self.account, values)

    def serve(self, row: Row, id: str, inputs: Properties) -> None:
        """Do what is done to a resource once it serves."""
        if row.served:
            row.served(self.account, self._values(row, id, self._prepared(row, inputs)))

    def update(
        self, row: Row, id: str, state: Properties, old: Properties, new: Properties
    ) -> None:
        """Change a resource to its new inputs; unchanged ones mean a retry of what failed."""
        said = compared(row, old, new)
        before, after = (self._prepared(row, inputs) for inputs in said)
        words = {*before, *after} - {"__defaults"}
        changed = {word for word in words if before.get(word) != after.get(word)}
        if not changed:
            self.finish(row, id, new)
            return
        values = self._values(row, id, {**plain(state), **before, **after})
        for call in row.update:
            converter = Converter(row, call)
            here = converter.takes(sorted(changed))
            if here and call.without and not any(word in after for word in call.takes or ()):
                taken = Call(call.without, call.given)
                self._call(row, taken, {}, values)
            elif here:
                self._call(row, call, _to_send(converter, after, here), values)
        if "tags" in changed and "tags" not in row.hooked:
            retag(self.account, row, values, before.get("tags") or {}, after.get("tags") or {})
        if row.updated:
            # The state holds the old inputs too: what was taken away must not come back by it.
            kept = {word: item for word, item in plain(state).items() if word not in before}
            row.updated(self.account, before, {**self._values(row, id, kept), **after})

    def delete(self, row: Row, id: str, state: Properties) -> None:
        """Delete a resource; one that is gone already is deleted."""
        values = self._values(row, id, plain(state))
        with _unless_gone():
            if row.deleting:
                row.deleting(self.account, values)
        with _unless_gone():
            if row.delete is not None:
                self._call(row, row.delete, {}, values)

    def read(
        self, row: Row, id: str, state: Properties, inputs: Properties
    ) -> tuple[Properties, Properties] | None:
        """Read a resource: its state and inputs as they are now; None where it is gone."""
        found = self._look(row, self._values(row, id, plain({**state, **inputs})))
        if found is None:
            return None
        if not inputs:
            parsed = read_back(row.id, id) if is_template(row.id) else {}
            inputs = {**imported(row, found), **parsed}
        sent = self._prepared(row, inputs)
        now = {
            word: current_value(row, word, value, sent.get(word), found)
            for word, value in inputs.items()
        }
        now = {word: value for word, value in now.items() if value is not None}
        return self._state_of(row, id, now, found), now

    def state(self, row: Row, id: str, inputs: Properties) -> Properties:
        """Give inputs and outputs of a resource that exists."""
        found = self._look(row, self._values(row, id, plain(inputs)))
        return self._state_of(row, id, inputs, found or {})

    def foreseen(self, row: Row, inputs: Properties, old: Properties | None) -> Properties:
        """Give the state that a preview can tell: unknown where only AWS will say."""
        if old is not None:
            # What only AWS says stays, save what an update may change.
            kept = {word: old[word] for word in row.outputs if word in old}
            changing = {word: UNKNOWN for word in row.volatile}
            for block, more in row.added.items():
                told = {word: (old.get(block) or {}).get(word) for word in more}
                kept[block] = {**(inputs.get(block) or {}), **told}
            return {**inputs, **kept, **changing, **self._always(row, inputs)}
        values = {**self._names(), **plain(inputs)}
        state: Properties = {**inputs, **self._always(row, inputs)}
        for word, source in row.outputs.items():
            plain_text = isinstance(source, str) and is_template(source)
            known = fill(source, values) if plain_text else None
            state[word] = UNKNOWN if known is None or has_unknown(values) else known
        for block, more in row.added.items():
            state[block] = {**(inputs.get(block) or {}), **dict.fromkeys(more, UNKNOWN)}
        return state

    # How

    def _names(self) -> dict[str, str]:
        region = self.account.region
        names = {"account": self.account.account_id, "region": region}
        # S3 wants to be told of every region but the first.
        return names if region == "us-east-1" else {**names, "location": region}

    def _values(self, row: Row, id: str, properties: Mapping[str, Any]) -> dict[str, Any]:
        parsed = read_back(row.id, id) if is_template(row.id) else {}
        return {**self._names(), **parsed, **properties, "id": id}

    @staticmethod
    def _prepared(row: Row, inputs: Properties) -> Properties:
        bare: Properties = plain(inputs)
        if TAGS_ALL in bare:
            bare["tags"] = bare.pop(TAGS_ALL)
        return row.prepare(bare) if row.prepare else bare

    def _call(
        self, row: Row, call: Call, inputs: Mapping[str, Any], values: Mapping[str, Any]
    ) -> dict[str, Any]:
        request = Converter(row, call).request(inputs)
        merge(request, fill(call.given, values))
        return call_aws(self.account, row.service, call.operation, request)

    def _look(self, row: Row, values: Mapping[str, Any]) -> dict[str, Any] | None:
        """Gather what every look finds; None where the first finds nothing."""
        found: dict[str, Any] = {}
        more = (row.tags.read,) if row.tags and row.tags.read else ()
        for look in (*row.looks, *more):
            request = fill(look.given, {**found, **values})
            try:
                answer = call_aws(self.account, row.service, look.operation, request)
            except AwsError as problem:
                if look is row.looks[0] and problem.is_gone:
                    return None
                if problem.code in look.absent:
                    continue
                raise
            part = jmespath.search(fill(look.found, values), answer)
            if look is row.looks[0] and not part and look.found != "@":
                return None
            if part is not None:
                found.update({look.under: part} if look.under else part)
        return row.seen(self.account, dict(values), found) if row.seen else found

    def _state_of(
        self, row: Row, id: str, inputs: Properties, found: Mapping[str, Any]
    ) -> Properties:
        values = self._values(row, id, plain(inputs))
        named = fields([*row.outputs.values(), *row.added.values()])
        if row.endpoint and named & {"endpoint", "endpointPort"}:
            kind, target = row.endpoint
            values["endpoint"] = self._endpoint(kind, fill(target, values))
            values["endpointPort"] = int(values["endpoint"].rpartition(":")[2])
        state: Properties = {**inputs, "id": id, **self._always(row, inputs)}
        for word, source in row.outputs.items():
            value = fill(source, values) if is_template(source) else jmespath.search(source, found)
            if value is not None:
                values[word] = value
                state[word] = value
        for block, more in row.added.items():
            state[block] = {**(inputs.get(block) or {}), **fill(more, values)}
        return state

    def _always(self, row: Row, inputs: Properties) -> Properties:
        """Give the outputs that nearly every type has: its region, and all of its tags."""
        region = {} if row.service in GLOBAL else {"region": self.account.region}
        tags = inputs.get(TAGS_ALL, inputs.get("tags"))
        return {**region, **({TAGS_ALL: tags} if isinstance(plain(tags), dict) else {})}


@contextmanager
def _unless_gone() -> Iterator[None]:
    """Take it for done when what a call names does not exist."""
    try:
        yield
    except AwsError as problem:
        if not problem.is_gone:
            raise


def _to_send(converter: Converter, after: Mapping[str, Any], changed: list[str]) -> dict[str, Any]:
    """Choose the inputs of an update: what changed, or all where the operation replaces all."""
    row = converter.row
    gone = [word for word in changed if word not in after]
    if converter.call.sends_all:
        return {**after, **{word: row.unset[word] for word in gone if word in row.unset}}
    send = {word: after[word] for word in after if word in changed or converter.requires(word)}
    for word in gone:
        route = converter.top(word)
        send[word] = row.unset.get(word, empty_of(route.shape) if route else None)
    return send
