"""Property values, between the engine's wire format and Python.

The engine sends protobuf structs in which three things are special: a value that a preview does
not know yet (a fixed string), a secret, and an asset or archive (objects that carry a signature).
https://www.pulumi.com/docs/iac/guides/building-extending/
"""

import base64
import io
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, final

from google.protobuf import struct_pb2

SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a mark, no secret
ASSET: Final = "c44067f5952c0a294b673a41bacd8c17"
ARCHIVE: Final = "0def7320c3a5731c473e5ecbe6d01bc7"
UNKNOWN_WORDS: Final = frozenset(
    {
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",  # string, which the engine also uses for any kind
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # bool
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # number
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # array
        "030794c1-ac77-496b-92df-f27374a8bd58",  # asset
        "e48ece36-62e2-4504-bad9-02848725956a",  # archive
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # object
    }
)


@final
class Unknown:
    """What a preview cannot know yet; there is one, `UNKNOWN`."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()


@dataclass(frozen=True)
class Secret:
    """A value that the state keeps encrypted and no screen shows."""

    value: Any

    def __repr__(self) -> str:
        return "Secret(...)"


@dataclass(frozen=True, eq=False)
class Asset:
    """A file or an archive; two are the same when their content is."""

    wire: Mapping[str, Any]
    """As the engine sent it, to be sent back unchanged."""

    @property
    def hash(self) -> str:
        """SHA-256 of the content, which the engine computed."""
        return str(self.wire.get("hash", ""))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Asset) and self.hash == other.hash

    def __hash__(self) -> int:
        return hash(self.hash)

    def read(self) -> bytes:
        """Read the content; an archive's is a zip."""
        if self.wire[SIGNATURE] == ASSET:
            return _file_bytes(self.wire)
        if "path" in self.wire and Path(self.wire["path"]).is_file():
            return Path(self.wire["path"]).read_bytes()
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in sorted(_members(self.wire)):
                # A fixed time: the same files give the same bytes.
                entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, content)
        return packed.getvalue()


def _file_bytes(wire: Mapping[str, Any]) -> bytes:
    if "path" in wire:
        return Path(wire["path"]).read_bytes()
    if "text" in wire:
        return str(wire["text"]).encode()
    raise ValueError(f"asset {wire.get('uri')!r}: the local cloud reads files and text only")


def _members(wire: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
    if "path" in wire:
        root = Path(wire["path"])
        for file in root.rglob("*"):
            if file.is_file():
                yield file.relative_to(root).as_posix(), file.read_bytes()
        return
    if "assets" not in wire:
        raise ValueError(f"archive {wire.get('uri')!r}: the local cloud reads files only")
    for name, part in wire["assets"].items():
        inner = part.wire if isinstance(part, Asset) else part
        if inner[SIGNATURE] == ASSET:
            yield name, _file_bytes(inner)
        else:
            for below, content in _members(inner):
                yield f"{name}/{below}", content


def decode(properties: struct_pb2.Struct) -> dict[str, Any]:
    """Read properties as the engine sent them; nulls are left out, as Pulumi means them."""
    values = ((key, _decode(value)) for key, value in properties.fields.items())
    return {key: value for key, value in values if value is not None}


def _decode(value: struct_pb2.Value) -> Any:  # noqa: PLR0911 - one a kind
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        return UNKNOWN if value.string_value in UNKNOWN_WORDS else value.string_value
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    if kind == "bool_value":
        return value.bool_value
    if kind == "list_value":
        return [_decode(item) for item in value.list_value.values]
    if kind == "struct_value":
        fields = decode(value.struct_value)
        signature = fields.get(SIGNATURE)
        if signature == SECRET:
            return Secret(fields.get("value"))
        if signature in (ASSET, ARCHIVE):
            return Asset(fields)
        return fields
    return None


def encode(properties: Mapping[str, Any]) -> struct_pb2.Struct:
    """Word properties for the engine."""
    out = struct_pb2.Struct()
    for key, value in properties.items():
        if value is not None:
            out.fields[key].CopyFrom(_encode(value))
    return out


def _encode(value: Any) -> struct_pb2.Value:  # noqa: PLR0911 - one a kind
    if value is None:
        return struct_pb2.Value(null_value=struct_pb2.NULL_VALUE)
    if value is UNKNOWN:
        return struct_pb2.Value(string_value="04da6b54-80e4-46f7-96ec-b56ff0331ba9")
    if isinstance(value, Secret):
        wrapped = {SIGNATURE: SECRET, "value": value.value}
        return struct_pb2.Value(struct_value=encode(wrapped))
    if isinstance(value, Asset):
        return struct_pb2.Value(struct_value=encode(value.wire))
    if isinstance(value, bool):
        return struct_pb2.Value(bool_value=value)
    if isinstance(value, int | float):
        return struct_pb2.Value(number_value=value)
    if isinstance(value, bytes):
        return struct_pb2.Value(string_value=base64.b64encode(value).decode())
    if isinstance(value, Mapping):
        return struct_pb2.Value(struct_value=encode(value))
    if isinstance(value, list | tuple):
        items = [_encode(item) for item in value]
        return struct_pb2.Value(list_value=struct_pb2.ListValue(values=items))
    return struct_pb2.Value(string_value=str(value))


def plain(value: Any) -> Any:
    """Take the secrets' wrapping off, at every depth."""
    if isinstance(value, Secret):
        return plain(value.value)
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def has_secret(value: Any) -> bool:
    """Say whether any part of a value is secret."""
    if isinstance(value, Mapping):
        return any(has_secret(item) for item in value.values())
    if isinstance(value, list):
        return any(has_secret(item) for item in value)
    return isinstance(value, Secret)


def has_unknown(value: Any) -> bool:
    """Say whether any part of a value is not known yet."""
    if isinstance(value, Secret):
        return has_unknown(value.value)
    if isinstance(value, Mapping):
        return any(has_unknown(item) for item in value.values())
    if isinstance(value, list):
        return any(has_unknown(item) for item in value)
    return value is UNKNOWN
