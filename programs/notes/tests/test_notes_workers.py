"""The workers: what they do without AWS, and the events of AWS that they read."""

import importlib
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from notes.activity import ActivityStore, Change, open_activity
from notes.digest import compose, read_day
from notes.inbox import Letter, as_note
from notes.note import MAX_CHARACTERS, InvalidNoteError, Note, new_id
from notes.store import StoreError, open_store
from workers.logs import JsonLines

END = datetime(2026, 11, 24, 7, tzinfo=UTC)


def note_at(moment: datetime, text: str = "x") -> Note:
    return Note(new_id(round(moment.timestamp() * 1000), 0), text)


def load(name: str) -> ModuleType:
    """Import a worker as a new process does: what it reads of its environment is read now."""
    return importlib.reload(importlib.import_module(f"workers.{name}"))


# A message becomes a note


def test_a_message_is_the_same_note_however_often_it_comes() -> None:
    letter = Letter(message_id="a", sent=1_700_000_000_123, text=" Grüße\r\n")
    note = as_note(letter)
    assert note == as_note(letter)
    assert note.text == "Grüße"
    assert note.created == datetime.fromtimestamp(1_700_000_000.123, UTC)
    assert as_note(Letter(message_id="b", sent=letter.sent, text="x")).id != note.id


def message(id: str, text: str, sent: int = 1_700_000_000_000) -> dict[str, Any]:
    """One message as a queue hands it over."""
    return {
        "messageId": id,
        "receiptHandle": "MessageReceiptHandle",
        "body": text,
        "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": str(sent)},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:inbox",
        "awsRegion": "eu-central-1",
    }


def failures(answer: dict[str, Any]) -> list[str]:
    return [each["itemIdentifier"] for each in answer["batchItemFailures"]]


def test_the_inbox_keeps_what_can_be_a_note_and_names_the_rest(table: Any) -> None:
    inbox = load("inbox")
    batch = [message("1", "one"), message("2", "x" * (MAX_CHARACTERS + 1)), message("3", "three")]
    for _ in range(2):
        assert failures(inbox.handler({"Records": batch}, None)) == ["2"]
        assert {note.text for note in open_store().page(10).notes} == {"one", "three"}
        assert table.scan()["Count"] == 2


def test_the_inbox_gives_all_back_that_a_table_did_not_take(
    table: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = load("inbox")
    tried: list[str] = []

    def add(note: Note) -> None:
        tried.append(note.text)
        if note.text == "second":
            raise StoreError("away")

    monkeypatch.setattr(inbox.STORE, "add", add)
    batch = [message("1", "first"), message("2", "second"), message("3", "third")]
    assert failures(inbox.handler({"Records": batch}, None)) == ["2", "3"]
    assert tried == ["first", "second"]


# Changes are counted


def test_a_change_is_counted_once(activity_table: Any) -> None:
    store = open_activity()
    change = Change(id="1", notebook="shared", kind="written", at=END)
    assert [store.count(change), store.count(change)] == [True, False]
    later = Change(id="2", notebook="shared", kind="written", at=END + timedelta(hours=16))
    tomorrow = Change(id="3", notebook="shared", kind="deleted", at=END + timedelta(hours=17))
    elsewhere = Change(id="4", notebook="other", kind="deleted", at=END)
    assert all(map(store.count, (later, tomorrow, elsewhere)))
    assert store.of("shared", "2026-11-24") == {"written": 2}
    assert store.of("shared", "2026-11-25") == {"deleted": 1}
    assert store.of("other", "2026-11-24") == {"deleted": 1}
    assert store.of("other", "2026-11-25") == {}


def test_marks_of_what_was_counted_expire_and_counts_do_not(activity_table: Any) -> None:
    open_activity().count(Change(id="1", notebook="shared", kind="written", at=END))
    expiry = {item["entry"]: item.get("expires") for item in activity_table.scan()["Items"]}
    after_two_days = int((END + timedelta(days=2)).timestamp())
    assert expiry == {"event#1": after_two_days, "day#2026-11-24": None}


def test_a_count_that_met_another_is_no_count_that_was_made() -> None:
    """Two at once on one count: DynamoDB refuses one, which must come again."""
    client = boto3.client("dynamodb", "eu-central-1")
    reasons = [{"Code": "None"}, {"Code": "TransactionConflict"}]
    with Stubber(client) as stub:
        stub.add_client_error(
            "transact_write_items",
            "TransactionCanceledException",
            modeled_fields={"CancellationReasons": reasons},
        )
        with pytest.raises(StoreError):
            ActivityStore(client, "activity").count(
                Change(id="1", notebook="shared", kind="written", at=END)
            )


def record(number: int, name: str = "INSERT", at: datetime = END) -> dict[str, Any]:
    """One change as a table's stream hands it over."""
    return {
        "eventID": f"event{number}",
        "eventName": name,
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "eu-central-1",
        "dynamodb": {
            "ApproximateCreationDateTime": int(at.timestamp()),
            "Keys": {"notebook": {"S": "shared"}, "id": {"S": new_id(number, 0)}},
            "SequenceNumber": f"{number}00",
            "SizeBytes": 26,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
        "eventSourceARN": "arn:aws:dynamodb:eu-central-1:123456789012:table/notes/stream/1",
    }


def test_activity_counts_what_is_written_and_deleted_and_nothing_twice(
    activity_table: Any,
) -> None:
    activity = load("activity")
    batch = [record(1), record(2), record(3, "REMOVE"), record(4, "MODIFY")]
    for _ in range(2):
        assert failures(activity.handler({"Records": batch}, None)) == []
    assert open_activity().of("shared", "2026-11-24") == {"written": 2, "deleted": 1}


def test_activity_stops_at_the_first_change_that_fails(activity_table: Any) -> None:
    activity = load("activity")
    broken = record(2)
    del broken["dynamodb"]["Keys"]
    assert failures(activity.handler({"Records": [record(1), broken, record(3)]}, None)) == ["200"]
    assert open_activity().of("shared", "2026-11-24") == {"written": 1}
    activity_table.delete()
    assert failures(activity.handler({"Records": [record(4), record(5)]}, None)) == ["400"]


# The digest


@pytest.fixture
def letters(account: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """What is published to the topic of the digest."""
    region = account.meta.client.meta.region_name
    topic = boto3.resource("sns", region).create_topic(Name="digest-under-test")
    queue = boto3.resource("sqs", region).create_queue(QueueName="digest-under-test")
    topic.subscribe(Protocol="sqs", Endpoint=queue.attributes["QueueArn"])
    monkeypatch.setenv("DIGEST_TOPIC_ARN", topic.arn)

    def read() -> list[tuple[str, str]]:
        found = [json.loads(each.body) for each in queue.receive_messages(MaxNumberOfMessages=10)]
        return [(letter["Subject"], letter["Message"]) for letter in found]

    yield read
    queue.delete()
    topic.delete()


def test_a_day_is_the_24_hours_before_its_end(table: Any) -> None:
    day, moment = timedelta(days=1), timedelta(milliseconds=1)
    for at in (END - day - moment, END - day, END - moment, END):
        open_store().add(note_at(at))
    assert [note.created for note in read_day(open_store(), END)] == [END - day, END - moment]
    assert read_day(open_store(), END - 2 * day) == []


def test_a_day_of_many_notes_is_read_whole(table: Any) -> None:
    with table.batch_writer() as batch:
        for number in range(250):
            note = note_at(END - timedelta(minutes=number + 1))
            batch.put_item(Item={"notebook": "shared", "id": note.id, "text": str(number)})
    found = [note.text for note in read_day(open_store(), END)]
    assert found == [str(number) for number in range(249, -1, -1)]


def test_a_digest_tells_how_each_note_begins() -> None:
    texts = ["one line", "two\nlines", "x" * 100]
    digest = compose([note_at(END - timedelta(minutes=3), text) for text in texts], END)
    assert digest.subject == "3 notes in the day before 2026-11-24 07:00 UTC"
    assert digest.text == (
        "3 notes in the day before 2026-11-24 07:00 UTC:\n\n"
        f"06:57  one line\n06:57  two ...\n06:57  {'x' * 80}...\n"
    )
    assert compose([note_at(END)], END).subject.startswith("1 note in")


def test_a_digest_of_many_notes_stays_short() -> None:
    notes = [note_at(END, str(number)) for number in range(1234)]
    lines = compose(notes, END).text.splitlines()
    assert lines[0].startswith("1,234 notes")
    assert lines[2] == "1,184 more before these."
    assert [line.split()[1] for line in lines[3:]] == [str(n) for n in range(1184, 1234)]
    long = compose([note_at(END, "🌱" * MAX_CHARACTERS)] * 50, END)
    assert len(long.text.encode()) < 256 * 1024


def test_the_digest_is_of_the_time_for_which_it_was_called(table: Any, letters: Any) -> None:
    digest = load("digest")
    open_store().add(note_at(END - timedelta(hours=2), "in time"))
    open_store().add(note_at(END + timedelta(hours=2), "too late"))
    assert digest.handler({"time": "2026-11-24T07:00:00Z"}, None) == {"notes": 1}
    [(subject, text)] = letters()
    assert subject == "1 note in the day before 2026-11-24 07:00 UTC"
    assert text.endswith("05:00  in time\n")


def test_a_digest_that_nobody_timed_ends_now(table: Any, letters: Any) -> None:
    digest = load("digest")
    open_store().add(note_at(datetime.now(UTC) - timedelta(hours=1)))
    assert digest.handler({}, None) == {"notes": 1}
    assert len(letters()) == 1


def test_a_day_without_notes_is_not_spoken_of(table: Any, letters: Any) -> None:
    assert load("digest").handler({"time": "2026-11-24T07:00:00Z"}, None) == {"notes": 0}
    assert letters() == []


# What all have in common


@pytest.mark.parametrize(
    ("name", "variable"),
    [
        ("inbox", "TABLE_NAME"),
        ("activity", "ACTIVITY_TABLE_NAME"),
        ("digest", "DIGEST_TOPIC_ARN"),
    ],
)
def test_a_worker_does_not_start_without_its_environment(
    table: Any, letters: Any, monkeypatch: pytest.MonkeyPatch, name: str, variable: str
) -> None:
    load(name)
    monkeypatch.delenv(variable)
    open_store.cache_clear()
    open_activity.cache_clear()
    with pytest.raises(KeyError, match=variable):
        load(name)


def test_lines_of_the_log_are_json_with_the_call_that_they_belong_to() -> None:
    lines = JsonLines()

    def line(request: str | None, **more: Any) -> Any:
        record = logging.makeLogRecord({"levelname": "INFO", "msg": "read", **more})
        if request:
            record.aws_request_id = request
        return json.loads(lines.format(record))

    assert line(None) == {
        "level": "INFO",
        "message": "read",
        "request_id": None,
        "cold_start": False,
    }
    assert [line(request)["cold_start"] for request in ("a", "a", "b")] == [True, True, False]
    assert line("b", fields={"end": END, "notes": 1})["end"] == str(END)
    problem = InvalidNoteError("why")
    told = line("b", exc_info=(type(problem), problem, None))["exception"]
    assert "InvalidNoteError: why" in told
