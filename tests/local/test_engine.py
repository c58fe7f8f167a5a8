"""Which Pulumi CLI is used, with stand-ins for the CLI, for Go and for the internet."""

import os
import stat
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from platform_lib.local import LocalCloudError, engine
from platform_lib.local.engine import BUILT, find_engine
from platform_lib.local.screen import Screen

MODULE = Path(engine.__file__).parent / "engine_module"


class Said(Screen):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, line: str) -> None:
        self.lines.append(line)


@pytest.fixture(autouse=True)
def machine(tmp_path, monkeypatch):
    """A machine without Pulumi, Go and internet, and with an empty cache."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("PLATFORM_LIB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(engine, "has_internet", lambda: False)
    return tmp_path


def put(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!{sys.executable}\n{script}")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def put_pulumi(path: Path, version: str) -> Path:
    return put(path, f"print('{version}')")


def put_go(machine: Path, ending: str = "") -> Path:
    """A go that writes down its calls and builds a CLI of the version it was told to stamp."""
    return put(
        machine / "bin" / "go",
        f"""
import os, pathlib, re, sys, time
pathlib.Path({str(machine / "calls")!r}).open("a").write(" ".join(sys.argv[1:]) + "\\n")
{ending}
assert pathlib.Path("go.mod").exists() and pathlib.Path("go.sum").exists()
target = pathlib.Path(sys.argv[sys.argv.index("-o") + 1])
target.parent.mkdir(parents=True)
version = re.search(r"Version=(v\\S+)", " ".join(sys.argv))[1]
target.write_text(f"#!{sys.executable}\\nprint('{{version}}')")
target.chmod(0o755)
""",
    )


def test_a_new_enough_cli_on_path_is_used(machine):
    found = put_pulumi(machine / "bin" / "pulumi", "v3.300.1")
    assert find_engine(Screen()).command == found
    assert find_engine(Screen()).version == "3.300.1"


@pytest.mark.parametrize("version", ["v3.100.0", "v2.9.0", "v4.0.0", "nonsense"])
def test_another_cli_on_path_is_passed_by_and_it_says_so(machine, version):
    put_pulumi(machine / "bin" / "pulumi", version)
    cached = put_pulumi(machine / "cache" / "engine" / "v3.259.0" / "bin" / "pulumi", "v3.259.0")
    screen = Said()
    assert find_engine(screen).command == cached
    assert "not used" in screen.lines[0]


def test_the_newest_in_the_cache_is_used_without_being_started(machine):
    for version in ("v3.230.0", "v3.1000.0", "v3.100.0"):
        put(machine / "cache" / "engine" / version / "bin" / "pulumi", "raise SystemExit(1)")
    assert find_engine(Screen()).version == "3.1000.0"


def test_without_anything_one_error_says_what_to_do(machine):
    with pytest.raises(LocalCloudError) as failure:
        find_engine(Screen())
    assert "\n" not in str(failure.value)
    for words in (
        "none on PATH",
        "cannot be reached",
        "Go",
        "https://www.pulumi.com/docs/install/",
    ):
        assert words in str(failure.value)


def test_it_is_built_once_by_two_runs_at_once(machine):
    put_go(machine)
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: find_engine(Screen()), range(2))
    assert first == second
    assert first.version == BUILT
    assert first.command.name == "pulumi"
    assert len((machine / "calls").read_text().splitlines()) == 1
    assert find_engine(Screen()) == first


def test_a_build_that_fails_or_is_killed_leaves_nothing_half(machine):
    put_go(machine, "sys.exit('no space left on device')")
    with pytest.raises(LocalCloudError, match="building one with Go failed:\n  no space left"):
        find_engine(Screen())
    left = machine / "cache" / "engine" / "making-killed"
    put_pulumi(left / "root" / "bin" / "pulumi", "v3.259.0")

    put_go(machine)
    assert find_engine(Screen()).version == BUILT
    made = sorted(p.name for p in (machine / "cache" / "engine").iterdir() if p.is_dir())
    assert made == [f"v{BUILT}"]


def test_it_is_downloaded_where_the_internet_is(machine, monkeypatch):
    put_go(machine)
    monkeypatch.setattr(engine, "has_internet", lambda: True)
    script = "import pathlib, sys; p = pathlib.Path(sys.argv[1], 'bin', 'pulumi'); p.parent.mkdir(parents=True)"
    script += f"; p.write_text('#!{sys.executable}\\nprint(\"v3.280.0\")'); p.chmod(0o755)"
    monkeypatch.setattr(engine, "_INSTALL", script)
    assert find_engine(Screen()).version == "3.280.0"
    assert not (machine / "calls").exists()


def test_a_download_that_fails_falls_back_to_building(machine, monkeypatch):
    put_go(machine)
    monkeypatch.setattr(engine, "has_internet", lambda: True)
    monkeypatch.setattr(engine, "_INSTALL", "import sys; sys.exit('certificate has expired')")
    screen = Said()
    assert find_engine(screen).version == BUILT
    assert any("certificate has expired" in line for line in screen.lines)
    for name in os.listdir(machine / "bin"):
        (machine / "bin" / name).unlink()
    for cached in (machine / "cache" / "engine").glob("v*"):
        cached.rename(machine / cached.name)
    with pytest.raises(LocalCloudError, match=r"download failed \(certificate has expired\)"):
        find_engine(Screen())


def test_the_probe_of_the_internet_is_bounded(monkeypatch):
    """A network that swallows everything must not hold the start up."""
    monkeypatch.undo()
    monkeypatch.setattr(engine, "_PROBE_SECONDS", 0.05)
    end = threading.Event()

    def swallow(*_, **__):
        end.wait()
        raise OSError("ended")

    monkeypatch.setattr(engine.urllib.request, "urlopen", swallow)
    assert engine.has_internet() is False
    end.set()


def test_the_module_pins_what_it_says_and_names_no_index():
    assert f"github.com/pulumi/pulumi/pkg/v3 v{BUILT}" in (MODULE / "go.mod").read_text()
    for file in MODULE.iterdir():
        text = file.read_text()
        assert "://" not in text and "replace" not in text.split()


@pytest.mark.engine
def test_the_real_one_works(monkeypatch):
    monkeypatch.undo()
    found = find_engine(Screen())
    assert engine._version(found.command) == engine.VersionInfo.parse(found.version)
