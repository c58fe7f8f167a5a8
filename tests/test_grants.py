import pytest

from platform_lib import grants

ARN = "arn:aws:service:us-east-1:123456789012:thing"


@pytest.mark.parametrize(
    ("helper", "service", "resources"),
    [
        (grants.read_table, "dynamodb", [ARN, f"{ARN}/index/*"]),
        (grants.read_write_table, "dynamodb", [ARN, f"{ARN}/index/*"]),
        (grants.read_bucket, "s3", [ARN, f"{ARN}/*"]),
        (grants.read_write_bucket, "s3", [ARN, f"{ARN}/*"]),
        (grants.send_to_queue, "sqs", [ARN]),
        (grants.receive_from_queue, "sqs", [ARN]),
        (grants.publish_to_topic, "sns", [ARN]),
        (grants.read_secret, "secretsmanager", [ARN]),
    ],
)
def test_a_helper_names_single_actions_of_one_service_on_one_resource(helper, service, resources):
    grant = helper(ARN)
    assert grant["resources"] == resources
    assert all(action.startswith(f"{service}:") for action in grant["actions"])
    assert not any("*" in action for action in grant["actions"])


KEY = "arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d-0000-1111-2222-333344445555"
READS = ["kms:Decrypt"]
WRITES = ["kms:Decrypt", "kms:GenerateDataKey"]


@pytest.mark.parametrize(
    ("helper", "actions"),
    [
        (grants.read_table, READS),
        (grants.read_write_table, WRITES),
        (grants.read_bucket, READS),
        (grants.read_write_bucket, WRITES),
        (grants.send_to_queue, WRITES),
        (grants.receive_from_queue, READS),
        (grants.publish_to_topic, WRITES),
        (grants.read_secret, READS),
    ],
)
def test_a_key_of_the_users_is_granted_with_what_it_encrypts(helper, actions):
    plain, by_key = helper(ARN), helper(ARN, kms_key_arn=KEY)
    assert by_key["actions"] == [*plain["actions"], *actions]
    assert by_key["resources"] == [*plain["resources"], KEY]


def test_a_key_alone_can_be_granted():
    assert grants.use_key(KEY) == {"actions": WRITES, "resources": [KEY]}


@pytest.mark.parametrize("helper", [grants.read_table, grants.read_bucket, grants.read_secret])
def test_reading_does_not_write(helper):
    verbs = {action.split(":")[1] for action in helper(ARN)["actions"]}
    assert all(
        verb.startswith(("BatchGet", "Condition", "Describe", "Get", "List", "Query", "Scan"))
        for verb in verbs
    )


def test_writing_a_table_reads_it_too():
    assert set(grants.read_table(ARN)["actions"]) < set(grants.read_write_table(ARN)["actions"])
