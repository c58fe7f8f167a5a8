"""Signals at any moment, in any order, end the command and all that it started."""

import contextlib
import ctypes
import os
import select
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from echo_cloud import write_program

ROOT = Path(__file__).parents[2]
ECHO = [sys.executable, str(Path(__file__).with_name("echo_cloud.py")), "platform-local"]
REAL = [sys.executable, "-m", "platform_lib.local.cli"]
DEMO = [sys.executable, "-m", "programs.demo"]
BODY = """
for number in range(5):
    aws.sqs.Queue(f"queue-{number}")
"""
INT, TERM, HUP = signal.SIGINT, signal.SIGTERM, signal.SIGHUP
ORDERS = (
    *((INT,), (TERM,), (HUP,), (TERM, INT), (HUP, TERM), (INT, INT, INT), (INT, TERM, HUP)),
    (signal.SIGSTOP, TERM, signal.SIGCONT),
)
LONGEST = 60
"""Seconds: past it a command counts as one that does not end."""

SECONDS = (0.2, 0.3, 0.4, 0.6, 0.8, 1.0, 1.3, 1.6, 2.0, 2.5)
WORDS = ("  + aws", "  + aws", "up done", "account http", "Serving.", "Serving.", "  - aws")

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="adopts orphans as Linux does"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture(autouse=True)
def orphans():
    """Adopt what commands leave, and see that each of it ends."""
    adopt, before = ctypes.CDLL(None).prctl, set(descendants())
    adopt(36, 1)  # PR_SET_CHILD_SUBREAPER
    # What runs the tests may ignore them, as nohup does: so would a command in its first instants.
    ignored = [each for each in (INT, HUP) if signal.getsignal(each) is signal.SIG_IGN]
    for each in ignored:
        signal.signal(each, signal.SIG_DFL)
    yield
    for each in ignored:
        signal.signal(each, signal.SIG_IGN)
    for pid in set(descendants()) - before:
        with contextlib.suppress(ProcessLookupError):
            descriptor = os.pidfd_open(pid)
            told = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ")
            assert select.select([descriptor], [], [], LONGEST)[0], told
            os.close(descriptor)
    adopt(36, 0)


def descendants() -> list[int]:
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            number, _, rest = stat.read_text().partition(" (")
            fields = rest.rpartition(")")[2].split()
            if fields[0] != "Z":
                children.setdefault(int(fields[1]), []).append(int(number))
    found = [os.getpid()]
    for each in found:
        found += children.get(each, [])
    return found[1:]


def ended(command, folder: Path, moment: float | str, order) -> str:
    """Start a command, send it signals in order at a moment, and return what it said."""
    folder.mkdir()
    arguments = [] if command is DEMO else ["up", str(write_program(folder / "app", "app", BODY))]
    # In the background of a script SIGINT would be ignored; each has a session as a terminal has.
    process = subprocess.Popen(
        [*command, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    said, other = "", None
    try:
        if isinstance(moment, str):
            said, other = said_until(process, moment, folder)
        else:
            time.sleep(moment)  # spreads the moments; what is asserted holds at each
        for number in order:
            os.kill(process.pid, number)
        more, _ = process.communicate(timeout=LONGEST)
    finally:
        process.kill()
        process.wait()
        if other is not None:
            other.communicate(timeout=LONGEST)
    return f"exit {process.returncode}\n{said}{more}"


def said_until(process, word: str, folder: Path):
    """Read until a line has the word; once it serves, it is asked to destroy."""
    said, other = "", None
    for line in process.stdout:
        said += line
        if word in line:
            return said, other
        if line.startswith("Serving."):
            other = subprocess.Popen(
                [*ECHO, "destroy", "app"],
                cwd=folder,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
    raise AssertionError(f"never {word!r}: {said}")


def judge(command, folder, moment, order) -> str:
    """Say what is wrong with the end; nothing where it is right."""
    told = ended(command, folder, moment, order)
    # The interpreter itself, before our first line: signals do what they do to any process.
    early = told.startswith("exit -") and moment in SECONDS
    state = folder / ".platform-local"
    left = sorted(os.listdir(state)) if state.exists() else []
    if early:
        return "" if not left else f"{moment} {order}: left {left}, {told}"
    right = (
        told.startswith(("exit 130\n", "exit 0\n"))
        and "Traceback" not in told
        and told.count("Stopping.") == 1
        and left in ([], [".gitignore", "lock"])
    )
    return "" if right else f"{moment} {order}: left {left}, {told}"


def test_any_signals_at_any_moment_end_everything(tmp_path):
    moments = [*SECONDS, *WORDS]
    cases = [
        (ECHO, tmp_path / str(number), moment, ORDERS[number % len(ORDERS)])
        for number, moment in enumerate(moments)
    ]
    with ThreadPoolExecutor(2) as pool:
        wrong = [each for each in pool.map(lambda case: judge(*case), cases) if each]
    assert not wrong, "\n\n".join(wrong)


@pytest.mark.parametrize(
    ("command", "moment", "order"),
    [
        (REAL, 1.5, (INT,)),
        (REAL, "  + aws", (TERM, INT)),
        (DEMO, 2.5, (INT, INT)),
        (DEMO, "  + aws", (HUP, TERM)),
    ],
)
def test_so_do_they_with_the_real_account_and_the_demo(tmp_path, command, moment, order):
    assert judge(command, tmp_path / "run", moment, order) == ""
