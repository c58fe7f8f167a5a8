"""What a note is: its text, and an ID that tells when it was written."""

import re
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime

MAX_CHARACTERS = 4000

_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: none is mistaken for another
_ID = re.compile(f"[0-7][{_DIGITS}]{{25}}")
_RANDOM_BITS = 80


class InvalidNoteError(ValueError):
    """The text cannot be a note; the message says why, in words for whoever wrote it."""


@dataclass(frozen=True)
class Note:
    """A note as it is kept."""

    id: str
    text: str

    @property
    def created(self) -> datetime:
        """When the note was written, to the millisecond: the first 10 digits of its ID."""
        milliseconds = 0
        for digit in self.id[:10]:
            milliseconds = milliseconds * 32 + _DIGITS.index(digit)
        return datetime.fromtimestamp(milliseconds / 1000, UTC)


def write_note(text: str) -> Note:
    """Make a note of a text, or raise InvalidNoteError."""
    return Note(new_id(time.time_ns() // 1_000_000, secrets.randbits(_RANDOM_BITS)), clean(text))


def clean(text: str) -> str:
    """Return the text as it is kept: one kind of line end, nothing around it."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if not text:
        raise InvalidNoteError("a note needs some text")
    if len(text) > MAX_CHARACTERS:
        raise InvalidNoteError(
            f"a note has at most {MAX_CHARACTERS:,} characters, not {len(text):,}"
        )
    if any("\ud800" <= character <= "\udfff" for character in text):
        # JSON can escape half of a pair; no encoding can store it.
        raise InvalidNoteError("the text has half of a surrogate pair in it")
    return text


def new_id(milliseconds: int, random: int) -> str:
    """Return an ID of 26 digits that sorts by time, as ULIDs do.

    So the table's own order is the order on the page, and no instance needs to ask another one
    for the next number.
    """
    number = milliseconds << _RANDOM_BITS | random
    return "".join(_DIGITS[number >> shift & 31] for shift in range(125, -1, -5))


def is_id(value: str) -> bool:
    """Tell whether a string has the form of an ID."""
    return _ID.fullmatch(value) is not None
