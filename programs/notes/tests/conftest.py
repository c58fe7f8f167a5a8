"""Notes on a table of moto, in this process: no network, no credentials."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

# What is shipped is programs/notes/src; these tests stay at home.
sys.path.insert(0, str(Path(__file__).parent.parent / "src"))

REGION = "eu-central-1"
TABLE = "notes-under-test"
ACTIVITY_TABLE = "activity-under-test"


@pytest.fixture(scope="module")
def account() -> Iterator[Any]:
    """The account's tables, and an environment that leads to them and nowhere else."""
    from notes.store import open_store

    mock = mock_aws()
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_DEFAULT_REGION"):
            patch.delenv(name, raising=False)
        patch.setenv("AWS_REGION", REGION)
        patch.setenv("TABLE_NAME", TABLE)
        patch.setenv("ACTIVITY_TABLE_NAME", ACTIVITY_TABLE)
        open_store.cache_clear()
        # moto is one for the whole process: what other tests keep in it is left alone.
        mock.start(reset=False)
        yield boto3.resource("dynamodb", REGION)
        mock.stop(remove_data=False)
        open_store.cache_clear()


@pytest.fixture
def table(account: Any) -> Iterator[Any]:
    """An empty table of notes."""
    yield _table(account, TABLE, "id")
    for left in account.tables.all():
        left.delete()


@pytest.fixture
def activity_table(account: Any) -> Iterator[Any]:
    """An empty table of activity."""
    yield _table(account, ACTIVITY_TABLE, "entry")
    for left in account.tables.all():
        left.delete()


def _table(account: Any, name: str, second: str) -> Any:
    keys = {"notebook": "HASH", second: "RANGE"}
    return account.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": key, "KeyType": keys[key]} for key in keys],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
    )
