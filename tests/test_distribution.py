"""What an index and an installer get: the wheel, the source distribution, and what they say."""

import re
import subprocess
import sys
import tarfile
import zipfile

import pytest
from doc_blocks import ROOT
from packaging.metadata import Metadata


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    [wheel], [sdist] = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return wheel, sdist


def test_the_wheel_holds_the_package_and_its_license_and_nothing_else(built):
    with zipfile.ZipFile(built[0]) as wheel:
        names = set(wheel.namelist())
        scripts = wheel.read(next(name for name in names if name.endswith("entry_points.txt")))
    package = {name for name in names if name.startswith("platform_lib/")}
    files = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "platform_lib").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert package == files
    assert "platform_lib/py.typed" in package
    info = {name.partition("/")[2] for name in names - package}
    assert info == {"METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE"}
    assert b"platform-local = platform_lib.local.cli:main" in scripts


def test_the_source_distribution_has_the_docs_and_the_tests(built):
    with tarfile.open(built[1]) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    needed = {"LICENSE", "README.md", "CHANGELOG.md", "docs/vm_app.md", "tests/test_readme.py"}
    assert names >= needed
    # What a link of the README has become is there.
    assert names >= set(re.findall(r"\(`([\w./-]+\.md)`\)", metadata(built).description))
    assert not [name for name in names if name.startswith((".venv", ".platform-local"))]


def metadata(built):
    with zipfile.ZipFile(built[0]) as wheel:
        [name] = [name for name in wheel.namelist() if name.endswith("/METADATA")]
        return Metadata.from_email(wheel.read(name))


def test_the_metadata_is_valid_and_says_what_it_may_be_used_for(built):
    told = metadata(built)
    assert (told.name, told.license_expression) == ("platform-lib", "Apache-2.0")
    assert told.license_files == ["LICENSE"]
    assert told.author == "platform_lib maintainers"
    assert told.description_content_type == "text/markdown"
    assert "Typing :: Typed" in told.classifiers
    assert set(told.provides_extra) == {"local", "testing"}


def test_no_link_of_the_readme_leads_nowhere_on_an_index(built):
    text = re.sub(r"```.*?```", "", metadata(built).description, flags=re.DOTALL)
    links = re.findall(r"\]\(([^)\s]+)\)", text)
    assert links, "there is at least Pulumi's"
    assert [link for link in links if not link.startswith("https://")] == []
    assert "vm_app (`docs/vm_app.md`)" in text
    # The code is as it stands: `TARGETS[target](` is no link.
    assert (
        'TARGETS[target]("notes", AppArgs(source="app", app="web:app"))'
        in metadata(built).description
    )
