import json
import os
import signal
import threading

import pytest
from dataplane_kit import (
    DIGEST,
    READ_ONLY,
    Asking,
    Shop,
    add_image,
    ask,
    can_keep_from_writing,
    create_role,
    new_name,
    until,
)

from platform_lib.local.dataplane.apps import replicas
from platform_lib.local.dataplane.apps.secret_values import secret_value
from platform_lib.local.errors import LocalCloudError, NotSteady


@pytest.fixture
def image(plane, tmp_path):
    return add_image(plane, tmp_path)


def test_a_service_answers_behind_its_load_balancer(account, plane, image):
    shop = Shop(account, plane, image, environment={"VERSION": "one"})
    assert ask(shop.url).status == 503
    shop.up()
    answer = ask(shop.url, "/a%20b?x=1&x=2", "POST", body=b"hello")
    assert answer.status == 200
    seen = answer.json
    assert (seen["method"], seen["path"], seen["body"]) == ("POST", "/a%20b?x=1&x=2", "hello")
    assert answer.headers.get_all("Set-Cookie") == ["a=1", "b=2"]
    headers = {name.lower(): value for name, value in seen["headers"]}
    assert headers["x-forwarded-for"] == "127.0.0.1"
    assert (headers["x-forwarded-proto"], headers["x-forwarded-port"]) == ("http", "80")
    assert headers["host"] == shop.url
    (task,) = shop.tasks()
    assert (task.how, task.target, task.state) == ("process", "container", "healthy")
    assert seen["pid"] == int(task.id)


def test_an_app_gets_its_variables_and_nothing_of_the_users_shell(
    account, plane, image, monkeypatch
):
    monkeypatch.setenv("TOKEN_OF_THE_USER", "mine")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "real")
    arn = account.client("secretsmanager").create_secret(
        Name=new_name("pw"), SecretString='{"password": "s3cret"}'
    )["ARN"]
    account.client("ssm").put_parameter(
        Name="/p", Value="plain", Type="SecureString", Overwrite=True
    )
    secrets = [
        {"name": "PASSWORD", "valueFrom": f"{arn}:password::"},
        {"name": "WHOLE", "valueFrom": arn},
        {"name": "PARAMETER", "valueFrom": "arn:aws:ssm:us-east-1:123456789012:parameter/p"},
    ]
    shop = Shop(account, plane, image, environment={"COLOUR": "red"}, secrets=secrets).up()
    env = ask(shop.url).json["env"]
    assert "TOKEN_OF_THE_USER" not in env
    assert "AWS_SESSION_TOKEN" not in env
    assert env["AWS_ENDPOINT_URL"] == account.endpoint
    assert (env["COLOUR"], env["LANGUAGE"]) == ("red", "de")
    assert (env["PASSWORD"], env["PARAMETER"]) == ("s3cret", "plain")
    assert env["WHOLE"] == '{"password": "s3cret"}'
    assert env["PORT"] == shop.tasks()[0].address.rsplit(":", 1)[1] != "8080"


@pytest.mark.parametrize(
    ("value", "ours", "ecs"),
    [
        ("text", "text", "text"),
        (123456789012, "123456789012", "1.23456789012e+11"),
        (1_000_000, "1000000", "1e+06"),
        (999_999, "999999", "999999"),
        (-12345678.5, "-12345678.5", "-1.23456785e+07"),
        (0.0001, "0.0001", "0.0001"),
        (0.00001, "1e-05", "1e-05"),
        (0, "0", "0"),
        (True, "true", "true"),
        (None, "null", "<nil>"),
        (
            {"b": [1, "x", None], "a": 1234567},
            '{"b": [1, "x", null], "a": 1234567}',
            "map[a:1.234567e+06 b:[1 x <nil>]]",
        ),
    ],
)
def test_a_key_of_a_secret_is_text_as_each_target_words_it(account, value, ours, ecs):
    # What ECS says is what Go's fmt.Sprintf("%v") printed of these.
    arn = account.client("secretsmanager").create_secret(
        Name=new_name("shape"), SecretString=json.dumps({"key": value})
    )["ARN"]
    given = account.sessions.give(create_role(account, "secretsmanager:GetSecretValue"), "s")
    assert secret_value(account, given, "A", f"{arn}#key") == ours
    assert secret_value(account, given, "A", f"{arn}:key::") == ecs


def test_a_new_version_replaces_the_old_one_without_a_gap(account, plane, image):
    shop = Shop(account, plane, image, count=2, environment={"VERSION": "one"}).up()
    old = {task.id for task in shop.tasks()}
    asking = Asking(shop.url)
    asking.start()
    until(lambda: len(asking.statuses) > 20)
    shop.update(taskDefinition=shop.define({"VERSION": "two"}))
    assert ask(shop.url).json["version"] == "two"
    statuses = asking.end()
    assert set(statuses) == {200}
    new = {task.id for task in shop.tasks()}
    assert len(new) == 2
    assert not new & old
    for pid in old:
        with pytest.raises(ProcessLookupError):
            os.kill(int(pid), 0)


def test_requests_under_way_end_before_their_task_does(account, plane, image):
    shop = Shop(account, plane, image).up()
    answers = []
    slow = threading.Thread(target=lambda: answers.append(ask(shop.url, "/slow").status))
    slow.start()
    until(lambda: "slow begins" in plane.logs(shop.name, 5))
    shop.update(desiredCount=0)
    slow.join()
    assert answers == [200]
    assert ask(shop.url).status == 503


def test_scaling_keeps_what_serves(account, plane, image):
    shop = Shop(account, plane, image).up()
    (first,) = shop.tasks()
    shop.update(desiredCount=3)
    assert first.id in {task.id for task in shop.tasks()}
    assert len({ask(shop.url).json["pid"] for _ in range(12)}) == 3
    shop.update(desiredCount=1)
    assert [task.id for task in shop.tasks()] == [first.id]


def test_a_version_that_crashes_is_reported_with_its_log_and_the_old_one_serves(
    account, plane, image
):
    shop = Shop(account, plane, image, environment={"VERSION": "one"}).up()
    with pytest.raises(NotSteady, match=r"(?s)crashed 3 times.*cannot find the flux capacitor"):
        shop.update(taskDefinition=shop.define({"BROKEN": "1"}))
    assert ask(shop.url).json["version"] == "one"
    assert len(shop.tasks()) == 1
    assert any("ended (exit 1)" in line for line in plane.said)


def test_a_version_that_stays_sick_is_reported_with_what_is_wrong(account, tmp_path, plane, image):
    plane._context.__dict__["patience"] = 1.0
    sick = tmp_path / "sick"
    sick.touch()
    shop = Shop(account, plane, image, environment={"SICK": str(sick)})
    with pytest.raises(NotSteady, match=r"(?s)within 1 s.*/health answers 500, not 200.*asked"):
        shop.up()
    assert ask(shop.url).status == 503
    assert shop.tasks() == []
    sick.unlink()
    assert ask(shop.up("update").url).status == 200


def test_a_crashed_app_is_restarted_and_the_screen_says_so(account, plane, image):
    shop = Shop(account, plane, image).up()
    (before,) = shop.tasks()
    assert ask(shop.url, "/crash").status == 502
    until(lambda: any(f"{shop.name} (app) ended (exit 3)" in line for line in plane.said))
    answer = until(lambda: (got := ask(shop.url)).status == 200 and got)
    assert answer.json["pid"] != int(before.id)


def test_only_healthy_targets_get_requests(account, plane, image, tmp_path):
    sick = tmp_path / "sick"
    shop = Shop(account, plane, image, environment={"SICK": str(sick)}).up()
    assert ask(shop.url, "/sick").status == 200
    until(lambda: ask(shop.url).status == 503)
    assert [task.state for task in shop.tasks()] == ["unhealthy"]
    sick.unlink()
    until(lambda: ask(shop.url).status == 200)


def test_a_containers_own_health_check_decides_too(account, plane, image, tmp_path):
    plane._context.__dict__["patience"] = 1.5
    flag = tmp_path / "flag"
    asks = (
        "import os, sys, urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/health');"
    )
    asks += f" sys.exit(not os.path.exists({str(flag)!r}))"
    check = {"command": ["CMD", "python", "-c", asks], "interval": 5, "timeout": 5, "retries": 2}
    shop = Shop(account, plane, image, healthCheck=check)
    with pytest.raises(NotSteady, match="its health check ends with 1"):
        shop.up()
    plane._context.__dict__["patience"] = 20.0
    flag.touch()
    assert ask(shop.up("update").url).status == 200


def test_a_deleted_service_leaves_no_process(account, plane, image):
    shop = Shop(account, plane, image, count=2).up()
    pids = [int(task.id) for task in shop.tasks()]
    account.client("ecs").delete_service(cluster=shop.name, service=shop.name, force=True)
    shop.up("delete")
    assert shop.tasks() == []
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_output_reaches_the_log_group_and_the_screen(account, plane, image):
    account.client("logs").create_log_group(logGroupName="/apps/shop")
    options = {"awslogs-group": "/apps/shop", "awslogs-stream-prefix": "app"}
    log = {"logDriver": "awslogs", "options": options}
    shop = Shop(account, plane, image, logConfiguration=log).up()
    ask(shop.url, "/hello")
    until(lambda: "asked /hello" in plane.logs(shop.name, 50))
    assert "asked /hello" in plane.logs("/apps/shop", 50)

    def shipped():
        events = account.client("logs").filter_log_events(logGroupName="/apps/shop")["events"]
        return "asked /hello" in [event["message"] for event in events]

    until(shipped)


def test_a_foreign_image_without_an_engine_is_refused(account, plane):
    shop = Shop(account, plane, "docker.io/library/nginx:1")
    with pytest.raises(LocalCloudError, match=r"nginx:1 was not built here.*start Docker"):
        shop.up()


def test_a_users_dockerfile_without_an_engine_is_refused(plane, tmp_path):
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    with pytest.raises(LocalCloudError, match="a Dockerfile of your own"):
        plane.images.add("registry/own:1", DIGEST, tmp_path, tmp_path / "Dockerfile")


def test_a_worker_without_a_port_is_steady_when_it_stays_up(account, plane, image, monkeypatch):
    # A Python takes longer to start, and to fail, where the machine is busy.
    monkeypatch.setattr(replicas, "_SETTLED", 5.0)
    shop = Shop(account, plane, image, balanced=False).up()
    assert len(shop.tasks()) == 1
    with pytest.raises(NotSteady):
        shop.update(taskDefinition=shop.define({"BROKEN": "1"}))


def test_a_stopped_plane_leaves_no_process(account, plane, image):
    shop = Shop(account, plane, image).up()
    pid = int(shop.tasks()[0].id)
    plane.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, signal.SIGCONT)


@pytest.mark.parametrize(
    ("grace", "check", "seconds"),
    [
        # The group's two checks of five seconds, but for a fast app on a busy machine.
        (0, None, 10),
        (300, None, 300),
        (20, {"interval": 5, "retries": 3, "startPeriod": 100}, 115),
        (200, {"interval": 5, "retries": 3}, 200),
        (0, {}, 90),
    ],
)
def test_a_task_has_the_time_that_its_service_gives_it(
    account, plane, image, monkeypatch, grace, check, seconds
):
    waited = []

    async def until_healthy(self, patience):
        waited.append(patience)

    monkeypatch.setattr(replicas.Replicas, "_until_healthy", until_healthy)
    monkeypatch.setitem(vars(plane._context), "patience", None)
    own = {} if check is None else {"healthCheck": {"command": ["CMD", "true"], **check}}
    shop = Shop(account, plane, image, **own)
    shop.update(healthCheckGracePeriodSeconds=grace)
    assert waited == [seconds]


@pytest.mark.skipif(not can_keep_from_writing(), reason="no mount namespaces on this machine")
def test_a_task_cannot_write_where_its_image_has_it(account, plane, image):
    shop = Shop(account, plane, image).up()
    assert ask(shop.url, "/write").json["wrote"] == READ_ONLY
