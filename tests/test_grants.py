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


@pytest.mark.parametrize("helper", [grants.read_table, grants.read_bucket, grants.read_secret])
def test_reading_does_not_write(helper):
    verbs = {action.split(":")[1] for action in helper(ARN)["actions"]}
    assert all(
        verb.startswith(("BatchGet", "Condition", "Describe", "Get", "List", "Query", "Scan"))
        for verb in verbs
    )


def test_writing_a_table_reads_it_too():
    assert set(grants.read_table(ARN)["actions"]) < set(grants.read_write_table(ARN)["actions"])
