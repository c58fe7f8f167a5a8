"""The generated image, really built and run, where a Docker engine with a base image answers."""

import json
import os
import platform
import subprocess

import pytest

from platform_lib.bundling.image import build_generated
from platform_lib.container_app.task import health_command
from platform_lib.defaults import PYTHON_VERSIONS
from platform_lib.shims.file_times import content_time

APP = """
import os, pwd
from pathlib import Path

def app(environ, start_response):
    start_response("200 OK", [])
    user, home = pwd.getpwuid(os.getuid()), Path.home()
    (home / ".cache").mkdir(exist_ok=True)
    made = int(Path(__file__).stat().st_mtime)
    told = f"secret {os.environ['NUMBER']}, made {made}, user {user.pw_name} {user.pw_uid}, home {home}, {user.pw_dir}"
    return [f"{told}, bytecode {os.path.exists(__cached__)}".encode()]
"""
# What a dependency's entry point becomes: it runs with the packages of the tree.
TOOL = """#!/usr/bin/env python3
import sys
from main import app
sys.exit("started: " + app.__name__)
"""
ASK = "import urllib.request as r; print(r.urlopen('http://127.0.0.1:9000/').read().decode())"


def docker(*words, check=True):
    ran = subprocess.run(["docker", *words], capture_output=True, text=True, check=False)
    assert not check or ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


@pytest.fixture
def python_version():
    """Find a Python whose base image the engine has: none can be pulled everywhere."""
    try:
        docker("info", "--format", "{{.ServerVersion}}")
    except (FileNotFoundError, AssertionError):
        pytest.skip("no Docker engine answers")
    names = docker("images", "--format", "{{.Repository}}:{{.Tag}}").splitlines()
    for version in PYTHON_VERSIONS:
        if f"python:{version}-slim" in names:
            return version
    return pytest.skip("the Docker engine has no python:*-slim image")


@pytest.mark.docker
def test_generated_image_serves_as_its_own_user(tmp_path, monkeypatch, python_version):
    monkeypatch.setenv("PLATFORM_LIB_CACHE", str(tmp_path / "cache"))
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "main.py").write_text(APP)
    (tmp_path / "source" / "requirements.txt").write_text("")
    (tmp_path / "source" / "bin").mkdir()
    (tmp_path / "source" / "bin" / "tool").write_text(TOOL)
    (tmp_path / "source" / "bin" / "tool").chmod(0o755)
    # The tree's folders and files are their maker's alone then; the image's are not.
    before = os.umask(0o077)
    made = build_generated(
        tmp_path / "source",
        app="main:app",
        interface="wsgi",
        python_version=python_version,
        architecture={"aarch64": "arm64", "arm64": "arm64"}.get(platform.machine(), "x86_64"),
        port=9000,
    )
    os.umask(before)
    image = docker("build", "--network", "none", "--quiet", str(made.context)).split()[-1]
    # As the task definition runs it; /tmp is the image's own volume.
    proxy = "--env=HTTP_PROXY=http://192.0.2.1:3128"
    secret = ("--env=PLATFORM_SECRET_NUMBER", "--env=PLATFORM_SECRET_KEYS")
    monkeypatch.setenv("PLATFORM_SECRET_NUMBER", '{"key": 123456789012}')
    monkeypatch.setenv("PLATFORM_SECRET_KEYS", '{"NUMBER": "key"}')
    options = ("--detach", "--read-only", "--network", "none", proxy, *secret)
    container = docker("run", *options, image)
    try:
        said = ""
        while not said and json.loads(docker("inspect", container))[0]["State"]["Running"]:
            said = docker("exec", "--env=HTTP_PROXY=", container, "python", "-c", ASK, check=False)
        made = content_time((tmp_path / "source" / "main.py").read_bytes())
        wanted = (
            f"secret 123456789012, made {made}, user app 10001, home /tmp, /tmp, bytecode True"
        )
        assert said == wanted, docker("logs", container)
        for path in ("/health", "/it's", "/a\\b", '/"q"?a=$HOME'):
            docker("exec", container, *health_command(9000, path))
        told = subprocess.run(
            ["docker", "exec", container, "tool"], capture_output=True, check=False
        )
        assert told.stderr == b"started: app\n"
        other = docker("run", "--rm", "--read-only", *secret, image, "sh", "-c", "echo $NUMBER")
        assert other == "123456789012"
    finally:
        docker("rm", "--force", "--volumes", container)
        docker("rmi", "--force", image)
