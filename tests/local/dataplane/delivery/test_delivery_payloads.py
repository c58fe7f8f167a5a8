"""What Lambda takes for no event is refused to the caller, and never tried again."""

import pytest
from botocore.exceptions import ClientError
from events_kit import events_cloud


@pytest.fixture(scope="module")
def cloud(tmp_path_factory):
    with events_cloud(tmp_path_factory.mktemp("state")) as made:
        yield made


@pytest.mark.parametrize(
    ("kind", "payload", "code", "told"),
    [
        ("Event", b"no json", "InvalidRequestContentException", "Could not parse request body"),
        ("RequestResponse", b"{", "InvalidRequestContentException", "Could not parse"),
        ("Event", b'"' + 1048576 * b"x" + b'"', "RequestTooLargeException", "1048578 byte payload"),
        ("RequestResponse", b'"' + 6291456 * b"x" + b'"', "RequestTooLargeException", "6291458"),
    ],
)  # fmt: skip
def test_what_is_no_event_is_refused(cloud, kind, payload, code, told):
    function = cloud.function()
    with pytest.raises(ClientError, match=told) as refused:
        function.client.invoke(FunctionName=function.name, InvocationType=kind, Payload=payload)
    assert refused.value.response["Error"]["Code"] == code
    cloud.plane.advance(600)
    assert function.calls == []


@pytest.mark.parametrize("kind", ["Event", "RequestResponse"])
def test_a_call_without_a_payload_brings_an_empty_object(cloud, kind):
    function = cloud.function()
    function.client.invoke(FunctionName=function.name, InvocationType=kind)
    cloud.plane.settle()
    assert function.events == [{}]
