"""Entries of the cache that were cut short are made anew; a cache that cannot be used is named."""

import resource
import shutil
from pathlib import Path

import pytest
from test_bundle import cache, make, source  # noqa: F401 - fixtures

from platform_lib import ArgsError, FunctionApp
from platform_lib.bundling import cache as kept
from platform_lib.bundling.cache import CacheError, cache_dir, made_once
from platform_lib.function_app.code_zip import zip_of
from platform_lib.testing import synth


@pytest.fixture(autouse=True)
def uv_cache(tmp_path, monkeypatch):
    """A cache of uv's own: what is cut short here is cut short there."""
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))


@pytest.fixture
def anew(monkeypatch):
    """Look at the cache as another process would."""
    return lambda: monkeypatch.setattr(kept, "_whole", set())


def empty(path: Path) -> None:
    path.write_bytes(b"")


def cut(path: Path) -> None:
    # In place: what is a link into uv's cache is cut there too.
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


@pytest.mark.parametrize("damage", [empty, cut, Path.unlink])
def test_a_damaged_bundle_is_made_anew(source, anew, damage):  # noqa: F811
    good = make(source)
    content = good.zip.read_bytes()
    for place in (good.zip, good.tree / "idna" / "core.py", good.tree / "main.py"):
        damage(place)
        anew()
        again = make(source)
        assert (again.sha256, again.zip) == (good.sha256, good.zip)
        shutil.rmtree(good.zip.parent)  # what is zipped is the tree, which was made anew too
        anew()
        assert make(source).zip.read_bytes() == content
    shutil.rmtree(good.tree / "idna")
    anew()
    assert make(source).tree.joinpath("idna", "core.py").exists()


@pytest.mark.parametrize("damage", [empty, cut])
def test_a_damaged_lock_is_made_anew(source, cache, anew, damage):  # noqa: F811
    good = make(source)
    shutil.rmtree(cache / "bundles")
    for lock in (cache / "locks").glob("*.txt"):
        damage(lock)
    anew()
    again = make(source)
    assert (again.tag, again.sha256) == (good.tag, good.sha256)


def test_a_damaged_zip_of_ours_and_a_damaged_seal_are_made_anew(cache, anew):  # noqa: F811
    made = zip_of({"index.py": b"x = 1"})
    content = made.read_bytes()
    cut(made)
    anew()
    assert zip_of({"index.py": b"x = 1"}).read_bytes() == content
    [seal] = made.parent.glob("*.seal")
    empty(seal)
    cut(made)
    anew()
    assert zip_of({"index.py": b"x = 1"}).read_bytes() == content


def test_an_entry_without_a_seal_is_taken_and_more_beside_does_no_harm(cache, anew):  # noqa: F811
    def make_one(place):
        place.mkdir()
        (place / "a").write_text("a")

    path = made_once(cache_dir("some") / "entry", make_one)
    (path / "b").write_text("made later")
    anew()
    assert made_once(path, make_one) == path and (path / "b").exists()
    path.with_name(".entry.seal").unlink()
    anew()
    assert made_once(path, make_one) == path and (path / "b").exists()


def test_a_cache_that_cannot_be_made_is_named(source, tmp_path, monkeypatch):  # noqa: F811
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("PLATFORM_LIB_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(CacheError, match=r"cache cannot be written at .*file.*PLATFORM_LIB_CACHE"):
        cache_dir("bundles")

    def program():
        FunctionApp("notes", {"source": str(source), "app": "main:app"})

    with pytest.raises(ArgsError, match=r"^FunctionApp 'notes': .*cache cannot be wri") as told:
        synth(program)
    assert "\n" not in str(told.value)


def test_a_full_disk_is_named_and_leaves_nothing(tmp_path, cache):  # noqa: F811
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    path = cache_dir("some") / "entry"
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(CacheError, match=r"cache cannot be written at .*: File too large"):
            made_once(path, lambda place: place.write_bytes(b"x" * 10_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not path.exists() and [each.name for each in path.parent.iterdir()] == [".entry.lock"]
    assert made_once(path, lambda place: place.write_bytes(b"x")).read_bytes() == b"x"
