import json

import pytest

from platform_lib.local.errors import LocalCloudError
from platform_lib.local.samples import SAMPLES, sample


@pytest.mark.parametrize("service", SAMPLES)
def test_a_sample_is_json_and_new_each_time(service):
    event = sample(service)
    assert json.loads(json.dumps(event)) == event
    assert sample(service) is not event


@pytest.mark.parametrize(
    ("service", "source"),
    [
        ("ses", "aws:ses"), ("s3", "aws:s3"), ("sqs", "aws:sqs"), ("dynamodb", "aws:dynamodb"),
        ("kinesis", "aws:kinesis"), ("codecommit", "aws:codecommit"),
    ],
)  # fmt: skip
def test_records_name_their_source(service, source):
    [record] = sample(service)["Records"]
    assert record["eventSource"] == source


def test_a_service_without_a_sample():
    with pytest.raises(LocalCloudError, match="no sample 'teapot': there are ses, s3"):
        sample("teapot")
