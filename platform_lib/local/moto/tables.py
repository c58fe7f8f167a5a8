"""What we change in moto's DynamoDB, so that writes are as atomic as on AWS."""

import copy
import threading
from collections import defaultdict
from typing import Any


def patch_tables() -> None:
    """Apply every patch."""
    take_turns()
    keep_items_as_they_were()


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
