"""What a bundle costs against bare uv: cold trees, unchanged bundles, hashing, the zip, the layer.

    python benchmarks/bundling.py

FastAPI, pydantic, jinja2 and httpx for Python 3.13 on arm64. Both sides run in turns in one run
and share uv's cache, which is warm; ours starts from an empty cache of its own each time.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from statistics import median

from platform_lib.bundling.archive import write_zip
from platform_lib.bundling.bundle import Additions, Bundle, build
from platform_lib.bundling.installer import compile_lock, platform_tag, uv_binary
from platform_lib.bundling.serving import function_additions, server_additions
from platform_lib.bundling.source_files import hash_of, source_files

PYTHON, PROCESSOR = "3.13", "arm64"
PLATFORM = platform_tag(PYTHON, PROCESSOR)
ROUNDS = 9


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as scratch:
        run(Path(scratch))


def run(scratch: Path) -> None:
    """Measure in a folder that may be filled."""
    source = scratch / "source"
    source.mkdir()
    (source / "main.py").write_text("from fastapi import FastAPI\napp = FastAPI()\n")
    wanted = "fastapi==0.115.12\npydantic==2.11.3\njinja2==3.1.6\nhttpx==0.28.1\n"
    lock = compile_lock(wanted, python_version=PYTHON, platform=PLATFORM)
    (source / "requirements.txt").write_text(lock)

    def bare(target: Path) -> None:
        command = [uv_binary(), "pip", "install", "--quiet", "--target", str(target)]
        command += ["--python", sys.executable, "--python-version", PYTHON]
        command += ["--python-platform", PLATFORM, "--only-binary", ":all:"]
        subprocess.run([*command, "-r", str(source / "requirements.txt")], check=True)

    def ours(target: Path, additions: Additions | None = None) -> None:
        os.environ["PLATFORM_LIB_CACHE"] = str(target)
        bundle(additions or Additions())

    def package(additions: Additions, *, zipped: bool = False, apart: bool = False) -> Bundle:
        return build(
            source,
            entry="main:app",
            entry_field="app",
            python_version=PYTHON,
            architecture=PROCESSOR,
            additions=additions,
            zipped=zipped,
            apart=apart,
        )

    def bundle(additions: Additions, *, zipped: bool = False) -> Path:
        return package(additions, zipped=zipped).tree

    server = server_additions("main:app", "asgi")
    function = function_additions(app="main:app")
    sides = {
        "bare uv pip install --target": bare,
        "our tree of the same": ours,
        "our tree with the function's adapter": lambda target: ours(target, function),
        "our tree with the server": lambda target: ours(target, server),
    }
    times = in_turns(scratch, sides)
    base = times["bare uv pip install --target"]
    print("A cold tree of locked requirements (s, medians)")
    for name, seconds in times.items():
        print(f"  {name:38} {seconds:6.3f}  ratio {seconds / base:.2f}")

    os.environ["PLATFORM_LIB_CACHE"] = str(scratch / "kept")
    tree = bundle(Additions(), zipped=True)
    unchanged = median(timed(lambda: bundle(Additions(), zipped=True)) for _ in range(ROUNDS))
    print(f"Unchanged, zip and all: {unchanged * 1000:.1f} ms, {unchanged / base:.3f} of it")

    many = scratch / "many"
    for at in range(1000):
        file = many / f"package{at % 20}" / f"module{at}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"# {at}\n" + "value = 1\n" * 300)
    hashing = median(timed(lambda: hash_of(source_files(many))) for _ in range(ROUNDS))
    print(
        f"Hashing 1,000 files of 3 kB: {hashing * 1000:.1f} ms, {hashing / base:.3f} of one "
        "uv pip install"
    )

    plain, packed = scratch / "plain.zip", scratch / "ours.zip"
    installed = scratch / "installed"
    bare(installed)
    # The same tree by both: what uv installed, without its lock on the folder.
    (installed / ".lock").unlink(missing_ok=True)
    zipping = median(timed(lambda: zip_plainly(installed, plain)) for _ in range(3))
    packing = median(timed(lambda: write_zip(installed, packed)) for _ in range(3))
    sizes = packed.stat().st_size, plain.stat().st_size
    print(
        f"The zip of that tree: {sizes[0]:,} bytes, plainly zipped {sizes[1]:,}, "
        f"ratio {sizes[0] / sizes[1]:.4f}; {packing:.2f} s against {zipping:.2f} s"
    )
    whole = next(tree.parent.parent.glob("bundle.zip")).stat().st_size
    print(f"With app, manifest and lock: {whole:,} bytes")
    layer(scratch, source, lambda apart: package(function, zipped=True, apart=apart))


def layer(scratch: Path, source: Path, package: Callable[[bool], Bundle]) -> None:
    """Measure the function's package whole and with a layer: cold, and after a change of code."""
    cold: dict[bool, list[float]] = {True: [], False: []}
    changed: dict[bool, list[float]] = {True: [], False: []}
    sizes: dict[bool, tuple[int, int]] = {}
    code = source / "main.py"
    for number in range(ROUNDS):
        for apart in (False, True):
            os.environ["PLATFORM_LIB_CACHE"] = str(scratch / f"packages-{number}-{apart}")
            code.write_text(f"from fastapi import FastAPI\napp = FastAPI()\nROUND = {number}\n")
            cold[apart].append(timed(lambda apart=apart: package(apart)))
            code.write_text(code.read_text() + "CHANGED = True\n")
            changed[apart].append(timed(lambda apart=apart: package(apart)))
            made = package(apart)
            kept = made.layer.zip.stat().st_size if made.layer is not None else 0
            sizes[apart] = made.zip.stat().st_size, kept
    whole, alone = sizes[False][0], sizes[True][0]
    print("The function's package, whole and with its dependencies as a layer (s, medians)")
    for name, times in (("cold, zips and all", cold), ("after a change of the code", changed)):
        seconds = median(times[False]), median(times[True])
        ratio = seconds[1] / seconds[0]
        print(f"  {name:38} {seconds[0]:6.3f} {seconds[1]:6.3f}  ratio {ratio:.3f}")
    print(
        f"  to upload after that change: {whole:,} bytes, {alone:,} with the layer, "
        f"ratio {alone / whole:.4f}; the layer itself, once: {sizes[True][1]:,}"
    )


def in_turns(scratch: Path, sides: dict[str, Callable[[Path], None]]) -> dict[str, float]:
    """Time every side in turns, each into a new folder, after one round that warms uv up."""
    times: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(ROUNDS + 1):
        for name, side in sides.items():
            target = scratch / "target"
            times[name].append(timed(lambda side=side, target=target: side(target)))
            shutil.rmtree(target)
    return {name: median(each[1:]) for name, each in times.items()}


def timed(action: Callable[[], object]) -> float:
    """Time one call, in seconds."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def zip_plainly(tree: Path, path: Path) -> None:
    """Zip a tree as anyone would, at the default level."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(tree.rglob("*")):
            if file.is_file():
                archive.write(file, file.relative_to(tree))


if __name__ == "__main__":
    main()
