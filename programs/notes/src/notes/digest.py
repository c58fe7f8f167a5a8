"""What was written in the last day, as a short text for those who do not look at the page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from notes.note import Note, new_id
from notes.store import NoteStore

_PAGE = 100
_SHOWN_NOTES = 50
_SHOWN_CHARACTERS = 80


@dataclass(frozen=True)
class Digest:
    """A text with a subject, as mail has it."""

    subject: str
    text: str


def read_day(store: NoteStore, end: datetime) -> list[Note]:
    """Return the notes of the 24 hours before a moment, oldest first."""
    begin = end - timedelta(days=1)
    notes: list[Note] = []
    before: str | None = new_id(round(end.timestamp() * 1000), 0)
    while before is not None:
        page = store.page(_PAGE, before)
        notes += page.notes
        before = page.next if notes and notes[-1].created >= begin else None
    return [note for note in reversed(notes) if note.created >= begin]


def compose(notes: Sequence[Note], end: datetime) -> Digest:
    """Write the digest of some notes: when each was written, and how it begins."""
    count = "1 note" if len(notes) == 1 else f"{len(notes):,} notes"
    lines = [f"{note.created:%H:%M}  {_beginning(note.text)}" for note in notes[-_SHOWN_NOTES:]]
    left_out = len(notes) - len(lines)
    if left_out:
        lines.insert(0, f"{left_out:,} more before these.")
    head = f"{count} in the day before {end:%Y-%m-%d %H:%M} UTC"
    return Digest(subject=head, text="\n".join([f"{head}:", "", *lines, ""]))


def _beginning(text: str) -> str:
    first = text.partition("\n")[0]
    if len(first) > _SHOWN_CHARACTERS:
        return f"{first[:_SHOWN_CHARACTERS]}..."
    return first if first == text else f"{first} ..."
