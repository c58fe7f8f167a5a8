"""What stays out of a bundle: the defaults, secrets, .gitignore as git reads it, .platformignore."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from platform_lib.bundling import source_files as module
from platform_lib.bundling.ignore_files import NOT_OF_AN_APP, SECRETS, tracked_files
from platform_lib.bundling.image import build_own
from platform_lib.bundling.source_files import source_files
from platform_lib.checks import InvalidInput

GIT = ("git", "-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "core.excludesFile=")


def git(folder, *words):
    done = subprocess.run([*GIT, *words], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout


@pytest.fixture
def warned(monkeypatch):
    said = []
    monkeypatch.setattr("pulumi.log.warn", said.append)
    module._warn.cache_clear()
    return said


@pytest.fixture
def names(tmp_path):
    """Make a source of these files and list those that belong to the app."""

    def of(*files, root=tmp_path / "source", **texts):
        root.mkdir(parents=True, exist_ok=True)
        for name in files:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text("x")
        for name, text in texts.items():
            (root / f".{name}").write_text(text)
        return [file.name for file in source_files(root)]

    return of


@pytest.mark.parametrize(
    "name",
    [
        *(".env", ".env.local", "prod.env", ".envrc", ".aws/credentials", ".ssh/config"),
        *("tls/server.pem", "server.key", "id_rsa", "id_ed25519", "id_rsa.old", "deep/id_work"),
        *(".netrc", ".npmrc", ".pypirc", "credentials.json", "infra/terraform.tfstate"),
        *("terraform.tfstate.backup", "store.p12", "keys.jks", ".docker/config.json"),
    ],
)
def test_secrets_stay_out_and_one_line_says_so(names, warned, name):
    assert names("main.py", name) == ["main.py"]
    shown = f"{name.split('/')[0]}/" if name[0] == "." and "/" in name else name
    assert len(warned) == 1
    assert f"left out of the bundle, for it looks like a secret: {shown}. The app" in warned[0]
    names()
    assert len(warned) == 1


@pytest.mark.parametrize(
    "name",
    [
        *("id_service.py", "id_service/core.py", "env.py", "environment.json", "pem/x.py"),
        *("aws/x.py", "credentials.py", "key.py", "static/app.js", ".well-known/x", "data.json"),
    ],
)
def test_what_only_resembles_a_secret_belongs_to_the_app(names, warned, name):
    assert names(name) == [name]
    assert warned == []


def test_platformignore_silences_a_secret_or_brings_it_back(names, warned):
    files = ("main.py", ".env", "certs/rds-ca.pem", "certs/own.pem")
    wanted = ["certs/rds-ca.pem", "main.py"]
    assert names(*files, platformignore=".env\n*.pem\n!rds-ca.pem\n") == wanted
    assert warned == []


def test_platformignore_leaves_out(names, warned):
    files = ("main.py", "tests/test_main.py", "docs/a.md", "docs/b.txt", "package/tests/x.py")
    assert names(*files, platformignore="/tests/\n*.md\n") == [
        "docs/b.txt",
        "main.py",
        "package/tests/x.py",
    ]


def test_gitignore_counts_in_a_git_checkout_alone(names, tmp_path):
    files = ("main.py", "out/x", "package/local.txt")
    ignored = "out/\nlocal.txt\n"
    assert names(*files, gitignore=ignored) == ["main.py", "out/x", "package/local.txt"]
    git(tmp_path, "init", "--quiet")
    assert names() == ["main.py"]
    (tmp_path / ".gitignore").write_text("/source/main.py\n")
    (tmp_path / "source" / ".gitignore").write_text("")
    (tmp_path / "source" / "package" / ".gitignore").write_text("!local.txt\nkept\n")
    assert names("package/kept", "kept") == ["kept", "out/x", "package/local.txt"]


def test_file_that_git_tracks_belongs_to_the_app(names, tmp_path):
    git(tmp_path, "init", "--quiet")
    names("main.py", "data/kept.json", "data/made.json", gitignore="*.json\n/data/\n")
    git(tmp_path, "add", "--force", "source/data/kept.json")
    assert names() == ["data/kept.json", "main.py"]


def test_made_folder_that_git_ignores_is_brought_back(names, tmp_path):
    git(tmp_path, "init", "--quiet")
    files = (
        "main.py",
        "static/app.js",
        "static/.env",
        "build/web/x",
        "build/y",
        "build/web/z.pyc",
    )
    assert names(*files, gitignore="static/*\nbuild/\n") == ["main.py"]
    back = "!static/\n!build/web/\n"
    assert names(platformignore=back) == ["build/web/x", "main.py", "static/app.js"]


def test_source_that_git_ignores_as_a_whole_is_bundled(names, tmp_path):
    git(tmp_path, "init", "--quiet")
    (tmp_path / ".gitignore").write_text("/source/\n")
    assert names("main.py") == ["main.py"]
    (tmp_path / ".gitignore").write_text("out/**\n*.txt\n")
    assert names("main.py", "x.txt", root=tmp_path / "out" / "app") == ["main.py", "x.txt"]


def test_platformignore_that_is_no_text(names, tmp_path):
    names("main.py")
    (tmp_path / "source" / ".platformignore").write_bytes(b"\xff")
    with pytest.raises(InvalidInput, match=r"its \.platformignore is no UTF-8"):
        names()


@pytest.mark.parametrize("version", ["2", "4"])
@pytest.mark.parametrize("hashes", ["sha1", "sha256"])
def test_index_is_read_as_git_reads_it(tmp_path, version, hashes):
    git(tmp_path, "init", "--quiet", f"--object-format={hashes}")
    for name in ["a", "abcdefg", "abcdefgh/x", "näme", "z" * 200, *(f"d/{n}" for n in range(200))]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    git(tmp_path, "add", ".")
    (tmp_path / "later").write_text("x")
    git(tmp_path, "add", "--intent-to-add", "later")
    git(tmp_path, "update-index", "--index-version", version)
    expected = frozenset(git(tmp_path, "ls-files", "-z").split("\0")) - {""}
    assert len(expected) == 206
    assert tracked_files(tmp_path) == expected


def test_index_of_a_worktree_is_read(tmp_path):
    main = tmp_path / "main"
    main.mkdir()
    git(main, "init", "--quiet")
    (main / "x").write_text("x")
    git(main, "add", ".")
    git(main, "commit", "--quiet", "--message", "x")
    git(main, "worktree", "add", "--quiet", "../other")
    assert tracked_files(tmp_path / "other") == {"x"}
    assert tracked_files(tmp_path) == frozenset()


PARTS = some.sampled_from(
    [
        *("a", "b", "ab", "*", "**", "?", "a*", "*b", "[ab]", "[!a]", "[^b]", "[a-b]?", "***"),
        *("\\a", "\\*", "a.b", "[[:alpha:]]", "[]a]", "a\\ ", "#", "**b", "\\"),
    ]
)
LINES = some.builds(
    lambda bang, start, parts, end: bang + start + "/".join(parts) + end,
    some.sampled_from(["", "", "!", "\\!"]),
    some.sampled_from(["", "/"]),
    some.lists(PARTS, min_size=1, max_size=3),
    some.sampled_from(["", "/", " ", "/**"]),
)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A git checkout with files and folders of one kind of names, two deep."""
    folder = tmp_path_factory.mktemp("checkout")
    git(folder, "init", "--quiet")
    for above in [("",), ("a",), ("ab",), ("a.b", "a")]:
        for name in ["b", "c", "*", "!a", "#", "a ", "bb", "]"]:
            folder.joinpath(*above).mkdir(parents=True, exist_ok=True)
            folder.joinpath(*above, name).write_text("")
    return folder


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(some.lists(LINES, min_size=1, max_size=4))
def test_gitignore_is_read_as_git_reads_it(checkout, lines):
    (checkout / ".gitignore").write_text("".join(f"{line}\n" for line in lines))
    told = git(checkout, "ls-files", "--others", "--exclude-standard", "-z").split("\0")
    theirs = sorted(set(told) - {"", ".gitignore"})
    assert [file.name for file in source_files(checkout)] == theirs


def test_docs_list_every_default():
    page = (Path(__file__).parents[2] / "docs" / "bundles.md").read_text()
    listed = {*NOT_OF_AN_APP, *SECRETS} - {"!id_*.*", "!id_*/"}
    assert {pattern for pattern in listed if f"`{pattern}`" not in page} == set()


def test_own_dockerfile_is_built_from_the_same_files(names, tmp_path, monkeypatch, warned):
    monkeypatch.setenv("PLATFORM_LIB_CACHE", str(tmp_path / "cache"))
    git(tmp_path, "init", "--quiet")
    names("Dockerfile", "main.py", "key.pem", "out/x", gitignore="out/\n")
    made = build_own(tmp_path / "source", "Dockerfile", architecture="arm64").context
    assert sorted(path.name for path in made.iterdir()) == ["Dockerfile", "main.py"]
    assert "key.pem" in warned[0]
