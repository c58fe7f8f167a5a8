"""Reads the streams of tables and of Kinesis from moto, shard by shard, in the form Lambda gives.

A poller keeps its own position in each shard: several of them read the same stream. moto runs
functions inside of a put, counts without a lock, moves records when shards split and merge, tells
of an item that an update makes twice, and of what a transaction takes back; that is replaced.
"""

import base64
import hashlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from platform_lib.local.clock import Clock
from platform_lib.local.dataplane.lineage import Lineage, current
from platform_lib.local.dataplane.pollers.news import Listener, News
from platform_lib.local.desired import Desired
from platform_lib.local.moto.replacing import replaced

_TABLE_RETENTION: Final = 24 * 3600.0
"""Seconds that a table's stream keeps a record."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """One record of a shard.

    Attributes:
        number: Its place in the shard.
        sequence: Its sequence number, as events have it.
        key: What keeps an order among records: records of the same key are of the same lane.
        arrived: Seconds since 1970.
        event: It, as an event has it.
        filtered: It, as filters see it.
        lineage: The chain of events that it came of.
    """

    number: int
    sequence: str
    key: str
    arrived: float
    event: Mapping[str, Any]
    filtered: Mapping[str, Any]
    lineage: Lineage


@dataclass(frozen=True, kw_only=True)
class Shard:
    """A shard as it is now.

    Attributes:
        id: Its id.
        parents: Ids of the shards that it came from: these are read to their end before it.
        open: Whether more can come.
        end: Number of its last record; one less than the first one's where there is none.
        after: Gives the records that come after a number.
    """

    id: str
    parents: Sequence[str]
    open: bool
    end: int
    after: Callable[[int], Iterator[Record]]


class Streams:
    """Every stream of the account.

    Args:
        desired: Reads the account.
        clock: Tells when records arrive.
    """

    def __init__(self, desired: Desired, clock: Clock) -> None:
        self._desired = desired
        self._clock = clock
        self._lock = threading.Lock()
        self._news = News()
        self._held = threading.local()

    def install(self, listener: Listener) -> Callable[[], None]:
        """Let moto only say that something came; return what puts its own way back.

        Args:
            listener: Hears of each stream that has a new record.
        """
        from moto.dynamodb.models import DynamoDBBackend
        from moto.dynamodb.models.table import StreamRecord, StreamShard
        from moto.kinesis.models import KinesisBackend, Stream

        ours = self
        self._news.listener = listener
        backend: Any = KinesisBackend
        put_together = backend.put_records
        tables: Any = DynamoDBBackend
        update, transact = tables.update_item, tables.transact_write_items

        def add(self: Any, old: Any, new: Any) -> None:
            if old is not None and new is not None and _plain(old) == _plain(new):
                # A write that changes nothing makes no record on AWS.
                return
            name = "INSERT" if old is None else "REMOVE" if new is None else "MODIFY"
            table = self.table
            number = self.starting_sequence_number + len(self.items)
            view = table.stream_specification["StreamViewType"]
            made: Any = StreamRecord(table, view, name, old, new, number)
            made.record["awsRegion"] = table.region_name
            made.record["dynamodb"]["ApproximateCreationDateTime"] = ours._now()
            made.lineage = current()
            ours._append([(self, made)])

        def update_item(self: Any, *rest: Any, **more: Any) -> Any:
            with ours._holding() as made:
                item = update(self, *rest, **more)
            # Of an item that is new: the first has its key alone, the last all of it.
            ours._append(made[-1:])
            return item

        def transact_write_items(self: Any, transact_items: Any) -> None:
            with ours._holding() as made:
                transact(self, transact_items)
            ours._append(made)

        def put_record(
            self: Any, partition_key: str, explicit_hash_key: str, data: str
        ) -> tuple[str, str]:
            with ours._lock:
                shard = self.get_shard_for_key(partition_key, explicit_hash_key)
                number = _last(shard.records) + 1
                shard.records[number] = _kinesis_made(
                    partition_key, data, number, explicit_hash_key, ours._clock.now()
                )
            ours._news.tell(self.arn)
            return str(number), shard.shard_id

        def put_records(self: Any, *rest: Any, **more: Any) -> Any:
            with ours._news.together():
                return put_together(self, *rest, **more)

        return replaced(
            (StreamShard, "add", add),
            (tables, "update_item", update_item),
            (tables, "transact_write_items", transact_write_items),
            (Stream, "put_record", put_record),
            (Stream, "get_shard_for_key", _open_shard),
            (Stream, "split_shard", self._keeping_records(Stream.split_shard)),
            (Stream, "merge_shards", self._keeping_records(Stream.merge_shards)),
            (backend, "put_records", put_records),
        )

    @contextmanager
    def _holding(self) -> Iterator[list[tuple[Any, Any]]]:
        """Give what tables tell meanwhile, in this thread, instead of adding it."""
        outer = getattr(self._held, "records", None)
        held: list[tuple[Any, Any]] = []
        self._held.records = held
        try:
            yield held
        finally:
            self._held.records = outer

    def _append(self, made: Sequence[tuple[Any, Any]]) -> None:
        """Add records to the streams of tables, now or when those that hold them are done."""
        held: list[tuple[Any, Any]] | None = getattr(self._held, "records", None)
        if held is not None:
            held += made
            return
        with self._lock:
            for shard, record in made:
                number = shard.starting_sequence_number + len(shard.items)
                record.record["dynamodb"]["SequenceNumber"] = str(number)
                shard.items.append(record)
        # A transaction's are told when all of them are there.
        for table in {id(shard): shard.table for shard, _ in made}.values():
            self._news.tell(f"{table.table_arn}/stream/{table.latest_stream_label}")

    def _keeping_records(self, change: Any) -> Any:
        """Leave a closed shard its records: moto puts them again into what follows it."""
        ours = self

        def keeping(self: Any, first: str, second: str) -> None:
            closing = [self.shards[each] for each in (first, second) if each in self.shards]
            kept = [each.records for each in closing]
            for each in closing:
                each.records = type(each.records)()
            try:
                change(self, first, second)
            finally:
                for each, records in zip(closing, kept, strict=True):
                    each.records = records
            ours._news.tell(self.arn)

        return keeping

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock.now(), UTC).replace(tzinfo=None)

    def retention(self, arn: str) -> float:
        """Return the seconds that a stream keeps a record."""
        stream = None if ":dynamodb:" in arn else self._desired.kinesis_stream(arn)
        return _TABLE_RETENTION if stream is None else float(stream.retention_period_hours) * 3600

    def shards(self, arn: str) -> list[Shard]:
        """Return the shards of a stream, parents first; none where it is gone."""
        if ":dynamodb:" in arn:
            table = self._desired.table_of_stream(arn)
            return [] if table is None else [self._table_shard(table, arn)]
        stream = self._desired.kinesis_stream(arn)
        shards = [] if stream is None else list(stream.shards.values())
        return [self._kinesis_shard(stream, shard) for shard in shards]

    def ends(self, arn: str) -> dict[str, int]:
        """Return the number of the last record of each shard."""
        if ":sqs:" in arn:
            return {}
        return {shard.id: shard.end for shard in self.shards(arn)}

    def _table_shard(self, table: Any, arn: str) -> Shard:
        shard = table.stream_shard

        def after(number: int) -> Iterator[Record]:
            for at in range(number, len(shard.items)):
                yield _table_record(shard.items[at], at + 1, arn)

        return Shard(id=shard.id, parents=(), open=True, end=len(shard.items), after=after)

    def _kinesis_shard(self, stream: Any, shard: Any) -> Shard:
        with self._lock:
            end = _last(shard.records)

        def after(number: int) -> Iterator[Record]:
            for at in range(number + 1, end + 1):
                yield _kinesis_record(shard.records[at], stream, shard.shard_id)

        return Shard(
            id=shard.shard_id,
            parents=[each for each in (shard.parent, shard.adjacent_parent) if each],
            open=shard.is_open,
            end=end,
            after=after,
        )


def _last(records: Mapping[int, Any]) -> int:
    return next(reversed(records), 0)


def _kinesis_made(key: str, data: str, number: int, hash_key: str, arrived: float) -> Any:
    from moto.kinesis.models import Record as MotoRecord

    made: Any = MotoRecord(key, data, number, hash_key)
    made.created_at, made.lineage = arrived, current()
    made.created_at_datetime = datetime.fromtimestamp(arrived, UTC).replace(tzinfo=None)
    return made


def _open_shard(self: Any, partition_key: Any, explicit_hash_key: Any) -> Any:
    """Find the shard that a key is of: moto also finds closed ones, and none for the last hash."""
    from moto.kinesis.exceptions import InvalidArgumentError

    if not isinstance(partition_key, str) or len(partition_key) > 256:
        raise InvalidArgumentError("partition_key")
    if explicit_hash_key:
        if not isinstance(explicit_hash_key, str) or int(explicit_hash_key) >= 2**128:
            raise InvalidArgumentError("explicit_hash_key")
        number = int(explicit_hash_key)
    else:
        digest = hashlib.md5(partition_key.encode(), usedforsecurity=False).digest()
        number = int.from_bytes(digest)
    for shard in self.shards.values():
        if shard.is_open and shard.starting_hash <= number <= shard.ending_hash:
            return shard
    raise InvalidArgumentError("partition_key")


def _plain(item: Any) -> Any:
    """Word an item so that two are the same where DynamoDB finds nothing to change.

    A number is its value, and a set has no order.
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
    """
    return {name: _plain_value(value) for name, value in item.to_json()["Attributes"].items()}


def _plain_value(value: Mapping[str, Any]) -> Any:
    [(kind, content)] = value.items()
    match kind:
        case "N":
            return kind, Decimal(content)
        case "NS":
            return kind, {Decimal(each) for each in content}
        case "SS" | "BS":
            return kind, set(content)
        case "L":
            return kind, [_plain_value(each) for each in content]
        case "M":
            return kind, {name: _plain_value(each) for name, each in content.items()}
    return kind, content


def _table_record(item: Any, number: int, arn: str) -> Record:
    """Word a change of a table as Lambda does.

    https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
    """
    record: Mapping[str, Any] = item.record
    made: datetime = record["dynamodb"]["ApproximateCreationDateTime"]
    arrived = made.replace(tzinfo=UTC).timestamp()
    # AWS rounds to the second.
    change = {**record["dynamodb"], "ApproximateCreationDateTime": int(arrived)}
    event = json.loads(json.dumps({**record, "dynamodb": change}, default=_binary))
    event["eventVersion"] = "1.1"
    event["eventSourceARN"] = arn
    return Record(
        number=number,
        sequence=change["SequenceNumber"],
        key=json.dumps(event["dynamodb"]["Keys"], sort_keys=True),
        arrived=arrived,
        event=event,
        filtered=event,
        lineage=item.lineage,
    )


def _binary(value: Any) -> str:
    return base64.b64encode(bytes(value)).decode()


def _kinesis_record(record: Any, stream: Any, shard_id: str) -> Record:
    """Word a record of Kinesis as Lambda does.

    https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
    """
    sequence = str(record.sequence_number)
    data = {
        "kinesisSchemaVersion": "1.0",
        "partitionKey": record.partition_key,
        "sequenceNumber": sequence,
        "data": record.data,
        "approximateArrivalTimestamp": round(record.created_at, 3),
    }
    event = {
        "kinesis": data,
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"{shard_id}:{sequence}",
        "eventName": "aws:kinesis:record",
        "awsRegion": stream.region,
        "eventSourceARN": stream.arn,
    }
    return Record(
        number=record.sequence_number,
        sequence=sequence,
        key=record.partition_key,
        arrived=record.created_at,
        event=event,
        filtered={**event, **data, "data": _decoded(record.data)},
        lineage=record.lineage,
    )


def _decoded(data: str) -> Any:
    """Decode data as filters see it: JSON where it is, else text."""
    try:
        text = base64.b64decode(data).decode()
    except ValueError:
        return data
    try:
        return json.loads(text)
    except ValueError:
        return text
