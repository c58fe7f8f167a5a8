"""Which version of a function serves, what keeps it warm, and the key that encrypts it."""

import json

import pulumi
import pulumi_aws as aws
import pytest

from platform_lib import ArgsError, FunctionApp
from platform_lib.testing import synth

S3 = {"code": "s3://artifacts/notes.zip", "handler": "notes.handler"}
IMAGE = {"image_uri": "123456789012.dkr.ecr.us-east-1.amazonaws.com/notes:1"}
KEY = "arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d-0000-1111-2222-333344445555"
QUEUE = "arn:aws:sqs:us-east-1:123456789012:failures"
STREAM = "arn:aws:kinesis:us-east-1:123456789012:stream/clicks"
OTHER_KEY = "arn:aws:kms:us-east-1:123456789012:key/mrk-0a1b2c3d"


def graph_of(**args):
    return synth(lambda: FunctionApp("notes", {**S3, **args}))


def function_of(**args):
    return graph_of(**args).one(aws.lambda_.Function).inputs


def alias_of(**args):
    return graph_of(**args).one(aws.lambda_.Alias).inputs


def weighted(**more):
    return {"strategy": "weighted", "previous_version": "7", **more}


@pytest.mark.parametrize("alias", ["live", "blue-2", "_", "A" * 128])
def test_everything_is_bound_to_the_alias_of_ones_choice(alias):
    graph = graph_of(alias=alias, provisioned_concurrency=1)
    assert graph.one(aws.lambda_.Alias).inputs["name"] == alias
    assert graph.one(aws.lambda_.Permission).inputs["qualifier"] == alias
    provisioned = graph.one(aws.lambda_.ProvisionedConcurrencyConfig).inputs
    assert provisioned["qualifier"] == alias
    for alarm in graph.all(aws.cloudwatch.MetricAlarm):
        assert f":{alias}" in json.dumps(alarm.inputs)


@pytest.mark.parametrize("strategy", ["rolling", "all_at_once"])
def test_rolling_and_all_at_once_give_the_new_version_every_call(strategy):
    assert alias_of(rollout={"strategy": strategy}) == alias_of()
    graph = graph_of()
    alias, function = graph.one(aws.lambda_.Alias), graph.one(aws.lambda_.Function)
    assert alias.inputs["functionVersion"] == function.outputs["version"]
    assert "routingConfig" not in alias.inputs


@pytest.mark.parametrize(("percent", "share"), [({}, 0.1), ({"percent": 1}, 0.01),
                                                ({"percent": 99}, 0.99)])  # fmt: skip
def test_a_weighted_rollout_gives_the_new_version_its_share(percent, share):
    graph = graph_of(rollout=weighted(**percent))
    new = graph.one(aws.lambda_.Function).outputs["version"]
    alias = graph.one(aws.lambda_.Alias).inputs
    assert alias["functionVersion"] == "7"
    assert alias["routingConfig"] == {"additionalVersionWeights": {new: share}}


def test_a_version_that_is_new_and_previous_has_every_call_without_weights():
    version = graph_of().one(aws.lambda_.Function).outputs["version"]
    alias = alias_of(rollout=weighted(previous_version=version))
    assert alias["functionVersion"] == version
    assert "routingConfig" not in alias


def test_a_function_that_is_replaced_has_its_alias_before_the_old_one_goes():
    """From a zip to an image AWS makes another function; its alias has the same name."""
    alias = graph_of().one(aws.lambda_.Alias)
    assert alias.options.delete_before_replace is False


def test_a_preview_of_a_weighted_rollout_knows_every_child():
    graph = synth(lambda: FunctionApp("notes", {**S3, "rollout": weighted()}), preview=True)
    assert graph.counts() == graph_of().counts()


def test_provisioned_concurrency_is_on_the_alias():
    graph = graph_of(provisioned_concurrency=2)
    made = graph.one(aws.lambda_.ProvisionedConcurrencyConfig)
    assert made.inputs == {
        "functionName": graph.one(aws.lambda_.Function).outputs["name"],
        "qualifier": "live",
        "provisionedConcurrentExecutions": 2,
    }
    assert not made.options.ignore_changes
    assert not graph.all(aws.appautoscaling.Target)


def test_what_is_kept_warm_follows_its_use_where_it_may_grow():
    graph = graph_of(provisioned_concurrency=2, provisioned_concurrency_maximum=8)
    made = graph.one(aws.lambda_.ProvisionedConcurrencyConfig)
    assert list(made.options.ignore_changes) == ["provisionedConcurrentExecutions"]
    name = graph.one(aws.lambda_.Function).outputs["name"]
    identity = {
        "serviceNamespace": "lambda",
        "resourceId": f"function:{name}:live",
        "scalableDimension": "lambda:function:ProvisionedConcurrency",
    }
    target = graph.one(aws.appautoscaling.Target).inputs
    assert target == {**identity, "minCapacity": 2, "maxCapacity": 8}
    policy = graph.one(aws.appautoscaling.Policy).inputs
    assert policy == {
        **identity,
        "policyType": "TargetTrackingScaling",
        "targetTrackingScalingPolicyConfiguration": {
            "predefinedMetricSpecification": {
                "predefinedMetricType": "LambdaProvisionedConcurrencyUtilization"
            },
            "targetValue": 0.7,
        },
    }


@pytest.mark.parametrize("reserved", [0, 1, 500])
def test_reserved_concurrency_may_be_nothing_at_all(reserved):
    inputs = function_of(reserved_concurrency=reserved)
    assert inputs["reservedConcurrentExecutions"] == reserved


def test_snapshots_are_taken_of_published_versions():
    for more in ({}, {"python_version": "3.12", "architecture": "x86_64"}):
        inputs = function_of(snap_start=True, **more)
        assert inputs["snapStart"] == {"applyOn": "PublishedVersions"}
    assert "snapStart" not in function_of(snap_start=False)


def test_a_key_encrypts_logs_and_variables_and_the_role_may_decrypt():
    graph = graph_of(kms_key_arn=KEY)
    assert graph.one(aws.lambda_.Function).inputs["kmsKeyArn"] == KEY
    for group in graph.all(aws.cloudwatch.LogGroup):
        assert group.inputs["kmsKeyId"] == KEY
    statements = json.loads(graph.one(aws.iam.RolePolicy).inputs["policy"])["Statement"]
    assert {"Effect": "Allow", "Action": ["kms:Decrypt"], "Resource": KEY} in statements
    plain = graph_of().one(aws.iam.RolePolicy).inputs["policy"]
    assert "kms:" not in plain


def test_a_key_encrypts_what_is_made_for_events_and_who_sends_may_use_it():
    graph = graph_of(kms_key_arn=KEY, queues=[{}], schedules=[{"rate": "1 day"}])
    queues = graph.all(aws.sqs.Queue)
    assert len(queues) == 3
    for queue in queues:
        assert queue.inputs["kmsMasterKeyId"] == KEY
        assert "sqsManagedSseEnabled" not in queue.inputs
    use = {"Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": KEY}
    for name in ("notes-policy", "notes-scheduler-policy"):
        policy = graph.one(aws.iam.RolePolicy, name).inputs["policy"]
        assert use in json.loads(policy)["Statement"], name
    # The scheduler sends to no queue where failures go elsewhere, and reads its schedule still.
    graph = graph_of(kms_key_arn=KEY, schedules=[{"rate": "1 day"}], on_failure=QUEUE)
    policy = graph.one(aws.iam.RolePolicy, "notes-scheduler-policy").inputs["policy"]
    assert json.loads(policy)["Statement"][-1] == {**use, "Action": ["kms:Decrypt"]}


def test_a_key_encrypts_schedules_and_filters_and_no_mapping_without_filters():
    sources = {
        "queues": [{}, {"name": "some", "filters": [{"body": {"kind": ["new"]}}]}],
        "streams": [
            {"arn": STREAM, "filters": [{"data": {"kind": ["new"]}}]},
            {"name": "all", "arn": f"{STREAM}-2"},
        ],
        "schedules": [{"rate": "1 day"}],
    }
    graph = graph_of(kms_key_arn=KEY, **sources)
    assert graph.one(aws.scheduler.Schedule).inputs["kmsKeyArn"] == KEY
    keys = {
        each.name: each.inputs.get("kmsKeyArn")
        for each in graph.all(aws.lambda_.EventSourceMapping)
    }
    assert keys == {
        "notes-queue-mapping": None,
        "notes-queue-some-mapping": KEY,
        "notes-stream-mapping": KEY,
        "notes-stream-all-mapping": None,
    }
    plain = graph_of(**sources)
    for each in plain.all(aws.lambda_.EventSourceMapping):
        assert "kmsKeyArn" not in each.inputs
    assert "kmsKeyArn" not in plain.one(aws.scheduler.Schedule).inputs


def test_a_key_encrypts_the_bucket_that_is_made_for_uploads_and_its_objects_by_default():
    inline = {"inline": "def handler(event, context): ...", "ingress": {"kind": "none"}}
    args = {**inline, "upload": {}, "kms_key_arn": KEY}
    graph = synth(lambda: FunctionApp("notes", args))
    bucket = graph.one(aws.s3.Bucket)
    encryption = graph.one(aws.s3.BucketServerSideEncryptionConfiguration)
    assert encryption.inputs == {
        "bucket": bucket.id,
        "rules": [
            {
                "applyServerSideEncryptionByDefault": {
                    "sseAlgorithm": "aws:kms",
                    "kmsMasterKeyId": KEY,
                },
                "bucketKeyEnabled": True,
            }
        ],
    }
    bundle = graph.one(aws.s3.BucketObjectv2)
    assert "serverSideEncryption" not in bundle.inputs
    assert encryption in bundle.dependencies
    # It is a child like any other.
    overrides = {"bucket_encryption": {"rules": []}}
    other = synth(lambda: FunctionApp("notes", {**args, "overrides": overrides}))
    assert other.one(aws.s3.BucketServerSideEncryptionConfiguration).inputs["rules"] == []
    plain = synth(lambda: FunctionApp("notes", {**inline, "upload": {}}))
    assert plain.one(aws.s3.BucketObjectv2).inputs["serverSideEncryption"] == "AES256"
    assert plain.all(aws.s3.BucketServerSideEncryptionConfiguration) == []
    with pytest.raises(ArgsError, match="no such child"):
        synth(lambda: FunctionApp("notes", {**inline, "upload": {}, "overrides": overrides}))


@pytest.mark.parametrize(
    "sources",
    [
        {"queues": [{"arn": QUEUE, "kms_key_arn": OTHER_KEY}]},
        {"streams": [{"arn": STREAM, "kms_key_arn": OTHER_KEY}]},
    ],
)
def test_what_is_given_under_a_key_of_its_own_may_be_decrypted(sources):
    read = {"Effect": "Allow", "Action": ["kms:Decrypt"], "Resource": OTHER_KEY}
    policy = graph_of(**sources).one(aws.iam.RolePolicy, "notes-policy").inputs["policy"]
    assert json.loads(policy)["Statement"].count(read) == 1


def test_a_key_of_the_logs_own_wins_for_the_logs():
    graph = graph_of(kms_key_arn=KEY, logs={"kms_key_arn": OTHER_KEY})
    for group in graph.all(aws.cloudwatch.LogGroup):
        assert group.inputs["kmsKeyId"] == OTHER_KEY
    assert graph.one(aws.lambda_.Function).inputs["kmsKeyArn"] == KEY


def test_a_key_that_only_the_engine_knows_is_taken():
    def program():
        key = aws.kms.Key("key")
        return FunctionApp("notes", {**S3, "kms_key_arn": key.arn})

    graph = synth(program)
    arn = graph.one(aws.kms.Key).outputs["arn"]
    assert graph.one(aws.lambda_.Function).inputs["kmsKeyArn"] == arn
    statements = json.loads(graph.one(aws.iam.RolePolicy).inputs["policy"])["Statement"]
    assert statements[-1]["Resource"] == arn


BAD = [
    (
        {"queues": [{"kms_key_arn": KEY}]},
        r"'queues\[0\].kms_key_arn' is .*: a queue that is made has the app's own kms_key_arn",
    ),
    (
        {"queues": [{"arn": QUEUE, "kms_key_arn": QUEUE}]},
        r"'queues\[0\].kms_key_arn' is .*: must be the ARN of a key",
    ),
    (
        {"streams": [{"arn": STREAM, "kms_key_arn": "alias/x"}]},
        r"'streams\[0\].kms_key_arn' is 'alias/x': must be the ARN of a key",
    ),
    ({"alias": "7"}, "'alias' is '7': must be letters, digits, '-' and '_', not digits alone"),
    ({"alias": ""}, "'alias' is '': must be"),
    ({"alias": "a:b"}, "'alias' is 'a:b': must be"),
    ({"alias": "$LATEST"}, "'alias' is .*: must be"),
    ({"alias": "live\n"}, "'alias' is .*: must be"),
    ({"alias": "a" * 129}, "'alias' is .*at most 128"),
    *(
        (
            {"rollout": {"strategy": strategy}},
            f"'rollout.strategy' is '{strategy}': a function has 'rolling' and 'all_at_once', "
            "which are the same here, and 'weighted'.* CodeDeploy deployment, which pulumi-aws "
            "cannot start",
        )
        for strategy in ("blue_green", "canary", "linear")
    ),
    ({"rollout": {"strategy": "instant"}}, "'rollout.strategy' is 'instant': must be one of"),
    ({"rollout": {"bake_minutes": 5}}, "'rollout.bake_minutes' is 5: belongs to 'blue_green'"),
    ({"rollout": weighted(alarm_names=["a"])}, "'rollout.alarm_names' is .*: belongs to"),
    ({"rollout": {"percent": 5}}, "'rollout.percent' is 5: belongs to the strategy 'weighted'"),
    ({"rollout": {"previous_version": "7"}}, "'rollout.previous_version' is '7': belongs to"),
    ({"rollout": {"strategy": "weighted"}}, "'rollout.previous_version' is None: is the number"),
    ({"rollout": weighted(previous_version="$LATEST")}, "is .*: is the number of the version"),
    ({"rollout": weighted(previous_version="live")}, "is 'live': is the number of the version"),
    ({"rollout": weighted(previous_version="0")}, "is '0': is the number of the version"),
    ({"rollout": weighted(previous_version=7)}, "'rollout.previous_version' is 7: must be text"),
    ({"rollout": weighted(percent=0)}, "'rollout.percent' is 0: must be 1 to 99 percent"),
    ({"rollout": weighted(percent=100)}, "'rollout.percent' is 100: must be 1 to 99 percent"),
    ({"reserved_concurrency": -1}, "'reserved_concurrency' is -1: must be 0 to"),
    ({"provisioned_concurrency": 0}, "'provisioned_concurrency' is 0: must be 1 to"),
    ({"provisioned_concurrency_maximum": 2}, "_maximum' is 2: needs provisioned_concurrency"),
    (
        {"provisioned_concurrency": 3, "provisioned_concurrency_maximum": 2},
        "'provisioned_concurrency_maximum' is 2: must be at least provisioned_concurrency, 3",
    ),
    (
        {"provisioned_concurrency": 3, "reserved_concurrency": 2},
        "'provisioned_concurrency' is 3: must be at most reserved_concurrency, 2",
    ),
    (
        {
            "provisioned_concurrency": 1,
            "provisioned_concurrency_maximum": 3,
            "reserved_concurrency": 2,
        },
        "'provisioned_concurrency_maximum' is 3: must be at most reserved_concurrency, 2",
    ),
    (
        {"provisioned_concurrency": 1, "reserved_concurrency": 0},
        "'provisioned_concurrency' is 1: must be at most reserved_concurrency, 0",
    ),
    (
        {"provisioned_concurrency": 1, "rollout": weighted()},
        "'provisioned_concurrency' is 1: AWS keeps no version warm behind an alias with weights",
    ),
    (
        {"snap_start": True, "provisioned_concurrency": 1},
        "'snap_start' is True: excludes provisioned_concurrency",
    ),
    (
        {"snap_start": True, "ephemeral_storage_mib": 513},
        "'snap_start' is True: excludes ephemeral_storage_mib above 512",
    ),
    (
        {"snap_start": True, "python_version": "3.11"},
        "'snap_start' is True: needs Python 3.12, .* or later, and the runtime is python3.11",
    ),
    ({"kms_key_arn": "alias/notes"}, "'kms_key_arn' is 'alias/notes': must be an ARN"),
    (
        {"kms_key_arn": "arn:aws:kms:us-east-1:123456789012:alias/notes"},
        "'kms_key_arn' is .*: must be an ARN",
    ),
    ({"overrides": {"provisioned_concurrency": {}}}, "'overrides.provisioned_.* no such child"),
    (
        {"provisioned_concurrency": 1, "overrides": {"scaling_target": {}}},
        "'overrides.scaling_target' .* no such child",
    ),
]


@pytest.mark.parametrize(("bad", "match"), BAD, ids=[str(bad)[:70] for bad, _ in BAD])
def test_bad_input_is_one_line_before_anything_registers(bad, match):
    def program():
        with pytest.raises(ArgsError, match=match) as caught:
            FunctionApp("notes", {**S3, **bad})
        assert "\n" not in str(caught.value)

    assert synth(program).resources == ()


def test_snapshots_of_an_image_are_refused():
    def program():
        with pytest.raises(ArgsError, match="'snap_start' is True: excludes image_uri"):
            FunctionApp("notes", {**IMAGE, "snap_start": True})

    assert synth(program).resources == ()


def test_what_only_the_engine_knows_cannot_choose_the_previous_version():
    def program():
        with pytest.raises(ArgsError, match=r"'rollout\.previous_version' .* must be known when"):
            version = pulumi.Output.from_input("7")
            FunctionApp("notes", {**S3, "rollout": weighted(previous_version=version)})

    assert synth(program).resources == ()
