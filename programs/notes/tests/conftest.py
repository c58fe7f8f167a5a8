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
        open_store.cache_clear()
        # moto is one for the whole process: what other tests keep in it is left alone.
        mock.start(reset=False)
        yield boto3.resource("dynamodb", REGION)
        mock.stop(remove_data=False)
        open_store.cache_clear()


@pytest.fixture
def table(account: Any) -> Iterator[Any]:
    """An empty table of notes."""
    yield account.create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[
            {"AttributeName": "notebook", "KeyType": "HASH"},
            {"AttributeName": "id", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "notebook", "AttributeType": "S"},
            {"AttributeName": "id", "AttributeType": "S"},
        ],
    )
    for left in account.tables.all():
        left.delete()
