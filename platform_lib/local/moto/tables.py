"""What we change in moto's DynamoDB, so that writes are as atomic and as true as on AWS."""

import copy
import threading
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from platform_lib.local.moto import partiql
from platform_lib.local.moto.replacing import refusal


def patch_tables() -> None:
    """Apply every patch."""
    take_turns()
    keep_items_as_they_were()
    write_by_statements()
    change_encryption()


def change_encryption() -> None:
    """Let a table be encrypted in another way; moto hears of it when the table is made only."""
    from moto.dynamodb.responses import DynamoHandler

    handler: Any = DynamoHandler
    update_table = handler.update_table

    def update(self: Any) -> Any:
        wanted = self.body.get("SSESpecification")
        if wanted:
            table = self.dynamodb_backend.get_table(self.body["TableName"])
            key = table._get_default_encryption_key(table.account_id, table.region_name)
            table.sse_specification = {"KMSMasterKeyId": key, **wanted}
        return update_table(self)

    handler.update_table = update


def take_turns() -> None:
    """Let DynamoDB answer one request after the other.

    moto reads, judges and writes without a lock: of two requests at the same time one's counting
    is lost, both may find that an item is not there, and a transaction that fails takes back
    what others wrote meanwhile.
    """
    from moto.dynamodb.responses import DynamoHandler

    handler: Any = DynamoHandler
    call_action = handler.call_action
    turn = threading.RLock()

    def in_turn(self: Any) -> Any:
        with turn:
            return call_action(self)

    handler.call_action = in_turn


def keep_items_as_they_were() -> None:
    """Let an update make a new item, so that a copy of a table can share its items.

    moto copies a table whole, with all that its stream ever had, for each transaction, and puts
    the copy in the table's place when the transaction fails. Here the copy has the same stream.
    """
    from moto.dynamodb.models import DynamoDBBackend
    from moto.dynamodb.models.table import Table

    backend: Any = DynamoDBBackend
    table_class: Any = Table
    update = backend.update_item

    def update_item(
        self: Any, table_name: str, key: dict[str, Any], *rest: Any, **more: Any
    ) -> Any:
        table = self.get_table(table_name)
        item = self.get_item(table_name, key)
        if item is not None:
            fresh = copy.deepcopy(item)
            if table.has_range_key:
                table.items[item.hash_key][item.range_key] = fresh
            else:
                table.items[item.hash_key] = fresh
        return update(self, table_name, key, *rest, **more)

    def copied(self: Any, memo: dict[int, Any]) -> Any:
        twin = copy.copy(self)
        twin.items = defaultdict(dict)
        for key, found in self.items.items():
            twin.items[key] = dict(found) if self.has_range_key else found
        return twin

    backend.update_item = update_item
    table_class.__deepcopy__ = copied


def write_by_statements() -> None:
    """Let PartiQL write as the operations do: by keys, on conditions, with their errors.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.html
    """
    from moto.core.exceptions import JsonRESTError
    from moto.dynamodb.models import DynamoDBBackend

    backend: Any = DynamoDBBackend
    execute, execute_batch = backend.execute_statement, backend.batch_execute_statement

    def execute_statement(self: Any, statement: str, parameters: list[Any]) -> Any:
        if partiql.writes(statement):
            return _write(self, statement, parameters)
        return execute(self, partiql.spaced(statement), parameters)

    def batch_execute_statement(self: Any, statements: list[dict[str, Any]]) -> list[Any]:
        return [_in_batch(self, each) for each in statements]

    def _in_batch(self: Any, asked: Mapping[str, Any]) -> dict[str, Any]:
        if not partiql.writes(asked["Statement"]):
            fine = {**asked, "Statement": partiql.spaced(asked["Statement"])}
            [answer] = execute_batch(self, [fine])
            return dict(answer)
        try:
            found = _write(self, asked["Statement"], asked.get("Parameters") or [])
        except JsonRESTError as problem:
            code = str(problem.error_type).rpartition("#")[2].removesuffix("Exception")
            return {"Error": {"Code": code, "Message": str(problem.message)}}
        return {"Item": found[0]} if found else {}

    backend.execute_statement = execute_statement
    backend.batch_execute_statement = batch_execute_statement


def _write(backend: Any, text: str, parameters: Sequence[Any]) -> list[Any]:
    """Do what a statement says; return what it asks for of the item."""
    try:
        asked = partiql.parse(text, parameters)
    except partiql.StatementError as problem:
        raise refusal("ValidationException", f"Statement wasn't well formed: {problem}") from None
    table = backend.get_table(asked.table)
    keys = table.table_key_attrs
    if asked.kind == "INSERT":
        if backend.get_item(asked.table, {key: asked.item[key] for key in keys}) is not None:
            told = "Duplicate primary key exists in table"
            raise refusal("DuplicateItemException", told)
        backend.put_item(asked.table, dict(asked.item))
        return []
    equal = {each.name: each.value for each in asked.where if each.name and each.value}
    if any(key not in equal for key in keys):
        told = "Where clause does not contain a mandatory equality on all key attributes"
        raise refusal("ValidationException", told)
    key = {name: equal[name] for name in keys}
    before = backend.get_item(asked.table, key)
    conditions = [each.text for each in asked.where if each.name not in keys]
    expression = {
        "expression_attribute_names": dict(asked.names),
        "expression_attribute_values": dict(asked.values),
    }
    old = {} if before is None else copy.deepcopy(before.to_json()["Attributes"])
    new: dict[str, Any] = {}
    if asked.kind == "UPDATE":
        held = next(place for place, name in asked.names.items() if name == keys[0])
        conditions.insert(0, f"attribute_exists({held})")
        item = backend.update_item(
            asked.table,
            key,
            asked.update,
            **expression,
            condition_expression=" AND ".join(conditions),
        )
        new = item.to_json()["Attributes"]
    elif before is not None:
        backend.delete_item(
            asked.table,
            key,
            **expression,
            condition_expression=" AND ".join(conditions) or None,
        )
    which, _, when = asked.returned.partition(" ")
    shown = old if when == "OLD" else new if when == "NEW" else {}
    if which == "MODIFIED":
        shown = {name: value for name, value in shown.items() if name in asked.changed}
    return [shown] if shown else []
