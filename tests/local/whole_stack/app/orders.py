"""Orders in PostgreSQL: read by HTTP, written by what comes out of a queue."""

import json
import os

import pg8000.native


def _connection():
    login = json.loads(os.environ["LOGIN"])
    host, _, port = os.environ["DATABASE"].rpartition(":")
    return pg8000.native.Connection(
        login["username"], host=host, port=int(port), database="orders", password=login["password"]
    )


def web(environ, start_response):
    start_response("200 OK", [("content-type", "application/json")])
    if environ["PATH_INFO"] == "/health":
        return [b"ok"]
    with _connection() as connection:
        connection.run("create table if not exists orders (name text)")
        rows = connection.run("select name from orders order by name")
    return [json.dumps([name for (name,) in rows]).encode()]


def work(event, context):
    with _connection() as connection:
        connection.run("create table if not exists orders (name text)")
        for record in event["Records"]:
            connection.run("insert into orders values (:name)", name=record["body"])
