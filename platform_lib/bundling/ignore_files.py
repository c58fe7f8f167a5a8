"""Which files of a source stay out: by default, by its .gitignore, and by its .platformignore.

All three speak gitignore's language (https://git-scm.com/docs/gitignore), the defaults too.
"""

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from platform_lib.checks import InvalidInput

OWN_FILE = ".platformignore"

NOT_OF_AN_APP = (
    *(".git", ".hg", ".svn", ".bzr", ".gitignore", ".gitattributes", ".gitmodules", OWN_FILE),
    *(".venv/", "__pycache__/", "__pypackages__/", "node_modules/", ".eggs/", "*.egg-info"),
    *(".mypy_cache/", ".pytest_cache/", ".ruff_cache/", ".hypothesis/", ".tox/", ".nox/"),
    *(".cache", ".coverage", ".DS_Store", ".idea", ".vscode", ".direnv", "*.pyc", "*.pyo"),
    *(".pulumi", ".platform-local", "Pulumi.yaml", "Pulumi.*.yaml", ".terraform/"),
)
"""Version control, environments, caches, editors, and what Pulumi keeps beside a program."""

SECRETS = (
    *(".env", ".env.*", "*.env", ".envrc", ".aws/", ".ssh/", ".gnupg/", ".kube/", ".docker/"),
    *("*.pem", "*.key", "*.ppk", "*.p12", "*.pfx", "*.jks", "*.keystore", "*.kdbx"),
    # A key of ssh has no suffix and is no folder: `id_service.py` and `id_service/` are code.
    *("id_*", "!id_*.*", "!id_*/", "id_rsa.*", "id_dsa.*", "id_ecdsa.*", "id_ed25519.*"),
    *(".netrc", "_netrc", ".npmrc", ".pypirc", ".pgpass", ".my.cnf", ".git-credentials"),
    *("*.tfstate", "*.tfstate.*", "credentials.json", "application_default_credentials.json"),
)
"""What holds secrets by its name. `.platformignore` can bring one back: `!rds-ca.pem`."""


@dataclass(frozen=True)
class _Rule:
    matches: re.Pattern[str]
    keeps: bool
    folders_only: bool
    leads_through: frozenset[str]
    """The folders above what an anchored `!` pattern brings back."""


class Patterns:
    """The patterns of one file; of those that match a path the last one counts."""

    def __init__(self, lines: Iterable[str], base: str = "") -> None:
        """Read patterns; `base` is the folder of the file, from where the paths count."""
        self._base = f"{base}/" if base else ""
        rules = [rule for line in lines if (rule := _rule(line)) is not None]
        self._rules = rules[::-1]
        # Most names match none: one search tells.
        either = "|".join(f"(?:{rule.matches.pattern})" for rule in rules)
        self._any = re.compile(either or r"(?!)", re.DOTALL)
        self._through = frozenset[str]().union(*(rule.leads_through for rule in rules))

    def verdict(self, path: str, *, folder: bool) -> bool | None:
        """Tell whether a path stays out (True), is wanted (False), or is not spoken of."""
        if not path.startswith(self._base):
            return None
        path = path[len(self._base) :]
        if not self._any.fullmatch(path):
            return None
        for rule in self._rules:
            if (folder or not rule.folders_only) and rule.matches.fullmatch(path):
                return not rule.keeps
        return None

    def leads_through(self, path: str) -> bool:
        """Tell whether something below a folder is brought back by its path."""
        return path in self._through


def _rule(line: str) -> _Rule | None:
    line = re.sub(r"(?<!\\) +$", "", line.rstrip("\r\n"))
    if not line or line.startswith("#"):
        return None
    keeps = line.startswith("!")
    pattern = line[1:] if keeps else line
    folders_only = pattern.endswith("/")
    pattern = pattern.rstrip("/") if folders_only else pattern
    anchored = "/" in pattern
    pattern = pattern.removeprefix("/")
    if not pattern:
        return None
    parts = pattern.split("/")
    text = "" if anchored else "(?:.*/)?"
    for place, part in enumerate(parts):
        last = place == len(parts) - 1
        if re.fullmatch(r"\*{2,}", part):
            text += ".+" if last else "(?:.*/)?"
        else:
            text += _one_name(part) + ("" if last else "/")
    through: frozenset[str] = frozenset()
    if keeps and anchored:
        plain = [part for part in parts[:-1] if not re.search(r"[*?\[\\]", part)]
        whole = plain if len(plain) == len(parts) - 1 else []
        through = frozenset("/".join(whole[:end]) for end in range(1, len(whole) + 1))
    try:
        return _Rule(re.compile(text, re.DOTALL), keeps, folders_only, through)
    except re.error:
        # A pattern that cannot be matched, such as `[`, matches nothing in git too.
        return None


_NAMED = {
    **{"alpha": "a-zA-Z", "digit": "0-9", "alnum": "a-zA-Z0-9", "lower": "a-z", "upper": "A-Z"},
    **{"space": r"\s", "xdigit": "0-9a-fA-F", "punct": r"!-/:-@\[-`{-~", "blank": r" \t"},
}


def _one_name(part: str) -> str:
    """Translate the pattern of one name between slashes into a regular expression."""
    text, at = "", 0
    while at < len(part):
        letter = part[at]
        at += 1
        if letter == "*":
            text += "[^/]*"
        elif letter == "?":
            text += "[^/]"
        elif letter == "\\" and at < len(part):
            text += re.escape(part[at])
            at += 1
        elif letter == "[":
            end = part.find("]", at + (2 if part[at : at + 1] in ("!", "^") else 1))
            while "[:" in part[at:end] and part[end - 1 : end] == ":":
                end = part.find("]", end + 1)
            if end < 0:
                return text + r"(?!)"
            inner = part[at:end]
            negated = inner[0] in "!^"
            inner = (inner[1:] if negated else inner).replace("[", r"\[")
            inner = re.sub(r"\\\[:(\w+):\]", lambda found: _NAMED.get(found[1], ""), inner + "")
            text += f"(?!/)[{'^' if negated else ''}{inner}]"
            at = end + 1
        else:
            text += re.escape(letter)
    return text


class IgnoreFiles:
    """What all the files of patterns say of a source's paths.

    `.platformignore` has the first word, then the defaults, then each `.gitignore`, the nearest
    first, where the source lies in a git checkout. A file that git tracks is part of the app,
    whatever a `.gitignore` says, as in git itself.
    """

    def __init__(self, root: str, source: str) -> None:
        """Read the files above and in a source; `source` is how errors name it."""
        self.left_secrets: list[str] = []
        """Paths that stay out only because they look like secrets."""
        self.source = source
        self._own = Patterns(_lines(Path(root, OWN_FILE), source))
        self._checkout = _checkout_of(root)
        self._tracked: frozenset[str] | None = None
        self._prefix = ""
        self._above: list[Patterns] = []
        if self._checkout is not None:
            inside = os.path.relpath(root, self._checkout)
            self._prefix = "" if inside == "." else f"{inside}/"
            folder, base = self._checkout, ""
            for name in [] if inside == "." else inside.split(os.sep):
                self._read(folder, base, self._above)
                folder, base = os.path.join(folder, name), f"{base}/{name}".strip("/")
                if any(each.verdict(base, folder=True) for each in self._above):
                    # What git ignores as a whole was made to be bundled.
                    self._checkout, self._above = None, []
                    return

    def _read(self, folder: str, base: str, into: list[Patterns]) -> None:
        path = Path(folder, ".gitignore")
        if path.is_file():
            into.append(Patterns(_lines(path, self.source), base))

    def within(self, folder: str, prefix: str, above: Sequence[Patterns] | None) -> list[Patterns]:
        """Give the .gitignore patterns that count in a folder, its own the last."""
        found = list(self._above if above is None else above)
        if self._checkout is not None:
            self._read(folder, (self._prefix + prefix).rstrip("/"), found)
        return found

    def stays_out(
        self, path: str, *, folder: bool, git: Sequence[Patterns], dropped: bool, wanted: bool
    ) -> tuple[bool, bool]:
        """Tell whether a path stays out, and whether `.platformignore` itself asked for it.

        Args:
            path: From the source's root.
            folder: Whether it is one.
            git: The .gitignore patterns that count here (`within`).
            dropped: Whether the folder above stays out.
            wanted: Whether `.platformignore` asked for a folder above: .gitignore has no say.
        """
        own = self._own.verdict(path, folder=folder)
        if own is not None:
            return own, not own
        if dropped:
            return True, False
        if _DEFAULTS.verdict(path, folder=folder):
            return True, False
        if _SECRETS.verdict(path, folder=folder):
            self.left_secrets.append(f"{path}/" if folder else path)
            return True, False
        if git and not wanted and self._git_ignores(path, folder, git):
            return True, False
        return False, wanted

    def leads_through(self, path: str) -> bool:
        """Tell whether `.platformignore` brings something back from below a folder."""
        return self._own.leads_through(path)

    def _git_ignores(self, path: str, folder: bool, git: Sequence[Patterns]) -> bool:
        full = self._prefix + path
        for patterns in reversed(git):
            verdict = patterns.verdict(full, folder=folder)
            if verdict is not None:
                return verdict and not self._is_tracked(full)
        return False

    def _is_tracked(self, full: str) -> bool:
        if self._tracked is None:
            files = tracked_files(Path(str(self._checkout)))
            folders = {str(parent) for file in files for parent in Path(file).parents}
            self._tracked = files | folders
        return full in self._tracked


_DEFAULTS = Patterns(NOT_OF_AN_APP)
_SECRETS = Patterns(SECRETS)


def _lines(path: Path, source: str) -> list[str]:
    try:
        return path.read_text("utf-8-sig").split("\n")
    except FileNotFoundError:
        return []
    except UnicodeDecodeError:
        raise InvalidInput("source", source, f"its {path.name} is no UTF-8") from None


def _checkout_of(root: str) -> str | None:
    """Find the git checkout that a folder lies in; `.git` is a file in worktrees, submodules."""
    for folder in (Path(root), *Path(root).parents):
        if (folder / ".git").exists():
            return str(folder)
    return None


def tracked_files(checkout: Path) -> frozenset[str]:
    """Read from git's index which files a checkout tracks, without git.

    https://git-scm.com/docs/index-format
    """
    place = checkout / ".git"
    if place.is_file():
        place = checkout / place.read_text().removeprefix("gitdir:").strip()
    try:
        data = (place / "index").read_bytes()
    except OSError:
        return frozenset()
    version, count = int.from_bytes(data[4:8], "big"), int.from_bytes(data[8:12], "big")
    if data[:4] != b"DIRC" or version not in (2, 3, 4):
        return frozenset()
    # An entry: 40 bytes of times and owner, a hash, two of flags, two more where the third bit
    # says so, and the name. Repositories with SHA-256 have longer hashes.
    hash_size = 32 if _is_sha256(place) else 20
    names, at, previous = set(), 12, b""
    for _ in range(count):
        start = at
        flags = int.from_bytes(data[at + 40 + hash_size : at + 42 + hash_size], "big")
        at += 42 + hash_size + (2 if flags & 0x4000 else 0)
        cut = 0
        if version == 4:
            cut, at = _cut(data, at)
        end = data.index(b"\0", at)
        previous = (previous[: len(previous) - cut] if version == 4 else b"") + data[at:end]
        names.add(os.fsdecode(previous))
        at = end + 1 if version == 4 else start + ((end - start) // 8 + 1) * 8
    return frozenset(names)


def _is_sha256(place: Path) -> bool:
    common = place / "commondir"
    home = place / common.read_text().strip() if common.is_file() else place
    config = home / "config"
    return config.is_file() and "objectformat = sha256" in config.read_text().lower()


def _cut(data: bytes, at: int) -> tuple[int, int]:
    """Read how much of the name before is not in this one, as the index's version 4 says it."""
    value = data[at] & 0x7F
    while data[at] & 0x80:
        at += 1
        value = ((value + 1) << 7) | (data[at] & 0x7F)
    return value, at + 1
