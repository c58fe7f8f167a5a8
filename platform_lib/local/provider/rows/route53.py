"""Zones of Route 53 and their records; nothing here answers DNS."""

from typing import Any

from platform_lib.local.account import Account
from platform_lib.local.provider.calls import call_aws
from platform_lib.local.provider.row import Call, Look, Properties, Row, because

_ZONE = {"Id": "{id}"}
_OWN = ("NS", "SOA")
"""Records that a zone has of itself."""


def _zone(account: Account, values: Properties, found: Properties) -> Properties:
    """Name the zone as the program does: AWS puts a folder before its ID and a dot after it."""
    name, given = found["HostedZone"]["Name"], values.get("name", "")
    return {
        **found,
        "Name": given if _same(given) == _same(name) else name,
        "ZoneId": values["id"].rpartition("/")[2],
    }


def _tagged(account: Account, state: Properties) -> None:
    _retagged(account, {}, state)


def _retagged(account: Account, before: Properties, after: Properties) -> None:
    """Tag a zone by its bare name; making one takes no tags."""
    old, new = before.get("tags") or {}, after.get("tags") or {}
    request = {"ResourceType": "hostedzone", "ResourceId": after["id"].rpartition("/")[2]}
    if new:
        request["AddTags"] = [{"Key": key, "Value": value} for key, value in new.items()]
    if gone := sorted(set(old) - set(new)):
        request["RemoveTagKeys"] = gone
    if old or new:
        call_aws(account, "route53", "change_tags_for_resource", request)


def _empty(account: Account, state: Properties) -> None:
    """Delete a zone's records before it, where that was asked for."""
    if not state.get("forceDestroy"):
        return
    zone = {"HostedZoneId": state["id"]}
    records = call_aws(account, "route53", "list_resource_record_sets", zone)
    for record in records["ResourceRecordSets"]:
        if record["Type"] not in _OWN:
            _change(account, state["id"], "DELETE", record)


def _change(account: Account, zone_id: str, action: str, record: Properties) -> None:
    batch = {"Changes": [{"Action": action, "ResourceRecordSet": record}]}
    request = {"HostedZoneId": zone_id, "ChangeBatch": batch}
    call_aws(account, "route53", "change_resource_record_sets", request)


def _batch(inputs: Properties) -> Properties:
    """Word a record as the change that makes it; it takes the place of one that is there."""
    kept = {word: item for word, item in inputs.items() if word not in _RECORD_WORDS}
    record = {_RECORD_WORDS[word]: item for word, item in inputs.items() if word in _RECORD_WORDS}
    if isinstance(record.get("resourceRecords"), list):
        record["resourceRecords"] = [{"value": each} for each in record["resourceRecords"]]
    if isinstance(record.get("weight"), list):
        record["weight"] = record["weight"][0].get("weight")
    if record:
        kept["changeBatch"] = {"changes": [{"action": "UPSERT", "resourceRecordSet": record}]}
    return kept


_RECORD_WORDS = {
    "aliases": "aliasTarget",
    "healthCheckId": "healthCheckId",
    "name": "name",
    "records": "resourceRecords",
    "setIdentifier": "setIdentifier",
    "ttl": "ttl",
    "type": "type",
    "weightedRoutingPolicies": "weight",
}


def _same(name: str) -> str:
    return name.rstrip(".").lower()


def _record(account: Account, values: Properties, found: Properties) -> Properties | None:
    """Find one record among a zone's."""
    for record in found.get("ResourceRecordSets", []):
        same = _same(record["Name"]) == _same(values["name"]) and record["Type"] == values["type"]
        if same and record.get("SetIdentifier") == values.get("setIdentifier"):
            alias = record.get("AliasTarget")
            told: dict[str, Any] = {
                **record,
                "Name": values["name"],
                "Fqdn": _same(values["name"]),
            }
            if alias:
                told["Alias"] = {
                    "name": alias["DNSName"],
                    "zoneId": alias["HostedZoneId"],
                    "evaluateTargetHealth": alias["EvaluateTargetHealth"],
                }
            return told
    return None


def _delete_record(account: Account, state: Properties) -> None:
    """Delete a record: AWS wants to be told all of it."""
    zone = {"HostedZoneId": state["zoneId"]}
    records = call_aws(account, "route53", "list_resource_record_sets", zone)
    found = _record(account, state, records)
    if found is not None:
        bare = {word: item for word, item in found.items() if word not in ("Alias", "Fqdn")}
        _change(account, state["zoneId"], "DELETE", bare)


def _moved(account: Account, before: Properties, after: Properties) -> None:
    """Delete what a record was, where another kind or another of its set took its place."""
    was, now = (_told(each) for each in (before, after))
    if was != now:
        _delete_record(account, {"zoneId": after["zoneId"], "name": after["name"], **was})


def _told(inputs: Properties) -> Properties:
    """Give what tells a record from the others of its name, out of the change that makes it."""
    record = inputs["changeBatch"]["changes"][0]["resourceRecordSet"]
    told = {word: record.get(word) for word in ("name", "type", "setIdentifier")}
    return {word: item for word, item in told.items() if item is not None}


_ALIAS = "changeBatch.changes.resourceRecordSet.aliasTarget"

ROWS = (
    Row(
        type="aws:route53/zone:Zone",
        service="route53",
        create=Call("create_hosted_zone", {"CallerReference": "{name}"}),
        id="HostedZone.Id",
        looks=(Look("get_hosted_zone", _ZONE),),
        seen=_zone,
        deleting=_empty,
        delete=Call("delete_hosted_zone", _ZONE),
        renames={"comment": "HostedZoneConfig.Comment"},
        defaults={"comment": "Managed by Pulumi"},
        update=(Call("update_hosted_zone_comment", _ZONE, renames={"comment": "Comment"}),),
        back={"comment": "HostedZone.Config.Comment", "name": "Name"},
        unset={"forceDestroy": False},
        hooked=("tags",),
        created=_tagged,
        updated=_retagged,
        outputs={
            "arn": "arn:aws:route53:::hostedzone/{zoneId}",
            "zoneId": "ZoneId",
            "nameServers": "DelegationSet.NameServers",
            "primaryNameServer": "DelegationSet.NameServers[0]",
        },
        ignored={"forceDestroy": "a destroy reads it from the state"},
        refused={
            "delegationSetId": "sets of name servers are not imitated",
            "enableAcceleratedRecovery": "one region is imitated",
            "vpcs": "private zones are not imitated",
        },
    ),
    Row(
        type="aws:route53/record:Record",
        service="route53",
        create=Call("change_resource_record_sets"),
        id="{zoneId}_{name}_{type}",
        looks=(Look("list_resource_record_sets", {"HostedZoneId": "{zoneId}"}),),
        seen=_record,
        deleting=_delete_record,
        prepare=_batch,
        renames={
            "zoneId": "HostedZoneId",
            f"{_ALIAS}.name": "DNSName",
            f"{_ALIAS}.zoneId": "HostedZoneId",
        },
        update=(Call("change_resource_record_sets", {"HostedZoneId": "{zoneId}"}, whole=True),),
        # A record that leads elsewhere by its own name has neither values nor a time to live.
        unset=dict.fromkeys(
            (
                "aliases",
                "healthCheckId",
                "records",
                "setIdentifier",
                "ttl",
                "weightedRoutingPolicies",
            )
        ),
        keeps=("allowOverwrite",),
        updated=_moved,
        replace=("name", "zoneId"),
        back={
            "aliases": "Alias && [Alias]",
            "healthCheckId": "HealthCheckId",
            "name": "Name",
            "records": "ResourceRecords[].Value",
            "setIdentifier": "SetIdentifier",
            "ttl": "TTL",
            "type": "Type",
            "weightedRoutingPolicies": "Weight && [{weight: Weight}]",
        },
        dropped={"zoneId": "it is asked for by its zone"},
        outputs={"fqdn": "Fqdn"},
        ignored={"allowOverwrite": "a record takes the place of one that is there"},
        refused=because(
            "only plain, alias and weighted records are imitated",
            "cidrRoutingPolicy",
            "failoverRoutingPolicies",
            "geolocationRoutingPolicies",
            "geoproximityRoutingPolicy",
            "latencyRoutingPolicies",
            "multivalueAnswerRoutingPolicy",
        ),
    ),
)
