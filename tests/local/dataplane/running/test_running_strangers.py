"""A child's end is seen, whoever holds its output open, and whatever became of its watcher."""

import asyncio
import os
import signal
import sys

import pytest
from dataplane_kit import until

from platform_lib.local.dataplane.logs import Log
from platform_lib.local.dataplane.running.processes import Command, Process

DAEMON = """
import os, subprocess, sys
daemon = subprocess.Popen(["sleep", "60"], start_new_session=True)
print(daemon.pid, flush=True)
sys.exit(3)
"""


@pytest.fixture
def log(tmp_path):
    return Log(tmp_path / "logs" / "app.log")


def run(work):
    return asyncio.run(asyncio.wait_for(work, 30))


def gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    with open(f"/proc/{pid}/stat") as stat:
        return stat.read().rpartition(")")[2].split()[0] == "Z"


def test_a_daemon_that_keeps_the_output_open(log):
    async def work():
        process = await Process.start(Command(argv=(sys.executable, "-c", DAEMON), env={}), log)
        code = await process.wait()
        await process.stop()
        return code

    assert run(work()) == 3
    [told] = log.tail(5)
    # It left the group, as a daemon does: it lives on, and nobody waits for it.
    os.kill(int(told), signal.SIGKILL)


@pytest.mark.skipif(not os.path.isdir("/proc"), reason="reads /proc")
def test_a_command_does_not_outlive_its_watcher(log):
    async def work():
        command = Command(argv=("/bin/sh", "-c", "echo up; sleep 60"), env={})
        process = await Process.start(command, log)
        os.kill(process._child.pid, signal.SIGKILL)
        return process.pid, await process.wait()

    pid, code = run(work())
    assert code == 128 + signal.SIGKILL
    until(lambda: gone(pid))
