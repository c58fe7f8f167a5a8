"""Makes notes of the messages in a queue. Environment: TABLE_NAME."""

from collections.abc import Mapping
from typing import Any

from notes.inbox import Letter, as_note
from notes.note import InvalidNoteError
from notes.store import StoreError, open_store

from workers.logs import json_log

LOG = json_log()
STORE = open_store()


def handler(event: Mapping[str, Any], _: Any) -> dict[str, Any]:
    """Keep a note for each message, and tell which messages are to come again.

    A text that cannot be a note comes again too: after its last try it lies in the queue of dead
    letters, where somebody can look at it.
    """
    letters = [read_letter(record) for record in event["Records"]]
    failed: list[str] = []
    for at, letter in enumerate(letters):
        try:
            STORE.add(as_note(letter))
        except InvalidNoteError as problem:
            LOG.warning("message %s cannot be a note: %s", letter.message_id, problem)
            failed.append(letter.message_id)
        except StoreError:
            # Away for one, away for the rest: each would only wait until it gives up.
            LOG.exception("the table did not answer")
            failed += [left.message_id for left in letters[at:]]
            break
    LOG.info("read", extra={"fields": {"messages": len(letters), "failed": len(failed)}})
    return {"batchItemFailures": [{"itemIdentifier": each} for each in failed]}


def read_letter(record: Mapping[str, Any]) -> Letter:
    """Read a message as a queue hands it over."""
    sent = int(record["attributes"]["SentTimestamp"])
    return Letter(message_id=record["messageId"], sent=sent, text=record["body"])
