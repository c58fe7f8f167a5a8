"""Locks that lie in a source: used, refused where stale, and by the Python they are for."""

import shutil
import subprocess
from pathlib import Path

import pytest

from platform_lib.bundling.bundle import Additions, build
from platform_lib.bundling.installer import uv_binary
from platform_lib.bundling.requirements import admits
from platform_lib.checks import InvalidInput

PROJECT = (
    '[project]\nname="web"\nversion="0"\nrequires-python=">=3.12"\n'
    'dependencies=["Idna >= 3.7, <3.11", "colorama; sys_platform == \'win32\'"]\n'
    '[dependency-groups]\ndev=["six"]\n'
)


@pytest.fixture(autouse=True)
def _cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PLATFORM_LIB_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "main.py").write_text("app = 1\n")
    (folder / "pyproject.toml").write_text(PROJECT)
    return folder


def make(source, **changed):
    wanted = {"entry": "main:app", "entry_field": "app", "python_version": "3.13"}
    wanted |= {"architecture": "arm64", "additions": Additions(), "zipped": False}
    return build(source, **(wanted | changed))


def locked(source, **changed):
    lock = (make(source, **changed).tree / "_platform" / "requirements.lock").read_text()
    return [line.split()[0] for line in lock.splitlines() if line[0] != " "]


def python_312():
    found = [
        *Path("~/.pyenv/versions").expanduser().glob("3.1[23].*/bin/python"),
        shutil.which("python3.13"),
    ]
    return next((str(path) for path in found if path), None)


def uv(folder, *words):
    python = python_312()
    if python is None:
        pytest.skip("uv makes a lock for 3.12 with a Python 3.12 or later only")
    subprocess.run([uv_binary(), *words, "--quiet", "--python", python], cwd=folder, check=True)


def test_uv_lock_is_used_and_nothing_starts_when_nothing_changed(source, monkeypatch, capfd):
    (source / "pyproject.toml").write_text(PROJECT.replace("<3.11", "<3.10"))
    uv(source, "lock")
    # The project takes later ones since, and the lock stays as it is.
    text = (source / "uv.lock").read_text()
    (source / "uv.lock").write_text(text.replace(">=3.7,<3.10", ">=3.7,<3.11"))
    (source / "pyproject.toml").write_text(PROJECT)
    assert locked(source) == ["idna==3.9"]
    assert "not pinned" not in capfd.readouterr().err
    monkeypatch.setenv("PLATFORM_LIB_UV", "/nowhere/uv")
    assert locked(source) == ["idna==3.9"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"Idna >= 3.7, <3.11"', '"idna>=3.7,<3.10"', "idna"),
        ('"Idna >= 3.7, <3.11"', '"idna>=3.7,<3.11", "markupsafe"', "markupsafe"),
        ('"Idna >= 3.7, <3.11", ', "", "idna"),
    ],
    ids=["bound", "added", "removed"],
)
def test_stale_uv_lock_is_refused(source, old, new, said):
    uv(source, "lock")
    (source / "pyproject.toml").write_text(PROJECT.replace(old, new))
    with pytest.raises(
        InvalidInput, match=rf"uv\.lock is not up to date.*\({said}\); run `uv lock`"
    ):
        make(source)


def test_uv_lock_of_a_workspace_with_a_library(source, tmp_path):
    project = PROJECT.replace('"Idna >= 3.7, <3.11"', '"bar"')
    (source / "pyproject.toml").write_text(f"{project}[tool.uv.sources]\nbar={{workspace=true}}\n")
    (tmp_path / "pyproject.toml").write_text('[tool.uv.workspace]\nmembers=["source", "bar"]\n')
    (tmp_path / "bar" / "bar").mkdir(parents=True)
    (tmp_path / "bar" / "bar" / "__init__.py").write_text("")
    (tmp_path / "bar" / "pyproject.toml").write_text(
        '[project]\nname="bar"\nversion="1"\nrequires-python=">=3.12"\ndependencies=["idna<3.11"]\n'
        '[build-system]\nrequires=["hatchling"]\nbuild-backend="hatchling.build"\n'
    )
    uv(tmp_path, "lock")
    assert locked(source) == ["idna==3.10"]
    assert (make(source).tree / "bar" / "__init__.py").is_file()


def test_pylock_is_used(source):
    uv(source, "lock")
    uv(
        source,
        "export",
        "--no-default-groups",
        "--no-emit-project",
        "--output-file",
        "pylock.toml",
    )
    (source / "uv.lock").unlink()
    text = (source / "pylock.toml").read_text()
    assert 'name = "colorama"' in text
    (source / "pyproject.toml").write_text(PROJECT.replace("Idna >= 3.7, <3.11", "markupsafe"))
    assert locked(source) == ["idna==3.10"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            '[[packages]]\nname="x"\nversion="1"\n',
            "its lock has x in a form that is not understood",
        ),
        ("[[packages", "its lock cannot be read"),
        (
            '[[packages]]\nname="x"\nversion="1"\nmarker="\'dev\' in dependency_groups"\n',
            "holds x for a group or an extra alone",
        ),
    ],
)
def test_pylock_that_is_not_understood(source, text, said):
    (source / "pylock.toml").write_text(text)
    with pytest.raises(InvalidInput, match=said):
        make(source)


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("poetry.lock", "poetry export --output requirements.txt"),
        ("pdm.lock", "pdm export --output requirements.txt"),
        ("Pipfile.lock", "pipenv requirements --hash > requirements.txt"),
    ],
)
def test_lock_of_another_tool_is_refused_with_the_command_to_run(
    source, monkeypatch, name, command
):
    monkeypatch.setenv("PATH", "/nowhere")
    (source / name).write_text("")
    with pytest.raises(InvalidInput, match=f"{name} is read by .* alone; run `{command}` there"):
        make(source)
    (source / "requirements.txt").write_text("idna==3.10\n")
    assert locked(source) == ["idna==3.10"]


@pytest.mark.parametrize("fails", [False, True], ids=["exports", "has no plugin"])
def test_poetry_lock_is_exported_where_poetry_is_at_hand(source, tmp_path, monkeypatch, fails):
    hashes = "12f65c9b470abda6dc35cf8e63cc574b1c52b11df2c86030af0ac09b01b13ea9"
    wheel = "946d195a0d259cbba61165e88e65941f16e9b36ea6ddb97f00452bae8b1287d3"
    script = tmp_path / "bin" / "poetry"
    script.parent.mkdir()
    script.write_text(
        "#!/bin/sh\n"
        + ("echo 'The command \"export\" does not exist' >&2; exit 1\n" if fails else "")
        + f"echo 'idna==3.10 ; python_version >= \"3.12\" --hash=sha256:{hashes} \\'\n"
        + f"echo '    --hash=sha256:{wheel}'\n"
    )
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(script.parent), prepend=":")
    (source / "poetry.lock").write_text("x")
    (source / "pyproject.toml").write_text('[tool.poetry]\nname="web"\n')
    if fails:
        with pytest.raises(InvalidInput, match=r"run `poetry export .* does not exist"):
            make(source)
        return
    assert locked(source) == ["idna==3.10"]
    script.unlink()
    monkeypatch.setenv("PLATFORM_LIB_UV", "/nowhere/uv")
    assert locked(source) == ["idna==3.10"]


@pytest.mark.parametrize(
    ("wanted", "admitted"),
    [
        (">=3.12", "3.12 3.13 3.14"),
        (">=3.11,<3.13", "3.11 3.12"),
        ("~=3.12", "3.12 3.13 3.14"),
        ("~=3.12.1", "3.12"),
        ("==3.12.*", "3.12"),
        ("!=3.12.*", "3.11 3.13 3.14"),
        (">3.12", "3.12 3.13 3.14"),
        ("<=3.13", "3.11 3.12 3.13"),
        (">= 3.13.2, < 4.0", "3.13 3.14"),
        ("<3.14.0a1", "3.11 3.12 3.13 3.14"),
        ("", "3.11 3.12 3.13 3.14"),
    ],
)
def test_pythons_that_a_project_admits(wanted, admitted):
    pythons = ["3.11", "3.12", "3.13", "3.14"]
    assert " ".join(each for each in pythons if admits(wanted, each)) == admitted


def test_python_that_the_project_does_not_admit_is_refused(source):
    (source / "requirements.txt").write_text("")
    with pytest.raises(InvalidInput, match=r"requires Python >=3\.12") as raised:
        make(source, python_version="3.11")
    assert (raised.value.field, raised.value.value) == ("python_version", "3.11")


@pytest.mark.parametrize("apart", [False, True])
def test_src_layout_works_from_the_root_of_the_project(source, apart):
    (source / "pyproject.toml").write_text(
        '[project]\nname="web"\nversion="0"\ndependencies=["idna==3.10"]\n'
    )
    (source / "main.py").unlink()
    (source / "src" / "notes").mkdir(parents=True)
    (source / "src" / "notes" / "__init__.py").write_text("")
    (source / "src" / "notes" / "web.py").write_text("from notes import x\napp = 1\n")
    (source / "src" / "notes" / "x.py").write_text("")
    tree = make(source, entry="notes.web:app", apart=apart).tree
    assert (tree / "notes" / "web.py").is_file()
    assert not (tree / "src").exists()
    with pytest.raises(InvalidInput, match=r"module 'notes\.web' has no 'other'"):
        make(source, entry="notes.web:other")
    (source / "src" / "notes" / "x.py").write_text("x = = 1\n")
    with pytest.raises(InvalidInput, match=r"cannot read notes/x\.py line 1"):
        make(source, entry="notes.web:app")
    (source / "src" / "pyproject.toml").write_text("")
    with pytest.raises(InvalidInput, match=r"both its root and its src/ have 'pyproject\.toml'"):
        make(source, entry="notes.web:app")
