"""Values as they travel between a program and the engine, read and written without an event loop.

Pulumi's own reader makes Outputs out of references, and so leaves an event loop behind in every
thread that reads; a test wants plain values, and to know which of them were secret.
"""

from collections.abc import Collection, Mapping
from typing import Any

import pulumi
from google.protobuf import struct_pb2
from pulumi.output import UNKNOWN, Unknown
from pulumi.runtime import rpc

from platform_lib.testing.properties import Properties

# The names of special values are part of Pulumi's protocol: see sdk/proto in pulumi/pulumi.
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 a signature, not a secret
_ASSET = "c44067f5952c0a294b673a41bacd8c17"
_ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7"
_OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
_RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e"


def read(struct: struct_pb2.Struct) -> Properties:
    """Read properties: secrets opened, UNKNOWN where a value is unknown, what is null left out."""
    decoded = {key: _decode(value) for key, value in sorted(struct.fields.items())}
    return Properties({key: value for key, value in decoded.items() if value is not None})


def secret_keys(struct: struct_pb2.Struct) -> frozenset[str]:
    """Name the top-level properties that are secret or hold a secret."""
    return frozenset(key for key, value in struct.fields.items() if _has_secret(value))


def known(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Copy what is known: an unknown property is left out, as Pulumi's own mocks see it."""
    plain = {key: _drop_unknown(value) for key, value in properties.items()}
    return {key: value for key, value in plain.items() if value is not None}


def is_unknown(value: Any) -> bool:
    """Tell whether a value, or anything in it, is unknown."""
    if isinstance(value, Unknown):
        return True
    if isinstance(value, Mapping):
        return any(is_unknown(item) for item in value.values())
    return isinstance(value, list) and any(is_unknown(item) for item in value)


def write(
    state: Mapping[str, Any],
    inputs: Mapping[str, Any],
    sent: struct_pb2.Struct,
    secrets: Collection[str],
) -> struct_pb2.Struct:
    """Write what mocks answered; what they echo goes back as it came, secrets still secret.

    `secrets` names the outputs that are secret besides.
    """
    answer = struct_pb2.Struct()
    for key, value in state.items():
        if key in sent.fields and key in inputs and _same(value, inputs[key]):
            answer.fields[key].CopyFrom(sent.fields[key])
        elif key in secrets:
            answer.fields[key].CopyFrom(encode({_SIGNATURE: _SECRET, "value": value}))
        else:
            answer.fields[key].CopyFrom(encode(value))
    return answer


def encode(value: Any) -> struct_pb2.Value:
    """Write one plain value, asset, archive or UNKNOWN."""
    if isinstance(value, pulumi.Asset | pulumi.Archive):
        return encode(_signed(value))
    if isinstance(value, Mapping):
        fields = {str(key): encode(item) for key, item in value.items()}
        return struct_pb2.Value(struct_value=struct_pb2.Struct(fields=fields))
    if isinstance(value, list | tuple | set | frozenset):
        items = [encode(item) for item in value]
        return struct_pb2.Value(list_value=struct_pb2.ListValue(values=items))
    return _encode_scalar(value)


def _encode_scalar(value: Any) -> struct_pb2.Value:
    match value:
        case None:
            return struct_pb2.Value(null_value=struct_pb2.NULL_VALUE)
        case bool():
            return struct_pb2.Value(bool_value=value)
        case int() | float():
            return struct_pb2.Value(number_value=value)
        case str():
            return struct_pb2.Value(string_value=value)
        case Unknown():
            return struct_pb2.Value(string_value=rpc.UNKNOWN)
    raise TypeError(f"a mock answered {value!r}: it must answer plain values or assets")


def _signed(value: "pulumi.Asset | pulumi.Archive") -> dict[str, Any]:
    signature = _ASSET if isinstance(value, pulumi.Asset) else _ARCHIVE
    # Each kind has one of these: a path, a text, a URI, or an archive's parts.
    return {_SIGNATURE: signature, **vars(value)}


def _decode(value: struct_pb2.Value) -> Any:
    match value.WhichOneof("kind"):
        case "string_value":
            return UNKNOWN if value.string_value == rpc.UNKNOWN else value.string_value
        case "number_value":
            number = value.number_value
            return int(number) if number.is_integer() else number
        case "bool_value":
            return value.bool_value
        case "list_value":
            return [_decode(item) for item in value.list_value.values]
        case "struct_value":
            return _decode_struct(value.struct_value)
    return None


def _decode_struct(struct: struct_pb2.Struct) -> Any:
    if _SIGNATURE not in struct.fields:
        return read(struct)
    content = {key: _decode(item) for key, item in struct.fields.items()}
    match content.pop(_SIGNATURE):
        case str(kind) if kind == _SECRET:
            return content["value"]
        case str(kind) if kind == _OUTPUT:
            return content.get("value", UNKNOWN)
        case str(kind) if kind == _RESOURCE:
            # A custom resource stands for its id, a component for its URN.
            return (content["id"] or UNKNOWN) if "id" in content else content["urn"]
        case str(kind) if kind == _ASSET:
            return _asset(content)
        case str(kind) if kind == _ARCHIVE:
            return _archive(content)
        case kind:
            raise ValueError(f"Pulumi sent a special value of unknown signature {kind}")


def _asset(content: Mapping[str, Any]) -> pulumi.Asset:
    if "text" in content:
        return pulumi.StringAsset(content["text"])
    if "path" in content:
        return pulumi.FileAsset(content["path"])
    return pulumi.RemoteAsset(content["uri"])


def _archive(content: Mapping[str, Any]) -> pulumi.Archive:
    if "assets" in content:
        return pulumi.AssetArchive(content["assets"])
    if "path" in content:
        return pulumi.FileArchive(content["path"])
    return pulumi.RemoteArchive(content["uri"])


def _has_secret(value: struct_pb2.Value) -> bool:
    match value.WhichOneof("kind"):
        case "list_value":
            return any(_has_secret(item) for item in value.list_value.values)
        case "struct_value":
            fields = value.struct_value.fields
            signature = fields[_SIGNATURE].string_value if _SIGNATURE in fields else None
            if signature == _SECRET:
                return True
            if signature == _OUTPUT and "secret" in fields and fields["secret"].bool_value:
                return True
            return any(_has_secret(item) for item in fields.values())
    return False


def _drop_unknown(value: Any) -> Any:
    if isinstance(value, Unknown):
        return None
    if isinstance(value, Properties):
        return known(value)
    if isinstance(value, list):
        return [_drop_unknown(item) for item in value]
    return value


def _same(answered: Any, sent: Any) -> bool:
    # Assets have no equality of their own; the same object is the same asset.
    return answered is sent or bool(answered == sent)
