"""The notes themselves, and the table that keeps them."""

import threading
from datetime import UTC, datetime
from typing import Any

import pytest
from notes.note import MAX_CHARACTERS, InvalidNoteError, Note, clean, is_id, new_id, write_note
from notes.store import StoreError, open_store


def test_ids_sort_by_time_whatever_the_random_part() -> None:
    latest_of_a_millisecond = new_id(1_700_000_000_000, 2**80 - 1)
    first_of_the_next = new_id(1_700_000_000_001, 0)
    assert latest_of_a_millisecond < first_of_the_next
    assert is_id(latest_of_a_millisecond)
    assert len({write_note("x").id for _ in range(1000)}) == 1000


def test_an_id_tells_when_the_note_was_written() -> None:
    moment = datetime(2024, 2, 29, 12, 30, 15, 250_000, tzinfo=UTC)
    note = Note(new_id(round(moment.timestamp() * 1000), 2**79), "x")
    assert note.created == moment
    assert abs((write_note("x").created - datetime.now(UTC)).total_seconds()) < 60


@pytest.mark.parametrize(
    "value",
    ["", "1", "8" + "0" * 25, "0" * 25 + "U", "0" * 25 + "a", "0" * 27, "0" * 26 + "\n", "٣" * 26],
)
def test_what_is_no_id(value: str) -> None:
    assert not is_id(value)


def test_text_is_kept_with_one_kind_of_line_end_and_nothing_around_it() -> None:
    assert clean(" \r\n one\r\ntwo\rthree \n") == "one\ntwo\nthree"
    assert clean("x" * MAX_CHARACTERS) == "x" * MAX_CHARACTERS


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "needs some text"),
        (" \r\n\t", "needs some text"),
        ("x" * (MAX_CHARACTERS + 1), "at most 4,000 characters, not 4,001"),
        ("half \ud83d", "surrogate"),
    ],
)
def test_text_that_cannot_be_a_note(text: str, reason: str) -> None:
    with pytest.raises(InvalidNoteError, match=reason):
        write_note(text)


def test_what_was_added_is_there_until_it_is_deleted(table: Any) -> None:
    store = open_store()
    note = write_note("Grüße\n日本語 🌱")
    store.add(note)
    store.add(note)
    assert table.scan()["Items"] == [{"notebook": "shared", "id": note.id, "text": note.text}]
    assert store.get(note.id) == note
    assert store.delete(note.id)
    assert store.get(note.id) is None
    assert not store.delete(note.id)


def test_pages_go_from_the_newest_to_the_oldest_and_none_is_lost(table: Any) -> None:
    store = open_store()
    notes = [Note(new_id(number, 0), f"note {number}") for number in range(7)]
    for note in (notes[3], *notes[:3], *notes[4:]):
        store.add(note)
    first = store.page(3)
    assert first.notes == [notes[6], notes[5], notes[4]]
    second = store.page(3, first.next)
    assert second.notes == [notes[3], notes[2], notes[1]]
    last = store.page(3, second.next)
    assert (last.notes, last.next) == ([notes[0]], None)
    assert store.page(7).next is None
    assert store.page(3, notes[0].id).notes == []


def test_a_page_that_passes_what_one_query_reads_has_a_next_one(table: Any) -> None:
    store = open_store()
    notes = [Note(new_id(number, 0), "🌱" * MAX_CHARACTERS) for number in range(80)]
    for note in notes:
        store.add(note)
    found: list[Note] = []
    before = None
    for _ in range(len(notes)):
        page = store.page(100, before)
        found += page.notes
        before = page.next
        if before is None:
            break
    assert found == notes[::-1]


def test_a_table_that_is_away_is_a_store_error(table: Any) -> None:
    store = open_store()
    table.delete()
    for call in (
        lambda: store.add(write_note("x")),
        lambda: store.get(new_id(0, 0)),
        lambda: store.delete(new_id(0, 0)),
        lambda: store.page(1),
    ):
        with pytest.raises(StoreError, match="ResourceNotFound"):
            call()


@pytest.mark.parametrize("variable", ["AWS_REGION", "AWS_DEFAULT_REGION"])
def test_either_variable_names_the_region(table: Any, monkeypatch: Any, variable: str) -> None:
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.setenv(variable, "eu-central-1")
    open_store.cache_clear()
    assert open_store().page(1).notes == []
    monkeypatch.setenv(variable, "eu-west-1")
    open_store.cache_clear()
    with pytest.raises(StoreError, match="ResourceNotFound"):
        open_store().page(1)
    open_store.cache_clear()


def test_threads_share_the_store(table: Any) -> None:
    store = open_store()
    notes = [write_note(str(number)) for number in range(20)]
    threads = [threading.Thread(target=store.add, args=[note]) for note in notes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(store.page(100).notes) == set(notes)
