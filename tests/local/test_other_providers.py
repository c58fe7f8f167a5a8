"""Providers besides aws and docker: their plugins are found, fetched, or named."""

import os
import shlex
import sys
from pathlib import Path

import pytest
from echo_cloud import write_program

from platform_lib.local import LocalCloudError, plugins
from platform_lib.local.engine import Engine
from platform_lib.local.screen import Screen

PLUGIN = Path(__file__).with_name("other_plugin.py")
PROGRAM = """
class Id(pulumi.CustomResource):
    def __init__(self, name):
        super().__init__("random:index/randomId:RandomId", name, {"byteLength": 4})

id = Id("one")
queue = aws.sqs.Queue("q", tags={"id": id.id})
pulumi.export("id", id.id)
"""
MISSING = (
    "no resource plugin 'pulumi-resource-random' found in the workspace at version v4.16.0 or on "
    "your $PATH, install the plugin using `pulumi plugin install resource random v4.16.0`"
)


def put_plugin(folder):
    folder.mkdir(parents=True)
    script = folder / "pulumi-resource-random"
    script.write_text(
        f"#!/bin/sh\nexec {shlex.quote(sys.executable)} {shlex.quote(str(PLUGIN))}\n"
    )
    script.chmod(0o755)
    return folder


@pytest.mark.engine
def test_a_plugin_is_found_or_the_error_says_what_to_install(local_cloud, tmp_path, monkeypatch):
    program = write_program(tmp_path / "other", "other", PROGRAM)
    monkeypatch.setattr(plugins, "has_internet", lambda: False)
    with pytest.raises(
        LocalCloudError, match=r"(?s)neither on PATH nor .*plugin install resource random"
    ):
        local_cloud.up(program)

    folder = put_plugin(tmp_path / "bin")
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    assert local_cloud.up(program).outputs["id"] == "chosen"
    assert local_cloud.preview(program) == []
    local_cloud.destroy(program)


def test_the_users_plugins_are_the_engines(tmp_path, monkeypatch):
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "pulumi"))
    monkeypatch.setenv("PLATFORM_LIB_CACHE", str(tmp_path / "cache"))
    plugins.link_plugins(tmp_path / "first")
    assert (tmp_path / "first" / "plugins").resolve() == tmp_path / "cache" / "plugins"

    put_plugin(tmp_path / "pulumi" / "plugins" / "resource-random-v4.16.0")
    plugins.link_plugins(tmp_path / "second")
    plugins.link_plugins(tmp_path / "second")
    found = tmp_path / "second" / "plugins" / "resource-random-v4.16.0"
    assert (found / "pulumi-resource-random").is_file()


def fake_engine(folder, script):
    command = folder / "pulumi"
    command.write_text(f"#!/bin/sh\n{script}\n")
    command.chmod(0o755)
    return Engine(command=command, version="3.259.0")


def test_a_missing_plugin_is_fetched_as_the_engine_says(tmp_path, monkeypatch):
    monkeypatch.setattr(plugins, "has_internet", lambda: True)
    engine = fake_engine(tmp_path, f'echo "$PULUMI_HOME $@" > {tmp_path}/asked')
    assert plugins.fetch_missing(MISSING, engine, tmp_path / "home", Screen())
    asked = (tmp_path / "asked").read_text().split()
    assert asked == [
        str(tmp_path / "home"),
        *["plugin", "install", "resource", "random", "v4.16.0"],
    ]


def test_what_failed_for_something_else_is_not_fetched(tmp_path):
    engine = fake_engine(tmp_path, "exit 9")
    assert not plugins.fetch_missing("BucketAlreadyExists", engine, tmp_path, Screen())


def test_a_plugin_that_cannot_be_fetched_says_why(tmp_path, monkeypatch):
    monkeypatch.setattr(plugins, "has_internet", lambda: True)
    engine = fake_engine(tmp_path, "echo 'error: 404 of its page' >&2; exit 1")
    with pytest.raises(LocalCloudError, match=r"'random'.*failed: error: 404 of its page"):
        plugins.fetch_missing(MISSING, engine, tmp_path, Screen())
