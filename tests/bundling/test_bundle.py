"""Bundles: what is in them, when they are the same, and when nothing is installed."""

import calendar
import json
import os
import shutil
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from platform_lib.bundling.archive import write_zip
from platform_lib.bundling.bundle import Additions, Bundle, build
from platform_lib.bundling.installer import uv_binary
from platform_lib.bundling.serving import function_additions, server_additions
from platform_lib.checks import InvalidInput
from platform_lib.function_app import code_zip
from platform_lib.function_app.code_zip import check_size
from platform_lib.shims.file_times import content_time

PINNED = "idna==3.10\nmarkupsafe==3.0.2\n"
APP = "async def app(scope, receive, send):\n    pass\n"


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    monkeypatch.setenv("PLATFORM_LIB_CACHE", str(folder))
    return folder


@pytest.fixture
def source(tmp_path):
    return make_source(tmp_path / "source")


def make_source(folder: Path, requirements: str = PINNED, **files: str) -> Path:
    folder.mkdir(parents=True)
    (folder / "requirements.txt").write_text(requirements)
    (folder / "main.py").write_text(APP)
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


def make(source: Path, additions: Additions | None = None, **changed) -> Bundle:
    wanted = {
        "entry": "main:app",
        "entry_field": "app",
        "python_version": "3.13",
        "architecture": "arm64",
    }
    return build(source, additions=additions or Additions(), **(wanted | changed))


def stand_in(tmp_path: Path, monkeypatch, script: str) -> None:
    """Put a shell script in uv's place; in it, $UV is the real one."""
    path = tmp_path / "stand-in-uv"
    path.write_text(f"#!/bin/sh\nUV={uv_binary()}\n{script}\n")
    path.chmod(0o755)
    monkeypatch.setenv("PLATFORM_LIB_UV", str(path))


def test_tree_holds_app_dependencies_additions_and_manifest(source):
    (source / "notes").mkdir()
    (source / "notes" / "__init__.py").write_text("")
    made = make(source, Additions(files={"_platform/extra.txt": b"more"}, interface="asgi"))
    assert (made.tree / "main.py").read_text() == APP
    assert (made.tree / "idna" / "__init__.py").is_file()
    assert (made.tree / "_platform" / "extra.txt").read_bytes() == b"more"
    # Compiled for the target, not for this machine.
    assert [path.name for path in (made.tree / "markupsafe").glob("*.so")] == [
        "_speedups.cpython-313-aarch64-linux-gnu.so"
    ]
    lock = (made.tree / "_platform" / "requirements.lock").read_text()
    assert "idna==3.10 \\\n    --hash=sha256:" in lock
    assert json.loads((made.tree / "_platform" / "manifest.json").read_text()) == {
        "app_hash": made.app_hash,
        "tag": made.tag,
        "python": "3.13",
        "architecture": "arm64",
        "app": "main:app",
        "interface": "asgi",
        "source_files": ["main.py", "notes/__init__.py", "requirements.txt"],
    }
    assert len(made.app_hash) == 16
    assert made.tag.startswith(f"{made.app_hash}-")
    assert len(made.tag) == 16 + 1 + 12


def test_two_checkouts_give_the_same_bytes(tmp_path, monkeypatch):
    # Flask brings a script, whose first line uv makes of this machine's Python.
    zips = []
    for name in ("one", "another/place"):
        monkeypatch.setenv("PLATFORM_LIB_CACHE", str(tmp_path / name / "cache"))
        folder = make_source(tmp_path / name / "source", "flask==3.1.0\n" + PINNED)
        (folder / "tool.sh").write_text("#!/bin/sh\n")
        (folder / "tool.sh").chmod(0o700)
        os.utime(folder / "main.py", (len(zips) * 1e6 + 5e8,) * 2)
        zips.append(make(folder, server_additions("main:app", "asgi")))
    assert zips[0].sha256 == zips[1].sha256
    assert zips[0].zip.read_bytes() == zips[1].zip.read_bytes()
    with zipfile.ZipFile(zips[0].zip) as archive:
        entries = archive.infolist()
        contents = {entry.filename: archive.read(entry) for entry in entries}
    names = [entry.filename for entry in entries]
    assert names == sorted(names)
    for entry in entries:
        moment = calendar.timegm((*entry.date_time, 0, 0, 0))
        assert moment == content_time(contents[entry.filename])
    assert {entry.external_attr >> 16 for entry in entries} == {0o100644, 0o100755}
    assert not [name for name in names if name.endswith(".pyc") or name == ".lock"]
    assert contents["bin/flask"].startswith(b"#!/usr/bin/env python3\n")
    assert b"\nbin/flask,,\n" in b"\n" + contents["flask-3.1.0.dist-info/RECORD"]
    here = [str(tmp_path).encode(), sys.prefix.encode()]
    assert not [name for name in names for path in here if path in contents[name]]


def test_a_umask_changes_nothing(tmp_path, monkeypatch):
    zips = []
    for umask in (0o022, 0o077):
        before = os.umask(umask)
        try:
            monkeypatch.setenv("PLATFORM_LIB_CACHE", str(tmp_path / str(umask) / "cache"))
            folder = make_source(tmp_path / str(umask) / "source", PINNED)
            zips.append(make(folder, server_additions("main:app", "asgi")).sha256)
        finally:
            os.umask(before)
    assert zips[0] == zips[1]


def test_other_content_of_the_same_size_has_another_time(tmp_path):
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    (tmp_path / "one" / "app.css").write_text("a { color: red }")
    (tmp_path / "two" / "app.css").write_text("a { color: tan }")
    times = []
    for name in ("one", "two", "one"):
        write_zip(tmp_path / name, tmp_path / f"{name}.zip")
        with zipfile.ZipFile(tmp_path / f"{name}.zip") as archive:
            times.append(archive.getinfo("app.css").date_time)
    assert times[0] != times[1]
    assert times[0] == times[2]


def test_nothing_is_installed_when_nothing_changed(source, tmp_path, monkeypatch):
    additions = server_additions("main:app", "asgi")
    first = make(source, additions)
    stand_in(tmp_path, monkeypatch, "echo no installer was wanted >&2; exit 1")
    assert make(source, additions) == first
    (source / "main.py").write_text(APP + "# another line\n")
    with pytest.raises(InvalidInput, match="no installer was wanted"):
        make(source, additions)


def test_app_hash_is_the_same_on_every_target_and_the_tag_is_not(source):
    server = make(source, server_additions("main:app", "asgi"))
    salted = make(source, server_additions("main:app", "asgi", salt="FROM other"), zipped=False)
    function = make(source, function_additions(app="main:app"))
    assert server.app_hash == salted.app_hash == function.app_hash
    assert len({server.tag, salted.tag, function.tag}) == 3
    assert (server.tree / "granian").is_dir()
    assert not (function.tree / "granian").exists()
    assert (function.tree / "mangum").is_dir()
    assert not salted.sha256
    assert not salted.zip.exists()


@pytest.mark.parametrize(
    "change",
    [
        lambda source: {"python_version": "3.12"},
        lambda source: {"architecture": "x86_64"},
        lambda source: (source / "main.py").write_text(APP + "x = 1\n") and {},
        lambda source: (source / "main.py").chmod(0o755) or {},
        lambda source: (source / "main.py").rename(source / "again.py") and {"entry": "again:app"},
        lambda source: (source / "requirements.txt").write_text("idna==3.9\n") and {},
    ],
    ids=["python", "processor", "content", "mode", "name", "requirement"],
)
def test_app_hash_covers(source, change):
    before = make(source, zipped=False)
    assert make(source, zipped=False, **change(source)).app_hash != before.app_hash


def test_what_is_no_part_of_an_app_does_not_count(source):
    before = make(source)
    for name in (".env", ".env.local", "Pulumi.yaml", "Pulumi.dev.yaml", "old.pyc", ".gitignore"):
        (source / name).write_text("x")
    for name in (".git", ".venv", "__pycache__", "node_modules", ".pulumi", "x.egg-info"):
        (source / name).mkdir()
        (source / name / "file.py").write_text("x")
    (source / "any-name").mkdir()
    (source / "any-name" / "pyvenv.cfg").write_text("")
    assert make(source) == before


def test_zip_made_later_has_no_bytecode(source):
    made = make(source, zipped=False)
    (made.tree / "__pycache__").mkdir()
    (made.tree / "__pycache__" / "main.cpython-313.pyc").write_text("")
    with zipfile.ZipFile(make(source).zip) as archive:
        assert "main.py" in archive.namelist()
        assert not [name for name in archive.namelist() if "__pycache__" in name]


def test_link_within_the_source_is_followed(source):
    (source / "data").mkdir()
    (source / "data" / "one.txt").write_text("one")
    (source / "again").symlink_to("data")
    made = make(source)
    copied = made.tree / "again" / "one.txt"
    assert copied.read_text() == "one"
    assert not copied.is_symlink()


def test_source_wins_over_a_dependency_and_uv_keeps_its_own(source, tmp_path):
    (source / "idna").mkdir()
    (source / "idna" / "py.typed").write_text("ours")
    assert (make(source).tree / "idna" / "py.typed").read_text() == "ours"
    other = make(make_source(tmp_path / "other", PINNED, plain="other"))
    assert (other.tree / "idna" / "py.typed").read_text() == ""


def test_python_311_takes_wheels_that_run_on_the_oldest_lambda(tmp_path):
    source = make_source(tmp_path / "source", "pydantic-core==2.33.2\ntyping-extensions==4.16.0\n")
    made = make(source, server_additions("main:app", "asgi"), python_version="3.11", zipped=False)
    wheel = next(made.tree.glob("pydantic_core-*.dist-info/WHEEL")).read_text()
    assert "manylinux_2_17_aarch64" in wheel
    # The server does not run there, and has no wheel as old as that.
    assert (made.tree / "granian").is_dir()


def test_a_handler_is_called_by_the_shim(source):
    (source / "main.py").write_text("def handler(event, context):\n    return 1\n")
    made = make(
        source,
        function_additions(handler="main.handler"),
        entry="main.handler",
        entry_field="handler",
    )
    assert json.loads((made.tree / "_platform/config.json").read_text()) == {
        "handler": "main.handler"
    }


def test_killed_build_leaves_nothing_half(source, tmp_path, monkeypatch, cache):
    began = tmp_path / "began"
    stand_in(
        tmp_path,
        monkeypatch,
        f'if [ "$2" = install ]; then "$UV" "$@"; echo $$ > {began}.tmp; '
        f'mv {began}.tmp {began}; exec sleep 600; fi\nexec $UV "$@"',
    )
    program = (
        "import sys; from pathlib import Path; from platform_lib.bundling.bundle import *\n"
        "build(Path(sys.argv[1]), entry='main:app', entry_field='app', python_version='3.13',"
        " architecture='arm64', additions=Additions())"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(source)]) as running:
        while not began.exists():
            assert running.poll() is None
        running.send_signal(signal.SIGKILL)
    os.kill(int(began.read_text()), signal.SIGKILL)
    folder = cache / "bundles"
    assert [path for path in folder.iterdir() if path.is_dir()]
    assert not [path for path in folder.iterdir() if not path.name.startswith(".")]
    monkeypatch.delenv("PLATFORM_LIB_UV")
    made = make(source)
    assert (made.tree / "idna").is_dir()
    assert [path.name for path in folder.iterdir() if path.is_dir()] == [made.tag]


def test_two_programs_build_the_same_thing_once(source, tmp_path, monkeypatch):
    log = tmp_path / "installs"
    stand_in(tmp_path, monkeypatch, f'[ "$2" = install ] && echo 1 >> {log}; exec $UV "$@"')
    program = (
        "import sys; from pathlib import Path; from platform_lib.bundling.bundle import *\n"
        "print(build(Path(sys.argv[1]), entry='main:app', entry_field='app',"
        " python_version='3.13', architecture='arm64', additions=Additions()).sha256)"
    )
    command = [sys.executable, "-c", program, str(source)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(2)]
    said = {each.communicate()[0] for each in running}
    assert len(said) == 1
    assert [each.returncode for each in running] == [0, 0]
    assert log.read_text().splitlines() == ["1"]


@pytest.mark.parametrize(
    ("limit", "said"),
    [("ZIP_LIMIT", "MB as a zip"), ("UNZIPPED_LIMIT", "MB unzipped")],
)
def test_too_large_a_function_is_refused_with_its_largest_packages(
    source, monkeypatch, limit, said
):
    (source / "assets").mkdir()
    (source / "assets" / "noise").write_bytes(os.urandom(3 << 20))
    zips = [make(source).zip]
    check_size("source", "it", zips, uploaded=False)
    monkeypatch.setattr(code_zip, limit, 2 << 20)
    with pytest.raises(InvalidInput, match=f"3\\.. {said}.*largest are assets 3.0 MB, idna 0"):
        check_size("source", "it", zips, uploaded=False)


def test_the_cache_can_be_deleted(source, cache):
    before = make(source)
    shutil.rmtree(cache)
    assert make(source) == before
