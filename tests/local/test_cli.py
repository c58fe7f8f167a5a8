"""The command, each call a process of its own, as in two terminals."""

import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from echo_cloud import write_program

from platform_lib.local import cli

pytestmark = pytest.mark.engine

COMMAND = [sys.executable, str(Path(__file__).with_name("echo_cloud.py")), "platform-local"]
BODY = """
aws.sqs.Queue("queue", tags={"mark": config.get("mark") or "none"})
pulumi.export("url", "http://127.0.0.1:1/")
aws.cloudwatch.LogGroup("group")
"""


def run(*arguments: object, cwd: Path) -> subprocess.CompletedProcess:
    return subprocess.run(
        [*COMMAND, *map(str, arguments)], cwd=cwd, capture_output=True, text=True, check=False
    )


class Serving:
    """A `platform-local up` that serves."""

    def __init__(self, *arguments: object, cwd: Path) -> None:
        self.process = subprocess.Popen(
            [*COMMAND, "up", *map(str, arguments)],
            cwd=cwd,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self.lines: list[str] = []
        for line in self.process.stdout:
            self.lines.append(line.rstrip())
            if line.startswith("Serving."):
                return
        raise AssertionError("\n".join(self.lines))

    def __enter__(self) -> "Serving":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.terminate()
        self.process.communicate(timeout=30)


@pytest.fixture
def program(tmp_path) -> Path:
    return write_program(tmp_path / "notes", "notes", BODY)


def test_once_brings_up_shows_a_table_and_ends(tmp_path, program):
    other = write_program(tmp_path / "other", "other", 'print("hello")')
    done = run("up", program, other, "--once", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "notes  + aws:sqs/queue:Queue queue" in done.stdout
    assert "other  hello" in done.stdout
    table = [re.split(r"\s{2,}", line) for line in done.stdout.splitlines()]
    assert ["program", "target", "url", "compute", "resources", "seconds"] in table
    [row] = [r for r in table if r[:3] == ["notes", "-", "http://127.0.0.1:1/"]]
    assert row[4] == "2"
    assert os.listdir(tmp_path / ".platform-local") == [".gitignore", "lock"] or sorted(
        os.listdir(tmp_path / ".platform-local")
    ) == [".gitignore", "lock"]


def test_once_fails_when_a_second_up_would_change_something(tmp_path):
    body = "import uuid\naws.sqs.Queue('q', tags={'now': uuid.uuid4().hex})"
    done = run("up", write_program(tmp_path / "app", "app", body), "--once", cwd=tmp_path)
    assert done.returncode == 1
    assert "a second up would change: update aws:sqs/queue:Queue q (tags)" in done.stdout


def test_a_failing_program_is_told_once_and_fails(tmp_path):
    body = "raise pulumi.RunError(\"VmApp 'x': 'port' is 0\")"
    done = run("up", write_program(tmp_path / "app", "app", body), "--once", cwd=tmp_path)
    assert done.returncode == 1
    assert (done.stdout + done.stderr).count("VmApp 'x': 'port' is 0") == 1
    assert done.stderr == "error: app: up failed: VmApp 'x': 'port' is 0\n"


def test_other_terminals_reach_the_cloud_that_serves(tmp_path, program):
    second = write_program(tmp_path / "second", "second", 'aws.sns.Topic("t")')
    with Serving(program, cwd=tmp_path) as serving:
        unchanged = run("preview", program, cwd=tmp_path)
        assert (unchanged.returncode, unchanged.stdout.splitlines()[-1]) == (
            0,
            f"{program}: no changes",
        )
        changed = run("preview", program, "--config", "mark=new", cwd=tmp_path)
        assert "  update aws:sqs/queue:Queue queue (tags)" in changed.stdout.splitlines()

        up = run("up", second, cwd=tmp_path)
        assert "second  + aws:sns/topic:Topic t" in up.stdout and up.returncode == 0
        # Who serves sees it too.
        assert serving.process.stdout.readline() == "second  + aws:sns/topic:Topic t\n"
        busy = run("up", second, "--port", 8080, cwd=tmp_path)
        assert busy.returncode == 1 and "runs in .platform-local already" in busy.stderr
        late = run("up", second, "--no-permissions", cwd=tmp_path)
        assert late.returncode == 1 and "--no-permissions: it is decided when" in late.stderr
        wrong = run("preview", tmp_path, cwd=tmp_path)
        assert wrong.returncode == 1 and "holds no Pulumi.yaml" in wrong.stderr

        assert run("refresh", second, cwd=tmp_path).stdout.endswith("second: no changes\n")
        # A queue has no logs, and what the program exports plays no part.
        for name, told in ((program, "group said 7"), ("some", "some said 7")):
            shown = run("logs", name, "-n", 7, cwd=tmp_path)
            assert shown.stdout == f"{told}\n"
        assert run("logs", "-n", 7, cwd=tmp_path).stdout.count("said 7\n") == 3
        nobody = run("logs", "nobody", cwd=tmp_path)
        assert (nobody.returncode, nobody.stdout) == (1, "")
        assert nobody.stderr.startswith("error: no app and no log group is called nobody")
        without = run("logs", second, cwd=tmp_path)
        assert without.returncode == 1 and "has no app and no log group" in without.stderr
        absent = write_program(tmp_path / "absent", "absent", "")
        down = run("logs", absent, cwd=tmp_path)
        assert down.returncode == 1 and "is not up in this local cloud" in down.stderr
        silent = run("logs", "silent", cwd=tmp_path)
        assert (silent.returncode, silent.stdout) == (0, "")
        assert silent.stderr == "nothing was written yet\n"
        called = run("invoke", "mail", "--payload", '{"a": 1}', cwd=tmp_path)
        assert (called.returncode, called.stdout) == (0, '{"a": 1}\n')
        assert called.stderr == "START\nEND\n"
        (tmp_path / "event.json").write_text('{"fail": true}')
        failed = run("invoke", "mail", "--payload", "@event.json", cwd=tmp_path)
        assert (failed.returncode, failed.stdout) == (1, '{"fail": true}\n')
        mail = run("invoke", "mail", "--sample", "ses", cwd=tmp_path)
        assert json.loads(mail.stdout)["Records"][0]["eventSource"] == "aws:ses"
        later = run("invoke", "mail", "--asynchronous", cwd=tmp_path)
        assert later.stdout.startswith("mail:live has the event")
        for wrong, told in (
            (["--payload", "{"], "--payload is not JSON"),
            (["--payload", "@nowhere"], "--payload @nowhere: No such file"),
            (["--sample", "sess"], "no sample 'sess': there are ses, s3"),
        ):
            odd = run("invoke", "mail", *wrong, cwd=tmp_path)
            assert odd.returncode == 1 and told in odd.stderr
        moved = run("advance", "2h", cwd=tmp_path)
        assert moved.stdout == (
            "the account's time is 2027-01-15 10:00:00 UTC; functions were called 2 times meanwhile\n"
        )
        few = [run("advance", time, cwd=tmp_path).stdout for time in ("1h", "1s")]
        assert [each.partition("; ")[2] for each in few] == [
            "a function was called once meanwhile\n",
            "no function was called meanwhile\n",
        ]
        odd = run("advance", "2 weeks", cwd=tmp_path)
        assert odd.returncode == 2 and "'2 weeks' is not a time such as 90s" in odd.stderr
        shell = f'eval "$({" ".join(COMMAND)} env)"; echo $AWS_ENDPOINT_URL $AWS_REGION'
        told = subprocess.check_output(["sh", "-c", shell], cwd=tmp_path, text=True)
        assert told == "http://127.0.0.1:9 us-east-1\n"
        down = run("destroy", program, second, cwd=tmp_path)
        assert "  delete aws:sqs/queue:Queue queue" in down.stdout.splitlines()
        assert "  delete aws:sns/topic:Topic t" in down.stdout.splitlines()
        serving.process.terminate()
        assert "second  - aws:sns/topic:Topic t\n" in serving.process.stdout.readlines()


def test_config_stays_with_the_stack_until_it_is_unset(tmp_path):
    body = 'pulumi.export("config", [config.get(k) for k in ("one", "two", "three")])'
    program = write_program(tmp_path / "app", "app", body)
    (program / "Pulumi.local.yaml").write_text("config:\n  app:three: file\n")
    steps = (
        (["two=2"], '["1", "2", "file"]'),
        ([], '["1", "2", "file"]'),
        (["three=3", "one="], '[null, "2", "3"]'),
        (["three="], '[null, "2", "file"]'),
    )
    with Serving(program, "-c", "one=1", "-c", "two=", cwd=tmp_path) as serving:
        assert 'app  config  ["1", null, "file"]' in serving.lines
        for given, seen in steps:
            arguments = [each for pair in given for each in ("-c", pair)]
            done = run("up", program, *arguments, cwd=tmp_path)
            assert f"app  config  {seen}" in done.stdout.splitlines(), done.stdout + done.stderr


def test_outputs_are_shown_and_can_be_looked_up(tmp_path):
    body = """
pulumi.export("shop_url", "http://127.0.0.1:1/")
pulumi.export("adminUrl", "http://127.0.0.1:2/")
pulumi.export("failures_url", "http://127.0.0.1:3/123456789012/failures.fifo")
pulumi.export("issuer", "http://127.0.0.1:4/")
pulumi.export("curl", "http://127.0.0.1:5/")
pulumi.export("key", pulumi.Output.secret("s3cret"))
pulumi.export("nested", {"key": pulumi.Output.secret("s3cret")})
pulumi.export("tables", ["a", 1])
"""
    program = write_program(tmp_path / "app", "app", body)
    other = write_program(tmp_path / "other", "other", 'pulumi.export("key", "plain")')
    shown = [
        "account http://127.0.0.1:9 (any keys, us-east-1)",
        "app  shop_url  http://127.0.0.1:1/",
        "app  adminUrl  http://127.0.0.1:2/",
        "app  failures_url  http://127.0.0.1:3/123456789012/failures.fifo",
        "app  issuer  http://127.0.0.1:4/",
        "app  curl  http://127.0.0.1:5/",
        "app  key  [secret]",
        "app  nested  [secret]",
        'app  tables  ["a", 1]',
    ]
    with Serving(program, cwd=tmp_path) as serving:
        begin = serving.lines.index(shown[0])
        assert sorted(serving.lines[begin:-1]) == sorted(shown)
        [row] = [line for line in serving.lines if "shop_url=" in line]
        assert "  adminUrl=http://127.0.0.1:2/ shop_url=http://127.0.0.1:1/  " in row

        again = run("up", other, cwd=tmp_path).stdout.splitlines()
        assert [shown[0], "other  key  plain"] == again[-2:]
        one = run("outputs", program, cwd=tmp_path).stdout.splitlines()
        assert sorted(one) == sorted(["", *shown])
        every = run("outputs", cwd=tmp_path).stdout.splitlines()
        assert sorted(every) == sorted(["", *shown, "no default VPC", "other  key  plain"])
        bare = run("outputs", program, "shop_url", cwd=tmp_path)
        assert bare.stdout == "http://127.0.0.1:1/\n"
        assert run("outputs", program, "key", cwd=tmp_path).stdout == "[secret]\n"
        told = run("outputs", program, "key", "--show-secrets", cwd=tmp_path)
        assert told.stdout == "s3cret\n"
        none = run("outputs", program, "shop", cwd=tmp_path)
        assert none.returncode == 1
        assert "no output is called shop; there are adminUrl, curl, failures_url" in none.stderr
        absent = run("outputs", tmp_path, cwd=tmp_path)
        assert absent.returncode == 1 and "is not up in this local cloud" in absent.stderr


def test_a_wrong_token_gets_nothing(tmp_path, program):
    with Serving(program, cwd=tmp_path):
        path = tmp_path / ".platform-local" / "cloud.json"
        assert path.stat().st_mode & 0o077 == 0
        published = json.loads(path.read_text())
        for line in (
            b'{"token": "guess", "command": "ping", "arguments": {}}\n',
            b"GET / HTTP/1.1\n",
        ):
            with socket.create_connection(("127.0.0.1", published["port"])) as connection:
                connection.sendall(line)
                assert "error" in json.loads(connection.makefile().readline())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_everything(tmp_path, program, number):
    with Serving(program, cwd=tmp_path) as serving:
        serving.process.send_signal(number)
        assert serving.process.wait(30) == 0
    gone = run("preview", program, cwd=tmp_path)
    assert "  create aws:sqs/queue:Queue queue" in gone.stdout.splitlines()
    for command in ("destroy", "refresh"):
        none = run(command, program, cwd=tmp_path)
        assert none.returncode == 1 and "no local cloud runs in" in none.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="waits for a process by its descriptor")
def test_a_signal_in_the_middle_of_an_up_ends_the_program_too(tmp_path):
    body = "import os, threading\nprint('pid', os.getpid())\nthreading.Event().wait()"
    program = write_program(tmp_path / "app", "app", body)
    with subprocess.Popen(
        [*COMMAND, "up", str(program)], cwd=tmp_path, stdout=subprocess.PIPE, text=True
    ) as owner:
        said = next(line for line in owner.stdout if " pid " in line)
        descriptor = os.pidfd_open(int(said.split()[-1]))
        owner.terminate()
        owner.communicate(timeout=30)
        assert owner.returncode == 130
    assert select.select([descriptor], [], [], 30)[0], "the program still runs"
    os.close(descriptor)


def test_a_second_up_joins_the_cloud_that_still_starts(tmp_path, program):
    second = write_program(tmp_path / "second", "second", 'aws.sns.Topic("t")')
    commands = [[*COMMAND, "up", str(each)] for each in (program, second)]
    started = [
        subprocess.Popen(
            each, cwd=tmp_path, stdout=subprocess.PIPE, text=True, stderr=subprocess.STDOUT
        )
        for each in commands
    ]
    # Whichever is first owns the cloud and serves; the other is done with its own program.
    ended, owner = None, None
    for process in started:
        lines = []
        for line in process.stdout:
            lines.append(line)
            if line.startswith("Serving."):
                owner = process
                break
        else:
            ended = process.wait(60)
            assert ended == 0, "".join(lines)
    assert owner is not None and ended == 0
    shown = run("outputs", cwd=tmp_path)
    assert shown.returncode == 0 and "notes  url  http://127.0.0.1:1/" in shown.stdout
    owner.terminate()
    owner.communicate(timeout=30)


def test_a_terminal_that_goes_away_stops_nobody_else(tmp_path, program):
    second = write_program(tmp_path / "second", "second", 'aws.sns.Topic("t")')
    with Serving(program, cwd=tmp_path) as serving:
        serving.process.stdout.close()  # as `| head` does
        for _ in range(2):
            up = run("up", second, cwd=tmp_path)
            assert (up.returncode, up.stderr) == (0, "")
            assert run("destroy", second, cwd=tmp_path).returncode == 0
        command = " ".join([*COMMAND, "logs", "group", "-n", "3"])
        headed = subprocess.run(
            ["bash", "-c", f"{command} | true; echo ${{PIPESTATUS[0]}}"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )
        assert (headed.stdout, headed.stderr) == ("0\n", "")
        serving.process.terminate()
        assert serving.process.wait(30) == 0


def test_config_must_be_pairs(capsys):
    with pytest.raises(SystemExit) as ending:
        cli.main(["up", "x", "--config", "novalue"])
    assert ending.value.code == 2
    assert "'novalue' is not KEY=VALUE" in capsys.readouterr().err
