"""Every change of a sample: each input taken away, given, and changed, at any depth."""

import json
import re

from test_rows_args import properties, sdk_args
from words import SAID, terraform_name

from platform_lib.local.provider.values import Asset, Secret

MADE = {"string": "made", "number": 1, "bool": True}
OTHERS = {
    "ACTIVE": "DISABLED",
    "ENABLED": "DISABLED",
    "Enabled": "Suspended",
    "NONE": "AWS_IAM",
    "PAY_PER_REQUEST": "PROVISIONED",
    "arm64": "x86_64",
    "python3.13": "python3.12",
    "POST": "GET",
    "GET": "POST",
    "tcp": "udp",
    "HTTP": "HTTPS",
    "A": "AAAA",
    "NEW_IMAGE": "KEYS_ONLY",
    "rate(5 minutes)": "rate(6 minutes)",
    "PASSTHROUGH": "COMPRESS",
    "application": "network",
}
"""What stands in for a word of which AWS knows a few."""


def more_of(row, type, block):
    """Give a made-up value for each plain input that a row takes, or ignores, and no sample has."""
    for word, _ in properties(sdk_args(row.type)):
        name = terraform_name(type, block, word)
        attribute = block.attributes.get(name)
        if (
            attribute is None
            or not attribute.optional
            or attribute.type not in tuple(MADE)
            or word in row.refused
        ):
            continue
        if word not in SAID and not (row.name and word in (row.name.input, row.name.prefix)):
            yield word, MADE[attribute.type]


def changes(inputs, words):
    """Give (what, path, inputs before, inputs after) for every change of some of the inputs."""
    for word in words:
        less = {key: value for key, value in inputs.items() if key != word}
        yield "taken away", word, inputs, less
        yield "given", word, less, inputs
        for path, value in _others(inputs[word], word):
            yield "changed", path, inputs, {**inputs, word: value}


def _others(value, path):
    """Give a value in every way that one leaf of it can differ."""
    if isinstance(value, Secret):
        for where, other in _others(value.value, path):
            yield where, Secret(other)
    elif isinstance(value, dict):
        for word, item in value.items():
            for where, other in _others(item, f"{path}.{word}"):
                yield where, {**value, word: other}
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for where, other in _others(value[0], path):
            yield where, [other, *value[1:]]
    elif isinstance(value, list):
        if value:
            yield path, [*value[:-1], other_of(value[-1])]
    else:
        yield path, other_of(value)


def other_of(value):
    """Give another value of the same kind."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, Asset):
        return Asset({**value.wire, "hash": f"{value.hash}2"})
    if value in OTHERS:
        return OTHERS[value]
    if value in ("true", "false"):
        return "false" if value == "true" else "true"
    if value.isdigit():
        return str(int(value) + 1)
    if value[:1] in ("{", "["):
        try:
            return json.dumps(_deepest(json.loads(value)))
        except ValueError:
            pass  # A template that only looks like JSON.
    # The last letter alone: an ARN, a name, a number and base64 stay what they are.
    return re.sub(r"\w(?=\W*$)", lambda last: "y" if last[0] == "x" else "x", value) or "x"


def _deepest(value):
    """Change the last leaf of what a JSON text holds."""
    if isinstance(value, dict) and value:
        last = list(value)[-1]
        return {**value, last: _deepest(value[last])}
    if isinstance(value, list) and value:
        return [*value[:-1], _deepest(value[-1])]
    return other_of(value) if value not in ({}, []) else value
