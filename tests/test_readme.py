"""The Python in README runs as it stands there, and so does the local cloud's in the docs."""

import pytest
from doc_blocks import (
    ROOT,
    is_test,
    needs_engine,
    python_blocks,
    run_program,
    run_test,
)

from platform_lib.bundling.cache import cache_dir

README = "README.md"
BLOCKS = [
    pytest.param(block, id=str(at))
    for at, block in enumerate(python_blocks(README))
    if not needs_engine(block)
]
LOCAL = [
    pytest.param(block, id=f"{page}-{at}")
    for page in (README, "docs/local_cloud.md")
    for at, block in enumerate(python_blocks(page))
    if needs_engine(block)
]


@pytest.mark.parametrize("block", BLOCKS)
def test_python_in_the_readme_runs(block, tmp_path):
    if is_test(block):
        run_test(block, tmp_path)
    else:
        graph = run_program(block, tmp_path)
        assert [each for each in graph.resources if each.type.startswith("platform-lib:")]


def test_a_consumers_test_has_fifteen_lines_and_can_fail(tmp_path):
    [block] = [block for block in python_blocks(README) if is_test(block) and "synth" in block]
    assert len([line for line in block.splitlines() if line]) <= 15
    assert "port=9000" in block
    with pytest.raises(AssertionError, match="9001"):
        run_test(block.replace("port=9000", "port=9001"), tmp_path)


@pytest.mark.engine
@pytest.mark.parametrize("block", LOCAL)
def test_the_local_clouds_python_runs(block, tmp_path, monkeypatch):
    # The cloud of the docs keeps its files in the working directory: not in the checkout.
    (tmp_path / "programs").symlink_to(ROOT / "programs")
    monkeypatch.setenv("PLATFORM_LIB_CACHE", str(cache_dir()))
    if not is_test(block):
        indented = "".join(f"    {line}\n" for line in block.splitlines())
        block = f"def test_block():\n{indented}"
    run_test(block, tmp_path)
