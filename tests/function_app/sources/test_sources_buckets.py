"""A bucket's events: the filter of a notification, and the pattern of a rule."""

import json

import pulumi_aws as aws
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sources_kit import QUIET, extra, graph_of, live

from platform_lib import FunctionApp
from platform_lib.event_patterns import matches
from platform_lib.testing import synth


def test_a_notifications_filter_is_encoded_as_s3_wants_it():
    bucket = {"bucket": "photos", "prefix": "my photos/year=2026/", "suffix": " (ü).jpg"}
    [notification] = graph_of(buckets=[bucket]).all(aws.s3.BucketNotification)
    [function] = notification.inputs["lambda_functions"]
    assert function["filter_prefix"] == "my+photos/year%3D2026/"
    assert function["filter_suffix"] == "+(%C3%BC).jpg"


IMAGES = {"name": "images", "bucket": "photos", "prefix": "in/", "suffix": ".jpg"}
TABLES = {"name": "tables", "bucket": "photos", "prefix": "in/", "suffix": ".csv"}
DELETED = {"name": "deleted", "bucket": "photos", "events": ["s3:ObjectRemoved:*"]}


def test_sources_of_one_bucket_are_entries_of_one_notification():
    graph = graph_of(buckets=[IMAGES, TABLES, DELETED])
    plain = graph_of(buckets=[IMAGES])
    assert extra(graph) == extra(plain)
    [notification] = graph.all(aws.s3.BucketNotification)
    assert notification.name == "notes-bucket-images-notification"
    assert notification.inputs["bucket"] == "photos"
    assert notification.inputs["lambdaFunctions"] == [
        {
            "lambdaFunctionArn": live(graph),
            "events": ["s3:ObjectCreated:*"],
            "filterPrefix": "in/",
            "filterSuffix": ".jpg",
        },
        {
            "lambdaFunctionArn": live(graph),
            "events": ["s3:ObjectCreated:*"],
            "filterPrefix": "in/",
            "filterSuffix": ".csv",
        },
        {"lambdaFunctionArn": live(graph), "events": ["s3:ObjectRemoved:*"]},
    ]


def test_a_bucket_that_is_an_output_has_one_notification_too():
    def program():
        made = aws.s3.Bucket("photos")
        other = aws.s3.Bucket("other")
        app = FunctionApp(
            "notes",
            {
                **QUIET,
                "buckets": [
                    {**IMAGES, "bucket": made.bucket},
                    {"name": "other", "bucket": other.bucket},
                    {**TABLES, "bucket": made.bucket},
                ],
            },
        )
        sources = app.buckets
        assert sources["images"].notification is sources["tables"].notification
        assert sources["images"].permission is sources["tables"].permission
        assert sources["images"].notification is not sources["other"].notification

    graph = synth(program)
    counts = sorted(
        (each.name, len(each.inputs["lambdaFunctions"]))
        for each in graph.all(aws.s3.BucketNotification)
    )
    assert counts == [
        ("notes-bucket-images-notification", 2),
        ("notes-bucket-other-notification", 1),
    ]


@pytest.mark.parametrize(
    ("sources", "known"),
    [
        ([IMAGES, TABLES], ["notes-bucket-tables-notification"]),
        ([TABLES, IMAGES], ["notes-bucket-images-notification"]),
        (
            [IMAGES, {**TABLES, "previous_name": "sheets"}],
            ["notes-bucket-tables-notification", "notes-bucket-sheets-notification"],
        ),
        # The first one was taken away, and what it made is the next one's.
        ([{**TABLES, "previous_name": "images"}], ["notes-bucket-images-notification"]),
    ],
)
def test_the_notification_is_the_same_whichever_source_stands_first(sources, known):
    [notification] = graph_of(buckets=sources).all(aws.s3.BucketNotification)
    assert [alias["name"] for alias in notification.options.aliases] == known


def test_an_override_is_of_the_one_notification():
    override = {"buckets.images.notification": {"eventbridge": True}}
    graph = graph_of(buckets=[IMAGES, TABLES], overrides=override)
    assert graph.one(aws.s3.BucketNotification).inputs["eventbridge"] is True


@pytest.mark.parametrize(
    ("given", "pattern"),
    [
        (
            {"prefix": "in/", "suffix": ".jpg"},
            {"detail-type": ["Object Created"], "detail": {"object": {"key": [{"wildcard": "in/*.jpg"}]}}},
        ),
        ({"prefix": "a*b"}, {"detail-type": ["Object Created"], "detail": {"object": {"key": [{"prefix": "a*b"}]}}}),
        (
            {"prefix": "a*b", "suffix": "c"},
            {"detail-type": ["Object Created"], "detail": {"object": {"key": [{"wildcard": "a\\*b*c"}]}}},
        ),
        (
            {"events": ["s3:ObjectCreated:Put", "s3:ObjectCreated:Copy"]},
            {"detail-type": ["Object Created"], "detail": {"reason": ["CopyObject", "PutObject"]}},
        ),
        (
            {"events": ["s3:ObjectRemoved:*", "s3:ObjectCreated:*"]},
            {
                "detail-type": ["Object Created", "Object Deleted"],
                "detail": {"reason": [{"anything-but": ["Lifecycle Expiration"]}, {"exists": False}]},
            },
        ),
        (
            {"events": ["s3:ObjectCreated:Put", "s3:ObjectRemoved:*"]},
            {
                "detail-type": ["Object Created", "Object Deleted"],
                "detail": {"reason": ["DeleteObject", "PutObject"]},
            },
        ),
        (
            {"events": ["s3:ObjectCreated:Put", "s3:ObjectCreated:*"]},
            {"detail-type": ["Object Created"], "detail": {}},
        ),
        (
            {"events": ["s3:LifecycleExpiration:*"]},
            {"detail-type": ["Object Deleted"], "detail": {"reason": ["Lifecycle Expiration"]}},
        ),
        (
            {"events": ["s3:ObjectRestore:*"]},
            {
                "detail-type": [
                    "Object Restore Completed",
                    "Object Restore Expired",
                    "Object Restore Initiated",
                ],
                "detail": {},
            },
        ),
        (
            {"events": ["s3:ObjectTagging:*"]},
            {"detail-type": ["Object Tags Added", "Object Tags Deleted"], "detail": {}},
        ),
        (
            {"events": ["s3:ObjectTagging:Delete"]},
            {"detail-type": ["Object Tags Deleted"], "detail": {}},
        ),
    ],
)  # fmt: skip
def test_a_buckets_events_in_the_words_of_eventbridge(given, pattern):
    graph = graph_of(buckets=[{"bucket": "photos", "route": "event_bridge", **given}])
    found = json.loads(graph.one(aws.cloudwatch.EventRule).inputs["eventPattern"])
    pattern["detail"] |= {"bucket": {"name": ["photos"]}}
    assert found == {"source": ["aws.s3"], **pattern}


S3_EVENTS = {
    "s3:ObjectCreated:Put": ("Object Created", "PutObject"),
    "s3:ObjectCreated:Copy": ("Object Created", "CopyObject"),
    "s3:ObjectRemoved:Delete": ("Object Deleted", "DeleteObject"),
    "s3:LifecycleExpiration:Delete": ("Object Deleted", "Lifecycle Expiration"),
    "s3:ObjectRestore:Post": ("Object Restore Initiated", None),
    "s3:ObjectRestore:Delete": ("Object Restore Expired", None),
    "s3:ObjectTagging:Put": ("Object Tags Added", None),
    "s3:ObjectTagging:Delete": ("Object Tags Deleted", None),
    "s3:ObjectAcl:Put": ("Object ACL Updated", None),
}
"""What happens in a bucket -> how EventBridge is told of it."""
COARSE = ("s3:ObjectRemoved:", "s3:LifecycleExpiration:")
"""EventBridge's reason does not tell these apart more finely than `*`."""


@settings(max_examples=60, deadline=None)
@given(
    asked=st.sets(
        st.sampled_from(
            [
                *(event for event in S3_EVENTS if not event.startswith(COARSE)),
                "s3:ObjectCreated:*",
                "s3:ObjectRemoved:*",
                "s3:LifecycleExpiration:*",
                "s3:ObjectRestore:*",
                "s3:ObjectTagging:*",
            ]
        ),
        min_size=1,
    )
)
def test_eventbridge_brings_what_a_notification_of_these_events_would(asked):
    bucket = {"bucket": "photos", "route": "event_bridge", "events": sorted(asked)}
    graph = graph_of(buckets=[bucket])
    pattern = json.loads(graph.one(aws.cloudwatch.EventRule).inputs["eventPattern"])
    for event, (kind, reason) in S3_EVENTS.items():
        detail = {"bucket": {"name": "photos"}, "object": {"key": "a"}}
        detail |= {"reason": reason} if reason else {}
        told = {"source": "aws.s3", "detail-type": kind, "detail": detail}
        wanted = event in asked or f"{event.rpartition(':')[0]}:*" in asked
        assert matches(pattern, told) == wanted, event
