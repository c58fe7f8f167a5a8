"""Receipt rules of SES: incoming mail calls the function."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from platform_lib.checks import InvalidInput
from platform_lib.function_app.sources.function_policy import ACCOUNT, HERE, known
from platform_lib.function_app.sources.naming import SourceName, named_sources
from platform_lib.function_app.sources.source import Function, Source
from platform_lib.function_app.sources.sqs import Queues
from platform_lib.function_app.sources.target import Target, create_permission
from platform_lib.naming import physical_name
from platform_lib.parts.children import Children
from platform_lib.records import record

_NAME_LIMIT = 64
_RECIPIENTS = 500
"""https://docs.aws.amazon.com/ses/latest/dg/quotas.html"""
_SES_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,62}[A-Za-z0-9])?")
_RECIPIENT = re.compile(r"([^\s@]+@|\.)?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


@record
class ReceiptRuleSource:
    """What binds a receipt rule to the function."""

    permission: "aws.lambda_.Permission"
    rule: "aws.ses.ReceiptRule"


@record
class ReceiptRuleSettings(Source):
    """A receipt rule as a source, checked."""

    rule_set_name: pulumi.Input[str]
    inputs: Mapping[str, Any]

    def children(self, *, alarms: bool) -> Iterator[tuple[str, str]]:
        """Name its children and their types."""
        yield self.at.key("permission"), "aws.lambda_.Permission"
        yield self.at.key("rule"), "aws.ses.ReceiptRule"

    def bind(self, child: Children, target: Target, made: Queues | None) -> ReceiptRuleSource:
        """Let incoming mail call the function, without waiting for it."""
        at = self.at
        # SES tries the permission when the rule is made, and the permission names the rule: so
        # the rule has a name of ours. The stacks of an account share the one rule set that is
        # active. No input of ours replaces a rule but its rule set, which holds a name once.
        logical = child.first_name(at.key("rule"), at.suffix)
        name = physical_name(logical, _NAME_LIMIT, pulumi.get_project(), pulumi.get_stack())
        permission = create_permission(
            child,
            at,
            target,
            principal="ses.amazonaws.com",
            source_arn=target.place.arn(
                "ses",
                pulumi.Output.format(
                    "receipt-rule-set/{}:receipt-rule/{}", self.rule_set_name, name
                ),
            ),
            source_account=target.place.account_id,
        )
        rule = child.make(
            at.key("rule"),
            aws.ses.ReceiptRule,
            at.suffix,
            name=name,
            rule_set_name=self.rule_set_name,
            lambda_actions=[
                {"function_arn": target.alias.arn, "invocation_type": "Event", "position": 1}
            ],
            **self.inputs,
            opts=pulumi.ResourceOptions(depends_on=[permission, *target.ready]),
        )
        return ReceiptRuleSource(permission=permission, rule=rule)


def judge(given: Sequence[Mapping[str, Any]], function: Function) -> Iterator[ReceiptRuleSettings]:
    """Judge the receipt rules of a function."""
    named = named_sources("receipt_rules", "receipt", given, app=function.app)
    for path, at, args in named:
        yield _settings(path, at, args)


def _settings(path: str, at: SourceName, args: Mapping[str, Any]) -> ReceiptRuleSettings:
    rule_set = args["rule_set_name"]
    if isinstance(rule_set, str) and not _SES_NAME.fullmatch(rule_set):
        need = "must be a rule set's name: at most 64 letters, digits, _, - and . in between"
        raise InvalidInput(f"{path}.rule_set_name", rule_set, need)
    after = args.get("after")
    if isinstance(after, str) and not _SES_NAME.fullmatch(after):
        need = "must be a rule's name: at most 64 letters, digits, _, - and . in between"
        raise InvalidInput(f"{path}.after", after, need)
    recipients = args.get("recipients", ())
    if len(recipients) > _RECIPIENTS:
        need = f"at most {_RECIPIENTS} recipients fit on a rule"
        raise InvalidInput(f"{path}.recipients", len(recipients), need)
    for recipient in recipients:
        if not _RECIPIENT.fullmatch(recipient):
            need = "must be an address, a domain, or .domain for its subdomains"
            raise InvalidInput(f"{path}.recipients", recipient, need)
    return ReceiptRuleSettings(
        at=at,
        rule_set_name=rule_set,
        inputs={
            "recipients": list(recipients) or None,
            "after": after,
            "tls_policy": "Require" if args.get("require_tls", True) else "Optional",
            "scan_enabled": args.get("scan", True),
            "enabled": args.get("enabled", True),
        },
        permission={
            "principal": "ses.amazonaws.com",
            "source_arn": f"arn:aws:ses:{HERE}:receipt-rule-set/{known(rule_set)}:receipt-rule/",
            "source_account": ACCOUNT,
        },
    )
