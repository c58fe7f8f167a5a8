"""An input that a program takes away: the account goes back to the default, or keeps what it has."""

import pytest
from rows_kit import Made
from rows_samples import MORE, SAMPLES

from platform_lib.local.provider.rows import ROWS

UNREAD = {
    (
        "aws:appautoscaling/policy:Policy",
        "policyType",
    ): "a policy of another kind has other settings",
    ("aws:autoscaling/policy:Policy", "policyType"): "a policy of another kind has other settings",
    ("aws:dynamodb/table:Table", "streamEnabled"): "what a stream shows goes with it",
    ("aws:kinesis/stream:Stream", "encryptionType"): "its key goes with it",
    ("aws:sqs/queue:Queue", "kmsMasterKeyId"): "for how long the key is used again goes with it",
}
"""(type, input) -> why more than the one input is another when it is taken away."""

UNDELETED = {
    ("aws:ec2/instance:Instance", None): "the account gives the address of the sample once",
    ("aws:rds/cluster:Cluster", "skipFinalSnapshot"): "it could not be deleted after it",
    ("aws:rds/instance:Instance", "skipFinalSnapshot"): "it could not be deleted after it",
}
"""(type, input) -> why it cannot be tried."""


def cases():
    for type, row in sorted(ROWS.items()):
        if row.unset or row.keeps:
            yield type


@pytest.mark.parametrize("type", list(cases()))
def test_what_is_taken_away_is_the_default_again_or_stays(type, lab):
    row = ROWS[type]
    for inputs in [*SAMPLES[type](lab), *(MORE[type](lab) if type in MORE else ())]:
        words = [word for word in inputs if word in row.keeps or row.unset.get(word) is not None]
        for word in words:
            if {(type, None), (type, word)} & set(UNDELETED):
                continue
            id, state, checked = lab.make(type, **inputs)
            less = {key: value for key, value in checked.items() if key != word}
            change = lab.kinds.diff(type, checked, less, ())
            if word in row.replace or change.replaces:
                continue
            same = word in row.keeps or row.unset[word] == inputs[word]
            assert change.changed == ([] if same else [word])
            state = lab.kinds.update(type, id, state, checked, less)
            told = inputs[word] if word in row.keeps else row.unset[word]
            if (type, word) not in UNREAD:
                # What a program would give to change nothing is what the account has now.
                expected = {**less, word: told}
                assert lab.kinds.read(type, id, state, expected)[1] == expected, word
            lab.kinds.delete(type, id, state)


def test_a_queue_keeps_its_messages_where_its_key_is_taken_away(lab):
    made = Made(lab, "aws:sqs/queue:Queue", kmsMasterKeyId="alias/a", visibilityTimeoutSeconds=60)
    client = lab.client("sqs")
    client.send_message(QueueUrl=made.id, MessageBody="kept")
    made.change("kmsMasterKeyId", "visibilityTimeoutSeconds")
    found = client.get_queue_attributes(QueueUrl=made.id, AttributeNames=["All"])["Attributes"]
    assert (found["VisibilityTimeout"], found["ApproximateNumberOfMessages"]) == ("30", "1")
    assert not found.get("KmsMasterKeyId")


def test_an_api_keeps_its_address_without_cors_throttle_and_access_log(lab):
    api = Made(
        lab,
        "aws:apigatewayv2/api:Api",
        protocolType="HTTP",
        corsConfiguration={"allowOrigins": ["*"]},
    )
    api.change("corsConfiguration")
    client = lab.client("apigatewayv2")
    assert "CorsConfiguration" not in client.get_api(ApiId=api.id)
    stage = Made(
        lab,
        "aws:apigatewayv2/stage:Stage",
        apiId=api.id,
        name="$default",
        accessLogSettings={"destinationArn": "arn:aws:logs:us-east-1:1:a", "format": "$x"},
        defaultRouteSettings={"throttlingBurstLimit": 1, "throttlingRateLimit": 2},
    )
    stage.change("accessLogSettings", "defaultRouteSettings")
    found = client.get_stage(ApiId=api.id, StageName="$default")
    assert "AccessLogSettings" not in found
    assert not found.get("DefaultRouteSettings")


def test_a_rule_opens_another_port_to_others_under_the_same_id(lab):
    rule = Made(
        lab,
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        securityGroupId=lab.group(),
        cidrIpv4="10.0.0.0/8",
        ipProtocol="tcp",
        fromPort=80,
        toPort=80,
    )
    rule.change(fromPort=8080, toPort=8090, cidrIpv4="10.1.0.0/16", description="more")
    rule.change("description", ipProtocol="udp")
    (found,) = lab.client("ec2").describe_security_group_rules(SecurityGroupRuleIds=[rule.id])[
        "SecurityGroupRules"
    ]
    told = (found["IpProtocol"], found["FromPort"], found["ToPort"], found["CidrIpv4"])
    assert told == ("udp", 8080, 8090, "10.1.0.0/16")
    assert "Description" not in found
    group = lab.group()
    assert rule.replaces("cidrIpv4", referencedSecurityGroupId=group) == [
        "cidrIpv4",
        "referencedSecurityGroupId",
    ]


def test_a_record_becomes_one_of_another_type(lab):
    zone = Made(lab, "aws:route53/zone:Zone", name="types.example")
    record = Made(
        lab,
        "aws:route53/record:Record",
        zoneId=zone.id,
        name="a.types.example",
        type="A",
        ttl=60,
        records=["10.0.0.1"],
    )
    record.change(type="AAAA", records=["::1"])
    found = lab.client("route53").list_resource_record_sets(HostedZoneId=zone.id)
    assert [
        (one["Name"], one["Type"])
        for one in found["ResourceRecordSets"]
        if one["Type"] not in ("NS", "SOA")
    ] == [("a.types.example.", "AAAA")]


def test_a_table_is_encrypted_otherwise_and_indexed_otherwise_with_its_items(lab):
    index = {"name": "one", "hashKey": "owner", "projectionType": "ALL"}
    table = Made(
        lab,
        "aws:dynamodb/table:Table",
        billingMode="PAY_PER_REQUEST",
        hashKey="id",
        attributes=[{"name": "id", "type": "S"}, {"name": "owner", "type": "S"}],
        globalSecondaryIndexes=[index],
    )
    client = lab.client("dynamodb")
    client.put_item(TableName=table.id, Item={"id": {"S": "a"}, "owner": {"S": "b"}})
    table.change(serverSideEncryption={"enabled": True})
    table.change(globalSecondaryIndexes=[{**index, "projectionType": "KEYS_ONLY"}])
    found = client.scan(TableName=table.id, IndexName="one")["Items"]
    assert [item["id"]["S"] for item in found] == ["a"]


def test_a_version_of_a_secret_gains_and_loses_labels(lab):
    secret = lab.state("aws:secretsmanager/secret:Secret")["arn"]
    version = Made(
        lab,
        "aws:secretsmanager/secretVersion:SecretVersion",
        secretId=secret,
        secretString="x",
        versionStages=["AWSCURRENT", "blue"],
    )
    version.change(versionStages=["AWSCURRENT", "green"])
    found = lab.client("secretsmanager").describe_secret(SecretId=secret)["VersionIdsToStages"]
    assert [sorted(labels) for labels in found.values()] == [["AWSCURRENT", "green"]]
