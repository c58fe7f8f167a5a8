"""A program of a consumer's passes mypy and pyright: README, the docs, our programs, and what not.

basedpyright is pyright as a Python package: it brings its own Node.js and downloads nothing more.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from doc_blocks import ROOT, python_blocks

PAGES = ["README.md", *sorted(str(page.relative_to(ROOT)) for page in ROOT.glob("docs/**/*.md"))]
PROGRAMS = sorted(ROOT.glob("programs/*/__main__.py"))
# Tests and handlers are seldom annotated: what is in them is checked all the same.
UNTYPED = "\n# mypy: allow-untyped-defs, allow-incomplete-defs, allow-untyped-calls\n"
# boto3 makes its resources when it runs; its sources show pyright none.
UNTYPED_BOTO3 = "# pyright: reportAttributeAccessIssue=false\n"

SOUND = """\
import pulumi

from platform_lib import TARGETS, AppArgs, ContainerApp, FunctionApp, VmApp
from platform_lib import ContainerAppArgs, FunctionAppArgs, IngressKind, Stage, VmAppArgs

config = pulumi.Config()
app = TARGETS[config.require("target")]("notes", AppArgs(source="app", app="web:app"))
again = TARGETS["vm"]("again", {"source": "app", "app": "web:app", "port": 9000})
pulumi.export("url", app.url)
app.role_arn.apply(lambda arn: arn.upper())

shared = AppArgs(source="app", app="web:app", environment={"URL": again.role_arn})
VmApp("vm", {**shared, "instance_type": "t4g.medium"})
VmApp("vm-again", VmAppArgs(**shared, instance_type="t4g.medium"))
ContainerApp("container", {**shared, "capacity": [{"provider": "fargate_spot", "weight": 1}]})
TARGETS["function"]("function", {**shared, "health_check_path": "/well"})

closed: AppArgs = {**shared, "ingress": {"kind": "none"}}
inbox = FunctionApp("inbox", {**closed, "handler": "web.handler", "queues": [{}]})
pulumi.export("queue", inbox.queues["queue"].queue.url.apply(str.upper))
pulumi.export("failures", inbox.failure_queue.url)
member = FunctionApp("member", FunctionAppArgs(ingress={"kind": IngressKind.NONE}))
word = ContainerApp("word", ContainerAppArgs(stage="production", architecture="x86_64"))
either = VmApp("either", VmAppArgs(stage=Stage.PRODUCTION, interface=config.require("interface")))
"""

WRONG = """\
from platform_lib import TARGETS, AppArgs, VmApp

shared = AppArgs(source="app", app="web:app")
VmApp("vm", {**shared, "instance_typ": "t4g.medium"})
VmApp("vm", {**shared, "port": "9000"})
VmApp("vm", {**shared, "ingress": {"kind": 1}})
TARGETS["vm"]("vm", {**shared, "cpu": 512})
"""


@pytest.fixture(scope="module")
def consumer(tmp_path_factory):
    """Lay all that is checked into one folder, so that each checker starts once."""
    folder = tmp_path_factory.mktemp("consumer")
    (folder / "sound.py").write_text(SOUND)
    (folder / "wrong.py").write_text(WRONG)
    for program in PROGRAMS:
        (folder / f"{program.parent.name}_program.py").write_text(program.read_text())
    for page in PAGES:
        for at, block in enumerate(python_blocks(page)):
            name = re.sub(r"\W", "_", page.removesuffix(".md"))
            more = UNTYPED if "def " in block else ""
            more += UNTYPED_BOTO3 if "boto3.resource" in block else ""
            (folder / f"{name}_{at}.py").write_text(block + more)
    return folder


def lines_with_errors(checker, *options, folder):
    """Give what a checker finds, as file -> lines."""
    command = [str(Path(sys.executable).with_name(checker)), *options]
    files = sorted(str(file) for file in folder.glob("*.py"))
    done = subprocess.run(
        [*command, *files], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stdout + done.stderr
    found = {}
    for name, line in re.findall(r"(\w+\.py):(\d+)(?::\d+)?(?: -|:) error", done.stdout):
        found.setdefault(name, set()).add(int(line))
    assert set(found) == {"wrong.py"}, done.stdout
    return found


@pytest.mark.parametrize(
    ("checker", "options"),
    [
        ("mypy", ["--strict"]),
        ("basedpyright", ["--level", "error", "--project", "pyproject.toml"]),
    ],
)
def test_a_program_of_a_consumers_passes(checker, options, consumer):
    found = lines_with_errors(checker, *options, folder=consumer)
    wrong = set(range(4, 1 + len(WRONG.splitlines())))
    assert found == {"wrong.py": wrong}
