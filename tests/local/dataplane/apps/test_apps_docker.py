"""Needs a Docker engine that has, or can pull, the image python:3.11-slim."""

import os
import subprocess
import sys
import textwrap

import dataplane_kit
import pytest
from dataplane_kit import DIGEST, Shop, add_image, ask, new_name, until

from platform_lib.local.dataplane import DataPlane
from platform_lib.local.dataplane.apps.engine import Engine

pytestmark = [
    pytest.mark.docker,
    pytest.mark.skipif(not Engine().answers, reason="no Docker engine answers"),
]

OWN = """FROM python:3.11-slim
WORKDIR /srv
RUN echo '<h1>own</h1>' > index.html && touch health
CMD ["python3", "-m", "http.server", "8080"]
"""


@pytest.fixture
def plane(account, tmp_path, monkeypatch):
    monkeypatch.setenv("PLATFORM_LIB_CACHE", str(tmp_path / "cache"))
    said = []
    running = DataPlane(account, tmp_path / "state", said.append, patience=30)
    running.said = said
    running.start()
    yield running
    running.stop()


def docker(*words):
    return subprocess.run(
        ["docker", *words], capture_output=True, text=True, check=True
    ).stdout.split()


def of_process(pid):
    return docker("ps", "--all", "--quiet", "--filter", f"label=platform-local.owner={pid}")


def test_an_image_of_ours_runs_in_a_container_that_reaches_the_account(account, plane, tmp_path):
    asks = "import os, urllib.request; urllib.request.urlopen(os.environ['AWS_ENDPOINT_URL']);"
    asks += " urllib.request.urlopen('http://127.0.0.1:8080/health')"
    check = {"command": ["CMD", "python3", "-c", asks], "interval": 5, "timeout": 5, "retries": 2}
    shop = Shop(
        account,
        plane,
        add_image(plane, tmp_path),
        environment={"VERSION": "one"},
        healthCheck=check,
    ).up()
    answer = ask(shop.url).json
    assert (answer["version"], answer["env"]["PYTHONPATH"]) == ("one", "/app")
    (task,) = shop.tasks()
    assert (task.how, task.state) == ("docker", "healthy")
    # The engine hands lines on when it likes.
    until(lambda: "asked /" in plane.logs(shop.name, 20))
    shop.update(taskDefinition=shop.define({"VERSION": "two"}))
    assert ask(shop.url).json["version"] == "two"
    assert len(of_process(os.getpid())) == 1
    assert ask(shop.url, "/crash").status == 502
    until(lambda: any("ended (exit 3)" in line for line in plane.said))
    until(lambda: ask(shop.url).status == 200)
    plane.stop()
    assert of_process(os.getpid()) == []


def test_a_read_only_root_can_be_written_nowhere_but_in_its_volume(account, plane, tmp_path):
    asks = """
import errno, pathlib
pathlib.Path("/tmp/room").touch()
try:
    pathlib.Path("/app/more").touch()
except OSError as problem:
    assert problem.errno == errno.EROFS
else:
    raise SystemExit("the root can be written")
"""
    shop = Shop(
        account,
        plane,
        add_image(plane, tmp_path),
        readonlyRootFilesystem=True,
        mountPoints=[{"sourceVolume": "tmp", "containerPath": "/tmp", "readOnly": False}],
        healthCheck={"command": ["CMD", "python3", "-c", asks], "interval": 5},
    ).up()
    (task,) = shop.tasks()
    assert (task.how, task.state) == ("docker", "healthy")


def test_a_users_own_dockerfile_is_built_and_its_port_published(account, plane, tmp_path):
    (tmp_path / "Dockerfile").write_text(OWN)
    plane.images.add("registry/own:1", DIGEST, tmp_path, tmp_path / "Dockerfile")
    shop = Shop(account, plane, f"registry/own@{DIGEST}").up()
    assert ask(shop.url).body == b"<h1>own</h1>\n"
    address = shop.tasks()[0].address
    assert address.startswith("127.0.0.1:")
    assert not address.endswith(":8080")


def test_a_kill_of_the_cloud_leaves_no_container(tmp_path):
    program = tmp_path / "cloud.py"
    program.write_text(
        textwrap.dedent(f"""
        import sys
        from pathlib import Path
        from dataplane_kit import Shop, add_image
        from platform_lib.local.account import Account
        from platform_lib.local.dataplane import DataPlane

        folder = Path({str(tmp_path)!r})
        account = Account()
        account.start()
        plane = DataPlane(account, folder / "state", lambda _: None)
        plane.start()
        Shop(account, plane, add_image(plane, folder)).up()
        print("up", flush=True)
        sys.stdin.read()
        """)
    )
    here = os.path.dirname(dataplane_kit.__file__)
    environment = os.environ | {"PYTHONPATH": here, "PLATFORM_LIB_CACHE": str(tmp_path / "cache")}
    cloud = subprocess.Popen(
        [sys.executable, str(program)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    assert cloud.stdout.readline() == "up\n"
    assert len(of_process(cloud.pid)) == 1
    cloud.kill()
    cloud.communicate()
    until(lambda: of_process(cloud.pid) == [])


def test_containers_that_a_killed_run_left_are_removed_at_the_start(account, tmp_path):
    gone = subprocess.Popen(["true"])
    gone.wait()
    name = f"platform-local-{new_name('left')}-{gone.pid}"
    label = f"platform-local.owner={gone.pid}"
    docker(
        "run",
        "--detach",
        "--network=none",
        "--name",
        name,
        "--label",
        label,
        "python:3.11-slim",
        "sleep",
        "600",
    )
    said = []
    plane = DataPlane(account, tmp_path, said.append)
    plane.start()
    plane.stop()
    assert said == [f"removed container {name}, left by a run that was killed"]
    assert of_process(gone.pid) == []


def test_an_image_of_ours_that_cannot_be_built_runs_as_a_process(account, plane, tmp_path):
    add_image(plane, tmp_path)
    context = tmp_path / "context"
    text = (context / "Dockerfile").read_text()
    (context / "Dockerfile").write_text(text.replace("python:3.11-slim", "registry.invalid/no:1"))
    plane.images.add("registry/shop:2", DIGEST, context, context / "Dockerfile")
    assert any("shop:2 runs as a process: docker build" in line for line in plane.said)
    shop = Shop(account, plane, f"registry/shop@{DIGEST}").up()
    assert shop.tasks()[0].how == "process"
