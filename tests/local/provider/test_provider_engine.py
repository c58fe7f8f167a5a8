"""The providers under the real engine: what only its own bookkeeping can show."""

import gc
import json

import pulumi
import pytest
from pulumi import automation

from platform_lib.local.engine import KnownCommand, find_engine
from platform_lib.local.errors import NotSteady
from platform_lib.local.provider import Journal, Providers
from platform_lib.local.screen import Screen

pytestmark = [
    pytest.mark.engine,
    # What the coroutines above say when they are collected; no other way ends them.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


class Plane:
    """A data plane that serves nothing; `failure` makes a change of a type fail."""

    def __init__(self):
        self.failure = None
        self.heard = []

    def endpoint(self, kind, id):
        return "127.0.0.1:8000"

    def changed(self, type, id, action):
        self.heard.append((type, action))
        if self.failure and type == self.failure:
            raise NotSteady("the app never got healthy")


class Says(Screen):
    def say(self, line):
        print(line)

    def progress(self, program, event):
        pass


@pytest.fixture
def plane():
    return Plane()


@pytest.fixture
def make_stack(account, plane, tmp_path):
    providers = Providers(account, plane, Journal(tmp_path / "journal"))
    ports = providers.start()
    environment = {
        "PULUMI_BACKEND_URL": f"file://{tmp_path}",
        "PULUMI_CONFIG_PASSPHRASE": "test",
        "PULUMI_DEBUG_PROVIDERS": ",".join(f"{name}:{port}" for name, port in ports.items()),
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_SKIP_UPDATE_CHECK": "1",
    }

    def make(program):
        return automation.create_or_select_stack(
            "dev",
            "proto",
            program,
            opts=automation.LocalWorkspaceOptions(
                env_vars=environment,
                pulumi_home=str(tmp_path / "home"),
                pulumi_command=KnownCommand(find_engine(Says())),
                project_settings=automation.ProjectSettings("proto", "python"),
            ),
        )

    yield make
    providers.stop()
    # A program that fails leaves coroutines of the SDK behind. Collected here they do no harm;
    # collected while Python 3.11 parses a file, they make the parser fail (SystemError).
    gc.collect()


def operations(result):
    return {kind: count for kind, count in result.summary.resource_changes.items() if count}


def test_a_program_goes_up_stays_drifts_and_goes_down(make_stack, account):
    import pulumi_aws as aws

    retention = {"days": 7}

    def program():
        group = aws.cloudwatch.LogGroup(
            "group", retention_in_days=retention["days"], tags={"a": "b"}
        )
        role = aws.iam.Role(
            "role", assume_role_policy=json.dumps({"Version": "2012-10-17", "Statement": []})
        )
        pulumi.export("group", group.name)
        pulumi.export("role", role.arn)

    stack = make_stack(program)
    assert stack.preview().change_summary == {"create": 3}
    up = stack.up()
    name = up.outputs["group"].value
    assert up.outputs["role"].value.startswith("arn:aws:iam::123456789012:role/role-")
    assert stack.preview().change_summary == {"same": 3}
    assert operations(stack.refresh()) == {"same": 3}

    retention["days"] = 30
    assert operations(stack.up()) == {"update": 1, "same": 2}
    logs = account.client("logs")
    logs.put_retention_policy(logGroupName=name, retentionInDays=1)
    assert operations(stack.refresh()) == {"update": 1, "same": 2}
    assert operations(stack.up()) == {"update": 1, "same": 2}
    (found,) = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    assert found["retentionInDays"] == 30

    logs.delete_log_group(logGroupName=name)
    assert operations(stack.refresh()) == {"delete": 1, "same": 2}
    stack.up()
    assert operations(stack.destroy()) == {"delete": 3}
    assert logs.describe_log_groups()["logGroups"] == []


def test_what_did_not_serve_is_tried_again_and_not_made_twice(make_stack, account, plane):
    import pulumi_aws as aws

    def program():
        aws.cloudwatch.LogGroup("failing")

    stack = make_stack(program)
    plane.failure = "aws:cloudwatch/logGroup:LogGroup"
    with pytest.raises(automation.CommandError, match="the app never got healthy"):
        stack.up()
    plane.failure = None
    assert operations(stack.up()) == {"update": 1, "same": 1}
    found = account.client("logs").describe_log_groups(logGroupNamePrefix="failing")
    assert len(found["logGroups"]) == 1
    stack.destroy()


def test_a_replaced_resource_is_made_before_the_old_one_goes(make_stack, plane):
    import pulumi_aws as aws

    key = {"name": "id"}

    def program():
        for name in (None, "given"):
            aws.dynamodb.Table(
                name or "made-up",
                name=name,
                billing_mode="PAY_PER_REQUEST",
                hash_key=key["name"],
                attributes=[{"name": key["name"], "type": "S"}],
            )

    stack = make_stack(program)
    stack.up()
    key["name"] = "key"
    assert operations(stack.up()) == {"replace": 2, "same": 1}
    assert stack.preview().change_summary == {"same": 3}
    stack.destroy()


def test_no_secret_is_in_the_state(make_stack, tmp_path):
    import pulumi_aws as aws

    def program():
        parameter = aws.ssm.Parameter(
            "secret", type="SecureString", value=pulumi.Output.secret("never-to-be-seen")
        )
        pulumi.export("value", parameter.value)

    stack = make_stack(program)
    assert stack.up().outputs["value"].value == "never-to-be-seen"
    stack.refresh()
    written = [path.read_text() for path in (tmp_path / ".pulumi").rglob("*.json")]
    assert written
    assert not any("never-to-be-seen" in text for text in written)
    assert "never-to-be-seen" not in (tmp_path / "journal").read_text()
    stack.destroy()


def test_what_is_not_known_is_named_in_a_preview(make_stack):
    import pulumi_aws as aws

    def program():
        aws.ecs.TaskDefinition(
            "task",
            family="f",
            container_definitions=json.dumps([{"name": "app", "portMapings": []}]),
        )

    with pytest.raises(automation.CommandError, match=r"containerDefinitions\.portMapings"):
        make_stack(program).preview()

    def unknown():
        aws.backup.Vault("vault")

    with pytest.raises(automation.CommandError, match=r"aws:backup/vault:Vault is not known"):
        make_stack(unknown).preview()


def test_a_table_of_another_stack_is_looked_up(make_stack, account):
    import pulumi_aws as aws

    account.client("dynamodb").create_table(
        TableName="shared",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )

    def program():
        pulumi.export("arn", aws.dynamodb.Table.get("table", "shared").arn)

    stack = make_stack(program)
    assert stack.up().outputs["arn"].value.endswith("table/shared")
    stack.destroy()
    assert "shared" in account.client("dynamodb").list_tables()["TableNames"]
