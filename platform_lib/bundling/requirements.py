"""What an app requires, read from its source, and the locks that are made of it. Pure."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from platform_lib.bundling.lock_files import locked_lines
from platform_lib.checks import InvalidInput

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_PIN = re.compile(
    r"([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?\s*(?:===?|@)\s*([^\s;,*]+)\s*(?:;.*)?"
)
"""A requirement that admits one version only: by number, or by the URL of its wheel."""
_HASH = re.compile(r"--hash[= ]\s*(\S+)")
_INCLUDE = re.compile(r"(?:-r|-c|--requirement|--constraint)[= ]?\s*(\S+)")
_INDEX = re.compile(r"(-i|--index-url|--extra-index-url|-f|--find-links)[= ]\s*(\S+)")
_EDITABLE = re.compile(r"(?:-e|--editable)[= ]\s*(.+)")
_OPTIONS = {"--no-index": ("--no-index",), "--pre": ("--prerelease", "allow")}
"""Options of a requirements file that count for every package -> uv's."""
_NO_EFFECT = re.compile(
    r"--prefer-binary|--require-hashes|--only-binary[= ]\S+|--use-feature[= ]\S+"
)
"""Options of a requirements file that change nothing here: wheels alone are installed."""


@dataclass(frozen=True, kw_only=True)
class Requirements:
    """What an app requires, as its source says it."""

    file: Path
    """What uv reads: `requirements.txt` or `pyproject.toml`."""
    content: str
    """All that decides about the lock: the text of every file that counts."""
    lines: tuple[str, ...]
    """Its requirements, one a line, those of included files too."""
    index_options: tuple[str, ...]
    """Where else packages come from, as arguments for uv."""
    locked: str | None = None
    """What a lock file says, as the text of requirements: nothing else is installed."""

    @property
    def hashed(self) -> bool:
        """Whether the user gave hashes: then nothing without one is installed, as in pip."""
        return any(_HASH.search(line) for line in self.lines)

    @property
    def is_lock(self) -> bool:
        """Whether it is a lock already: pins with hashes, each for every machine."""
        return bool(self.lines) and all(
            _HASH.search(line) and is_pin(line) and ";" not in line for line in self.lines
        )

    def unpinned(self, lock: str) -> list[str]:
        """Name the packages of a lock whose versions the source does not fix."""
        pins = (_PIN.fullmatch(without_hashes(line)) for line in self.lines)
        pinned = {canonical_name(pin[1]) for pin in pins if pin}
        return [name for name, _ in lock_entries(lock) if name not in pinned]


def read_requirements(source: Path, python_version: str) -> Requirements:
    """Read what the app in `source` requires, which must be for the target's Python.

    `requirements.txt` counts before a lock file, and that before pyproject.toml.
    """
    listed, project = source / "requirements.txt", source / "pyproject.toml"
    if project.is_file():
        wanted = _table(_toml(source, project), "project").get("requires-python")
        if isinstance(wanted, str) and not admits(wanted, python_version):
            need = f"the pyproject.toml of {source} requires Python {wanted}"
            raise InvalidInput("python_version", python_version, need)
    if listed.is_file():
        return _from_list(source, listed)
    lock = locked_lines(source)
    if lock is not None:
        return _from_lock(source, *lock)
    if project.is_file():
        return _from_project(source, project)
    need = (
        "has neither requirements.txt nor pyproject.toml; "
        "add one (an empty requirements.txt where the app needs no package)"
    )
    raise InvalidInput("source", str(source), need)


def _from_list(source: Path, listed: Path) -> Requirements:
    texts: dict[Path, str] = {}
    lines: list[str] = []
    options: list[str] = []
    for line in _logical_lines(listed, source, texts):
        _read_line(line, source, lines, options)
    content = [f"{path.relative_to(source)}\n{text}" for path, text in sorted(texts.items())]
    for settings in (source / "pyproject.toml", source / "uv.toml"):
        if settings.is_file():
            content.append(f"{settings.name}\n{_uv_settings(source, settings)}")
    return Requirements(
        file=listed,
        content="\n".join(content),
        lines=tuple(lines),
        index_options=tuple(options),
    )


def _read_line(line: str, source: Path, lines: list[str], options: list[str]) -> None:
    """Add a line to the requirements or to the options; one that is neither is an error."""
    index = _INDEX.fullmatch(line)
    trusted = re.fullmatch(r"--trusted-host[= ]\s*(\S+)", line)
    if index:
        options += index.groups()
    elif trusted:
        options += ("--allow-insecure-host", trusted[1])
    elif line in _OPTIONS:
        options += _OPTIONS[line]
    elif not line.startswith("-") or _EDITABLE.fullmatch(line):
        lines.append(line)
    elif not _NO_EFFECT.fullmatch(line):
        need = f"its requirements have the line {line!r}, which means nothing here; remove it"
        raise InvalidInput("source", str(source), need)


def _from_lock(source: Path, lock: Path, text: str) -> Requirements:
    lines: list[str] = []
    options: list[str] = []
    for line in _joined(text):
        _read_line(line, source, lines, options)
    settings = [source / "pyproject.toml", source / "uv.toml"]
    content = [_uv_settings(source, file) for file in settings if file.is_file()]
    return Requirements(
        file=lock,
        content=f"{text}\n{content}",
        lines=tuple(lines),
        index_options=tuple(options),
        locked="".join(f"{line}\n" for line in lines),
    )


def _from_project(source: Path, file: Path) -> Requirements:
    project = _toml(source, file).get("project")
    if not isinstance(project, dict):
        need = "its pyproject.toml has no [project] table; list the dependencies there, "
        raise InvalidInput("source", str(source), need + "or in a requirements.txt")
    if "dependencies" in project.get("dynamic", ()):
        need = "its pyproject.toml has dynamic dependencies; write them out"
        raise InvalidInput("source", str(source), f"{need}, or add a requirements.txt")
    lines = tuple(str(line) for line in project.get("dependencies", ()))
    wanted = {"dependencies": lines, "requires-python": project.get("requires-python")}
    settings = [_uv_settings(source, file)]
    if (source / "uv.toml").is_file():
        settings.append(_uv_settings(source, source / "uv.toml"))
    return Requirements(file=file, content=f"{wanted}\n{settings}", lines=lines, index_options=())


def _toml(source: Path, file: Path) -> dict[str, object]:
    try:
        return tomllib.loads(file.read_text("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        need = f"its {file.name} cannot be read: {problem}"
        raise InvalidInput("source", str(source), need) from None


def _uv_settings(source: Path, file: Path) -> str:
    """Give what a project tells uv (indexes, overrides), for it decides about the lock too."""
    content = _toml(source, file)
    tool = content.get("tool", {}) if file.name == "pyproject.toml" else {"uv": content}
    return repr(tool.get("uv")) if isinstance(tool, dict) else ""


def _logical_lines(file: Path, source: Path, texts: dict[Path, str]) -> Iterator[str]:
    """Give the lines of a requirements file and of those it includes, joined and uncommented."""
    if file in texts:
        return
    try:
        texts[file] = file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        why = problem.strerror if isinstance(problem, OSError) else "it is no UTF-8; save it so"
        need = f"its requirements include {file.name}, which cannot be read ({why})"
        raise InvalidInput("source", str(source), need) from None
    for line in _joined(texts[file]):
        include = _INCLUDE.fullmatch(line)
        if include is None:
            yield line
            continue
        included = (file.parent / include[1]).resolve()
        if not included.is_relative_to(source.resolve()):
            need = f"its {file.name} includes {include[1]!r}, which lies outside of it"
            raise InvalidInput("source", str(source), need)
        inner = _logical_lines(source / included.relative_to(source.resolve()), source, texts)
        # What a constraints file lists is not required, but its text decides about the lock.
        if line.startswith(("-c", "--constraint")):
            for _ in inner:
                pass
        else:
            yield from inner


def _joined(text: str) -> Iterator[str]:
    for line in re.sub(r"\\\r?\n", " ", text).splitlines():
        bare = re.sub(r"(^|\s)#.*", "", line).strip()
        if bare:
            yield re.sub(r"\s+", " ", bare)


def _table(content: Mapping[str, object], name: str) -> Mapping[str, object]:
    table = content.get(name)
    return table if isinstance(table, dict) else {}


_LATEST = 60
"""More patch releases than any Python got."""


def admits(wanted: str, python_version: str) -> bool:
    """Tell whether `requires-python` admits some release of a Python such as "3.13".

    https://packaging.python.org/en/latest/specifications/version-specifiers/
    """
    clauses = [
        re.fullmatch(r"(~=|===?|!=|<=?|>=?)\s*v?([\d.]+?)(\.\*)?", each.strip())
        for each in wanted.split(",")
        if each.strip()
    ]
    # What this does not read, such as a pre-release, uv judges.
    known = [(found[1], _numbers(found[2]), bool(found[3])) for found in clauses if found]
    major, minor = _numbers(python_version)
    releases = [(major, minor, patch) for patch in range(_LATEST)]
    return any(all(_fits(release, *clause) for clause in known) for release in releases)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in version.split(".") if number)


def _fits(
    release: tuple[int, int, int], relation: str, version: tuple[int, ...], every: bool
) -> bool:
    whole = (*version, 0, 0, 0)[:3]
    same = release[: len(version)] == version if every else release == whole
    return {
        "==": same,
        "===": same,
        "!=": not same,
        "<": release < whole,
        "<=": release <= whole,
        ">": release > whole,
        ">=": release >= whole,
        "~=": release >= whole and release[: len(version) - 1] == version[:-1],
    }[relation]


def canonical_name(name: str) -> str:
    """Spell a package's name the one way that indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def without_hashes(line: str) -> str:
    """Give a requirement without its hashes."""
    return _HASH.sub("", line).strip()


def is_pin(line: str) -> bool:
    """Tell whether a requirement admits one version only, that every machine can fetch."""
    pin = _PIN.fullmatch(without_hashes(line))
    return pin is not None and not re.match(r"(git|hg|svn|bzr)\+|file:|\.{0,2}/|~", pin[2])


def split_answer(answer: str) -> tuple[str, list[str]]:
    """Split what uv answered into its pins and the lines that are none: no line is lost."""
    lines = list(_joined(answer))
    pins = [line for line in lines if is_pin(line)]
    return "".join(f"{line}\n" for line in pins), [line for line in lines if not is_pin(line)]


def lock_entries(lock: str) -> list[tuple[str, str]]:
    """Split a lock into (package, requirement with hashes, on one line)."""
    found = ((_NAME.match(line), line) for line in _joined(lock) if not line.startswith("-"))
    return [(canonical_name(name[0]), line) for name, line in found if name]


def constraints(lock: str) -> list[str]:
    """Word a lock's pins as constraints for another resolution."""
    return [without_hashes(line) for _, line in lock_entries(lock)]


def merged_lock(*locks: str) -> str:
    """Merge locks into one text, sorted; where two have a package, the first one's counts."""
    entries: dict[str, list[str]] = {}
    for lock in locks:
        names = set(entries)
        for name, line in lock_entries(lock):
            if name not in names:
                entries.setdefault(name, []).append(line)
    return "".join(
        _wrapped(line) for name in sorted(entries) for line in sorted(set(entries[name]))
    )


def _wrapped(line: str) -> str:
    words = sorted(f"--hash={text}" for text in _HASH.findall(line))
    return " \\\n    ".join([without_hashes(line), *words]) + "\n"


def with_hashes_of(lock: str, lines: tuple[str, ...]) -> str:
    """Keep in a lock the hashes that the user gave, which are what the user trusts."""
    given: Mapping[str, list[str]] = {
        canonical_name(pin[1]) + "==" + pin[2]: _HASH.findall(line)
        for line in lines
        if (pin := _PIN.fullmatch(without_hashes(line)))
    }
    trusted = []
    for name, line in lock_entries(lock):
        pin = _PIN.fullmatch(without_hashes(line))
        hashes = given.get(f"{name}=={pin[2]}", []) if pin else []
        if not hashes:
            need = (
                f"some of its requirements have hashes, so all need one, and {name} "
                "has none; lock them with `uv pip compile --generate-hashes`"
            )
            raise InvalidInput("source", without_hashes(line), need)
        trusted.append(" ".join([without_hashes(line), *(f"--hash={each}" for each in hashes)]))
    return merged_lock("\n".join(trusted))
