"""The Python that stands in the documentation, as it stands there, and how it is run."""

import os
import re
import subprocess
import sys
from pathlib import Path

from platform_lib.testing import synth

ROOT = Path(__file__).parent.parent
_BLOCK = re.compile(r"^( *)```python\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
APP = """\
async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"well"})


def handler(event, context): ...
"""


def python_blocks(page):
    """Give the Python blocks of a page, in order."""
    return [match[2] for match in _BLOCK.finditer((ROOT / page).read_text())]


def is_test(block):
    return "def test_" in block


def needs_engine(block):
    return "local_cloud" in block or "LocalCloud" in block


def make_source(folder):
    """Make the app that the examples speak of: `source="app"`, `app="web:app"`."""
    source = folder / "app"
    source.mkdir()
    (source / "web.py").write_text(APP)
    (source / "requirements.txt").write_text("")


def run_program(block, folder):
    """Run a block as a program under mocks, in a folder with an app."""
    make_source(folder)
    before = Path.cwd()
    os.chdir(folder)
    try:
        return synth(lambda: exec(block, {"__name__": "__main__"}), config={"target": "vm"})
    finally:
        os.chdir(before)


def run_test(block, folder, *, first=""):
    """Run a block by a pytest of its own, in a folder with an app, as a consumer would."""
    make_source(folder)
    (folder / "test_block.py").write_text(first + block)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_block.py"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
