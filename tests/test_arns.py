"""ARNs: what is one of a kind and what is none, and what an ARN and a region tell."""

import pytest

from platform_lib.arns import is_arn, is_fifo, partition_of, service_of

HERE = "us-east-1:123456789012"
LISTENER = f"arn:aws:elasticloadbalancing:{HERE}:listener/app/shared"
ONE, OTHER = "0123456789abcdef", "fedcba9876543210"


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("boundary", "arn:aws:iam::aws:policy/PowerUserAccess", "arn:aws:iam:::policy/mine"),
        ("boundary", "arn:aws-cn:iam::123456789012:policy/a/b", "arn:aws:iam::1:policy/a"),
        ("bucket", "arn:aws:s3:::my.photos-1", f"arn:aws:s3:{HERE}:photos"),
        ("caller", "arn:aws:s3:::photos", "arn:aws:s3:somewhere::photos"),
        ("certificate", f"arn:aws:acm:{HERE}:certificate/a-1", f"arn:aws:acm:{HERE}:certificate/"),
        ("event bus", f"arn:aws:events:{HERE}:event-bus/a/b", f"arn:aws:events:{HERE}:rule/a"),
        ("function", f"arn:aws:lambda:{HERE}:function:f:$LATEST", f"arn:aws:lambda:{HERE}:layer:f:1"),
        ("key", f"arn:aws:kms:{HERE}:key/mrk-1", f"arn:aws:kms:{HERE}:alias/mine"),
        ("layer", f"arn:aws:lambda:{HERE}:layer:l:12", f"arn:aws:lambda:{HERE}:layer:l:01"),
        ("listener", f"{LISTENER}/{ONE}/{OTHER}", f"{LISTENER}/{ONE}"),
        ("listener", f"{LISTENER}/{ONE}/{OTHER}", f"{LISTENER}/{ONE}/{OTHER}/{ONE}"),
        ("parameter", f"arn:aws:ssm:{HERE}:parameter/a/b", f"arn:aws:ssm:{HERE}:parameter/a#b"),
        ("principal", "arn:aws:sts::123456789012:assumed-role/a/b", "arn:aws:iam::aws:role/a"),
        ("queue", f"arn:aws:sqs:{HERE}:q.fifo", f"arn:aws:sqs:{HERE}:q.lifo"),
        ("secret", f"arn:aws:secretsmanager:{HERE}:secret:a#b", f"arn:aws:secretsmanager:{HERE}:secret:a#"),
        ("stream", f"arn:aws:kinesis:{HERE}:stream/s/consumer/c:1", f"arn:aws:kinesis:{HERE}:stream/"),
        ("table", f"arn:aws:dynamodb:{HERE}:table/t", f"arn:aws:dynamodb:{HERE}:table/t/index/i"),
        ("topic", "arn:aws-eusc:sns:eusc-de-east-1:123456789012:t", "arn:aws:sns:europe:123456789012:t"),
    ],
)  # fmt: skip
def test_what_is_an_arn_of_a_kind(kind, good, bad):
    assert is_arn(good, kind)
    assert not is_arn(bad, kind)
    assert not is_arn(f" {good}", kind)


def test_any_arn_is_one_where_no_kind_is_given():
    assert is_arn("arn:aws:iam::aws:policy/ReadOnlyAccess")
    assert is_arn("arn:aws:s3:::photos/*")
    assert not is_arn("photos")


def test_an_arn_names_its_service_and_anything_else_names_none():
    assert service_of(f"arn:aws:sqs:{HERE}:orders") == "sqs"
    assert service_of("arn:aws:s3:::photos") == "s3"
    assert [service_of(each) for each in ("", None, "orders-arn", "arn:aws:sqs")] == [""] * 4


def test_a_name_tells_whether_an_order_is_kept():
    assert is_fifo(f"arn:aws:sqs:{HERE}:orders.fifo") is True
    assert is_fifo(f"arn:aws:sqs:{HERE}:orders") is False


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("eu-west-1", "aws"),
        ("cn-north-1", "aws-cn"),
        ("us-gov-west-1", "aws-us-gov"),
        ("us-iso-east-1", "aws-iso"),
        ("us-isob-east-1", "aws-iso-b"),
        ("eu-isoe-west-1", "aws-iso-e"),
        ("us-isof-south-1", "aws-iso-f"),
        ("eusc-de-east-1", "aws-eusc"),
        (None, "aws"),
    ],
)
def test_a_region_lies_in_a_partition(region, partition):
    assert partition_of(region) == partition
