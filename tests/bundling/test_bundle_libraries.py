"""Libraries of the project that no index has: built and bundled, or refused by their names."""

import json
import subprocess
import zipfile

import pytest

from platform_lib.bundling.bundle import Additions, build
from platform_lib.bundling.requirements import split_answer
from platform_lib.checks import InvalidInput

HATCH = '[build-system]\nrequires=["hatchling"]\nbuild-backend="hatchling.build"\n'
GIT = ("git", "-c", "user.name=x", "-c", "user.email=x@example.com")


@pytest.fixture(autouse=True)
def _cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PLATFORM_LIB_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def project(tmp_path):
    """Write files below `project/`; libs/foo requires libs/bar, and that idna."""

    def write(**files):
        root = tmp_path / "project"
        plain = {
            "app/main.py": "import foo\napp = 1\n",
            "libs/foo/pyproject.toml": '[project]\nname="foo-lib"\nversion="1"\n'
            f'dependencies=["bar"]\n[project.scripts]\nfoo-tool="foo:main"\n{HATCH}'
            '[tool.hatch.build.targets.wheel]\npackages=["src/foo"]\n'
            '[tool.uv.sources]\nbar={path="../bar", editable=true}\n',
            "libs/foo/src/foo/__init__.py": "def main(): ...\n",
            "libs/bar/pyproject.toml": '[project]\nname="bar"\nversion="2"\n'
            f'dependencies=["idna==3.10"]\n{HATCH}',
            "libs/bar/bar/__init__.py": "",
            "libs/bar/bar/data.txt": "data",
        }
        for name, text in (plain | files).items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return root

    return write


def make(source, **changed):
    wanted = {"entry": "main:app", "entry_field": "app", "python_version": "3.13"}
    wanted |= {"architecture": "arm64", "additions": Additions()}
    return build(source, **(wanted | changed))


def pyproject(depends, more=""):
    return {
        "app/pyproject.toml": f'[project]\nname="web"\nversion="0"\ndependencies={depends}\n{more}'
    }


@pytest.mark.parametrize(
    "files",
    [
        {"app/requirements.txt": "../libs/foo\n"},
        {"app/requirements.txt": "-e ../libs/foo\nidna==3.10\n"},
        {"app/requirements.txt": "foo-lib @ ../libs/foo\n"},
        {"app/requirements.txt": "-r base.txt\n", "app/base.txt": "--editable ../libs/foo\n"},
        pyproject('["foo-lib"]', '[tool.uv.sources]\nfoo-lib={path="../libs/foo"}\n'),
        pyproject(
            '["foo-lib"]', '[tool.uv.sources]\nfoo-lib={path="../libs/foo", editable=true}\n'
        ),
        pyproject('["foo-lib"]', "[tool.uv.sources]\nfoo-lib={workspace=true}\n")
        | {
            "pyproject.toml": '[tool.uv.workspace]\nmembers=["app", "libs/*"]\n'
            "[tool.uv.sources]\nbar={workspace=true}\n",
            "libs/foo/pyproject.toml": f'[project]\nname="foo-lib"\nversion="1"\n'
            f'dependencies=["bar"]\n[project.scripts]\nfoo-tool="foo:main"\n{HATCH}'
            '[tool.hatch.build.targets.wheel]\npackages=["src/foo"]\n',
        },
    ],
    ids=["path", "editable", "named", "included", "uv path", "uv editable", "uv workspace"],
)
def test_library_of_the_project_is_built_and_bundled(project, files):
    root = project(**files)
    made = make(root / "app")
    assert (made.tree / "foo" / "__init__.py").read_text() == "def main(): ...\n"
    assert (made.tree / "bar" / "data.txt").read_text() == "data"
    assert (made.tree / "idna" / "core.py").is_file()
    assert (made.tree / "bin" / "foo-tool").read_text().startswith("#!/usr/bin/env python3\n")
    # The local cloud installs the lock anew, and takes these files as the app's own.
    lock = (made.tree / "_platform" / "requirements.lock").read_text()
    assert [line for line in lock.splitlines() if line[0] != " "] == ["idna==3.10 \\"]
    own = json.loads((made.tree / "_platform" / "manifest.json").read_text())["source_files"]
    assert {"main.py", "foo/__init__.py", "bar/data.txt", "bar-2.dist-info/METADATA"} <= set(own)
    # Nothing was built in the user's folders.
    assert sorted(path.name for path in (root / "libs" / "bar").iterdir()) == [
        "bar",
        "pyproject.toml",
    ]


def test_unchanged_libraries_start_no_installer_and_changed_ones_are_another_app(
    project, monkeypatch, tmp_path
):
    root = project(**{"app/requirements.txt": "../libs/foo\n"})
    first = make(root / "app")
    with monkeypatch.context() as patch:
        patch.setenv("PLATFORM_LIB_UV", "/nowhere/uv")
        assert make(root / "app") == first
    (root / "libs" / "bar" / "bar" / "data.txt").write_text("other")
    other = make(root / "app")
    assert other.app_hash != first.app_hash
    assert (other.tree / "bar" / "data.txt").read_text() == "other"
    (root / "libs" / "bar" / "bar" / "data.txt").write_text("data")
    assert make(root / "app") == first
    # A library that gets another dependency gets it in the bundle.
    project_file = root / "libs" / "bar" / "pyproject.toml"
    project_file.write_text(project_file.read_text().replace("idna==3.10", "idna==3.9"))
    assert "idna==3.9 " in (make(root / "app").tree / "_platform/requirements.lock").read_text()


def test_two_checkouts_give_the_same_bytes(project, tmp_path, monkeypatch):
    root = project(**{"app/requirements.txt": "../libs/foo\n"})
    first = make(root / "app")
    other = root.rename(tmp_path / "elsewhere")
    monkeypatch.setenv("PLATFORM_LIB_CACHE", str(tmp_path / "other-cache"))
    second = make(other / "app")
    assert (first.tag, first.sha256) == (second.tag, second.sha256)
    with zipfile.ZipFile(second.zip) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    assert not [name for name, text in contents.items() if str(tmp_path).encode() in text]
    record = contents["bar-2.dist-info/RECORD"].decode()
    assert {row.split(",")[0] for row in record.splitlines()} == {
        name for name in contents if name.startswith(("bar/", "bar-2.dist-info/"))
    }


def test_wheel_in_the_source(project, tmp_path):
    wheel = "app/vendor/bar-3-py3-none-any.whl"
    root = project(**{"app/requirements.txt": "vendor/bar-3-py3-none-any.whl\n", wheel: ""})
    with zipfile.ZipFile(root / wheel, "w") as archive:
        archive.writestr("bar/__init__.py", "x = 3\n")
        archive.writestr(
            "bar-3.dist-info/METADATA", "Metadata-Version: 2.1\nName: bar\nVersion: 3\n"
        )
        archive.writestr("bar-3.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr("bar-3.dist-info/RECORD", "bar/__init__.py,,\n")
    assert (make(root / "app").tree / "bar" / "__init__.py").read_text() == "x = 3\n"


def test_source_that_requires_itself(project):
    files = {
        "app/pyproject.toml": '[project]\nname="web"\nversion="7"\ndependencies=[]\n'
        f'[project.optional-dependencies]\nfast=["idna==3.10"]\n{HATCH}'
        '[tool.hatch.build.targets.wheel]\npackages=["web"]\n',
        "app/web/__init__.py": "app = 1\n",
        "app/requirements.txt": ".[fast]\n",
    }
    made = make(project(**files) / "app", entry="web:app")
    assert (made.tree / "web-7.dist-info" / "METADATA").is_file()
    assert (made.tree / "idna").is_dir()


def test_library_whose_dependencies_only_a_build_tells(project, monkeypatch):
    files = {
        "app/requirements.txt": "dyn @ ../libs/dyn\n",
        "libs/dyn/setup.py": "from setuptools import setup\n"
        'setup(name="dyn", version="1", py_modules=["dynmod"], install_requires=["idna==3.10"])\n',
        "libs/dyn/dynmod.py": "",
    }
    root = project(**files)
    made = make(root / "app")
    assert (made.tree / "dynmod.py").is_file()
    assert (made.tree / "idna").is_dir()
    assert sorted(path.name for path in (root / "libs" / "dyn").iterdir()) == [
        "dynmod.py",
        "setup.py",
    ]
    monkeypatch.setenv("PLATFORM_LIB_UV", "/nowhere/uv")
    assert make(root / "app") == made


def commit(folder):
    subprocess.run([*GIT, "init", "--quiet"], cwd=folder, check=True)
    subprocess.run([*GIT, "add", "."], cwd=folder, check=True)
    subprocess.run([*GIT, "commit", "--quiet", "--message", "x"], cwd=folder, check=True)
    head = subprocess.run([*GIT, "rev-parse", "HEAD"], cwd=folder, check=True, capture_output=True)
    return head.stdout.decode().strip()


def test_git_commit_is_bundled_and_a_branch_is_pinned_with_a_warning(project, capfd, monkeypatch):
    root = project()
    folder = root / "libs" / "bar"
    pinned = f"bar @ git+file://{folder}@{commit(folder)}\n"
    (root / "app" / "requirements.txt").write_text(pinned + "idna==3.10\n")
    made = make(root / "app")
    assert (made.tree / "bar" / "data.txt").read_text() == "data"
    assert "not pinned" not in capfd.readouterr().err
    (root / "app" / "requirements.txt").write_text(f"bar @ git+file://{folder}\nidna==3.10\n")
    branch = make(root / "app")
    assert "1 of its packages are not pinned (bar)" in capfd.readouterr().err
    # Another commit changes nothing until the requirement does.
    (folder / "bar" / "data.txt").write_text("later")
    commit(folder)
    monkeypatch.setenv("PLATFORM_LIB_UV", "/nowhere/uv")
    assert make(root / "app") == branch


@pytest.mark.parametrize(
    ("requirements", "said"),
    [
        ("../libs/none\n", "not found.*/libs/none"),
        ("bar @ git+file:///nowhere/bar\n", "git.*nowhere/bar"),
        (
            "../libs/broken\n",
            r"requires broken from '\.\./libs/broken', which cannot be bundled: .*no_such",
        ),
        (
            "../libs/native\n",
            "requires native from '../libs/native', which cannot be bundled|which has",
        ),
        ("vendor/bar-3-cp313-cp313-win_amd64.whl\n", "bar"),
    ],
)
def test_library_that_cannot_be_bundled_is_named(project, requirements, said):
    files = {
        "app/requirements.txt": requirements,
        "app/vendor/bar-3-cp313-cp313-win_amd64.whl": "",
        "libs/broken/pyproject.toml": '[project]\nname="broken"\nversion="1"\n'
        '[build-system]\nrequires=["hatchling"]\nbuild-backend="no_such"\n',
        "libs/native/pyproject.toml": '[project]\nname="native"\nversion="1"\n',
        "libs/native/setup.py": "from setuptools import setup, Extension\n"
        'setup(ext_modules=[Extension("native", ["x.c"])])\n',
        "libs/native/x.c": "#include <Python.h>\n"
        'static struct PyModuleDef m = {PyModuleDef_HEAD_INIT, "native"};\n'
        "PyMODINIT_FUNC PyInit_native(void) { return PyModule_Create(&m); }\n",
    }
    root = project(**files)
    with pytest.raises(InvalidInput, match=said) as raised:
        make(root / "app")
    assert raised.value.field == "source"
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "line",
    [
        "./libs/foo",
        "-e ../bar",
        "bar @ git+https://example.org/x@1",
        "--index-url https://x",
        "-c x",
        "???",
    ],
)
def test_no_line_of_the_answer_is_lost(line):
    pins, others = split_answer(f"idna==3.10 \\\n    --hash=sha256:1\n{line}\n# a comment\n")
    assert pins == "idna==3.10 --hash=sha256:1\n"
    assert others == [line]


def test_answer_that_is_not_understood_is_an_error(project, tmp_path, monkeypatch):
    root = project(**{"app/requirements.txt": "idna==3.10\n"})
    script = tmp_path / "uv"
    script.write_text(
        '#!/bin/sh\ncase "$*" in *pylock*) exit 0;; esac\necho "idna==3.10"; echo "odd thing"\n'
    )
    script.chmod(0o755)
    monkeypatch.setenv("PLATFORM_LIB_UV", str(script))
    with pytest.raises(
        InvalidInput, match="uv's answer has lines that are not understood: odd thing"
    ):
        make(root / "app")


@pytest.mark.parametrize("apart", [False, True], ids=["one tree", "layer"])
@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"app/idna/core.py": ""}, "its 'idna' has the name of a module that a package"),
        ({"app/idna/__init__.py": ""}, "its 'idna' has the name"),
        ({"app/idna.py": ""}, r"its 'idna\.py' has the name"),
        ({"app/six/x.py": ""}, "its 'six' has the name"),
        ({"app/six.py": ""}, r"its 'six\.py' has the name"),
        ({"app/bar/__init__.py": ""}, "its 'bar' has the name"),
        (
            {
                "libs/bar/six.py": "",
                "libs/bar/pyproject.toml": '[project]\nname="bar"\nversion="1"\n'
                + HATCH
                + '[tool.hatch.build.targets.wheel]\ninclude=["six.py", "bar"]\n',
            },
            "'six.py' of bar has the name",
        ),
    ],
)
def test_modules_of_one_name_are_refused(project, files, said, apart):
    root = project(**{"app/requirements.txt": "idna==3.10\nsix==1.17.0\n../libs/bar\n"} | files)
    with pytest.raises(InvalidInput, match=said):
        make(root / "app", apart=apart)


def test_folders_that_python_joins_or_never_imports_have_any_name(project):
    files = {
        "app/requirements.txt": "googleapis-common-protos==1.70.0\nflask==3.1.0\n./own\n",
        "app/google/ours/x.py": "",
        "app/idna_data/x.txt": "",
        "app/bin/run.py": "",
        "app/flask/readme.txt": "",
        # A project inside of the source, whose folder has the name of what it brings.
        "app/own/pyproject.toml": '[project]\nname="own"\nversion="1"\n' + HATCH,
        "app/own/own/__init__.py": "",
    }
    made = make(project(**files) / "app")
    assert (made.tree / "google" / "ours" / "x.py").is_file()
    assert (made.tree / "google" / "rpc").is_dir()
    assert (made.tree / "own" / "__init__.py").is_file()
