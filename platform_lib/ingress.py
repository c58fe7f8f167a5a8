"""Who reaches the app and by which name: the shared fields `ingress` and `domain`, checked."""

import ipaddress
import re
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from platform_lib.app_args import IngressKind
from platform_lib.arns import is_arn
from platform_lib.checks import InvalidInput, check_range
from platform_lib.records import record

_ZONE = re.compile(r"Z[A-Z0-9]{1,31}")
_HOST_NAME = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
_HOST_PATTERN = re.compile(r"[A-Za-z0-9.*?-]*\.[A-Za-z*?]+")
_PATH_PATTERN = re.compile(r"[/*][A-Za-z0-9_.$/~\"'@:+&*?-]*")
_NAME_LIMIT = 253
_COMMON_NAME_LIMIT = 64
"""https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html"""
_PATTERN_LIMIT = 128
"""https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html"""
_VALUES_LIMIT = 5
"""Of values in a rule, and of wildcards in them.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html
"""
_GROUP_RULES = 60
"""https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html"""


@record
class Domain:
    """A name of the user's own."""

    name: str
    zone_id: pulumi.Input[str] | None
    certificate_arn: pulumi.Input[str] | None

    @property
    def requests_certificate(self) -> bool:
        """Whether a certificate is made, and validated in the zone."""
        return self.certificate_arn is None


@record
class Ingress:
    """Who reaches the app, and by which listener."""

    kind: IngressKind
    allowed_cidrs: Sequence[str]
    listener_arn: pulumi.Input[str] | None
    hosts: Sequence[str]
    paths: Sequence[str]
    priority: int | None
    plain_http: bool

    @property
    def needs_balancer(self) -> str | None:
        """Name the first field that only a load balancer can grant; None where there is none."""
        wanted = {
            "kind": self.kind is IngressKind.INTERNAL,
            "listener_arn": self.listener_arn is not None,
            "allowed_cidrs": bool(self.allowed_cidrs),
            "hosts": bool(self.hosts),
            "paths": bool(self.paths),
            "priority": self.priority is not None,
        }
        return next((f"ingress.{field}" for field, asked in wanted.items() if asked), None)


def domain_settings(given: Mapping[str, Any] | None) -> Domain | None:
    """Judge the domain; it needs a certificate, or a zone in which one is validated."""
    if given is None:
        return None
    name = given["name"]
    if not _HOST_NAME.fullmatch(name) or len(name) > _NAME_LIMIT:
        need = (
            "must be a full host name in small letters, such as notes.example.com, without a "
            f"wildcard, at most {_NAME_LIMIT} characters long and 63 between two dots"
        )
        raise InvalidInput("domain.name", name, need)
    zone_id, certificate_arn = given.get("zone_id"), given.get("certificate_arn")
    if zone_id is None and certificate_arn is None:
        need = "needs zone_id, where a certificate is validated, or certificate_arn"
        raise InvalidInput("domain", dict(given), need)
    if certificate_arn is None and len(name) > _COMMON_NAME_LIMIT:
        need = (
            f"ACM takes at most {_COMMON_NAME_LIMIT} characters as a certificate's first name; "
            "give a certificate_arn"
        )
        raise InvalidInput("domain.name", name, need)
    if isinstance(zone_id, str) and not _ZONE.fullmatch(zone_id):
        raise InvalidInput("domain.zone_id", zone_id, "must be a zone's ID, such as Z0123456789AB")
    if isinstance(certificate_arn, str) and not is_arn(certificate_arn, "certificate"):
        need = "must be the ARN of a certificate in ACM, in the app's region"
        raise InvalidInput("domain.certificate_arn", certificate_arn, need)
    return Domain(name=name, zone_id=zone_id, certificate_arn=certificate_arn)


def ingress_settings(given: Mapping[str, Any], domain: Domain | None) -> Ingress:
    """Judge the ingress, as far as it holds on every target."""
    ingress = Ingress(
        kind=given.get("kind", IngressKind.PUBLIC),
        allowed_cidrs=given.get("allowed_cidrs", ()),
        listener_arn=given.get("listener_arn"),
        hosts=given.get("hosts", ()),
        paths=given.get("paths", ()),
        priority=given.get("priority"),
        plain_http=given.get("plain_http", False),
    )
    if ingress.kind is IngressKind.NONE:
        for field in given:
            if field != "kind" and given[field] not in ([], None, False):
                need = "nothing is served with a kind of 'none'; leave one of the two out"
                raise InvalidInput(f"ingress.{field}", given[field], need)
        if domain is not None:
            need = "nothing is served with an ingress.kind of 'none'; leave one of the two out"
            raise InvalidInput("domain", domain.name, need)
    _check_cidrs(ingress, domain)
    _check_rule(ingress)
    if ingress.listener_arn is not None:
        _check_listener(ingress, domain)
    return ingress


def _check_cidrs(ingress: Ingress, domain: Domain | None) -> None:
    for at, cidr in enumerate(ingress.allowed_cidrs):
        try:
            network = ipaddress.ip_network(cidr)
        except ValueError as problem:
            need = f"must be an address range such as 10.0.0.0/8 ({problem})"
            raise InvalidInput(f"ingress.allowed_cidrs[{at}]", cidr, need) from None
        if network.version != 4:
            need = "the load balancer has IPv4 addresses only: give IPv4 ranges"
            raise InvalidInput(f"ingress.allowed_cidrs[{at}]", cidr, need)
        if cidr in ingress.allowed_cidrs[:at]:
            raise InvalidInput(f"ingress.allowed_cidrs[{at}]", cidr, "stands there twice")
    ports = 1 if domain is None else 2
    if ingress.listener_arn is None and len(ingress.allowed_cidrs) * ports > _GROUP_RULES:
        need = f"a security group takes {_GROUP_RULES} rules, and each range needs {ports}"
        raise InvalidInput("ingress.allowed_cidrs", f"{len(ingress.allowed_cidrs)} ranges", need)


def _check_rule(ingress: Ingress) -> None:
    for at, host in enumerate(ingress.hosts):
        if not _HOST_PATTERN.fullmatch(host) or len(host) > _PATTERN_LIMIT:
            need = (
                "must hold a dot and letters only behind the last one, and be at most "
                f"{_PATTERN_LIMIT} characters long; * stands for any, ? for one character"
            )
            raise InvalidInput(f"ingress.hosts[{at}]", host, need)
    for at, path in enumerate(ingress.paths):
        if not _PATH_PATTERN.fullmatch(path) or len(path) > _PATTERN_LIMIT:
            need = (
                "must begin with / or *, hold letters, digits and _-.$/~\"'@:+&*? only and be at "
                f"most {_PATTERN_LIMIT} characters long"
            )
            raise InvalidInput(f"ingress.paths[{at}]", path, need)
    values = [*ingress.hosts, *ingress.paths]
    # On a listener that exists there is no group of ours: addresses are a condition of the rule.
    values += ingress.allowed_cidrs if ingress.listener_arn is not None else []
    if len(values) > _VALUES_LIMIT:
        need = f"a listener's rule takes at most {_VALUES_LIMIT} values of all kinds together"
        raise InvalidInput("ingress", values, need)
    if sum(value.count("*") + value.count("?") for value in values) > _VALUES_LIMIT:
        need = f"a listener's rule takes at most {_VALUES_LIMIT} wildcards"
        raise InvalidInput("ingress", values, need)
    if ingress.priority is not None:
        check_range("ingress.priority", ingress.priority, 1, 50000)
        if not (ingress.hosts or ingress.paths):
            need = "is the priority of a rule: give hosts or paths too"
            raise InvalidInput("ingress.priority", ingress.priority, need)


def _check_listener(ingress: Ingress, domain: Domain | None) -> None:
    arn = ingress.listener_arn
    if isinstance(arn, str) and not is_arn(arn, "listener"):
        need = "must be the ARN of a listener of an application load balancer"
        raise InvalidInput("ingress.listener_arn", arn, need)
    if not (ingress.hosts or ingress.paths):
        need = "hosts or paths must say which requests on this listener are the app's"
        raise InvalidInput("ingress.listener_arn", arn, need)
    if ingress.kind is IngressKind.INTERNAL:
        need = "a listener that exists is as open as its balancer; leave kind out"
        raise InvalidInput("ingress.kind", ingress.kind, need)
    if domain is not None:
        need = (
            "certificate and name belong to whoever owns the listener; give ingress.hosts, and "
            "leave domain out"
        )
        raise InvalidInput("domain", domain.name, need)
