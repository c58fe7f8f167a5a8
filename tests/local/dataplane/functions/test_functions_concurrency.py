"""How many calls a function takes at once, and what becomes of those that wait."""

import json
import os
import threading

import pytest
from botocore.exceptions import ClientError
from dataplane_kit import ask, until
from functions_kit import ALIAS, Api, once

from platform_lib.local.dataplane import DataPlane
from platform_lib.local.dataplane.functions import functions


def test_one_event_a_worker_at_a_time_and_more_workers_on_demand(account, plane, tmp_path):
    flag = tmp_path / "flag"
    many = Api(account, plane, tmp_path, environment={"FLAG": str(flag)}, Timeout=30)
    pids = []
    threads = [
        threading.Thread(target=lambda: pids.append(ask(many.url, "/wait").json["pid"]))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    until(lambda: len(list(tmp_path.glob("flag*"))) == 3)
    flag.touch()
    for thread in threads:
        thread.join()
    assert len(set(pids)) == 3
    assert len(many.workers()) == 3
    assert ask(many.url).json["pid"] in pids


class Held:
    """Calls of a function that are at work until they are let go."""

    def __init__(self, api, folder, count=1):
        self._flag = folder / "flag"
        self._answers, self.errors = [], []
        self._threads = [threading.Thread(target=self._call, args=(api,)) for _ in range(count)]
        for thread in self._threads:
            thread.start()
        until(lambda: list(folder.glob("flag?*")))

    def _call(self, api):
        event = json.dumps({"rawPath": "/wait"}).encode()
        try:
            answer = api.client.invoke(FunctionName=api.alias, Payload=event)["Payload"].read()
        except ClientError as error:
            self.errors.append(str(error))
        else:
            self._answers.append(json.loads(json.loads(answer)["body"]))

    def let_go(self):
        self._flag.touch()
        for thread in self._threads:
            thread.join()
        return self._answers


def held_api(account, plane, tmp_path):
    flag = {"FLAG": str(tmp_path / "flag")}
    return Api(account, plane, tmp_path, environment=flag, Timeout=60)


def test_calls_beyond_the_workers_wait(account, plane, tmp_path, monkeypatch):
    monkeypatch.setattr(functions, "_WORKERS", 1)
    one = held_api(account, plane, tmp_path)
    held = Held(one, tmp_path, 2)
    assert len(one.workers()) == 1
    assert len({each["pid"] for each in held.let_go()}) == 1


def test_calls_beyond_the_reserved_concurrency_are_refused(account, plane, tmp_path):
    one = held_api(account, plane, tmp_path)
    client = once(account)
    client.put_function_concurrency(FunctionName=one.name, ReservedConcurrentExecutions=1)
    held = Held(one, tmp_path)
    # Versions share what is reserved.
    for name in (one.alias, one.name):
        with pytest.raises(
            client.exceptions.TooManyRequestsException, match="Rate Exceeded"
        ) as told:
            client.invoke(FunctionName=name)
        assert told.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429
    assert (ask(one.url).status, ask(one.url).body) == (503, b'{"message":"Service Unavailable"}')
    # An asynchronous call is taken, and tried until there is room.
    client.invoke(FunctionName=one.name, InvocationType="Event", Payload=b'{"rawPath": "/later"}')
    plane.advance(5)
    assert "handling /later" not in plane.logs(one.name, 50)
    assert len(held.let_go()) == 1
    plane.advance(10)
    until(lambda: "handling /later" in plane.logs(one.name, 50))
    assert client.invoke(FunctionName=one.name)["StatusCode"] == 200


def test_a_function_without_concurrency_takes_no_calls(account, plane, tmp_path):
    app = Api(account, plane, tmp_path)
    assert ask(app.url).status == 200
    app.client.put_function_concurrency(FunctionName=app.name, ReservedConcurrentExecutions=0)
    assert (ask(app.url).status, ask(app.url).body) == (503, b'{"message":"Service Unavailable"}')
    with pytest.raises(app.client.exceptions.TooManyRequestsException):
        app.client.invoke(FunctionName=app.alias)
    app.client.delete_function_concurrency(FunctionName=app.name)
    assert ask(app.url).status == 200


def test_a_call_of_an_old_version_ends_with_the_data_plane(account, tmp_path, cache, monkeypatch):
    monkeypatch.setenv("PLATFORM_LIB_CACHE", str(cache))
    own = DataPlane(account, tmp_path / "state", lambda line: None, docker=False)
    own.start()
    try:
        old = held_api(account, own, tmp_path)
        held = Held(old, tmp_path)
        [worker] = old.workers()
        version = old.publish({"VERSION": "two"})
        old.client.update_alias(FunctionName=old.name, Name="live", FunctionVersion=version)
        own.changed(ALIAS, old.alias, "update")
        assert [each.id for each in old.workers()] == [worker.id]
    finally:
        own.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(int(worker.id), 0)
    assert held.let_go() == []
    [error] = held.errors
    assert "ServiceException" in error and "the local cloud was stopped" in error


def test_calls_that_wait_end_with_the_data_plane(account, tmp_path, cache, monkeypatch):
    monkeypatch.setenv("PLATFORM_LIB_CACHE", str(cache))
    monkeypatch.setattr(functions, "_WORKERS", 1)
    own = DataPlane(account, tmp_path / "state", lambda line: None, docker=False)
    own.start()
    try:
        api = held_api(account, own, tmp_path)
        held = Held(api, tmp_path, 3)
    finally:
        own.stop()
    assert held.let_go() == []
    assert len(held.errors) == 3
    assert len(list(tmp_path.glob("flag?*"))) == 1, "no other worker was started"
