"""Whatever the args about HTTP are: refused with a reason, or what AWS takes."""

import ipaddress
import re

from hypothesis import given
from hypothesis import strategies as st

from platform_lib.app_args import IngressKind
from platform_lib.checks import InvalidInput
from platform_lib.function_app.args import HttpAuthorization, HttpKind
from platform_lib.function_app.http.settings import http_settings
from platform_lib.ingress import domain_settings

LISTENER = (
    "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/shared/"
    "0123456789abcdef/fedcba9876543210"
)
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/0f0f-1"
JWT = {"issuer": "https://id.example.com", "audiences": ["notes"]}
_FEW = st.text(alphabet="aZ09/{}+$-_. *?é\n", max_size=8)
_ORIGINS = st.lists(
    st.sampled_from(["*", "https://*", "https://a.example", "http://a:80", "a.example"]),
    max_size=2,
)
_HTTP = st.fixed_dictionaries(
    {},
    optional={
        "kind": st.sampled_from(HttpKind),
        "routes": st.lists(st.sampled_from(["$default", "GET /", "ANY /{p+}", "get /"])),
        "cors": st.fixed_dictionaries(
            {}, optional={"allow_origins": _ORIGINS, "allow_credentials": st.booleans()}
        ),
        "throttle": st.fixed_dictionaries({"rate": st.floats(-1, 9), "burst": st.integers(-1, 9)}),
        "authorization": st.sampled_from(HttpAuthorization),
        "jwt": st.just(JWT),
        "streaming": st.booleans(),
        "multi_value_headers": st.booleans(),
    },
)
_INGRESS = st.fixed_dictionaries(
    {},
    optional={
        "kind": st.sampled_from(IngressKind),
        "allowed_cidrs": st.lists(st.sampled_from(["10.0.0.0/8", "10.0.0.1/8", "::/0", "x"])),
        "listener_arn": st.sampled_from([LISTENER, "arn:x"]),
        "hosts": st.lists(st.sampled_from(["a.example", "*.example", "a"]), max_size=4),
        "paths": st.lists(st.sampled_from(["/a/*", "/", "a"]), max_size=4),
        "priority": st.integers(-1, 50001),
    },
)
_DOMAIN = st.none() | st.fixed_dictionaries(
    {"name": st.sampled_from(["a.example", "A.example", "example"])},
    optional={"zone_id": st.just("Z0123"), "certificate_arn": st.just(CERTIFICATE)},
)


def judged(args, streams=False):
    try:
        return http_settings(args, streams=streams)
    except InvalidInput as problem:
        assert re.split(r"[.\[]", problem.field)[0] in {*args, "ingress", "domain", "http"}
        assert problem.need
        return None


@given(st.tuples(st.sampled_from(["GET", "ANY", "$default", "get", ""]), _FEW))
def test_a_route_that_is_taken_is_one_of_awss(parts):
    method, path = parts
    key = "$default" if method == "$default" else f"{method} {path}"
    if judged({"http": {"routes": [key]}}) is None or key == "$default":
        return
    assert re.fullmatch(r"(GET|ANY) /\S*", key, re.ASCII)
    for part in path.split("/"):
        assert part.count("{") == part.count("}") == part.startswith("{"), key
    assert "+}" not in path or path.endswith("+}")


@given(_FEW.map(lambda text: text.lower()) | st.from_regex(r"[a-z0-9.-]{1,30}", fullmatch=True))
def test_a_host_name_that_is_taken_is_one(name):
    try:
        domain_settings({"name": name, "zone_id": "Z0123"})
    except InvalidInput:
        return
    labels = name.split(".")
    assert len(labels) > 1
    assert all(re.fullmatch(r"[a-z0-9-]{1,63}", each, re.ASCII) for each in labels)
    assert not any(each.startswith("-") or each.endswith("-") for each in labels)


@given(_HTTP, _INGRESS, _DOMAIN, st.booleans())
def test_what_is_taken_together_can_be_made(http, ingress, domain, streams):
    args = {"http": http, "ingress": ingress, **({"domain": domain} if domain else {})}
    settings = judged(args, streams)
    if settings is None:
        return
    found = settings.ingress
    # Asked for, or the default, or what the ingress takes.
    if settings.kind is None:
        assert found.kind is IngressKind.NONE
        assert not http
        return
    if found.needs_balancer:
        assert settings.kind is HttpKind.LOAD_BALANCER
    else:
        assert settings.kind is http.get("kind", HttpKind.HTTP_API)
    if settings.kind is not HttpKind.HTTP_API:
        assert settings.jwt is None
        assert settings.throttle is None
        assert settings.open_routes == ()
    assert (settings.authorization is HttpAuthorization.JWT) == (settings.jwt is not None)
    assert not settings.streaming or (streams and settings.kind is HttpKind.FUNCTION_URL)
    assert settings.domain is None or settings.kind is not HttpKind.FUNCTION_URL
    assert all(ipaddress.IPv4Network(each) for each in found.allowed_cidrs)
    if found.listener_arn is not None:
        assert found.hosts or found.paths
        assert settings.domain is None
    if settings.cors is not None and settings.cors.get("allow_credentials"):
        assert "*" not in "".join(settings.cors["allow_origins"])
