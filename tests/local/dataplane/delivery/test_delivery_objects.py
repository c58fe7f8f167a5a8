"""What happens to an object is told once, in the word of what was done."""

import pytest
from dataplane_kit import new_name
from events_kit import events_cloud


@pytest.fixture(scope="module")
def cloud(tmp_path_factory):
    with events_cloud(tmp_path_factory.mktemp("state")) as made:
        yield made


@pytest.fixture
def bucket(cloud):
    client, name = cloud.client("s3"), new_name("bucket")
    client.create_bucket(Bucket=name)
    function = cloud.function().allow("s3.amazonaws.com", f"arn:aws:s3:::{name}")
    events = ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"]
    client.put_bucket_notification_configuration(
        Bucket=name,
        NotificationConfiguration={
            "LambdaFunctionConfigurations": [
                {"LambdaFunctionArn": function.alias, "Events": events}
            ]
        },
    )

    def told():
        cloud.plane.settle()
        records = [event["Records"][0] for event in function.events]
        return [(each["eventName"], each["s3"]["object"]) for each in records]

    return client, name, told


def test_an_upload_in_parts_is_one_event(bucket):
    client, name, told = bucket
    upload = client.create_multipart_upload(Bucket=name, Key="a")["UploadId"]
    part = client.upload_part(Bucket=name, Key="a", UploadId=upload, PartNumber=1, Body=b"data")
    client.complete_multipart_upload(
        Bucket=name,
        Key="a",
        UploadId=upload,
        MultipartUpload={"Parts": [{"ETag": part["ETag"], "PartNumber": 1}]},
    )
    client.copy_object(Bucket=name, Key="b", CopySource={"Bucket": name, "Key": "a"})
    client.put_object(Bucket=name, Key="a", Body=b"")
    assert [(event, about["key"], about["size"]) for event, about in told()] == [
        ("ObjectCreated:CompleteMultipartUpload", "a", 4),
        ("ObjectCreated:Copy", "b", 4),
        ("ObjectCreated:Put", "a", 0),
    ]


@pytest.mark.parametrize("together", [False, True])
def test_each_version_that_is_deleted_is_told(bucket, together):
    client, name, told = bucket
    client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    versions = [client.put_object(Bucket=name, Key="a", Body=b"")["VersionId"] for _ in "123"]
    if together:
        client.delete_objects(
            Bucket=name,
            Delete={"Objects": [{"Key": "a", "VersionId": each} for each in versions]},
        )
    else:
        for each in versions:
            client.delete_object(Bucket=name, Key="a", VersionId=each)
    client.delete_object(Bucket=name, Key="a", VersionId=versions[0])
    gone = told()[3:]
    assert [event for event, _ in gone] == ["ObjectRemoved:Delete"] * 3
    assert [about["versionId"] for _, about in gone] == versions


def test_objects_that_are_deleted_together_are_told_each(bucket):
    client, name, told = bucket
    for key in "ab":
        client.put_object(Bucket=name, Key=key, Body=b"")
    client.delete_objects(Bucket=name, Delete={"Objects": [{"Key": each} for each in "abc"]})
    assert [(event, about["key"]) for event, about in told()[2:]] == [
        ("ObjectRemoved:Delete", "a"),
        ("ObjectRemoved:Delete", "b"),
    ]
