"""The programs of this repository, up in the local cloud: the same notes on three targets."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path

import httpx2
import pytest
from browser import find_chromium, open_tab

from platform_lib.local import LocalCloud, Stack

pytestmark = pytest.mark.engine

ROOT = Path(__file__).parents[2]
VM, FUNCTION, CONTAINER = (
    ROOT / "programs" / name for name in ("ec2_app", "lambda_app", "ecs_app")
)
TARGETS = {"vm": VM, "function": FUNCTION, "container": CONTAINER}

each_target = pytest.mark.parametrize("target", list(TARGETS))


@pytest.fixture(scope="module")
def stacks(local_cloud: LocalCloud) -> Iterator[Mapping[str, Stack]]:
    """Target -> its program, up; the three share the table that the first one makes."""
    stack = "programs"
    try:
        first = local_cloud.up(VM, stack=stack)
        shared = {"table": first.outputs["table_name"]}
        others = local_cloud.up_all([FUNCTION, CONTAINER], config=shared, stack=stack)
        stacks = dict(zip(TARGETS, [first, *others], strict=True))
        assert {target: [*made.targets] for target, made in stacks.items()} == {
            target: [target] for target in TARGETS
        }
        assert [made.urls for made in stacks.values()] == [
            [made.outputs["url"]] for made in stacks.values()
        ]
        yield stacks
        for program in TARGETS.values():
            assert local_cloud.preview(program, stack=stack) == []
    finally:
        for program in (FUNCTION, CONTAINER, VM):
            local_cloud.destroy(program, stack=stack)


@pytest.fixture(scope="module")
def urls(stacks: Mapping[str, Stack]) -> Mapping[str, str]:
    """Target -> address."""
    return {target: made.outputs["url"] for target, made in stacks.items()}


def client(url: str) -> httpx2.Client:
    return httpx2.Client(base_url=url, trust_env=False, timeout=30, follow_redirects=True)


class Forms(HTMLParser):
    """The forms of a page: where they go, and the note that each stands beside."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.add = ""
        self.delete: dict[str, str] = {}
        """Text of a note -> action of the form that deletes it."""
        self._note: list[str] | None = None
        self._inside = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "li":
            self._note = []
        self._inside = values.get("class") == "text"
        if tag == "form":
            assert values["method"] == "post"
            action = values["action"] or ""
            if self._note is None:
                self.add = action
            else:
                self.delete["".join(self._note)] = action

    def handle_endtag(self, tag: str) -> None:
        self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside and self._note is not None:
            self._note.append(data)


@each_target
def test_the_page_works_without_javascript(urls: Mapping[str, str], target: str) -> None:
    text = f"Grüße from the {target}:\r\n<b>two lines</b> & more"
    shown = text.replace("\r\n", "\n")
    origin = {"Origin": urls[target]}
    with client(urls[target]) as http:
        page = http.post(Forms(http.get("/").text).add, data={"text": text}, headers=origin)
        assert page.status_code == 200
        assert shown in Forms(page.text).delete
        for url in urls.values():
            with client(url) as other:
                assert shown in Forms(other.get("/").text).delete
        page = http.post(Forms(page.text).delete[shown], headers=origin)
        assert page.status_code == 200
        assert shown not in Forms(page.text).delete
        stranger = http.post("/", data={"text": text}, headers={"Origin": "https://evil.example"})
        assert stranger.status_code == 403


@each_target
def test_the_page_works_in_a_browser(urls: Mapping[str, str], target: str, tmp_path: Path) -> None:
    chromium = find_chromium()
    if chromium is None:
        pytest.skip("no Chromium on this machine: the page was not tried in a browser")

    async def visit() -> None:
        text = f"Typed in a browser, kept by the {target}"
        quoted = json.dumps(text)
        note = f"[...document.querySelectorAll('li')].find(e => e.innerText.includes({quoted}))"
        async with open_tab(chromium) as tab:
            await tab.open(f"{urls[target]}/")
            await tab.type("#text", text)
            await tab.evaluate("document.querySelector('.new button').click()")
            await tab.until(f"{note} !== undefined")
            # The style is there: the policy admits it by its hash, and it is the page's own.
            colour = "getComputedStyle(document.querySelector('.new button')).backgroundColor"
            assert await tab.evaluate(colour) in ("rgb(15, 118, 110)", "rgb(94, 234, 212)")
            await tab.evaluate(f"{note}.querySelector('button').click()")
            await tab.until(f"{note} === undefined")
            assert tab.complaints == []

    asyncio.run(visit())


@each_target
def test_errors_and_headers_reach_the_client(urls: Mapping[str, str], target: str) -> None:
    as_json = {"Content-Type": "application/json"}
    with client(urls[target]) as http:
        assert http.get("/whoami").json()["target"] == target
        for answer, status in (
            (http.post("/notes", content=b"{", headers=as_json), 400),
            (http.get("/nothing"), 404),
            (http.put("/notes"), 405),
            (http.post("/notes", content=b"x" * 70_000, headers=as_json), 413),
            (http.post("/notes", content=b"x", headers={"Content-Type": "text/plain"}), 415),
        ):
            assert answer.status_code == status
            assert list(answer.json()) == ["error"]
            assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def test_all_targets_run_the_same_version(urls: Mapping[str, str]) -> None:
    versions = {
        httpx2.get(f"{url}/whoami", trust_env=False).json()["version"] for url in urls.values()
    }
    assert len(versions) == 1


@pytest.fixture
def counted(local_cloud: LocalCloud, stacks: Mapping[str, Stack]) -> Callable[[], Counter[str]]:
    """Tell what the worker has counted so far."""

    def read() -> Counter[str]:
        local_cloud.settle()
        table = stacks["function"].outputs["activity_table_name"]
        items = local_cloud.client("dynamodb").scan(TableName=table)["Items"]
        days = [item for item in items if item["entry"]["S"].startswith("day#")]
        found: Counter[str] = Counter()
        for day in days:
            found.update(
                {kind: int(day[kind]["N"]) for kind in ("written", "deleted") if kind in day}
            )
        return found

    return read


def test_a_message_becomes_a_note_for_all_and_what_cannot_be_one_is_kept_apart(
    local_cloud: LocalCloud,
    stacks: Mapping[str, Stack],
    urls: Mapping[str, str],
    counted: Callable[[], Counter[str]],
) -> None:
    sqs, queue = local_cloud.client("sqs"), stacks["function"].outputs["inbox_queue_url"]
    before = counted()
    for text in ("Sent to the queue", "x" * 4001):
        sqs.send_message(QueueUrl=queue, MessageBody=text)
    assert counted() - before == {"written": 1}
    for url in urls.values():
        with client(url) as http:
            assert http.get("/notes?limit=1").json()["notes"][0]["text"] == "Sent to the queue"
    # Five tries, each when the message is visible again.
    local_cloud.advance(3600)
    redrive = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["RedrivePolicy"])
    home = json.loads(redrive["Attributes"]["RedrivePolicy"])["deadLetterTargetArn"]
    url = sqs.get_queue_url(QueueName=home.rpartition(":")[2])["QueueUrl"]
    [letter] = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert letter["Body"] == "x" * 4001
    assert counted() - before == {"written": 1}


@each_target
def test_what_is_written_and_deleted_through_any_target_is_counted(
    urls: Mapping[str, str], target: str, counted: Callable[[], Counter[str]]
) -> None:
    before = counted()
    with client(urls[target]) as http:
        ids = [http.post("/notes", json={"text": f"{n}"}).json()["id"] for n in range(3)]
        assert http.delete(f"/notes/{ids[0]}").status_code == 204
    assert counted() - before == {"written": 3, "deleted": 1}


def test_each_morning_what_was_written_is_published(
    local_cloud: LocalCloud, stacks: Mapping[str, Stack], urls: Mapping[str, str]
) -> None:
    sqs, topic = local_cloud.client("sqs"), stacks["function"].outputs["digest_topic_arn"]
    url = sqs.create_queue(QueueName="readers")["QueueUrl"]
    try:
        asked = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        arn = asked["Attributes"]["QueueArn"]
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        local_cloud.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        with client(urls["container"]) as http:
            http.post("/notes", json={"text": "Read me at breakfast"})
        local_cloud.advance(24 * 3600)
        [letter] = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
        digest = json.loads(letter["Body"])
        assert digest["Subject"].endswith(" 07:00 UTC")
        assert "Read me at breakfast" in digest["Message"]
    finally:
        sqs.delete_queue(QueueUrl=url)


@pytest.fixture
def said(local_cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the screen shows of refused calls."""
    lines: list[str] = []
    monkeypatch.setattr(local_cloud.services.account, "say", lines.append)
    return lines


@contextmanager
def without(local_cloud: LocalCloud, service: str, action: str, name: str = "") -> Iterator[None]:
    """Take the grant with an action from the roles of one service whose names begin so."""
    iam, taken = local_cloud.client("iam"), []
    for role in iam.list_roles()["Roles"]:
        trust = json.dumps(role["AssumeRolePolicyDocument"])
        if service not in trust or not role["RoleName"].startswith(name):
            continue
        for policy in iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]:
            which = {"RoleName": role["RoleName"], "PolicyName": policy}
            document = iam.get_role_policy(**which)["PolicyDocument"]
            kept = [each for each in document["Statement"] if action not in each["Action"]]
            if len(kept) < len(document["Statement"]):
                taken.append((which, json.dumps(document)))
                less = json.dumps({**document, "Statement": kept})
                if kept:
                    iam.put_role_policy(**which, PolicyDocument=less)
                else:
                    iam.delete_role_policy(**which)
    assert taken
    try:
        yield
    finally:
        for which, whole in taken:
            iam.put_role_policy(**which, PolicyDocument=whole)


SERVICES = {"vm": "ec2", "function": "lambda", "container": "ecs-tasks"}


@each_target
def test_without_its_grant_an_app_is_refused_as_on_aws_and_the_screen_has_the_line(
    local_cloud: LocalCloud,
    stacks: Mapping[str, Stack],
    urls: Mapping[str, str],
    said: list[str],
    target: str,
) -> None:
    table = stacks["vm"].outputs["table_arn"]
    with client(urls[target]) as http:
        with without(local_cloud, f"{SERVICES[target]}.amazonaws.com", "dynamodb:Scan"):
            assert http.get("/notes").status_code >= 500
            assert http.post("/notes", json={"text": "Not mine"}).status_code >= 500
        assert http.get("/notes").status_code == 200
    query, put = said
    for line, action in ((query, "Query"), (put, "PutItem")):
        assert f"refused dynamodb:{action} on {table}" in line
        assert f"because no identity-based policy allows the dynamodb:{action} action" in line
    assert f'grants=[grants.read_table("{table}")]' in query
    assert f'grants=[grants.read_write_table("{table}")]' in put
    shown = local_cloud.services.data_plane.logs(
        str(stacks[target].outputs["log_group_name"]), 200
    )
    user = "User: arn:aws:sts::123456789012:assumed-role/notes-"
    words = f"is not authorized to perform: dynamodb:Query on resource: {table}"
    assert any(user in line and words in line for line in shown)


@pytest.mark.parametrize(
    ("worker", "action", "line"),
    [
        ("inbox", "dynamodb:PutItem", "grants.read_write_table("),
        ("activity", "dynamodb:PutItem", "grants.read_write_table("),
        ("digest", "dynamodb:Query", "grants.read_table("),
        ("digest", "sns:Publish", "grants.publish_to_topic("),
    ],
)
def test_without_its_grant_a_worker_is_refused(
    local_cloud: LocalCloud,
    stacks: Mapping[str, Stack],
    urls: Mapping[str, str],
    said: list[str],
    worker: str,
    action: str,
    line: str,
) -> None:
    stack, sqs = stacks["function"], local_cloud.client("sqs")
    with without(local_cloud, "lambda.amazonaws.com", action, f"notes-{worker}"):
        if worker == "digest":
            arn = local_cloud.services.data_plane.invoke("notes-digest", b"{}")
            assert arn.failed
        elif worker == "inbox":
            sqs.send_message(QueueUrl=stack.outputs["inbox_queue_url"], MessageBody="For nobody")
            local_cloud.settle()
        else:
            with client(urls["vm"]) as http:
                assert http.post("/notes", json={"text": "Not counted"}).status_code == 201
            local_cloud.settle()
    assert any(f"refused {action} on " in each and line in each for each in said)
    # What was refused is done with its grant: the queue and the stream bring it again.
    local_cloud.advance(3600)
    said.clear()
    local_cloud.settle()
    assert said == []


def test_moving_the_app_is_one_word_and_its_notes_come_along(local_cloud: LocalCloud) -> None:
    stack = "moving"
    try:
        made = local_cloud.up(ROOT, config={"target": "function"}, stack=stack)
        with client(made.outputs["url"]) as http:
            note = http.post("/notes", json={"text": "Written before the move"}).json()
        moved = local_cloud.up(ROOT, config={"target": "container"}, stack=stack)
        assert (made.targets, moved.targets) == (["function"], ["container"])
        assert moved.outputs["version"] == made.outputs["version"]
        with client(moved.outputs["url"]) as http:
            assert http.get("/whoami").json()["target"] == "container"
            assert http.get(f"/notes/{note['id']}").json() == note
    finally:
        local_cloud.destroy(ROOT, stack=stack)
