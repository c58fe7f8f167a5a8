"""A name of the user's own: its certificate, and the record that leads to what serves."""

import pulumi
import pulumi_aws as aws

from platform_lib.ingress import Domain
from platform_lib.parts.children import Children

CERTIFICATE_CHILDREN = {
    "certificate": "aws.acm.Certificate",
    "certificate_record": "aws.route53.Record",
    "certificate_validation": "aws.acm.CertificateValidation",
}
RECORD_CHILDREN = {"domain_record": "aws.route53.Record"}


def domain_children(domain: Domain | None) -> dict[str, str]:
    """Name the children that a domain takes."""
    if domain is None:
        return {}
    certificate = CERTIFICATE_CHILDREN if domain.requests_certificate else {}
    return certificate | (RECORD_CHILDREN if domain.zone_id is not None else {})


def create_certificate(child: Children, domain: Domain) -> pulumi.Input[str]:
    """Give the ARN of the given certificate, or of one that a record proves to be ours."""
    if domain.certificate_arn is not None:
        return domain.certificate_arn
    certificate = child.make(
        "certificate",
        aws.acm.Certificate,
        "certificate",
        domain_name=domain.name,
        validation_method="DNS",
    )

    def proof(word: str) -> pulumi.Output[str]:
        # A team's own mocks may answer none.
        options = certificate.domain_validation_options
        return options.apply(lambda found: str(getattr(found[0], word)) if found else "")

    record = child.make(
        "certificate_record",
        aws.route53.Record,
        "certificate-record",
        zone_id=domain.zone_id,
        name=proof("resource_record_name"),
        type=proof("resource_record_type"),
        records=[proof("resource_record_value")],
        ttl=300,
        # Every certificate that an account requests for one name has the same proof.
        allow_overwrite=True,
    )
    validation = child.make(
        "certificate_validation",
        aws.acm.CertificateValidation,
        "certificate-validation",
        certificate_arn=certificate.arn,
        validation_record_fqdns=[record.fqdn],
    )
    return validation.certificate_arn


def create_domain_record(
    child: Children,
    domain: Domain,
    *,
    target_name: pulumi.Input[str],
    target_zone_id: pulumi.Input[str],
) -> None:
    """Lead the name to what serves, where its zone is known."""
    if domain.zone_id is None:
        return
    child.make(
        "domain_record",
        aws.route53.Record,
        "domain-record",
        zone_id=domain.zone_id,
        name=domain.name,
        type="A",
        aliases=[
            {"name": target_name, "zone_id": target_zone_id, "evaluate_target_health": False}
        ],
    )
