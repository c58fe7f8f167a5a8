"""Files of a tree that is built: always new ones, and the same on every machine."""

import os
from pathlib import Path

from platform_lib.shims.file_times import content_time


def write_new(path: Path, content: bytes, *, executable: bool = False) -> None:
    """Write a new file, with the time of its content.

    One that is there may be a link into uv's cache, and is left alone.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.write_bytes(content)
    path.chmod(0o755 if executable else 0o644)
    moment = content_time(content)
    os.utime(path, (moment, moment))


def tidy_scripts(tree: Path) -> None:
    """Take this machine's Python out of the scripts that uv wrote, and their hashes from RECORD.

    The path differs from machine to machine, and none of the targets has it.
    """
    changed = set()
    for script in sorted(tree.glob("bin/*")):
        content = script.read_bytes()
        first, _, rest = content.partition(b"\n")
        if first == b"#!/bin/sh" and rest.startswith(b"'''exec' "):
            # What uv writes where the path is longer than a system takes in a first line.
            rest = rest.partition(b"' '''\n")[2]
        elif not (first.startswith(b"#!/") and b"python" in first):
            continue
        write_new(script, b"#!/usr/bin/env python3\n" + rest, executable=True)
        changed.add(f"bin/{script.name}")
    for record in tree.glob("*.dist-info/RECORD"):
        lines = record.read_text().splitlines()
        tidy = [f"{name},," if (name := line.split(",")[0]) in changed else line for line in lines]
        if tidy != lines:
            write_new(record, "".join(f"{line}\n" for line in tidy).encode())


_OF_THIS_MACHINE = ("INSTALLER", "REQUESTED", "direct_url.json", "uv_build.json", "uv_cache.json")


def tidy_metadata(tree: Path) -> None:
    """Take out of installed packages what tells of this machine, its paths and its tools."""
    for folder in tree.glob("*.dist-info"):
        for name in _OF_THIS_MACHINE:
            (folder / name).unlink(missing_ok=True)
        wheel, record = folder / "WHEEL", folder / "RECORD"
        lines = wheel.read_text().splitlines()
        kept = [line for line in lines if line and not line.startswith("Generator:")]
        write_new(wheel, "".join(f"{line}\n" for line in kept).encode())
        gone = {f"{folder.name}/{name}" for name in _OF_THIS_MACHINE}
        rows = [row for row in record.read_text().splitlines() if row.split(",")[0] not in gone]
        own = f"{folder.name}/WHEEL"
        rows = [f"{own},," if row.startswith(f"{own},") else row for row in rows]
        write_new(record, "".join(f"{row}\n" for row in sorted(rows)).encode())
