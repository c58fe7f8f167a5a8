"""Certificates, as far as they are requested: moto issues them by itself."""

from platform_lib.local.account import Account
from platform_lib.local.provider.row import Call, Look, Properties, Row, Tags, because

_ARN = {"CertificateArn": "{id}"}


def _with_proofs(account: Account, values: Properties, found: Properties) -> Properties:
    """Word the records that prove whose the names are as Pulumi does, in the names' order."""
    proofs = {}
    for option in found.get("DomainValidationOptions", []):
        record = option.get("ResourceRecord") or {}
        proofs[option["DomainName"]] = {
            "domainName": option["DomainName"],
            "resourceRecordName": record.get("Name", ""),
            "resourceRecordType": record.get("Type", ""),
            "resourceRecordValue": record.get("Value", ""),
        }
    return {**found, "Proofs": [proofs[name] for name in sorted(proofs)]}


ROWS = (
    Row(
        type="aws:acm/certificate:Certificate",
        service="acm",
        create=Call("request_certificate"),
        id="CertificateArn",
        looks=(Look("describe_certificate", _ARN, "Certificate"),),
        seen=_with_proofs,
        delete=Call("delete_certificate", _ARN),
        tags=Tags(
            "add_tags_to_certificate",
            "remove_tags_from_certificate",
            _ARN,
            Look("list_tags_for_certificate", _ARN),
        ),
        keeps=("domainName", "keyAlgorithm", "subjectAlternativeNames", "validationMethod"),
        outputs={
            "arn": "{id}",
            "domainValidationOptions": "Proofs",
            "status": "Status",
            "type": "Type",
        },
        volatile=("status",),
        dropped=because(
            "moto forgets how it was asked for",
            "keyAlgorithm",
            "options",
            "subjectAlternativeNames",
            "validationMethod",
        ),
        refused={
            "validationOptions": "a name is proved in its own domain here",
            "certificateAuthorityArn": "private authorities are not imitated",
            "earlyRenewalDuration": "certificates are not renewed here",
            **because(
                "only certificates that are requested are imitated",
                "certificateBody",
                "certificateChain",
                "privateKey",
                "privateKeyWo",
                "privateKeyWoVersion",
            ),
        },
    ),
    Row(
        type="aws:acm/certificateValidation:CertificateValidation",
        service="acm",
        # Nothing is made: AWS's provider waits until the certificate is issued.
        create=Call("describe_certificate"),
        id="{certificateArn}",
        looks=(
            Look("describe_certificate", {"CertificateArn": "{certificateArn}"}, "Certificate"),
        ),
        replace=("validationRecordFqdns",),
        ignored={
            "validationRecordFqdns": "the imitated account issues without asking for records"
        },
    ),
)
