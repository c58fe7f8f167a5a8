"""What a container of ours starts by: the keys of its secrets, then the command."""

import json
import os
import subprocess
import sys

import pytest
from secret_shapes import KEYS, SECRET, TEXTS

from platform_lib.shims import start

SHOW = "import json, os; print(json.dumps(dict(os.environ)))"


def run(*words, **env):
    whole = {"PATH": os.environ["PATH"], **env}
    return subprocess.run(
        [sys.executable, start.__file__, *words],
        capture_output=True,
        text=True,
        env=whole,
        check=False,
    )


def test_each_key_is_the_text_that_it_is_on_every_target():
    secrets = {f"PLATFORM_SECRET_{variable}": SECRET for variable in KEYS}
    ran = run("python", "-c", SHOW, PLATFORM_SECRET_KEYS=json.dumps(KEYS), OTHER="1", **secrets)
    env = json.loads(ran.stdout)
    assert {variable: env[variable] for variable in KEYS} == TEXTS
    assert env["OTHER"] == "1"
    assert not [name for name in env if name.startswith("PLATFORM_")]


@pytest.mark.parametrize("secret", ['{"other": "s3cret"}', "s3cret", '["s3cret"]', '"s3cret"'])
def test_a_key_that_is_not_there_ends_the_start_without_the_secret(secret):
    ran = run("true", PLATFORM_SECRET_KEYS='{"A": "a"}', PLATFORM_SECRET_A=secret)
    assert ran.returncode == 1
    assert ran.stderr == "platform: the secret for A is not a JSON object with a key 'a'\n"


def test_the_command_takes_the_place_of_the_start():
    assert run("python", "-c", "import sys; sys.exit(7)").returncode == 7
    assert run("no-such-command").stderr == (
        "platform: cannot start 'no-such-command': No such file or directory\n"
    )
