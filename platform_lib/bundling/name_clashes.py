"""Modules of one name in the source and in what it requires: Python would find one of them."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from platform_lib.checks import InvalidInput

_CODE = (".py", ".so", ".pyc")


def check_names(
    source: Path, names: Iterable[str], places: Sequence[Path], *, library: str | None = None
) -> None:
    """Refuse files that add to a module, or hide one, of the packages in `places`.

    Folders without `__init__.py` on both sides are one namespace, which Python joins.
    `library` names whose files they are, where they are not the source's own.
    """
    files = {name for name in names if name.endswith(_CODE)}
    folders = {str(parent) for name in files for parent in Path(name).parents} - {"."}
    for place in places:
        for folder in sorted(folders):
            theirs = place / folder
            init = f"{folder}/__init__.py"
            regular = init in files or (theirs / "__init__.py").exists()
            if (theirs.is_dir() and regular) or theirs.with_name(f"{theirs.name}.py").is_file():
                raise _clash(source, folder, library)
        for name in sorted(files):
            package = place / name.removesuffix(".py")
            if (place / name).is_file() or (package / "__init__.py").is_file():
                raise _clash(source, name, library)


def _clash(source: Path, name: str, library: str | None) -> InvalidInput:
    whose = f"{name!r} of {library}" if library else f"its {name!r}"
    need = f"{whose} has the name of a module that a package it requires brings, and Python finds"
    need = f"{need} one of them only: rename it, or leave it out by a line of .platformignore"
    return InvalidInput("source", str(source), need)
