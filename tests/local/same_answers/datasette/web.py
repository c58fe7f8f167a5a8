"""A Datasette that serves a database of its own."""

import sqlite3
import tempfile
from pathlib import Path

from datasette.app import Datasette

database = Path(tempfile.mkdtemp(), "notes.db")
with sqlite3.connect(database) as connection:
    connection.execute("create table notes (id integer primary key, text text, image blob)")
    connection.executemany(
        "insert into notes (text, image) values (?, ?)",
        [("first", b"\x89PNG\xff"), ("zweite, größer", None), ("a/b?c", None)],
    )

app = Datasette([str(database)], settings={"default_page_size": 2}, cors=True).app()
