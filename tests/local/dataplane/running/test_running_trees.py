import hashlib
import json
import platform
import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from dataplane_kit import write_bundle, zipped

from platform_lib.local.dataplane.running import pythons, trees
from platform_lib.local.dataplane.running.pythons import Python, find_python
from platform_lib.local.dataplane.running.trees import check_unzipped_size, local_tree
from platform_lib.local.errors import LocalCloudError

OURS = ".".join(map(str, sys.version_info[:2]))
OTHER = "arm64" if platform.machine() == "x86_64" else "x86_64"


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PLATFORM_LIB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def wheel(tmp_path):
    """A wheel of a package of ours, and the line of a lock that pins it: no index is asked."""

    def make(name="greeting", version="1.0", requires=">=3.0"):
        path = tmp_path / f"{name}-{version}-py3-none-any.whl"
        info = f"{name}-{version}.dist-info"
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(f"{name}/__init__.py", "WORD = 'hello'\n")
            archive.writestr(f"{info}/METADATA", metadata + f"Requires-Python: {requires}\n")
            archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
            archive.writestr(f"{info}/RECORD", "")
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        return f"{name}=={version} --hash=sha256:{digest}\n"

    return make


@pytest.fixture
def offline(tmp_path, monkeypatch):
    monkeypatch.setenv("UV_FIND_LINKS", str(tmp_path))
    monkeypatch.setenv("UV_NO_INDEX", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))


def bundle(tmp_path, lock="", **more):
    # What the target's dependencies were is not the app's: only the lock says what comes here.
    files = {"main.py": "import greeting\nprint(greeting.WORD)\n"}
    folder = write_bundle(tmp_path / "bundle", files, lock, **{"python": OURS, **more})
    (folder / "foreign.py").write_text("raise SystemExit('of the target')\n")
    return folder


def test_the_lock_is_installed_for_this_machine_and_the_source_is_the_bundles(
    tmp_path, wheel, offline
):
    folder = bundle(tmp_path, wheel())
    said = []
    tree = local_tree(folder, said.append, wanted="3.99")
    assert said == []
    done = subprocess.run(
        [tree.python.path, "main.py"], cwd=tree.path, capture_output=True, text=True, check=True
    )
    assert done.stdout == "hello\n"
    assert not (tree.path / "foreign.py").exists()
    assert (tree.path / "_platform" / "manifest.json").exists()


def test_a_zip_and_a_folder_make_the_same_tree_and_nothing_is_installed_twice(
    tmp_path, wheel, offline, monkeypatch
):
    folder = bundle(tmp_path, wheel())
    first = local_tree(zipped(folder), print, wanted=OURS)

    def fail(*_, **__):
        raise AssertionError("installed again")

    monkeypatch.setattr(trees.installer, "install", fail)
    again = local_tree(zipped(folder), print, wanted=OURS)
    assert again.path == first.path
    before = sorted(path.name for path in first.path.iterdir())
    (folder / "main.py").write_text("print('changed')\n")
    changed = local_tree(folder, print, wanted=OURS)
    assert changed.path != first.path
    assert sorted(path.name for path in changed.path.iterdir()) == before
    assert (first.path / "main.py").read_text() != (changed.path / "main.py").read_text()
    # What runs from there may not compile: it is there.
    assert list(changed.path.rglob("*.pyc"))
    lock = folder / "_platform" / "requirements.lock"
    lock.write_text(lock.read_text() + "# another\n")
    with pytest.raises(AssertionError, match="installed again"):
        local_tree(folder, print, wanted=OURS)


def test_another_python_stands_in_and_the_screen_says_so(tmp_path, wheel, offline, monkeypatch):
    folder = bundle(tmp_path, wheel(), python="3.14")
    monkeypatch.setattr(pythons, "_candidates", lambda _: iter(()))
    find_python.cache_clear()
    said = []
    tree = local_tree(folder, said.append, wanted=OURS)
    find_python.cache_clear()
    assert said == [
        f"Python 3.14 is not on this machine: Python {platform.python_version()} stands in"
    ]
    assert (tree.path / "greeting").exists()


def test_a_lock_that_the_python_at_hand_cannot_take_names_package_and_python(
    tmp_path, wheel, offline, monkeypatch
):
    folder = bundle(tmp_path, wheel(requires=">=3.99"), python="3.14")
    monkeypatch.setattr(pythons, "_candidates", lambda _: iter(()))
    find_python.cache_clear()
    here = platform.python_version()
    told = rf"Python {here} \(in place of Python 3\.14\).*greeting"
    with pytest.raises(LocalCloudError, match=told):
        local_tree(folder, lambda _: None, wanted=OURS)
    find_python.cache_clear()


def test_a_failed_install_leaves_nothing_half(tmp_path, wheel, offline, cache):
    folder = bundle(tmp_path, wheel().replace("sha256:", "sha256:0")[:-2] + "\n")
    with pytest.raises(LocalCloudError, match="cannot install for Python"):
        local_tree(folder, print, wanted=OURS)
    left = [path for path in (cache / "local" / "trees").iterdir() if path.is_dir()]
    assert left == []


def test_a_wheel_for_another_processor_or_python_is_refused(tmp_path):
    folder = bundle(tmp_path, architecture="arm64", python="3.11")
    info = folder / "fast-1.0.dist-info"
    info.mkdir()
    for tag, fits in [
        ("cp311-cp311-manylinux_2_17_aarch64", True),
        ("cp39-abi3-manylinux_2_17_aarch64", True),
        ("py3-none-any", True),
        ("cp311-cp311-manylinux_2_17_x86_64", False),
        ("cp312-cp312-manylinux_2_17_aarch64", False),
    ]:
        (info / "WHEEL").write_text(f"Wheel-Version: 1.0\nTag: {tag}\n")
        if fits:
            local_tree(folder, lambda _: None, wanted=OURS)
        else:
            with pytest.raises(LocalCloudError, match=f"fast-1.0 in the bundle is for {tag}"):
                local_tree(folder, lambda _: None, wanted=OURS)


def elf(machine):
    return b"\x7fELF" + b"\0" * 14 + machine.to_bytes(2, "little")


def test_a_ready_zip_with_native_code_for_another_processor_is_refused(tmp_path):
    folder = tmp_path / "ready"
    folder.mkdir()
    (folder / "main.py").write_text("")
    assert local_tree(folder, print, wanted=OURS).path.joinpath("main.py").exists()
    (folder / "fast.so").write_bytes(elf(183 if OTHER == "arm64" else 62))
    with pytest.raises(LocalCloudError, match=r"fast\.so is native code for Linux on"):
        local_tree(folder, print, wanted=OURS)


def test_a_path_that_leaves_the_bundle_is_refused():
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("../evil.py", "")
    with pytest.raises(LocalCloudError, match="leaves it"):
        local_tree(out.getvalue(), print, wanted=OURS)


def test_what_lambda_would_not_unzip_is_refused():
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("big", b"\0" * (251 * 1024 * 1024))
    with pytest.raises(LocalCloudError, match="251 MB unzipped"):
        check_unzipped_size(out.getvalue())


def test_executables_stay_executable(tmp_path):
    folder = tmp_path / "ready"
    folder.mkdir()
    (folder / "run.sh").write_text("#!/bin/sh\n")
    (folder / "run.sh").chmod(0o755)
    for source in (folder, zipped(folder)):
        tree = local_tree(source, print, wanted=OURS)
        assert (tree.path / "run.sh").stat().st_mode & 0o111


def test_our_own_python_is_found_without_our_packages():
    found = find_python(OURS)
    assert found.exact
    done = subprocess.run(
        [found.path, "-c", "import sys, json; print(json.dumps(sys.prefix == sys.base_prefix))"],
        capture_output=True,
        check=True,
    )
    assert json.loads(done.stdout) is True


def test_a_context_for_the_engine_holds_wheels_for_this_machine(tmp_path, wheel, offline):
    context = tmp_path / "context"
    files = {"main.py": "pass\n"}
    write_bundle(context / "app", files, wheel(), python="3.11", architecture=OTHER)
    (context / "Dockerfile").write_text("FROM x\n")
    (context / "app" / "foreign.so").write_bytes(elf(183))
    said = []
    copy = trees.copy_for_engine(context, said.append)
    assert copy != context
    found = {path.relative_to(copy).as_posix() for path in copy.rglob("*") if path.is_file()}
    assert {"Dockerfile", "app/main.py", "app/greeting/__init__.py"} <= found
    assert "app/foreign.so" not in found
    assert "not for" in said[0]
    here = "x86_64" if OTHER == "arm64" else "arm64"
    write_bundle(context / "app", files, wheel(), python="3.11", architecture=here)
    assert trees.copy_for_engine(context, said.append) == context


def test_versions_are_compared_by_their_minor():
    assert Python(path=Path(), version="3.13.1", wanted="3.13").exact
    assert not Python(path=Path(), version="3.1.3", wanted="3.13").exact
