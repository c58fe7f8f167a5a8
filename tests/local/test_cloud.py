"""The cloud's own work, with the real engine and a provider that only remembers."""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from echo_cloud import World, echo_services, engine_of, processes_of, write_program

from platform_lib.local import LocalCloud, LocalCloudError
from platform_lib.local.screen import Screen

pytestmark = pytest.mark.engine

linux = pytest.mark.skipif(sys.platform != "linux", reason="finds processes by /proc")

TWO = """
aws.sns.Topic("first", tags={"mark": config.get("mark") or "none"})
aws.sqs.Queue("slow", opts=pulumi.ResourceOptions())
pulumi.export("url", "http://127.0.0.1:1/")
"""


class Recorder(Screen):
    def __init__(self) -> None:
        self.lines: list[str] = []
        self.events: list[tuple[str, dict]] = []

    def say(self, line):
        self.lines.append(line)

    def progress(self, program, event):
        self.events.append((program, dict(event)))


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def screen() -> Recorder:
    return Recorder()


@pytest.fixture
def cloud(tmp_path, world, screen):
    state = tmp_path / "state of 100%"
    with LocalCloud(state, screen=screen, services=echo_services(world)) as made:
        yield made
    assert not list(state.glob("run-*"))


def test_a_program_goes_up_changes_and_goes_down(cloud, world, screen, tmp_path):
    program = write_program(tmp_path / "app", "app", TWO)

    stack = cloud.up(program)

    assert stack.outputs == {"url": "http://127.0.0.1:1/"}
    assert stack.urls == ["http://127.0.0.1:1/"]
    assert stack.resources == {"aws:sns/topic:Topic": 1, "aws:sqs/queue:Queue": 1}
    assert world.names() == ["aws:sns/topic:Topic first", "aws:sqs/queue:Queue slow"]
    assert cloud.preview(program) == []
    assert cloud.refresh(program) == []

    [change] = cloud.preview(program, config={"mark": "new"})
    assert (change.op, change.name, list(change.properties)) == ("update", "first", ["tags"])
    assert [c.op for c in cloud.up(program, config={"mark": "new"}).changes] == ["update"]
    # What the last operation was given holds until something else is given.
    assert cloud.preview(program) == []

    world.alive.clear()
    assert {(c.op, c.name) for c in cloud.refresh(program)} == {
        ("delete", "first"),
        ("delete", "slow"),
    }
    cloud.up(program)
    cloud.destroy(program)
    assert world.names() == []


def test_a_program_runs_as_pulumi_runs_it(cloud, tmp_path):
    """Working directory, root directory, `main`, config of all three sources, own prints, asset paths."""
    root = tmp_path / "proj"
    body = """
import os, helper
from pathlib import Path
asset = pulumi.FileAsset("note.txt")
print("printed")
pulumi.export("seen", {
    "cwd": os.getcwd(), "root": pulumi.get_root_directory(), "file": __file__, "helper":
    helper.VALUE, "default": config.require("default"), "file_config":
    config.require_int("number"), "given": config.require("given"), "other":
    pulumi.Config("other").require("key"), "asset": asset.path, "stack": pulumi.get_stack(),
    "project": pulumi.get_project(), "name": __name__,
})
pulumi.export("hidden", pulumi.Output.secret("s3cret"))
"""
    settings = "main: src\nconfig:\n  default: {type: string, default: from-yaml}\n"
    write_program(root / "src", "ignored", body)
    (root / "src" / "Pulumi.yaml").unlink()
    (root / "src" / "helper.py").write_text("VALUE = 7\n")
    (root / "Pulumi.yaml").write_text(f"name: proj\nruntime:\n  name: python\n{settings}")
    (root / "Pulumi.local.yaml").write_text("config:\n  proj:number: 3\n  proj:given: file\n")
    before = sorted(p for p in root.rglob("*") if "__pycache__" not in p.parts)

    stack = cloud.up(root, config={"given": "line", "other:key": "k"})

    source = str(root / "src")
    assert stack.outputs["seen"] == {
        "cwd": source,
        "root": str(root),
        "file": f"{source}/__main__.py",
        "helper": 7,
        "default": "from-yaml",
        "file_config": 3,
        "given": "line",
        "other": "k",
        "asset": f"{source}/note.txt",
        "stack": "local",
        "project": "proj",
        "name": "__main__",
    }
    assert stack.outputs["hidden"] == "s3cret"
    state = next(cloud.directory.glob("run-*/state/.pulumi/stacks/proj/local.json"))
    assert "s3cret" not in state.read_text()
    assert ("proj", {"event": "print", "line": "printed"}) in cloud.screen.events
    assert sorted(p for p in root.rglob("*") if "__pycache__" not in p.parts) == before


def test_a_config_value_that_is_missing_is_told_with_what_gives_it_here(cloud, tmp_path):
    root = write_program(tmp_path / "proj", "proj", 'pulumi.Config().require_int("size")')
    with pytest.raises(LocalCloudError) as failure:
        cloud.up(root)
    assert str(failure.value) == (
        "proj: up failed: the config value 'proj:size' is missing: give it by -c proj:size=VALUE, "
        "by config= in Python, or in a Pulumi.<stack>.yaml"
    )
    cloud.up(root, config={"proj:size": 3})


def test_programs_run_at_once_and_all_failures_are_told(cloud, world, tmp_path):
    good = write_program(tmp_path / "good", "good", 'aws.sqs.Queue("good")')
    bad = write_program(tmp_path / "bad", "bad", 'raise pulumi.RunError("no such size")')
    worse = write_program(tmp_path / "worse", "worse", 'aws.sqs.Queue("worse")\n{}["key"]')

    with pytest.raises(LocalCloudError) as failure:
        cloud.up_all([good, bad, worse])

    lines = str(failure.value).splitlines()
    assert lines[0] == "bad: up failed: no such size"
    assert lines[1] == "worse: up failed: Traceback (most recent call last):"
    assert lines[-1] == "KeyError: 'key'"
    assert "runpy" not in str(failure.value) and "platform_lib" not in str(failure.value)
    assert "aws:sqs/queue:Queue good" in world.names()
    world.refuse = "later"
    write_program(good, "good", 'aws.sqs.Queue("good")\naws.sqs.Queue("later")')
    with pytest.raises(
        LocalCloudError, match="good: up failed: aws:sqs/queue:Queue later: later is refused"
    ):
        cloud.up(good)


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, "holds no Pulumi.yaml"),
        ({"Pulumi.yaml": "runtime: python"}, "has no name"),
        ({"Pulumi.yaml": "name: x\nruntime: nodejs"}, "runtime 'nodejs'"),
        (
            {"Pulumi.yaml": "name: x\nruntime: python\nmain: src"},
            "src/__main__.py does not exist|src does not exist",
        ),
        ({"Pulumi.yaml": "["}, "is not YAML"),
        (
            {
                "Pulumi.yaml": "name: x\nruntime: python",
                "__main__.py": "",
                "Pulumi.local.yaml": "config:\n  x:key:\n    secure: v1:abc",
            },
            "'x:key' is encrypted for another stack",
        ),
    ],
)
def test_a_folder_that_is_no_program_is_refused(cloud, tmp_path, files, words):
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(LocalCloudError, match=words):
        cloud.up(tmp_path)


def test_two_folders_of_one_name_are_refused(cloud, tmp_path):
    one = write_program(tmp_path / "one", "same", "")
    two = write_program(tmp_path / "two", "same", "")
    cloud.up(one)
    with pytest.raises(LocalCloudError, match="both project 'same', stack 'local'"):
        cloud.up(two)
    cloud.up(two, stack="second")


@linux
@pytest.mark.parametrize("victim", ["program", "engine"])
def test_a_kill_in_the_middle_of_an_up_is_repaired_by_the_next(
    cloud, world, screen, tmp_path, victim
):
    program = write_program(tmp_path / "app", "app", TWO)
    world.held = "slow"
    with ThreadPoolExecutor(1) as pool:
        up = pool.submit(cloud.up, program)
        assert world.reached.wait(60)
        [process] = cloud.operations.processes
        members = watch(processes_of(process.pid))
        os.kill(process.pid if victim == "program" else engine_of(cloud), signal.SIGKILL)
        with pytest.raises(LocalCloudError, match=r"killed \(SIGKILL\)"):
            up.result(60)
    wait_for_end(members)
    # The create goes on in the provider after the engine is gone: its answer reaches nobody.
    threading.Timer(0, world.door.set).start()
    world.keeps = True
    with pytest.raises(LocalCloudError, match="cannot be deleted"):
        cloud.up(program)
    world.keeps = False

    cloud.up(program)

    assert world.names() == ["aws:sns/topic:Topic first", "aws:sqs/queue:Queue slow"]
    assert any("which the killed run made" in str(event) for _, event in screen.events)
    assert cloud.preview(program) == []
    cloud.destroy(program)
    assert world.names() == []


CHAIN = """
first = aws.sns.Topic("first")
slow = aws.sqs.Queue("slow", opts=pulumi.ResourceOptions(depends_on=[first]))
aws.sqs.Queue("last", opts=pulumi.ResourceOptions(depends_on=[slow]))
aws.sqs.Queue("aside", opts=pulumi.ResourceOptions(depends_on=[first]))
"""


@linux
@pytest.mark.parametrize("victim", ["program", "engine"])
def test_a_kill_in_the_middle_of_a_destroy_is_repaired_by_the_next_up(
    cloud, world, screen, tmp_path, victim
):
    program = write_program(tmp_path / "app", "app", CHAIN)
    cloud.up(program)
    world.held_delete = "slow"
    with ThreadPoolExecutor(1) as pool:
        down = pool.submit(cloud.destroy, program)
        assert world.reached.wait(60)
        [process] = cloud.operations.processes
        os.kill(process.pid if victim == "program" else engine_of(cloud), signal.SIGKILL)
        with pytest.raises(LocalCloudError, match=r"killed \(SIGKILL\)"):
            down.result(60)
    world.held_delete = None
    world.door.set()
    assert "aws:sqs/queue:Queue slow" not in world.names()

    changes = cloud.up(program).changes

    assert sorted(str(change) for change in changes if change.name == "slow") == [
        "create aws:sqs/queue:Queue slow"
    ]
    assert len(world.names()) == 4
    assert any("which the killed run deleted" in str(event) for _, event in screen.events)
    assert cloud.preview(program) == []
    cloud.destroy(program)
    assert world.names() == []


@pytest.mark.parametrize("permissions", [True, False])
def test_whether_apps_are_judged_is_said_when_the_cloud_starts(tmp_path, permissions):
    asked = []

    def services(*_, permissions=True):
        asked.append(permissions)
        raise LocalCloudError("seen")

    with pytest.raises(LocalCloudError, match="seen"):
        LocalCloud(tmp_path / "state", permissions=permissions, services=services).start()
    assert asked == [permissions]


@linux
@pytest.mark.parametrize("doing", ["creating", "thinking"])
def test_a_kill_of_the_cloud_leaves_no_process_and_no_state(tmp_path, doing):
    thinking = "import threading\nprint('reached')\nthreading.Event().wait()"
    program = write_program(tmp_path / "app", "app", TWO if doing == "creating" else thinking)
    state = tmp_path / "state"
    helper = Path(__file__).with_name("echo_cloud.py")
    with subprocess.Popen(
        [sys.executable, str(helper), str(state), str(program)], stdout=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdout.readline() == "reached\n"
        children = {
            int(pid)
            for task in Path(f"/proc/{owner.pid}/task").iterdir()
            for pid in (task / "children").read_text().split()
        }
        assert children
        members = {pid for child in children for pid in processes_of(child)}
        assert len(members) > 1, "the program and its engine"
        watched = watch(members)
        with pytest.raises(LocalCloudError, match=f"process {owner.pid}. already uses"):
            LocalCloud(state, services=echo_services(World())).start()
        owner.kill()
        owner.wait()

    wait_for_end(watched)
    assert json.loads((state / "cloud.json").read_text())["pid"] == owner.pid

    write_program(program, "app", TWO)
    with LocalCloud(state, services=echo_services(World())) as cloud:
        assert len(list(state.glob("run-*"))) == 1
        assert {c.op for c in cloud.up(program).changes} == {"create"}


def watch(pids: Iterable[int]) -> list[int]:
    """Take hold of processes, so that their end can be waited for."""
    return [os.pidfd_open(pid) for pid in pids]


def wait_for_end(descriptors: list[int]) -> None:
    for descriptor in descriptors:
        ended, _, _ = select.select([descriptor], [], [], 30)
        assert ended, "still alive"
        os.close(descriptor)


@linux
def test_stopping_ends_what_still_runs(tmp_path):
    program = write_program(tmp_path / "app", "app", TWO)
    world = World(held="slow")
    cloud = LocalCloud(tmp_path / "state", services=echo_services(world))
    cloud.start()
    with ThreadPoolExecutor(1) as pool:
        up = pool.submit(cloud.up, program)
        assert world.reached.wait(60)
        [process] = cloud.operations.processes
        members = watch(processes_of(process.pid))
        cloud.stop()
        world.door.set()
        with pytest.raises(LocalCloudError, match="was stopped"):
            up.result(60)
    wait_for_end(members)


def test_a_port_in_use_is_refused_before_anything_starts(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(LocalCloudError, match=f"port {port} cannot be used"):
            LocalCloud(tmp_path / "state", port=port, services=echo_services(World())).start()
    assert not (tmp_path / "state").exists()


def test_no_foreign_credentials_reach_a_program(cloud, tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "real")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAREAL")
    monkeypatch.setenv("PULUMI_ACCESS_TOKEN", "pul-real")
    body = """
import os
names = ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "PULUMI_ACCESS_TOKEN", "AWS_ENDPOINT_URL")
pulumi.export("env", {name: os.environ.get(name, "unset") for name in names})
"""
    program = write_program(tmp_path / "app", "app", body)
    assert cloud.up(program).outputs["env"] == {
        "AWS_PROFILE": "unset",
        "AWS_ACCESS_KEY_ID": "testing",
        "PULUMI_ACCESS_TOKEN": "unset",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    }


def test_a_start_that_fails_late_is_told_in_a_line_and_leaves_nothing(tmp_path, monkeypatch):
    def fail(self):
        raise ZeroDivisionError("too\nold")

    monkeypatch.setattr("platform_lib.local.provider.Providers.start", fail)
    for _ in range(2):  # the folder and the account are free again
        with pytest.raises(LocalCloudError) as told:
            LocalCloud(tmp_path / "state").start()
        assert str(told.value) == "the local cloud does not start: ZeroDivisionError: too old"
    assert "data plane" not in [thread.name for thread in threading.enumerate()]
    assert sorted(os.listdir(tmp_path / "state")) == [".gitignore", "lock"]


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only for root")
def test_a_state_folder_that_cannot_be_written_is_named(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(LocalCloudError, match=r"does not start: PermissionError: .*state"):
        LocalCloud(tmp_path / "state").start()
    tmp_path.chmod(0o700)


def test_a_state_folder_that_is_a_file_is_named(tmp_path):
    (tmp_path / "state").write_text("")
    with pytest.raises(LocalCloudError, match=r"does not start: FileExistsError: .*state"):
        LocalCloud(tmp_path / "state").start()
