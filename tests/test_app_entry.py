"""What `app` and `interface` may be, on every target, judged before anything registers."""

import json
import zipfile

import pulumi_aws as aws
import pytest

from platform_lib import TARGETS, ArgsError, FunctionApp
from platform_lib.testing import synth

FLASK = "from flask import Flask\napp = Flask(__name__)\ndef create_app():\n    return app\n"
targets = pytest.mark.parametrize("target", sorted(TARGETS))


@pytest.fixture
def source(tmp_path, monkeypatch):
    """A Flask app, without its package: only its text is read here."""
    monkeypatch.setenv("PLATFORM_LIB_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "requirements.txt").write_text("")
    (folder / "web.py").write_text(FLASK)
    (folder / "site.py").write_text(FLASK)
    return folder


def made(target, source, **args):
    return synth(lambda: TARGETS[target]("notes", {"source": str(source), **args}))


@targets
@pytest.mark.parametrize(
    ("args", "said"),
    [
        ({"app": "web:app", "interface": "asgi"}, "'interface' is 'asgi': the app 'web:app' is WSGI"),
        ({"app": "site:app"}, "'app' is 'site:app': Python has a module 'site' of its own"),
        ({"app": "web:create()"}, "module 'web' has no 'create'; did you mean 'create_app'"),
        ({"app": "web:create_app(1)"}, "must be 'package.module:callable', or 'package.module:fact"),
        ({"app": "web:app", "interface": "rsgi"}, "'interface' is 'rsgi': must be one of"),
    ],
)  # fmt: skip
def test_a_wrong_entry_is_one_line(target, source, args, said):
    with pytest.raises(ArgsError, match=said.replace("(", r"\(").replace(")", r"\)")) as raised:
        made(target, source, **args)
    assert "\n" not in str(raised.value)


@targets
@pytest.mark.parametrize(
    "args",
    [
        {"app": "web:app"},
        {"app": "web:app", "interface": "wsgi"},
        {"app": "web:create_app()"},
        # What a factory gives only run time knows.
        {"app": "web:create_app()", "interface": "asgi"},
    ],
)
def test_what_may_be_there_passes(target, source, args):
    assert made(target, source, **args).result


@pytest.mark.parametrize(
    ("interface", "adapters"),
    [(None, {"mangum", "apig_wsgi"}), ("asgi", {"mangum"}), ("wsgi", {"apig_wsgi"})],
)
def test_a_function_brings_what_may_call_the_app(source, interface, adapters):
    args = {"app": "web:create_app()", **({"interface": interface} if interface else {})}
    zips = []
    for _ in range(2):
        graph = synth(lambda: FunctionApp("notes", {"source": str(source), **args}))
        zips.append(graph.one(aws.lambda_.Function).inputs["code"].path)
    assert zips[0] == zips[1]
    with zipfile.ZipFile(zips[0]) as archive:
        tops = {name.partition("/")[0] for name in archive.namelist()}
        config = json.loads(archive.read("_platform/config.json"))
    assert tops & {"mangum", "apig_wsgi"} == adapters
    assert config == {"app": "web:create_app()", "interface": interface}


def test_handlers_that_lambda_takes(source):
    for name in ("my-func.py", "1st/h.py"):
        (source / name).parent.mkdir(exist_ok=True)
        (source / name).write_text("def main(event, context):\n    return event\n")
    for handler in ("my-func.main", "1st/h.main", "1st.h.main"):
        graph = synth(lambda: FunctionApp("notes", {"source": str(source), "handler": handler}))  # noqa: B023
        assert graph.one(aws.lambda_.Function).inputs["handler"] == "_platform.handler.handler"
