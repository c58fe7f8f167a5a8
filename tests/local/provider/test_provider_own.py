"""What the local cloud does not know: kept where that is asked for, or imitated by the user's own rows."""

import textwrap
from importlib import metadata

import pytest
from provider_kit import TABLE, Engine
from rows_kit import Quiet

from platform_lib.local.errors import LocalCloudError
from platform_lib.local.provider import Providers
from platform_lib.local.provider.aws import AwsKinds

VAULT = "aws:backup/vault:Vault"


@pytest.fixture
def said():
    return []


@pytest.fixture
def keeping(account, plane, journal, said):
    providers = Providers(account, plane, journal, said.append)
    engine = Engine(providers.start()["aws"])
    yield engine
    engine.close()
    providers.stop()


def test_an_unknown_type_is_kept_and_that_is_said(keeping, said):
    inputs = keeping.checked(VAULT, {"tags": {"a": "b"}, "forceDestroy": True})
    assert inputs == {"tags": {"a": "b"}, "forceDestroy": True}
    id, state = keeping.create(VAULT, inputs)
    assert state["id"] == id
    assert state["arn"] == f"arn:aws:backup:us-east-1:123456789012:vault/{id}"
    assert keeping.read(VAULT, id, state, inputs) == (id, state, inputs)
    changed = keeping.checked(VAULT, {"tags": {"a": "c"}}, inputs)
    diff = keeping.diff(VAULT, inputs, changed)
    assert (list(diff.diffs), list(diff.replaces)) == (["forceDestroy", "tags"], [])
    after = keeping.update(VAULT, id, state, inputs, changed)
    assert (after["arn"], after["tags"]) == (state["arn"], {"a": "c"})
    assert "forceDestroy" not in after
    keeping.delete(VAULT, id, after)
    assert said == [f"{VAULT} is kept in the state with made-up ids, and not imitated"]


def test_what_is_known_is_still_judged(keeping):
    _, failures = keeping.check(TABLE, {"colour": "red"})
    assert [path for path, _ in failures] == ["colour"]


ROWS = """
from platform_lib.local.rows import Call, Look, Row

ROWS = (
    Row(
        type="aws:backup/vault:Vault",
        service="backup",
        create=Call("create_backup_vault"),
        id="BackupVaultName",
        looks=(Look("describe_backup_vault", {"BackupVaultName": "{id}"}),),
        delete=Call("delete_backup_vault", {"BackupVaultName": "{id}"}),
        noun="BackupVault",
        outputs={"arn": "BackupVaultArn"},
    ),
)
INVOKES = {"aws:index/getArn:getArn": lambda account, args: {"id": args["arn"], "region": account.region}}
"""


def write_rows(root, text):
    (root / "local_rows").mkdir(exist_ok=True)
    (root / "local_rows" / "vaults.py").write_text(textwrap.dedent(text))


def test_rows_of_the_project_are_rows_like_others(account, providers, engine, tmp_path):
    write_rows(tmp_path, ROWS)
    providers.read_project(tmp_path)
    inputs = engine.checked(VAULT, {"name": "own"})
    id, state = engine.create(VAULT, inputs)
    assert state["arn"].endswith("backup-vault:own")
    assert (
        account.client("backup").list_backup_vaults()["BackupVaultList"][0]["BackupVaultName"]
        == id
    )
    engine.delete(VAULT, id, state)
    assert engine.invoke("aws:index/getArn:getArn", arn="a") == {"id": "a", "region": "us-east-1"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ROWS = (1,)", "vaults.py: ROWS holds int, not rows alone"),
        ("INVOKES = {'a': 1}", r"vaults.py: INVOKES\['a'\] is no function"),
        ("1/0", "vaults.py: ZeroDivisionError: division by zero"),
    ],
)
def test_a_wrong_file_of_rows_is_named_in_one_line(providers, tmp_path, text, words):
    write_rows(tmp_path, text)
    with pytest.raises(LocalCloudError, match=words):
        providers.read_project(tmp_path)


def test_an_installed_package_brings_rows(account, monkeypatch, tmp_path):
    (tmp_path / "team_rows.py").write_text(ROWS)
    monkeypatch.syspath_prepend(tmp_path)
    point = metadata.EntryPoint("team", "team_rows", "platform_lib.local_rows")
    monkeypatch.setattr(metadata, "entry_points", lambda group: [point])
    assert AwsKinds(account, Quiet()).knows(VAULT)
