"""What is wrong with a source is said at once, in one line; what only run time knows passes."""

import os
import zipfile
from pathlib import Path

import pytest

from platform_lib.bundling.bundle import Additions, build
from platform_lib.bundling.serving import function_additions, server_additions
from platform_lib.checks import InvalidInput
from platform_lib.function_app.code_zip import add_shim_to_zip

PLAIN = {"requirements.txt": "", "main.py": "def app(): ...\n"}


@pytest.fixture(autouse=True)
def _cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PLATFORM_LIB_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def bundle(tmp_path):
    """Bundle a source of the given files, none by None, over a plain app."""

    def build_it(files=None, *, entry="main:app", field="app", python="3.13", additions=None):
        source = tmp_path / "source"
        for name, text in (PLAIN | (files or {})).items():
            if text is not None:
                path = source / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
        source.mkdir(exist_ok=True)
        return build(
            source,
            entry=entry,
            entry_field=field,
            python_version=python,
            architecture="arm64",
            additions=additions or Additions(),
            zipped=False,
        )

    return build_it


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"requirements.txt": None, "main.py": None}, "'source' is .*: it is empty"),
        ({"main.py": None}, "holds no Python file and requires nothing"),
        ({"requirements.txt": None}, "neither requirements.txt nor pyproject.toml; add one"),
        ({"requirements.txt": "./wheels/x.whl"}, r"wheel filename `x\.whl` is invalid"),
        ({"requirements.txt": "--odd option"}, "the line '--odd option', which means nothing"),
        ({"requirements.txt": "--no-binary :all:"}, "the line '--no-binary :all:', which means"),
        ({"requirements.txt": "-r more.txt"}, "include more.txt, which cannot be read"),
        ({"requirements.txt": "-r ../more.txt"}, r"'\.\./more\.txt', which lies outside of it"),
        ({"requirements.txt": "docopt==0.6.2"}, "docopt==0.6.2 has no wheel for this Python"),
        ({"requirements.txt": "idna==0.0.999"}, "there is no version of idna==0.0.999"),
        ({"requirements.txt": "idna=="}, "uv failed: Couldn't parse requirement"),
        ({"requirements.txt": "idna==3.9\nidna==3.10"}, "you require idna==3.9 and idna==3.10"),
        ({"_platform/x.py": ""}, "has a folder '_platform', whose name is ours"),
        ({"requirements.txt": None, "pyproject.toml": "[project"}, "cannot be read"),
        ({"requirements.txt": None, "pyproject.toml": "[tool.poetry]"}, "no \\[project\\] table"),
        (
            {
                "requirements.txt": None,
                "pyproject.toml": '[project]\nname="x"\ndynamic=["dependencies"]',
            },
            "has dynamic dependencies; write them out",
        ),
    ],
)
def test_source_that_cannot_be_bundled(bundle, files, said):
    with pytest.raises(InvalidInput, match=said) as raised:
        bundle(files)
    assert raised.value.field == "source"
    assert "\n" not in str(raised.value)


def test_source_that_is_not_there(tmp_path):
    with pytest.raises(InvalidInput, match="there is no such directory"):
        build(
            tmp_path / "nowhere",
            entry="main:app",
            entry_field="app",
            python_version="3.13",
            architecture="arm64",
            additions=Additions(),
        )


@pytest.mark.parametrize(
    ("main", "entry", "said"),
    [
        (
            "application = 1\n",
            "main:app",
            "module 'main' has no 'app'; did you mean 'application'",
        ),
        ("def make():\n    app = 1\n", "main:app", "module 'main' has no 'app'"),
        ("class X:\n    app = 1\n", "main:app", "module 'main' has no 'app'"),
        ("app = = 1\n", "main:app", "Python 3.13 cannot read main.py line 1: invalid syntax"),
        ("import helper\napp = 1\n", "main:app", "cannot read helper.py line 2"),
        ("from package import deep\napp = 1\n", "main:app", "package/deep.py line 1"),
        ("app = 1\n", "mian:app", "have a module 'mian'; did you mean 'main'"),
        ("app = 1\n", "main.sub:app", "have a module 'main.sub'"),
        ("app = 1\n", "main.app", "must be 'package.module:callable'"),
        ("app = 1\n", "main:", "must be 'package.module:callable'"),
    ],
)
def test_app_that_cannot_be_there(bundle, main, entry, said):
    files = {
        "main.py": main,
        "helper.py": "x = 1\ndef\n",
        "package/__init__.py": "",
        "package/deep.py": "x = (\n",
    }
    with pytest.raises(InvalidInput, match=said) as raised:
        bundle(files, entry=entry)
    assert raised.value.field == "app"


@pytest.mark.parametrize(
    "main",
    [
        "from helper import *\n",
        "def __getattr__(name): ...\n",
        "try:\n    import x\nexcept ImportError:\n    app = 1\n",
        "for app in [1]: pass\n",
        "with open('x') as app: pass\n",
        "if (app := 1): pass\n",
        "import x as app\n",
        "from x import app\n",
        "def make():\n    global app\n    app = 1\nmake()\n",
        "globals()['app'] = 1\n",
        "import sys\nsys.modules[__name__] = object()\n",
        "match [1]:\n    case [app]: pass\n",
        "app: object = 1\n",
        "a, (b, *app) = 1, (2, 3)\n",
        "class app: pass\n",
        "async def app(): pass\n",
        # Never imported for certain, so never judged.
        "def app():\n    import broken\n",
        "try:\n    import broken\nexcept SyntaxError:\n    pass\napp = 1\n",
    ],
)
def test_app_that_only_run_time_can_know_passes(bundle, main):
    bundle({"main.py": main, "helper.py": "app = 1\n", "broken.py": "print 1\n"})


@pytest.mark.parametrize(
    "newer",
    [
        "type X = int\n",
        "def f[T](x: T): ...\n",
        "class C[T = int]:\n    ...\n",
        "x = f'{'nested'}'\n",
        "x = f'{\n1 # one\n}'\n",
        "x = t'{1}'\n",
        "try:\n    pass\nexcept A, B:\n    pass\n",
    ],
)
def test_syntax_that_may_be_newer_than_this_python_is_not_judged_by_it(bundle, newer):
    bundle({"main.py": f"{newer}app = 1\n"}, python="3.14")


def test_syntax_newer_than_the_target_is_refused(bundle):
    with pytest.raises(InvalidInput, match=r"Python 3\.11 cannot read main\.py line 1"):
        bundle({"main.py": "type X = int\napp = 1\n"}, python="3.11")


def test_app_in_a_dependency(bundle):
    files = {"main.py": None, "requirements.txt": "idna==3.10"}
    assert (bundle(files, entry="idna.core:encode").tree / "idna").is_dir()
    with pytest.raises(
        InvalidInput, match=r"holds no Python file, and neither .* 'idan'; did you"
    ):
        bundle(files, entry="idan:encode")
    with pytest.raises(InvalidInput, match=r"module 'idna\.core' has no 'encoed'; did you mean"):
        bundle(files, entry="idna.core:encoed")


def test_app_in_the_standard_library(bundle):
    own = {"main.py": None, "requirements.txt": "idna==3.10"}
    bundle(own, entry="wsgiref.simple_server:demo_app")
    for entry, said in (
        ("wsgiref.simple_server:demo_ap", "has no 'demo_ap'; did you mean 'demo_app'"),
        ("site:app", "module 'site' has no 'app'"),
        ("sys:app", "neither the source nor Python has a module of this name with an app"),
        ("builtins:app", "neither the source nor Python has a module of this name with an app"),
    ):
        with pytest.raises(InvalidInput, match=said):
            bundle(own, entry=entry)


@pytest.mark.parametrize(
    ("name", "entry", "field"),
    [
        ("site.py", "site:app", "app"),
        ("io.py", "io.app", "handler"),
        ("json/web.py", "json.web:app", "app"),
        ("calendar/__init__.py", "calendar:app", "app"),
        ("__main__.py", "__main__:app", "app"),
    ],
)
def test_a_module_of_python_itself_is_found_in_the_sources_place(bundle, name, entry, field):
    top = name.partition("/")[0].removesuffix(".py")
    said = f"Python has a module '{top}' of its own, which it loads: rename yours"
    with pytest.raises(InvalidInput, match=said) as raised:
        bundle({name: "def app(): ...\n"}, entry=entry, field=field)
    assert raised.value.field == field


def test_handler(bundle):
    files = {"jobs/mail.py": "def send(event, context): ...\n"}
    bundle(files, entry="jobs/mail.send", field="handler")
    with pytest.raises(InvalidInput, match=r"'handler' is .* module 'jobs\.mail' has no 'sned'"):
        bundle(files, entry="jobs.mail.sned", field="handler")
    for text in ("mail", "my func.send", "mail:send", "mail.send()", "./mail.send", "mail.1st"):
        with pytest.raises(InvalidInput, match=r"must be 'module\.function'"):
            bundle(files, entry=text, field="handler")


@pytest.mark.parametrize("entry", ["my-func.handler", "1st/h.main", "lambda.handler", "a-b.c.run"])
def test_handlers_whose_modules_are_no_words_of_python(bundle, entry):
    module, _, name = entry.rpartition(".")
    text = f"def {name}(event, context): ...\n"
    bundle({module.replace(".", "/") + ".py": text}, entry=entry, field="handler")
    with pytest.raises(InvalidInput, match="has no 'other'"):
        bundle({}, entry=f"{module}.other", field="handler")


FLASK = "from flask import Flask as F\napp: F = F(__name__)\n"
FASTAPI = "import fastapi\napp = fastapi.FastAPI(title='x')\n"


@pytest.mark.parametrize(
    ("main", "is_called"),
    [
        (FLASK, "wsgi"),
        (FASTAPI, "asgi"),
        ("import django.core.wsgi as w\napp = w.get_wsgi_application()\n", "wsgi"),
        ("from django.core.asgi import get_asgi_application as g\napp = g()\n", "asgi"),
        ("async def app(scope, receive, send): ...\n", "asgi"),
        ("def app(environ, start_response): ...\n", "wsgi"),
        # What only run time knows.
        (FLASK + "from asgiref.wsgi import WsgiToAsgi\napp = WsgiToAsgi(app)\n", None),
        (FLASK + "app = wrap(app)\n", None),
        (FLASK + "def change():\n    global app\n", None),
        ("from .flask import Flask\napp = Flask()\n", None),
        ("@wrap\ndef app(environ, start_response): ...\n", None),
        ("def app(*args): ...\n", None),
        ("def app(scope, receive, send): ...\n", None),
        ("from other import make\napp = make()\n", None),
        ("if x:\n    def app(environ, start_response): ...\n", None),
    ],
)
def test_an_interface_that_the_source_shows_to_be_wrong(bundle, main, is_called):
    files = {"main.py": main, "flask.py": "Flask = 1\n", "other.py": ""}
    for given in ("asgi", "wsgi"):
        additions = Additions(interface=given)
        if is_called in (None, given):
            bundle(files, additions=additions)
        else:
            said = f"'interface' is '{given}': the app 'main:app' is {is_called.upper()}: leave"
            with pytest.raises(InvalidInput, match=said):
                bundle(files, additions=additions)


def test_a_factory_is_judged_by_its_name_alone(bundle):
    files = {"main.py": FLASK + "def make(): return app\n"}
    bundle(files, entry="main:make()", additions=Additions(interface="asgi"))
    with pytest.raises(InvalidInput, match="module 'main' has no 'mkae'; did you mean 'make'"):
        bundle(files, entry="main:mkae()")
    for text in ("main:make('x')", "main:make()()", "main:()", "main:make().app"):
        with pytest.raises(InvalidInput, match=r"or 'package\.module:factory\(\)'"):
            bundle(files, entry=text)


@pytest.mark.parametrize(
    ("link", "target", "said"),
    [
        ("out", "/etc/hosts", "its link 'out' to '/etc/hosts' leads out of the source"),
        ("up", "..", r"its link 'up' to '\.\.' leads out of the source"),
        ("gone", "nowhere", "its link 'gone' to 'nowhere' leads nowhere"),
        ("self", ".", r"its link 'self' to '\.' leads"),
        ("package/loop", ".", r"its link 'package/loop' to '\.' leads back to where it is"),
    ],
)
def test_link_that_no_other_machine_can_follow(bundle, tmp_path, link, target, said):
    bundle({"package/x.py": ""})
    (tmp_path / "source" / link).symlink_to(target)
    with pytest.raises(InvalidInput, match=said):
        bundle()


def test_file_whose_name_no_other_system_can_spell(bundle, tmp_path):
    bundle({"fine/näme.txt": ""})
    (tmp_path / "source" / os.fsdecode(b"\xff.txt")).write_text("")
    with pytest.raises(InvalidInput, match="has a name that other systems cannot spell"):
        bundle()


def test_conflict_with_the_server(bundle):
    with pytest.raises(InvalidInput, match=r"conflict with what serves it \(granian.*click==7\.0"):
        bundle({"requirements.txt": "click==7.0"}, additions=server_additions("main:app", "asgi"))


def test_conflict_with_an_adapter_says_that_it_is_brought_along(bundle):
    said = r"conflict with what serves it \(mangum.*leave that out of its requirements"
    with pytest.raises(InvalidInput, match=said):
        bundle(
            {"requirements.txt": "mangum==0.11.0"}, additions=function_additions(app="main:app")
        )


@pytest.mark.parametrize(
    ("interface", "pin"), [("asgi", "mangum==0.17.0"), ("wsgi", "apig-wsgi==2.18.0")]
)
def test_the_apps_own_pin_of_the_adapter_counts(bundle, interface, pin):
    additions = function_additions(app="main:app", interface=interface)
    made = bundle({"requirements.txt": pin, "main.py": "app = object()\n"}, additions=additions)
    assert f"{pin} " in (made.tree / "_platform" / "requirements.lock").read_text()


def test_an_old_package_gets_an_older_server(bundle):
    made = bundle({"requirements.txt": "click==8.0.4"}, additions=server_additions("main:app"))
    lock = (made.tree / "_platform" / "requirements.lock").read_text()
    assert "click==8.0.4 " in lock
    assert "granian==2." in lock
    assert "granian==2.8.7 " not in lock


def test_the_apps_own_pin_of_the_server_counts(bundle):
    made = bundle(
        {"requirements.txt": "granian==2.7.0\nclick==8.1.8"},
        additions=server_additions("main:app", "asgi"),
    )
    lock = (made.tree / "_platform" / "requirements.lock").read_text()
    assert "granian==2.7.0 " in lock
    assert "click==8.1.8 " in lock


@pytest.mark.parametrize(
    ("uv_says", "said"),
    [
        (
            "error: Failed to install: x.whl\\n  cause: No space left on device (os error 28)",
            "the disk is full, so packages could not be installed: Failed to install: x.whl No ",
        ),
        (
            "error: Request failed after 3 retries\\n  cause: Failed to fetch: http://x/simple/",
            "could not be fetched; check the network and the package index: Request failed",
        ),
        ("error: something new", "uv failed: something new"),
        ("", "uv failed without a word"),
    ],
)
@pytest.mark.parametrize("lacks", ["compile", "install"])
def test_installer_that_fails_is_one_line(bundle, tmp_path, monkeypatch, uv_says, said, lacks):
    script = tmp_path / "uv"
    lock = "idna==3.10 --hash=sha256:0"
    script.write_text(
        f'#!/bin/sh\n[ "$2" != {lacks} ] && echo "{lock}" && exit 0\nprintf "{uv_says}" >&2; exit 2'
    )
    script.chmod(0o755)
    monkeypatch.setenv("PLATFORM_LIB_UV", str(script))
    with pytest.raises(InvalidInput, match=said) as raised:
        bundle({"requirements.txt": "idna==3.10"})
    assert "\n" not in str(raised.value)
    assert not list((tmp_path / "cache" / "bundles").glob("[!.]*"))


def test_full_disk_of_ours_is_one_line(bundle, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device", "/cache/file")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(InvalidInput, match=r"could not be bundled.*/cache/file.*No space left"):
        bundle()


def test_installer_that_is_not_there(bundle, monkeypatch):
    monkeypatch.setenv("PLATFORM_LIB_UV", "/nowhere/uv")
    with pytest.raises(InvalidInput, match=r"uv could not be started \(No such file"):
        bundle({"requirements.txt": "idna==3.10"})


def test_shim_is_added_to_a_ready_zip(tmp_path):
    ready = tmp_path / "ready.zip"
    with zipfile.ZipFile(ready, "w") as archive:
        archive.writestr("main.py", "def handler(event, context): ...\n")
    made = add_shim_to_zip(ready, handler="main.handler")
    with zipfile.ZipFile(made) as archive:
        names = archive.namelist()
        config = archive.read("_platform/config.json")
    assert names == ["main.py", "_platform/config.json", "_platform/handler.py"]
    assert config == b'{"handler": "main.handler"}'
    before = made.read_bytes(), made.stat().st_mtime_ns
    assert add_shim_to_zip(ready, handler="main.handler") == made
    assert (made.read_bytes(), made.stat().st_mtime_ns) == before
    made.unlink()
    assert add_shim_to_zip(ready, handler="main.handler").read_bytes() == before[0]
    with pytest.raises(InvalidInput, match="has a folder '_platform'"):
        add_shim_to_zip(made, handler="main.handler")
    with pytest.raises(InvalidInput, match=r"the zip has no module 'other'"):
        add_shim_to_zip(ready, handler="other.handler")
