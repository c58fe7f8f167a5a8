"""Counts what changes in the notes' table. Environment: ACTIVITY_TABLE_NAME."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from notes.activity import Change, open_activity

from workers.logs import json_log

LOG = json_log()
STORE = open_activity()

_KINDS = {"INSERT": "written", "REMOVE": "deleted"}


def handler(event: Mapping[str, Any], _: Any) -> dict[str, Any]:
    """Count the changes of a batch in their order; the first that fails ends it.

    A stream's batch comes again from the record on that is named, so there is no use in more.
    """
    counted = 0
    for record in event["Records"]:
        number = record["dynamodb"]["SequenceNumber"]
        try:
            change = read_change(record)
            counted += change is not None and STORE.count(change)
        except Exception:
            LOG.exception("change %s was not counted", number)
            return {"batchItemFailures": [{"itemIdentifier": number}]}
    LOG.info("read", extra={"fields": {"changes": len(event["Records"]), "counted": counted}})
    return {"batchItemFailures": []}


def read_change(record: Mapping[str, Any]) -> Change | None:
    """Read a change as the table's stream hands it over; None where it does not count."""
    kind = _KINDS.get(record["eventName"])
    if kind is None:
        return None
    return Change(
        id=record["eventID"],
        notebook=record["dynamodb"]["Keys"]["notebook"]["S"],
        kind=kind,
        at=datetime.fromtimestamp(record["dynamodb"]["ApproximateCreationDateTime"], UTC),
    )
