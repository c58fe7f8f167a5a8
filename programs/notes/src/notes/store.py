"""Where notes are kept: one DynamoDB table. Calls block; the web layer makes them in threads."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

from notes.clients import make_client
from notes.note import Note

# All notes have one hash key, so that one query reads them in order. That is good for some 1,000
# writes a second; an app with accounts would have one notebook for each of them.
_NOTEBOOK = {"S": "shared"}


class StoreError(Exception):
    """The table did not answer as it should; the cause has the details."""


@dataclass(frozen=True)
class Page:
    """Some notes, newest first."""

    notes: Sequence[Note]
    next: str | None
    """The `before` that brings the next page. None: this is the last one."""


class NoteStore:
    """Notes in a DynamoDB table with the keys `notebook` (hash) and `id` (range)."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def add(self, note: Note) -> None:
        """Keep a note. Safe to repeat: the same note has the same ID."""
        item = {**_key(note.id), "text": {"S": note.text}}
        with store_errors():
            self._client.put_item(TableName=self._table, Item=item)

    def get(self, id: str) -> Note | None:
        """Return a note, also when it was written a moment ago by another instance."""
        with store_errors():
            answer = self._client.get_item(
                TableName=self._table, Key=_key(id), ConsistentRead=True
            )
        return _note(answer["Item"]) if "Item" in answer else None

    def delete(self, id: str) -> bool:
        """Delete a note and tell whether there was one."""
        with store_errors():
            answer = self._client.delete_item(
                TableName=self._table, Key=_key(id), ReturnValues="ALL_OLD"
            )
        return "Attributes" in answer

    def page(self, size: int, before: str | None = None) -> Page:
        """Return the newest notes, or the newest of those before an ID.

        At most `size` of them; fewer where they are long, since one query reads at most 1 MB.
        """
        condition, values = "notebook = :notebook", {":notebook": _NOTEBOOK}
        if before is not None:
            condition += " AND id < :before"
            values[":before"] = {"S": before}
        with store_errors():
            answer = self._client.query(
                TableName=self._table,
                KeyConditionExpression=condition,
                ExpressionAttributeValues=values,
                ScanIndexForward=False,
                ConsistentRead=True,
                # One more than asked for tells whether there is a next page.
                Limit=size + 1,
            )
        found = [_note(item) for item in answer["Items"]]
        notes = found[:size]
        more = len(found) > size or "LastEvaluatedKey" in answer
        return Page(notes, notes[-1].id if more else None)


@cache
def open_store() -> NoteStore:
    """Return the store that the environment names, and keep its connections."""
    # As many connections as the web layer has threads.
    client = make_client("dynamodb", connections=40)
    return NoteStore(client, os.environ["TABLE_NAME"])


def _key(id: str) -> dict[str, Any]:
    return {"notebook": _NOTEBOOK, "id": {"S": id}}


def _note(item: dict[str, Any]) -> Note:
    return Note(item["id"]["S"], item["text"]["S"])


@contextmanager
def store_errors() -> Iterator[None]:
    """Turn every error of boto3 into a StoreError."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as problem:
        raise StoreError(str(problem)) from problem
