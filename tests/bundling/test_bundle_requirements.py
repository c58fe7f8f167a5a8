"""What a source requires, in each of its forms, becomes one lock of pins and hashes."""

from pathlib import Path

import pytest

from platform_lib.bundling.bundle import Additions, build
from platform_lib.bundling.requirements import Requirements, lock_entries, merged_lock
from platform_lib.checks import InvalidInput

IDNA = (
    "idna==3.10 \\\n"
    "    --hash=sha256:12f65c9b470abda6dc35cf8e63cc574b1c52b11df2c86030af0ac09b01b13ea9 \\\n"
    "    --hash=sha256:946d195a0d259cbba61165e88e65941f16e9b36ea6ddb97f00452bae8b1287d3\n"
)
WRONG = f"idna==3.10 --hash=sha256:{'0' * 64}\n"


@pytest.fixture(autouse=True)
def _cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PLATFORM_LIB_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def lock(tmp_path):
    """Bundle a source of the given files and read its lock."""

    def lock_of(**files):
        source = tmp_path / "source"
        source.mkdir(exist_ok=True)
        (source / "main.py").write_text("app = 1\n")
        for name, text in files.items():
            (source / name.replace("__", ".")).write_text(text)
        made = build(
            source,
            entry="main:app",
            entry_field="app",
            python_version="3.13",
            architecture="arm64",
            additions=Additions(),
            zipped=False,
        )
        return (made.tree / "_platform" / "requirements.lock").read_text()

    return lock_of


def test_requirements_with_hashes_are_the_lock(lock, monkeypatch):
    assert lock(requirements__txt=f"# a comment\n{IDNA}") == IDNA


def test_pinned_requirements_get_hashes_and_no_warning(lock, capfd):
    assert lock(requirements__txt="idna==3.10 # why\n") == IDNA
    assert capfd.readouterr().err == ""


def test_unpinned_requirements_are_locked_once_with_a_warning(lock, capfd):
    first = lock(requirements__txt="idna<3.11,>3.9\n")
    assert first == IDNA
    said = capfd.readouterr().err
    assert "1 of its packages are not pinned (idna); they are locked now" in said
    assert lock() == first
    assert capfd.readouterr().err == ""


def test_pyproject(lock):
    assert lock(
        pyproject__toml='[project]\nname="x"\nversion="1"\ndependencies=["idna==3.10"]'
    ) == (IDNA)


def test_pyproject_without_dependencies(lock):
    assert lock(pyproject__toml='[project]\nname="x"\nversion="1"\n') == ""


def test_included_files_and_constraints_count(lock):
    first = lock(
        requirements__txt="-r more.in\n-c limits.in\n",
        more__in="idna\n",
        limits__in="idna==3.10\n",
    )
    assert first == IDNA
    assert "idna==3.9 " in lock(limits__in="idna==3.9\n")


def test_markers_are_judged_for_the_target(lock):
    assert (
        lock(requirements__txt="idna==3.10 ; sys_platform == 'linux'\ncolorama ; os_name == 'nt'")
        == IDNA
    )


def test_hashes_with_markers_keep_the_users_hashes(lock):
    wheel = IDNA.splitlines()[2].strip()
    trusted = lock(requirements__txt=f"idna==3.10 ; sys_platform == 'linux' {wheel}")
    assert [name for name, _ in lock_entries(trusted)] == ["idna"]
    assert trusted.count("--hash") == 1


@pytest.mark.parametrize(
    ("requirements", "said"),
    [
        (WRONG, "Hash mismatch for `idna==3.10`"),
        (WRONG.replace("3.10", "3.10 ; os_name == 'posix'"), "Hash mismatch"),
        (f"{IDNA}markupsafe==3.0.2\n", "so all need one, and markupsafe has none"),
        (f"{IDNA}markupsafe\n", "so all need one, and markupsafe has none"),
        (
            "anyio==4.4.0 --hash=sha256:"
            "c1b2d8f46a8a812513012e1107cb0e68c17159a7a594208005a57dc776e1bdc7\n",
            "idna|sniffio",
        ),
    ],
    ids=["wrong", "wrong with a marker", "missing", "missing pin", "incomplete"],
)
def test_hashes_are_believed(lock, requirements, said):
    with pytest.raises(InvalidInput, match=said) as raised:
        lock(requirements__txt=requirements)
    assert "\n" not in str(raised.value)


def test_requirements_that_are_no_text(lock, tmp_path):
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "requirements.txt").write_bytes(b"idna==3.10\xff")
    with pytest.raises(InvalidInput, match=r"cannot be read.*it is no UTF-8"):
        lock()


def test_wheel_by_its_url_is_a_pin():
    url = "idna @ https://example.org/idna-3.10-py3-none-any.whl"
    file = Path("requirements.txt")
    wanted = {"file": file, "content": "", "index_options": ()}
    assert Requirements(lines=(f"{url} --hash=sha256:1",), **wanted).is_lock
    assert not Requirements(lines=(url,), **wanted).unpinned(url)
    assert Requirements(lines=("idna>=3",), **wanted).unpinned(url) == ["idna"]


def test_merged_locks_are_sorted_and_the_first_counts():
    assert merged_lock("b==1 --hash=sha256:1", "a==1 --hash=sha256:2\nB==2 --hash=sha256:3") == (
        "a==1 \\\n    --hash=sha256:2\nb==1 \\\n    --hash=sha256:1\n"
    )
