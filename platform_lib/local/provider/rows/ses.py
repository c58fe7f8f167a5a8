"""SES: what is done with mail that comes in."""

from typing import Any

from platform_lib.local.account import Account
from platform_lib.local.provider.calls import call_aws
from platform_lib.local.provider.compare import in_pulumi_words
from platform_lib.local.provider.row import Call, Look, Name, Properties, Row

_ACTIONS = {
    "addHeaderActions": "AddHeaderAction",
    "bounceActions": "BounceAction",
    "lambdaActions": "LambdaAction",
    "s3Actions": "S3Action",
    "snsActions": "SNSAction",
    "stopActions": "StopAction",
}


def _in_order(inputs: Properties) -> Properties:
    """Lay every action into one list, by its position."""
    out = {word: item for word, item in inputs.items() if word not in _ACTIONS}
    placed: list[tuple[int, Properties]] = []
    for word, kind in _ACTIONS.items():
        for action in inputs[word] if isinstance(inputs.get(word), list) else ():
            bare = dict(action)
            position = bare.pop("position", 0)
            # A preview may not know the position yet.
            place = position if isinstance(position, int) else 0
            placed.append((place, {kind: bare}))
    if placed or any(word in inputs for word in _ACTIONS):
        out["actions"] = [action for _, action in sorted(placed, key=lambda each: each[0])]
    return out


def _by_kind(account: Account, values: Properties, found: Properties) -> Properties:
    """Give the actions kind by kind, as Pulumi words them, with their positions."""
    kinds: dict[str, list[Any]] = {}
    words = {kind: word for word, kind in _ACTIONS.items()}
    for place, action in enumerate(found["Rule"].get("Actions") or [], 1):
        for kind, settings in action.items():
            if kind in words:
                bare = in_pulumi_words(settings)
                kinds.setdefault(words[kind], []).append({**bare, "position": place})
    return {**found, "kinds": kinds}


def _move(account: Account, before: Properties, after: Properties) -> None:
    if before.get("after") != after.get("after"):
        request = {"RuleSetName": after["ruleSetName"], "RuleName": after["name"]}
        if after.get("after"):
            request["After"] = after["after"]
        call_aws(account, "ses", "set_receipt_rule_position", request)


_SET = {"RuleSetName": "{id}"}
_RULE = {"RuleSetName": "{ruleSetName}", "RuleName": "{name}"}
_ARN = "arn:aws:ses:{region}:{account}:receipt-rule-set"


def _verified(account: Account, values: Properties, found: Properties) -> Properties | None:
    """Leave out an identity that SES does not list."""
    return found if found.get("VerificationAttributes") else None


_IDENTITY = {"Identities": ["{id}"]}
_FORGET = Call("delete_identity", {"Identity": "{id}"})

ROWS = (
    Row(
        type="aws:ses/emailIdentity:EmailIdentity",
        service="ses",
        create=Call("verify_email_identity", renames={"email": "EmailAddress"}),
        id="{email}",
        looks=(Look("get_identity_verification_attributes", _IDENTITY),),
        seen=_verified,
        delete=_FORGET,
        dropped={"email": "it is asked for by it"},
        outputs={"arn": "arn:aws:ses:{region}:{account}:identity/{id}"},
    ),
    Row(
        type="aws:ses/domainIdentity:DomainIdentity",
        service="ses",
        create=Call("verify_domain_identity"),
        id="{domain}",
        looks=(Look("get_identity_verification_attributes", _IDENTITY),),
        seen=_verified,
        delete=_FORGET,
        dropped={"domain": "it is asked for by it"},
        outputs={
            "arn": "arn:aws:ses:{region}:{account}:identity/{id}",
            "verificationToken": "values(VerificationAttributes)[0].VerificationToken || ''",
        },
    ),
    Row(
        type="aws:ses/receiptRuleSet:ReceiptRuleSet",
        service="ses",
        create=Call("create_receipt_rule_set"),
        id="{ruleSetName}",
        looks=(Look("describe_receipt_rule_set", _SET, "Metadata"),),
        delete=Call("delete_receipt_rule_set", _SET),
        back={"ruleSetName": "Name"},
        outputs={"arn": f"{_ARN}/{{id}}"},
    ),
    Row(
        type="aws:ses/activeReceiptRuleSet:ActiveReceiptRuleSet",
        service="ses",
        create=Call("set_active_receipt_rule_set"),
        id="{ruleSetName}",
        looks=(
            Look(
                "describe_active_receipt_rule_set",
                {},
                "[Metadata][?Name=='{ruleSetName}']|[0]",
            ),
        ),
        update=(Call("set_active_receipt_rule_set"),),
        delete=Call("set_active_receipt_rule_set"),
        back={"ruleSetName": "Name"},
        outputs={"arn": f"{_ARN}/{{ruleSetName}}"},
    ),
    Row(
        type="aws:ses/receiptRule:ReceiptRule",
        service="ses",
        name=Name("name", 64),
        create=Call("create_receipt_rule"),
        id="{name}",
        looks=(Look("describe_receipt_rule", _RULE),),
        delete=Call("delete_receipt_rule", _RULE),
        into="Rule",
        prepare=_in_order,
        seen=_by_kind,
        hooked=("after",),
        update=(
            Call(
                "update_receipt_rule",
                {"RuleSetName": "{ruleSetName}"},
                takes=("name", "actions", "enabled", "recipients", "scanEnabled", "tlsPolicy"),
                whole=True,
            ),
        ),
        updated=_move,
        keeps=("tlsPolicy",),
        unset={"enabled": False, "scanEnabled": False},
        replace=("name", "ruleSetName"),
        back={word: f"kinds.{word}" for word in _ACTIONS},
        dropped={"ruleSetName": "the rule is asked for by it"},
        outputs={"arn": f"{_ARN}/{{ruleSetName}}:receipt-rule/{{name}}"},
        refused={"workmailActions": "there is no WorkMail here"},
    ),
)
