"""How much is written and deleted, day by day: counted from the changes of the notes' table.

The counts have a table of their own, with the keys `notebook` (hash) and `entry` (range). A count
is the entry `day#2026-11-24`; `event#ID` says that a change is counted already.
"""

import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from notes.clients import make_client
from notes.store import store_errors

_REMEMBERED = timedelta(days=2)
"""How long a change is known to be counted: a stream keeps it for a day, and then it cannot come
again."""


@dataclass(frozen=True)
class Change:
    """A change of the notes' table that counts."""

    id: str
    """The same each time that the change is delivered, and no other's."""
    notebook: str
    kind: str
    """`written` or `deleted`."""
    at: datetime
    """When, in UTC."""

    @property
    def day(self) -> str:
        """The day that it counts for."""
        return self.at.date().isoformat()


class ActivityStore:
    """The counts, in a DynamoDB table."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def count(self, change: Change) -> bool:
        """Count a change, and tell whether it was new.

        A stream may deliver a change again. Adding one is not safe to repeat, so the count and
        the mark that it was made are written both or neither.
        """
        mark = {
            **_key(change.notebook, f"event#{change.id}"),
            "expires": {"N": str(int((change.at + _REMEMBERED).timestamp()))},
        }
        transaction = [
            {
                "Put": {
                    "TableName": self._table,
                    "Item": mark,
                    "ConditionExpression": "attribute_not_exists(entry)",
                }
            },
            {
                "Update": {
                    "TableName": self._table,
                    "Key": _key(change.notebook, f"day#{change.day}"),
                    "UpdateExpression": "ADD #kind :one",
                    "ExpressionAttributeNames": {"#kind": change.kind},
                    "ExpressionAttributeValues": {":one": {"N": "1"}},
                }
            },
        ]
        with store_errors():
            try:
                self._client.transact_write_items(TransactItems=transaction)
            except self._client.exceptions.TransactionCanceledException as problem:
                if problem.response["CancellationReasons"][0]["Code"] != "ConditionalCheckFailed":
                    raise
                return False
        return True

    def of(self, notebook: str, day: str) -> dict[str, int]:
        """Return the counts of a day; empty for a day on which nothing happened."""
        with store_errors():
            answer = self._client.get_item(
                TableName=self._table, Key=_key(notebook, f"day#{day}"), ConsistentRead=True
            )
        item = answer.get("Item", {})
        return {kind: int(item[kind]["N"]) for kind in ("written", "deleted") if kind in item}


@cache
def open_activity() -> ActivityStore:
    """Return the counts that the environment names, and keep their connections."""
    return ActivityStore(make_client("dynamodb"), os.environ["ACTIVITY_TABLE_NAME"])


def _key(notebook: str, entry: str) -> dict[str, Any]:
    return {"notebook": {"S": notebook}, "entry": {"S": entry}}
