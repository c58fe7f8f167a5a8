"""Which of the ways to give an app was taken, and where it lies."""

import hashlib
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi

from platform_lib.arns import BUCKET_NAME
from platform_lib.checks import InvalidInput


def chosen_way(args: Mapping[str, Any], ways: tuple[frozenset[str], ...]) -> frozenset[str]:
    """Find the one way whose fields are all given, and no field of another way besides."""
    fields = frozenset[str]().union(*ways)
    given = frozenset(field for field in fields if field in args)
    if given not in ways:
        allowed = "; or ".join(" with ".join(sorted(way, key=_source_first)) for way in ways)
        field = min(given, key=_source_first) if given else "source"
        got = ", ".join(sorted(given)) or "none of them"
        need = f"exactly one way to give the app is needed: {allowed}; got {got}"
        raise InvalidInput(field, args.get(field), need)
    return given


def _source_first(field: str) -> tuple[bool, str]:
    return field != "source", field


def text_version(text: pulumi.Input[str]) -> pulumi.Output[str]:
    """Name a ready artifact by its address, for want of its content."""
    return pulumi.Output.from_input(text).apply(
        lambda known: hashlib.sha256(str(known).encode()).hexdigest()[:16]
    )


_KEY_LIMIT = 1024
_S3_URI = re.compile(rf"s3://({BUCKET_NAME})/(\S+)")


def split_s3_uri(field: str, uri: str) -> tuple[str, str]:
    """Split `s3://bucket/key`."""
    found = _S3_URI.fullmatch(uri)
    if found is None or len(found[2].encode()) > _KEY_LIMIT:
        need = f"must be s3://bucket/key, with a key of at most {_KEY_LIMIT} bytes"
        raise InvalidInput(field, uri, need)
    return found[1], found[2]


def find_source(given: str) -> Path:
    """Find the app's directory."""
    found, looked = _from_project("source", given)
    if not found.is_dir():
        raise InvalidInput("source", given, f"there is no such directory{looked}")
    return found


def find_zip(field: str, given: str) -> Path:
    """Find a ready zip."""
    found, looked = _from_project(field, given)
    # A device or a pipe may have no end.
    if not (found.is_file() and zipfile.is_zipfile(found)):
        need = f"is neither an s3:// URI nor the path of a zip file{looked}"
        raise InvalidInput(field, given, need)
    return found


def _from_project(field: str, given: str) -> tuple[Path, str]:
    """Take a path from the project's folder, else from the working directory; say where from."""
    if "\0" in given:
        raise InvalidInput(field, given, "holds a NUL character, as no path does")
    path = Path(given).expanduser()
    bases = [Path.cwd()]
    root = pulumi.get_root_directory()
    # Under mocks the root directory is a made-up word, and inline programs have none.
    if root and (Path(root) / "Pulumi.yaml").is_file():
        bases.insert(0, Path(root))
    looked = " or ".join(str(base) for base in dict.fromkeys(bases))
    return (bases[0] / path).resolve(), "" if path.is_absolute() else f" in {looked}"
