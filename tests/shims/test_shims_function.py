"""Lambda's entry: what it calls, how often the lifespan runs, and where secrets come from."""

import base64
import json
import os
import signal
import subprocess
import sys
import types

import pytest
import secret_shapes
from shims_kit import event, write

from platform_lib.bundling.serving import FUNCTION_HANDLER, function_additions

LIFESPAN_APP = """
log = []

async def app(scope, receive, send):
    log.append(scope["type"])
    if scope["type"] == "lifespan":
        assert (await receive())["type"] == "lifespan.startup"
        scope["state"]["pool"] = "a pool"
        await send({"type": "lifespan.startup.complete"})
        assert (await receive())["type"] == "lifespan.shutdown"
        print("ended", flush=True)
        await send({"type": "lifespan.shutdown.complete"})
        return
    body = repr(sorted(scope["state"].items())).encode()
    scope["state"]["of this request"] = 1
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})
"""


def test_the_handler_string_names_the_shim():
    assert FUNCTION_HANDLER == "_platform.handler.handler"
    assert "_platform/handler.py" in function_additions(app="main:app").files


def test_lifespan_runs_once_and_each_request_gets_its_state(load):
    module = load(LIFESPAN_APP, app="main:app")
    answers = [module.handler(event(), None) for _ in range(3)]
    assert {answer["statusCode"] for answer in answers} == {200}
    assert {answer["body"] for answer in answers} == {"[('pool', 'a pool')]"}
    assert sys.modules["main"].log == ["lifespan", "http", "http", "http"]


@pytest.mark.parametrize(
    "unsupported",
    ["raise ValueError('only http')", "return", "assert False"],
)
def test_app_without_a_lifespan_is_served(load, unsupported):
    module = load(
        f"""
async def app(scope, receive, send):
    if scope["type"] != "http":
        {unsupported}
    await send({{"type": "http.response.start", "status": 204, "headers": []}})
    await send({{"type": "http.response.body"}})
""",
        app="main:app",
    )
    assert module.handler(event(), None)["statusCode"] == 204


def test_app_that_fails_to_start_says_why(load):
    source = """
async def app(scope, receive, send):
    await receive()
    await send({"type": "lifespan.startup.failed", "message": "no database"})
"""
    with pytest.raises(RuntimeError, match="the app could not start: no database"):
        load(source, app="main:app")


def test_import_that_used_the_event_loop_does_no_harm(load):
    module = load("import asyncio\nasyncio.run(asyncio.sleep(0))\n" + LIFESPAN_APP, app="main:app")
    assert module.handler(event(), None)["statusCode"] == 200


def test_fastapi_with_a_lifespan(load):
    source = """
from contextlib import asynccontextmanager
from fastapi import FastAPI, Request

started = []

@asynccontextmanager
async def lifespan(app):
    started.append(1)
    yield {"name": "notes"}

app = FastAPI(lifespan=lifespan)

@app.post("/echo")
async def echo(request: Request):
    return {"name": request.state.name, "sent": await request.json(), "starts": len(started)}
"""
    module = load(source, app="main:app")
    for _ in range(2):
        answer = module.handler(event("/echo", "POST", body='{"a": 1}'), None)
        assert json.loads(answer["body"]) == {"name": "notes", "sent": {"a": 1}, "starts": 1}


def test_wsgi_answers_text_and_bytes(load):
    source = """
def app(environ, start_response):
    kind = environ["PATH_INFO"][1:].replace(".", "/")
    start_response("200 OK", [("Content-Type", kind)])
    return [b"\\xff\\x00" if "image" in kind else "text"]
""".replace('"text"]', 'b"text"]')
    module = load(source, app="main:app", interface="wsgi")
    text = module.handler(event("/text.plain"), None)
    assert (text["body"], text["isBase64Encoded"]) == ("text", False)
    image = module.handler(event("/image.png"), None)
    assert image["isBase64Encoded"]
    assert base64.b64decode(image["body"]) == b"\xff\x00"


def test_asgi_answers_bytes(load):
    source = """
async def app(scope, receive, send):
    headers = [(b"content-type", b"image/png")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"\\xff\\x00"})
"""
    answer = load(source, app="main:app").handler(event(), None)
    assert base64.b64decode(answer["body"]) == b"\xff\x00"


def test_nested_callable_and_plain_handler(load):
    module = load(
        "class api:\n    @staticmethod\n    def app(environ, start):\n"
        "        start('201 Made', [])\n        return []\n",
        app="main:api.app",
        interface="wsgi",
    )
    assert module.handler(event(), None)["statusCode"] == 201
    sys.modules.pop("main")
    plain = load("def run(event, context):\n    return [event, context]\n", handler="main.run")
    assert plain.handler is sys.modules["main"].run


class FakeBoto3(types.ModuleType):
    """Answers like Secrets Manager and SSM, and counts."""

    def __init__(self):
        super().__init__("boto3")
        self.calls = []

    def client(self, service, region_name):
        def get_secret_value(SecretId):  # noqa: N803
            self.calls.append((service, region_name, SecretId))
            if "shapes" in SecretId:
                return {"SecretString": secret_shapes.SECRET}
            if "plain" in SecretId:
                return {"SecretString": "just text"}
            return {"SecretString": '{"user": "me", "port": 5432}'}

        def get_parameter(Name, WithDecryption):  # noqa: N803
            self.calls.append((service, region_name, Name, WithDecryption))
            return {"Parameter": {"Value": "from ssm"}}

        return types.SimpleNamespace(
            get_secret_value=get_secret_value, get_parameter=get_parameter
        )


SECRET = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbCdEf"
PLAIN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:plain-AbCdEf"
PARAMETER = "arn:aws:ssm:us-east-1:123456789012:parameter/app/key"
READ_AT_IMPORT = "import os\nseen = dict(os.environ)\ndef run(event, context): ...\n"


def test_secrets_are_there_before_the_app_is_imported(load, monkeypatch):
    boto3 = FakeBoto3()
    monkeypatch.setitem(sys.modules, "boto3", boto3)
    wanted = {
        "DB_USER": f"{SECRET}#user",
        "DB_PORT": f"{SECRET}#port",
        "WHOLE": PLAIN,
        "KEY": PARAMETER,
    }
    for variable in wanted:
        monkeypatch.setenv(variable, "")
    monkeypatch.setenv("PLATFORM_SECRETS", json.dumps(wanted))
    load(READ_AT_IMPORT, handler="main.run")
    seen = sys.modules["main"].seen
    assert {variable: seen[variable] for variable in wanted} == {
        "DB_USER": "me",
        "DB_PORT": "5432",
        "WHOLE": "just text",
        "KEY": "from ssm",
    }
    assert boto3.calls == [
        ("secretsmanager", "eu-west-1", SECRET),
        ("secretsmanager", "eu-west-1", PLAIN),
        ("ssm", "us-east-1", PARAMETER, True),
    ]


def test_each_key_is_the_text_that_it_is_on_every_target(load, monkeypatch):
    monkeypatch.setitem(sys.modules, "boto3", FakeBoto3())
    shapes = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shapes-AbCdEf"
    wanted = {variable: f"{shapes}#{key}" for variable, key in secret_shapes.KEYS.items()}
    monkeypatch.setenv("PLATFORM_SECRETS", json.dumps(wanted))
    for variable in wanted:
        # Put back what the start sets.
        monkeypatch.setenv(variable, "")
    load(READ_AT_IMPORT, handler="main.run")
    seen = sys.modules["main"].seen
    assert {variable: seen[variable] for variable in wanted} == secret_shapes.TEXTS


def test_a_snapshot_holds_no_secret_and_each_restore_fetches_them(load, monkeypatch):
    hooks = types.ModuleType("snapshot_restore_py")
    registered = []
    hooks.register_after_restore = lambda func, *args: registered.append((func, args))
    boto3 = FakeBoto3()
    monkeypatch.setitem(sys.modules, "snapshot_restore_py", hooks)
    monkeypatch.setitem(sys.modules, "boto3", boto3)
    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start")
    monkeypatch.setenv("PLATFORM_SECRETS", json.dumps({"WHOLE": PLAIN}))
    # Put back what a restore sets.
    monkeypatch.setenv("WHOLE", "")
    monkeypatch.delenv("WHOLE")
    source = (
        "import os\nfrom snapshot_restore_py import register_after_restore\n"
        "at_import = dict(os.environ)\nregister_after_restore(print, 'of the app')\n"
        "def run(event, context):\n    return os.environ['WHOLE']\n"
    )
    module = load(source, handler="main.run")
    assert "WHOLE" not in sys.modules["main"].at_import
    assert boto3.calls == []
    assert [args for _, args in registered] == [({"WHOLE": PLAIN},), ("of the app",)]
    for calls in (1, 2):
        func, args = registered[0]
        func(*args)
        assert module.handler({}, None) == "just text"
        assert len(boto3.calls) == calls


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        (f"{SECRET}#nope", "KeyError: 'nope'"),
        (f"{PLAIN}#key", "it is not JSON"),
    ],
)
def test_secret_that_cannot_be_read_is_named_and_not_shown(load, monkeypatch, reference, said):
    monkeypatch.setitem(sys.modules, "boto3", FakeBoto3())
    monkeypatch.setenv("PLATFORM_SECRETS", json.dumps({"TOKEN": reference}))
    with pytest.raises(RuntimeError, match=said) as raised:
        load(READ_AT_IMPORT, handler="main.run")
    assert f"the secret for TOKEN ({reference}) could not be read" in str(raised.value)
    assert "just text" not in str(raised.value)
    assert raised.value.__suppress_context__


def test_without_secrets_nothing_is_imported_for_them(tmp_path):
    (tmp_path / "main.py").write_text("def run(event, context): ...\n")
    write(tmp_path, handler="main.run")
    program = (
        "import sys; before = set(sys.modules); import _platform.handler\n"
        "print(sorted(set(sys.modules) - before - {'_platform', '_platform.handler', 'main'}))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    loaded = ran.stdout
    assert not [name for name in ("boto3", "asyncio", "mangum", "ssl", "http") if name in loaded]


LAMBDA = "import _platform.handler as entry, json, os, sys\n"


@pytest.mark.parametrize(
    ("then", "code"),
    [
        ("sys.exit(0)", 0),
        # Waits in C with the interpreter's lock released, as Lambda's runtime client does.
        ("print('ready', flush=True); import time; time.sleep(600)", 128 + signal.SIGTERM),
    ],
    ids=["exit", "term"],
)
def test_lifespan_ends_with_the_process(tmp_path, then, code):
    (tmp_path / "main.py").write_text(LIFESPAN_APP)
    write(tmp_path, app="main:app")
    running = subprocess.Popen(
        [sys.executable, "-c", LAMBDA + then],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
    )
    if "ready" in then:
        assert running.stdout.readline() == "ready\n"
        running.send_signal(signal.SIGTERM)
    said, _ = running.communicate(timeout=30)
    assert said == "ended\n"
    assert running.returncode == code
