"""Pulumi's words in Terraform's: types, names and values, looked up in the provider's own schema.

pulumi-aws makes its names of Terraform's by rule (camel case, lists in the plural); what it names
otherwise stands below. https://github.com/pulumi/pulumi-aws `provider/resources.go`
"""

import json
import re

from plugin import UNKNOWN

from platform_lib.local.provider import values

MODULES = {"apigateway": "api_gateway", "servicediscovery": "service_discovery"}
TYPES = {
    "aws:lb/loadBalancer:LoadBalancer": "aws_lb",
    "aws:s3/bucketObjectv2:BucketObjectv2": "aws_s3_object",
    "aws:autoscaling/tag:Tag": "aws_autoscaling_group_tag",
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": "aws_iam_openid_connect_provider",
    "aws:sqs/redrivePolicy:RedrivePolicy": "aws_sqs_queue_redrive_policy",
    "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy": "aws_sqs_queue_redrive_allow_policy",
    "aws:rds/instance:Instance": "aws_db_instance",
    "aws:rds/subnetGroup:SubnetGroup": "aws_db_subnet_group",
    "aws:rds/parameterGroup:ParameterGroup": "aws_db_parameter_group",
    "aws:ssm/association:Association": "aws_ssm_association",
    "aws:ses/emailIdentity:EmailIdentity": "aws_ses_email_identity",
}
RENAMES = {
    "aws_lambda_function": {"name": "function_name", "code": "filename"},
    "aws_lambda_layer_version": {"code": "filename"},
    "aws_lambda_permission": {"function": "function_name"},
    "aws_cloudwatch_metric_alarm": {"name": "alarm_name"},
    "aws_cloudwatch_log_subscription_filter": {"logGroup": "log_group_name"},
    "aws_sns_topic_subscription": {"topic": "topic_arn"},
    "aws_autoscaling_group": {"tags": "tag"},
}
HASHES = {"aws_lambda_function": "source_code_hash", "aws_s3_object": "source_hash"}
"""Where pulumi-aws says that the file behind an asset changed."""
IRREGULAR = {
    "statuses": "status",
    "queries": "query",
    "aliases": "alias",
    "indices": "index",
    "addresses": "address",
}
LISTS = ("vpc_zone_identifier",)
SAID = {"region"}
"""Inputs of every resource that say where it is, and that 5.x does not have."""


def snake(word):
    """Write a word as Terraform does."""
    word = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", word)
    return re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", word).lower()


def terraform_type(type, has):
    """Give Terraform's name of a type, one that `has` knows; None where it knows none."""
    if type in TYPES:
        return TYPES[type] if has(TYPES[type]) else None
    module, name = re.fullmatch(r"aws:(\w+)/(\w+):\w+", type).groups()
    module = MODULES.get(module, module)
    return next(
        (
            one
            for one in (f"aws_{module}_{snake(name)}", f"aws_{snake(name)}", f"aws_{module}")
            if has(one)
        ),
        None,
    )


def _singular(word):
    head, _, last = word.rpartition("_")
    if last in IRREGULAR:
        last = IRREGULAR[last]
    elif last.endswith("ies"):
        last = last[:-3] + "y"
    elif last.endswith(("sses", "xes", "ches")):
        last = last[:-2]
    elif last.endswith("s") and not last.endswith("ss"):
        last = last[:-1]
    return f"{head}_{last}" if head else last


def terraform_name(type, block, word):
    """Give the attribute or block that a Pulumi word means; None where there is none."""
    name = snake(word)
    tries = [
        RENAMES.get(type, {}).get(word),
        name,
        _singular(name),
        name.removesuffix("s"),
        name + "s",
    ]
    return next(
        (one for one in tries if one and (one in block.attributes or one in block.blocks)), None
    )


class LostError(Exception):
    """An input that Terraform has no word for."""


def config_of(type, block, inputs, trail=""):
    """Word inputs as the provider takes them: every attribute, null where nothing is said.

    Raises:
        LostError: the provider has no such attribute.
    """
    out = block.null()
    for word, value in inputs.items():
        if word.startswith("__") or value is None or (not trail and word in SAID):
            continue
        name = terraform_name(type if not trail else "", block, word)
        if name is None:
            raise LostError(f"{type}: {trail}{word}")
        if name in block.attributes:
            out[name] = _typed(block.attributes[name].type, value)
            if isinstance(value, values.Asset) and type in HASHES:
                out[HASHES[type]] = value.hash
            continue
        nested = block.blocks[name]
        many = value if isinstance(value, list) else [value]
        found = [config_of(type, nested.block, one, f"{trail}{word}.") for one in many]
        out[name] = found if nested.nesting in ("list", "set") else found[0]
    return out


def _typed(kind, value):
    if isinstance(value, values.Asset):
        return f"{value.hash or 'asset'}.zip"
    if value is values.UNKNOWN:
        return UNKNOWN
    if kind == "string":
        if isinstance(value, bool):
            return str(value).lower()
        return json.dumps(value) if isinstance(value, dict | list) else str(value)
    if kind == "number":
        return float(value) if float(value) % 1 else int(float(value))
    if kind == "bool":
        return value if isinstance(value, bool) else value == "true"
    if kind == "dynamic":
        return value
    shape, inner = kind
    if shape in ("list", "set"):
        return [_typed(inner, one) for one in (value if isinstance(value, list) else [value])]
    if shape == "map":
        return {key: _typed(inner, one) for key, one in value.items()}
    given = {snake(key): one for key, one in value.items()}
    if extra := set(given) - set(inner):
        given |= {_singular(key): given.pop(key) for key in extra}
    return {
        key: _typed(of, given[key]) if given.get(key) is not None else None
        for key, of in inner.items()
    }
