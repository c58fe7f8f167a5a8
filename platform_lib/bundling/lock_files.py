"""Lock files of a project as lines of requirements: pylock.toml, uv.lock, poetry.lock."""

import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from platform_lib.bundling.cache import cache_dir, digest, made_once
from platform_lib.bundling.installer import InstallFailed, export_uv_lock, uv_lock_is_current
from platform_lib.checks import InvalidInput

FOREIGN = {
    "poetry.lock": "poetry export --output requirements.txt",
    "pdm.lock": "pdm export --output requirements.txt",
    "Pipfile.lock": "pipenv requirements --hash > requirements.txt",
}
"""Locks that uv does not read -> what makes one that it reads."""


def locked_lines(source: Path) -> tuple[Path, str] | None:
    """Give the lock that lies in a source, and what it locks as the text of requirements.

    None where there is no lock. Raises `InvalidInput` for one that is stale, or cannot be read.
    """
    own = source / "pylock.toml"
    if own.is_file():
        return own, "".join(f"{line}\n" for line in pylock_lines(own.read_text(), source, source))
    found = _uv_lock(source)
    if found is not None:
        return found, _exported(source, found)
    for name, command in FOREIGN.items():
        lock = source / name
        if lock.is_file():
            return lock, _by_its_own_tool(source, lock, command)
    return None


def pylock_lines(text: str, folder: Path, source: Path) -> Iterator[str]:
    """Word a pylock.toml as requirements, one a line; paths in it count from `folder`.

    https://packaging.python.org/en/latest/specifications/pylock-toml/
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise InvalidInput("source", str(source), f"its lock cannot be read: {problem}") from None
    for package in content.get("packages", []):
        marker = str(package.get("marker", ""))
        if re.search(r"\b(extras|dependency_groups)\b", marker):
            need = f"its lock holds {package['name']} for a group or an extra alone ({marker})"
            raise InvalidInput("source", str(source), f"{need}; lock what the app needs")
        line, hashes = _locked(package, folder, source)
        words = [line, *([f"; {marker}"] if marker else [])]
        yield " ".join([*words, *(f"--hash={each}" for each in hashes)])


def _locked(package: Mapping[str, Any], folder: Path, source: Path) -> tuple[str, list[str]]:
    name = package["name"]
    if "directory" in package:
        place = package["directory"]
        path = folder / place["path"] / place.get("subdirectory", "")
        return f"{name} @ {path.resolve().as_uri()}", []
    if "vcs" in package:
        vcs = package["vcs"]
        where = vcs.get("url") or (folder / vcs["path"]).resolve().as_uri()
        part = f"#subdirectory={vcs['subdirectory']}" if "subdirectory" in vcs else ""
        return f"{name} @ {vcs['type']}+{where}@{vcs['commit-id']}{part}", []
    if "archive" in package:
        archive = package["archive"]
        where = archive.get("url") or (folder / archive["path"]).resolve().as_uri()
        return f"{name} @ {where}", _hashes(archive)
    files = [*package.get("wheels", []), *([package["sdist"]] if "sdist" in package else [])]
    if not files or "version" not in package:
        need = f"its lock has {name} in a form that is not understood"
        raise InvalidInput("source", str(source), need)
    hashes = {each for file in files for each in _hashes(file)}
    return f"{name}=={package['version']}", sorted(hashes)


def _hashes(file: Mapping[str, Any]) -> list[str]:
    return [f"{kind}:{value}" for kind, value in sorted(file.get("hashes", {}).items())]


def _uv_lock(source: Path) -> Path | None:
    """Find the uv.lock that holds a project: beside it, or at the root of its workspace."""
    for folder in (source, *source.resolve().parents):
        lock = folder / "uv.lock"
        if lock.is_file():
            inside = folder == source or _own_entry(lock, source) is not None
            return lock if inside else None
    return None


def _own_entry(lock: Path, source: Path) -> Mapping[str, Any] | None:
    try:
        packages = tomllib.loads(lock.read_text()).get("package", [])
    except tomllib.TOMLDecodeError:
        return None
    for package in packages:
        where = package.get("source", {})
        place = where.get("virtual") or where.get("editable")
        if place and (lock.parent / place).resolve() == source.resolve():
            return package  # type: ignore[no-any-return]
    return None


def _exported(source: Path, lock: Path) -> str:
    """Word a uv.lock as requirements, by uv; once for the same lock and project."""
    project = source / "pyproject.toml"
    _check_current(source, lock, project)
    text = project.read_text("utf-8-sig")
    place = cache_dir("locks") / f"{digest('export', lock.read_text(), text)[:32]}.toml"
    try:
        kept = made_once(place, lambda path: path.write_text(export_uv_lock(source)))
    except InstallFailed as problem:
        need = f"its {lock.name} cannot be used: {problem}"
        raise InvalidInput("source", str(source), need) from None
    lines = pylock_lines(kept.read_text(), source, source)
    return "".join(f"{line}\n" for line in lines)


_WANTED = re.compile(r"([A-Za-z0-9][\w.-]*)\s*(\[[^\]]*\])?\s*\(?([^;@)]*)\)?\s*(@)?")


def _check_current(source: Path, lock: Path, project: Path) -> None:
    """Refuse a uv.lock that locks other dependencies than its project asks for.

    Comparing what both say starts nothing; where that finds a difference, uv has the last word.
    """
    entry = _own_entry(lock, source)
    metadata = entry.get("metadata", {}) if entry else {}
    try:
        wanted = tomllib.loads(project.read_text("utf-8-sig")).get("project", {})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        need = f"its pyproject.toml cannot be read: {problem}"
        raise InvalidInput("source", str(source), need) from None
    asked = {_said(str(line)) for line in wanted.get("dependencies", ())}
    locked, elsewhere = set(), set()
    for each in metadata.get("requires-dist", []):
        if "extra ==" in each.get("marker", ""):
            continue
        name = _canonical(each["name"])
        extras = frozenset(_canonical(extra) for extra in each.get("extras", ()))
        if {"editable", "directory", "path", "git", "url", "virtual"} & set(each):
            elsewhere.add(name)
        locked.add((name, extras, _bounds(each.get("specifier", ""))))
    if _without_bounds(asked, elsewhere) == _without_bounds(locked, elsewhere):
        return
    if not uv_lock_is_current(source):
        names = sorted({name for name, _, _ in asked ^ locked})
        need = f"its {lock.name} is not up to date with its pyproject.toml ({', '.join(names)})"
        raise InvalidInput("source", str(source), f"{need}; run `uv lock`")


def _said(line: str) -> tuple[str, frozenset[str], frozenset[str]]:
    found = _WANTED.match(line.strip())
    if found is None:
        return line, frozenset(), frozenset()
    extras = (found[2] or "").strip("[]").split(",")
    wanted = frozenset(_canonical(extra.strip()) for extra in extras if extra.strip())
    return _canonical(found[1]), wanted, frozenset() if found[4] else _bounds(found[3])


def _bounds(text: str) -> frozenset[str]:
    return frozenset(re.sub(r"\s", "", each) for each in text.split(",") if each.strip())


def _without_bounds(
    said: set[tuple[str, frozenset[str], frozenset[str]]], names: set[str]
) -> set[tuple[str, frozenset[str], frozenset[str]]]:
    return {(n, extras, frozenset() if n in names else bounds) for n, extras, bounds in said}


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _by_its_own_tool(source: Path, lock: Path, command: str) -> str:
    """Export a poetry.lock where poetry and its export plugin are at hand."""
    tool = command.split(maxsplit=1)[0]
    need = f"its {lock.name} is read by {tool} alone; run `{command}` there, or `uv lock`"
    if tool != "poetry":
        raise InvalidInput("source", str(source), need)
    project = source / "pyproject.toml"
    text = project.read_text() if project.is_file() else ""
    place = cache_dir("locks") / f"{digest('poetry', lock.read_text(), text)[:32]}.txt"

    def export(path: Path) -> None:
        program = shutil.which(tool)
        if program is None:
            raise InvalidInput("source", str(source), need)
        words = [
            program,
            "export",
            "--no-interaction",
            "--no-ansi",
            "--format",
            "requirements.txt",
        ]
        done = subprocess.run(words, cwd=source, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            said = " ".join((done.stderr or done.stdout).split())[:300]
            raise InvalidInput("source", str(source), f"{need} (poetry export failed: {said})")
        path.write_text(done.stdout)

    return made_once(place, export).read_text()
