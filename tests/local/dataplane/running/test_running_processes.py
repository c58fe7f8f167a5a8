import asyncio
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from dataplane_kit import can_keep_from_writing, until

from platform_lib.local.dataplane.logs import Log
from platform_lib.local.dataplane.running.processes import Command, Kept, Process

# A child that ignores TERM and has a child of its own in its group, as a server with workers.
STUBBORN = "trap '' TERM; sleep 600 & echo $! > {file}; wait; wait"


def gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    # A zombie is waited for by whoever inherited it: it is gone all the same.
    stat = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return stat.stdout.strip().startswith("Z") or not stat.stdout.strip()


def run(work):
    return asyncio.run(asyncio.wait_for(work, 30))


def sh(text):
    return Command(argv=("/bin/sh", "-c", text), env={})


@pytest.fixture
def log(tmp_path):
    return Log(tmp_path / "logs" / "app.log")


def test_output_and_exit_code(log):
    async def work():
        process = await Process.start(sh("echo out; echo err >&2; printf rest; exit 7"), log)
        return await process.wait()

    assert run(work()) == 7
    assert log.tail(10) == ["out", "err", "rest"]
    assert log.path.read_text() == "out\nerr\nrest"


def test_a_command_that_is_not_there(log):
    async def work():
        process = await Process.start(Command(argv=("no-such-program",), env={}), log)
        return await process.wait()

    assert run(work()) == 127
    assert log.tail(1) == ["no-such-program: No such file or directory"]


def test_stopping_ends_the_whole_group_even_of_who_ignores_term(tmp_path):
    file = tmp_path / "pid"

    async def work():
        process = await Process.start(sh(STUBBORN.format(file=file)), None, grace=0.1)
        await asyncio.to_thread(until, lambda: file.exists() and file.read_text().strip())
        await process.stop()
        return process.pid

    pid = run(work())
    assert gone(pid)
    until(lambda: gone(int(file.read_text())))


def test_a_kill_of_the_parent_leaves_no_child_behind(tmp_path):
    file = tmp_path / "pid"
    program = tmp_path / "parent.py"
    program.write_text(
        textwrap.dedent(f"""
        import asyncio
        from platform_lib.local.dataplane.running.processes import Command, Process

        async def work():
            command = Command(argv=("/bin/sh", "-c", {STUBBORN.format(file=file)!r}), env={{}})
            process = await Process.start(command, None, grace=0.1)
            print(process.pid, flush=True)
            await process.wait()

        asyncio.run(work())
        """)
    )
    parent = subprocess.Popen([sys.executable, str(program)], stdout=subprocess.PIPE, text=True)
    pid = int(parent.stdout.readline())
    until(lambda: file.exists() and file.read_text().strip())
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    until(lambda: gone(pid))
    until(lambda: gone(int(file.read_text())))


def test_a_crash_is_said_and_the_app_is_started_again_later_and_later(log, tmp_path):
    said = []

    async def work():
        count = tmp_path / "count"
        text = f"echo x >> {count}; test $(wc -l < {count}) -ge 3 && exec sleep 600; echo oh no; exit 4"

        async def make():
            return sh(text)

        kept = Kept("shop", make, log, said.append)
        deaths = []
        kept.on_death = lambda: deaths.append(1)
        await kept.start()
        await asyncio.to_thread(until, lambda: len(said) == 2)
        await asyncio.to_thread(until, lambda: count.read_text().count("x") == 3)
        first = kept.process.pid
        await kept.stop()
        return len(deaths), kept.crashes, first

    deaths, crashes, pid = run(work())
    assert (deaths, crashes) == (2, 2)
    assert said[0] == "shop ended (exit 4); again in 0.5 s: oh no"
    assert said[1] == "shop ended (exit 4); again in 1 s: oh no"
    assert gone(pid)


def test_a_log_file_is_bounded(tmp_path):
    log = Log(tmp_path / "app.log")
    for number in range(300):
        log.feed(f"{number} {'x' * 20_000}\n".encode())
    sizes = [path.stat().st_size for path in tmp_path.iterdir()]
    assert len(sizes) == 2
    assert max(sizes) < 2_100_000
    assert log.tail(1)[0].startswith("299 ")


def test_lines_are_whole_however_they_come(tmp_path):
    log = Log(tmp_path / "app.log")
    for piece in ("o", "ne\ntw", "o\r\n\nthr", "ee"):
        log.feed(piece.encode())
    assert log.tail(10) == ["one", "two", "", "three"]


@pytest.mark.skipif(not can_keep_from_writing(), reason="no mount namespaces on this machine")
def test_a_command_cannot_write_to_a_folder_that_it_only_reads(tmp_path, log):
    kept, free = tmp_path / "kept" / "inner", tmp_path / "free"
    kept.mkdir(parents=True)
    free.mkdir()
    (kept / "there").write_text("as it was\n")
    words = f"cat there; echo x > new; echo x > {kept}/new; echo x > there; echo x > {free}/new"
    command = Command(
        argv=("/bin/sh", "-c", words),
        env={},
        cwd=kept,
        read_only=tmp_path / "kept",
    )

    async def work():
        return await (await Process.start(command, log)).wait()

    assert run(work()) == 0
    told = log.tail(9)
    assert told[0].startswith("as it was")
    assert sum("Read-only file system" in line for line in told) == 3
    assert [each.name for each in kept.iterdir()] == ["there"]
    assert (kept / "there").read_text() == "as it was\n"
    assert (free / "new").exists()
    # Nothing of it is seen outside.
    (kept / "ours").touch()
    assert str(tmp_path) not in Path("/proc/self/mounts").read_text()
