"""What comes in by the queue: each message is the text of a note."""

import hashlib
from dataclasses import dataclass

from notes.note import Note, clean, new_id

_RANDOM_BYTES = 10


@dataclass(frozen=True)
class Letter:
    """A message of the queue."""

    message_id: str
    sent: int
    """When it was sent, in milliseconds since 1970."""
    text: str


def as_note(letter: Letter) -> Note:
    """Make the note that a letter stands for, or raise InvalidNoteError.

    A queue may deliver a message twice. The note's ID is made of what a message keeps through
    all deliveries, so that the second time is the same note and nothing is written anew.
    """
    digest = hashlib.sha256(letter.message_id.encode()).digest()
    random = int.from_bytes(digest[:_RANDOM_BYTES], "big")
    return Note(new_id(letter.sent, random), clean(letter.text))
