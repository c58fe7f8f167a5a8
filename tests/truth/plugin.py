"""Terraform's AWS provider, found on this machine, started and asked by its own protocol.

A provider is a program that serves gRPC to Terraform: https://github.com/hashicorp/go-plugin says
how the two greet, docs/plugin-protocol in hashicorp/terraform holds the messages (tfplugin5), of
which the few that are needed here are described below. Values travel as msgpack, where what is
not known yet is an extension type.
"""

import json
import os
import re
import subprocess
from pathlib import Path

import grpc
import msgpack
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

VARIABLE = "PLATFORM_LIB_TRUTH_PROVIDER"
"""Names the provider's binary, or a folder that holds it, before any other place."""

HOME = "registry.terraform.io/hashicorp/aws"
COOKIE = (
    "TF_PLUGIN_MAGIC_COOKIE",
    "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2",
)
NESTED = {1: "single", 2: "list", 3: "set", 4: "map", 5: "group"}


class Unknown:
    """What a plan does not know yet."""

    def __repr__(self):
        return "UNKNOWN"


UNKNOWN = Unknown()


# Where it is


def find_provider():
    """Give the newest provider's binary that is here; None where there is none."""
    named = os.environ.get(VARIABLE)
    folders = [Path(named)] if named else [*_configured(), *_known()]
    found = {}
    for folder in folders:
        for binary in (
            [folder] if folder.is_file() else sorted(folder.glob("**/terraform-provider-aws*"))
        ):
            if binary.is_file() and os.access(binary, os.X_OK):
                found.setdefault(version_of(binary), binary)
    return found[max(found)] if found else None


def version_of(binary):
    """Read a version off a binary's name, or off the folders that it lies in."""
    told = re.search(r"_v(\d+)\.(\d+)\.(\d+)", binary.name) or re.search(
        r"/(\d+)\.(\d+)\.(\d+)/", str(binary)
    )
    return tuple(map(int, told.groups())) if told else (0, 0, 0)


def _configured():
    """Read the mirrors and the cache that Terraform's CLI configuration names."""
    home = Path.home()
    for file in (os.environ.get("TF_CLI_CONFIG_FILE"), home / ".terraformrc", home / ".tofurc"):
        if file and Path(file).is_file():
            for path in re.findall(
                r'(?:path|plugin_cache_dir|"[^"]+/aws")\s*=\s*"([^"]+)"', Path(file).read_text()
            ):
                yield from _below(Path(os.path.expandvars(path)).expanduser())
    if cache := os.environ.get("TF_PLUGIN_CACHE_DIR"):
        yield from _below(Path(cache))


def _known():
    """Give the folders in which Terraform looks without being told."""
    data = [
        os.environ.get("XDG_DATA_HOME") or "~/.local/share",
        *(os.environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share").split(":"),
    ]
    for folder in (
        "~/.terraform.d/plugins",
        "~/.terraform.d/plugin-cache",
        *(f"{one}/terraform/plugins" for one in data),
    ):
        yield from _below(Path(folder).expanduser())
    # Images of build machines lay a mirror of plugins where they lay what no package manager has.
    yield from Path("/opt").glob(f"*/{HOME}")


def _below(folder):
    return (
        [folder / HOME] if (folder / HOME).is_dir() else [folder] if folder.name == "aws" else []
    )


# What it says


def _messages():
    """Describe the protocol's messages; fields that nobody here reads are left out."""
    text, raw, flag, number = "string", "bytes", "bool", "int64"
    shapes = {
        "DynamicValue": [(1, "msgpack", raw), (2, "json", raw)],
        "Step": [
            (1, "attribute_name", text),
            (2, "element_key_string", text),
            (3, "element_key_int", number),
        ],
        "AttributePath": [(1, "steps", "*Step")],
        "Diagnostic": [
            (1, "severity", number),
            (2, "summary", text),
            (3, "detail", text),
            (4, "attribute", "AttributePath"),
        ],
        "Attribute": [
            (1, "name", text),
            (2, "type", raw),
            (4, "required", flag),
            (5, "optional", flag),
            (6, "computed", flag),
        ],
        "NestedBlock": [
            (1, "type_name", text),
            (2, "block", "Block"),
            (3, "nesting", number),
            (4, "min_items", number),
            (5, "max_items", number),
        ],
        "Block": [(2, "attributes", "*Attribute"), (3, "block_types", "*NestedBlock")],
        "Schema": [(1, "version", number), (2, "block", "Block")],
        "SchemaEntry": [(1, "key", text), (2, "value", "Schema")],
        "Empty": [],
        "Schemas": [
            (1, "provider", "Schema"),
            (2, "resource_schemas", "*SchemaEntry"),
            (4, "diagnostics", "*Diagnostic"),
        ],
        "Configured": [(1, "terraform_version", text), (2, "config", "DynamicValue")],
        "Answer": [(1, "diagnostics", "*Diagnostic")],
        "Typed": [(1, "type_name", text), (2, "config", "DynamicValue")],
        "Change": [
            (1, "type_name", text),
            (2, "prior_state", "DynamicValue"),
            (3, "proposed_new_state", "DynamicValue"),
            (4, "config", "DynamicValue"),
            (5, "prior_private", raw),
        ],
        "Plan": [
            (1, "planned_state", "DynamicValue"),
            (2, "requires_replace", "*AttributePath"),
            (3, "planned_private", raw),
            (4, "diagnostics", "*Diagnostic"),
        ],
    }
    kind = descriptor_pb2.FieldDescriptorProto
    scalar = {
        text: kind.TYPE_STRING,
        raw: kind.TYPE_BYTES,
        flag: kind.TYPE_BOOL,
        number: kind.TYPE_INT64,
    }
    file = descriptor_pb2.FileDescriptorProto(name="truth.proto", package="truth", syntax="proto3")
    for name, fields in shapes.items():
        message = file.message_type.add(name=name)
        for place, word, of in fields:
            field = message.field.add(
                name=word,
                number=place,
                label=kind.LABEL_REPEATED if of[0] == "*" else kind.LABEL_OPTIONAL,
            )
            if of in scalar:
                field.type = scalar[of]
            else:
                field.type, field.type_name = kind.TYPE_MESSAGE, f".truth.{of.lstrip('*')}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"truth.{name}"))
        for name in shapes
    }


M = _messages()


def pack(value):
    """Word a value for the provider."""

    def other(one):
        if one is UNKNOWN:
            return msgpack.ExtType(0, b"\x00")
        raise TypeError(type(one).__name__)

    return M["DynamicValue"](msgpack=msgpack.packb(value, default=other))


def unpack(value):
    """Read a value of the provider's."""
    if value.json:
        return json.loads(value.json)
    return msgpack.unpackb(
        value.msgpack, ext_hook=lambda code, data: UNKNOWN, strict_map_key=False
    )


class Block:
    """The schema of a resource, or of a block inside one."""

    def __init__(self, message):
        self.attributes = {one.name: Attribute(one) for one in message.attributes}
        self.blocks = {one.type_name: Nested(one) for one in message.block_types}

    def null(self):
        """Give a block in which nothing is set."""
        return {
            **dict.fromkeys(self.attributes),
            **{name: one.empty() for name, one in self.blocks.items()},
        }


class Attribute:
    """One attribute: its type in Terraform's words, and who sets it."""

    def __init__(self, message):
        self.type = json.loads(message.type) if message.type else "dynamic"
        self.required, self.optional, self.computed = (
            message.required,
            message.optional,
            message.computed,
        )


class Nested:
    """A block inside of another."""

    def __init__(self, message):
        self.block, self.nesting = Block(message.block), NESTED[message.nesting]
        self.least = message.min_items
        self.one = message.max_items == 1 or self.nesting in ("single", "group")

    def empty(self):
        """Give its value where the program says nothing of it."""
        return (
            None
            if self.nesting == "single"
            else {}
            if self.nesting == "map"
            else self.block.null()
            if self.nesting == "group"
            else []
        )


class RefusedError(Exception):
    """The provider says that something is wrong."""


class Provider:
    """A running provider."""

    def __init__(self, binary):
        self.version, self._binary = version_of(binary), binary
        self._blocks = {}
        self._start()

    def _start(self):
        environment = {
            **os.environ,
            COOKIE[0]: COOKIE[1],
            "PLUGIN_PROTOCOL_VERSIONS": "5",
            "TF_LOG": "",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        self._process = subprocess.Popen(
            [self._binary],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        greeting = self._process.stdout.readline().strip().split("|")
        if len(greeting) < 5 or greeting[4] != "grpc":
            self.close()
            raise RefusedError(f"{self._binary.name} greets with {greeting}")
        address = f"unix:{greeting[3]}" if greeting[2] == "unix" else greeting[3]
        self._channel = grpc.insecure_channel(
            address, options=[("grpc.max_receive_message_length", 256 << 20)]
        )
        answer = self._ask("GetSchema", M["Empty"](), "Schemas")
        self._provider = Block(answer.provider.block)
        self._messages = {one.key: one.value.block for one in answer.resource_schemas}
        config = self._provider.null() | {
            "region": "us-east-1",
            "access_key": "AKIAXXXXXXXXXXXXXXXX",
            "secret_key": "x" * 40,
            "skip_credentials_validation": True,
            "skip_region_validation": True,
            "skip_requesting_account_id": True,
            "skip_metadata_api_check": "true",
        }
        self._heed(
            self._ask(
                "Configure",
                M["Configured"](terraform_version="1.11.4", config=pack(config)),
                "Answer",
            ).diagnostics
        )

    def block(self, type):
        """Give the schema of a resource type; None where the provider has no such type."""
        if type not in self._blocks:
            self._blocks[type] = Block(self._messages[type]) if type in self._messages else None
        return self._blocks[type]

    def validate(self, type, config):
        """Ask whether a configuration is right; gives the errors."""
        answer = self._ask(
            "ValidateResourceTypeConfig", M["Typed"](type_name=type, config=pack(config)), "Answer"
        )
        return _errors(answer.diagnostics)

    def plan(self, type, prior, proposed, config, private=b""):
        """Ask what would be done; gives the planned state, what of it replaces, and its memory."""
        request = M["Change"](
            type_name=type,
            prior_state=pack(prior),
            proposed_new_state=pack(proposed),
            config=pack(config),
            prior_private=private,
        )
        answer = self._ask("PlanResourceChange", request, "Plan")
        self._heed(answer.diagnostics)
        paths = [
            [
                step.attribute_name or step.element_key_string or step.element_key_int
                for step in path.steps
            ]
            for path in answer.requires_replace
        ]
        return unpack(answer.planned_state), paths, answer.planned_private

    def close(self):
        """End it."""
        self._process.terminate()
        self._process.wait()

    def _ask(self, method, request, answer):
        call = self._channel.unary_unary(
            f"/tfplugin5.Provider/{method}",
            M[request.DESCRIPTOR.name].SerializeToString,
            M[answer].FromString,
        )
        try:
            return call(request, timeout=120)
        except grpc.RpcError as problem:
            if problem.code() is not grpc.StatusCode.UNAVAILABLE or method == "Configure":
                raise
            # It ends where a change makes it panic, as it would under Terraform: start another.
            self.close()
            self._start()
            raise RefusedError("the provider ended while it planned") from problem

    @staticmethod
    def _heed(diagnostics):
        if errors := _errors(diagnostics):
            raise RefusedError("; ".join(errors))


def _errors(diagnostics):
    return [
        f"{one.summary}: {' '.join(one.detail.split())}".rstrip(": ")
        for one in diagnostics
        if one.severity == 1
    ]
