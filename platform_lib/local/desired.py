"""What the account says is to serve, read from moto in this process.

Fronts ask for every request: reading moto's own objects takes microseconds, is never stale, and
sees what a test changed with boto3. Everything else of the data plane asks once for each change,
and uses boto3. Beside what listens to moto there (`pollers/`, `delivery/`), only this knows its
models.
"""

import functools
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from platform_lib.local.errors import LocalCloudError

LATEST = "$LATEST"


@dataclass(frozen=True, kw_only=True)
class Listener:
    """A listener with its rules in the order in which they are tried, the default last."""

    protocol: str
    port: int
    rules: Sequence[Any]
    drops_invalid_headers: bool
    """Whether its balancer keeps headers from targets whose names are not letters and digits."""


@dataclass(frozen=True, kw_only=True)
class HealthCheck:
    """How a target group judges its targets, as AWS was told."""

    enabled: bool
    path: str
    interval: float
    timeout: float
    unhealthy_threshold: int
    healthy_threshold: int
    codes: str
    drain: float


@dataclass(frozen=True, kw_only=True)
class FunctionUrlConfig:
    """How a function or an alias answers at an address of its own."""

    url_id: str
    auth_type: str
    cors: Mapping[str, Any] | None


@dataclass(frozen=True, kw_only=True)
class LambdaGroup:
    """A target group of a load balancer that calls a function."""

    functions: Sequence[str]
    multi_value_headers: bool


@dataclass(frozen=True, kw_only=True)
class Layer:
    """A version of a layer: its ARN, its zip, and the processors that it says it is for."""

    arn: str
    content: bytes
    architectures: Sequence[str]


def stream_of(arn: str) -> str:
    """Return the ARN of the stream that an ARN names, itself or as one of its consumers."""
    return arn.partition("/consumer/")[0]


@dataclass(frozen=True, kw_only=True)
class Database:
    """A database of the account, as its server here is to be."""

    name: str
    engine: str
    version: str
    user: str
    password: str
    database: str
    port: int


def name_and_qualifier(name: str, qualifier: str | None = None) -> tuple[str, str | None]:
    """Read a function's name or ARN; the qualifier in it goes before one that stood beside it."""
    base, _, inside = name.rsplit(":function:", maxsplit=1)[-1].partition(":")
    return base, inside or qualifier


class Desired:
    """Reads the account, in one region."""

    def __init__(self, account_id: str, region: str) -> None:
        self.account_id = account_id
        self.region = region

    def role_statements(self, role_arn: str) -> list[dict[str, Any]]:
        """Return the statements of a role's own and its attached policies; none if it is gone."""
        role = self._role(role_arn)
        return [] if role is None else _of_identity(role)

    def role_boundary(self, role_arn: str) -> list[dict[str, Any]] | None:
        """Return the statements of a role's permissions boundary; None where it has none."""
        return self._boundary(self._role(role_arn))

    def user_statements(self, user_arn: str) -> list[dict[str, Any]]:
        """Return the statements of a user's own and attached policies, and of its groups'."""
        user = self._user(user_arn)
        if user is None:
            return []
        groups = self._iam.groups.values()
        mine = [each for each in list(groups) if user in each.users]
        return [each for holder in (user, *mine) for each in _of_identity(holder)]

    def user_boundary(self, user_arn: str) -> list[dict[str, Any]] | None:
        """Return the statements of a user's permissions boundary; None where it has none."""
        return self._boundary(self._user(user_arn))

    def tags(self, identity_arn: str) -> Mapping[str, str]:
        """Return the tags of a role or a user."""
        found = self._role(identity_arn) or self._user(identity_arn)
        tags = getattr(found, "tags", None) or {}
        # moto keeps them as key -> {Key, Value}, or as key -> value.
        listed = tags.items() if isinstance(tags, Mapping) else [(t["Key"], t) for t in tags]
        return {k: str(v["Value"] if isinstance(v, Mapping) else v) for k, v in listed}

    def role_id(self, role_arn: str) -> str:
        """Return the unique id of a role, `AROA...`; empty where it is gone."""
        return str(getattr(self._role(role_arn), "id", ""))

    def user_of_key(self, access_key_id: str) -> Any:
        """Return moto's user whose access key this is, or None."""
        return next(
            (
                user
                for user in list(self._iam.users.values())
                if any(key.access_key_id == access_key_id for key in user.access_keys)
            ),
            None,
        )

    def session_of_key(self, access_key_id: str) -> Any:
        """Return moto's session of a role that STS gave this key to, or None."""
        from moto.sts.models import sts_backends

        sessions = sts_backends[self.account_id]["aws"].assumed_roles
        return next((e for e in reversed(sessions) if e.access_key_id == access_key_id), None)

    def role_trust(self, role_arn: str) -> list[dict[str, Any]]:
        """Return the statements that say who may assume a role."""
        role = self._role(role_arn)
        return _statements(role.assume_role_policy_document) if role else []

    def resource_statements(self, arn: str) -> list[dict[str, Any]]:
        """Return the statements of the policy of what an ARN names; none where it has none."""
        read: Mapping[str, Callable[[str], Any]] = {
            "events": self._bus_policy,
            "kms": lambda arn: getattr(self.key(arn), "policy", None),
            "s3": self._bucket_policy,
            "secretsmanager": lambda arn: getattr(self.secret(arn), "policy", None),
            "sns": lambda arn: getattr(self._backend("sns").topics.get(arn), "policy", None),
            "sqs": lambda arn: getattr(self.queue(arn), "policy", None),
        }
        service = arn.split(":")[2]
        if service == "lambda":
            # A permission for the function without a qualifier is none for its alias.
            try:
                return self.resource_policy(*name_and_qualifier(arn))
            except LocalCloudError:
                return []
        reader = read.get(service)
        return _statements(reader(arn)) if reader else []

    def _bucket_policy(self, arn: str) -> str | None:
        bucket = self.bucket(arn.split(":", 5)[-1].partition("/")[0])
        policy: Any = getattr(bucket, "policy", None)
        return policy.decode() if isinstance(policy, bytes) else policy

    def _bus_policy(self, arn: str) -> str | None:
        kind, _, name = arn.rpartition(":")[2].partition("/")
        bus = self._backend("events").event_buses.get(name)
        return getattr(bus, "policy", None) if kind == "event-bus" else None

    def bucket(self, name: str) -> Any:
        """Return moto's bucket, or None."""
        from moto.s3.models import s3_backends

        return s3_backends[self.account_id]["aws"].buckets.get(name)

    def has_object(self, bucket: str, key: str) -> bool:
        """Whether an object is there, or its bucket is not, which is another matter."""
        found = self.bucket(bucket)
        return found is None or key in found.keys

    def key(self, name: str) -> Any:
        """Return moto's key of KMS by its id, ARN, alias or alias' ARN; None where it is not."""
        backend = self._backend("kms")
        alias = name.rpartition("alias/")[2]
        if alias != name:
            keys = list(backend.keys.values())
            return next((each for each in keys if f"alias/{alias}" in each.aliases), None)
        return backend.keys.get(name.rpartition("key/")[2])

    def encrypting_key(self, arn: str, *, new: bool = False) -> str:
        """Return the key that encrypts what an ARN names, however it is named; else nothing.

        Args:
            arn: Of a queue, topic, secret, stream, table or object.
            new: Whether it is about an object that is yet to be stored in its bucket.
        """
        *_, service, _, _, name = arn.split(":", 5)
        holder: Any = None
        match service:
            case "sqs":
                holder = self.queue(arn)
            case "sns":
                holder = self._backend("sns").topics.get(arn)
            case "secretsmanager":
                holder = self.secret(arn)
            case "kinesis":
                stream = self.kinesis_stream(arn.partition("/consumer/")[0])
                return str(stream.key_id or "") if stream else ""
            case "dynamodb":
                table = self._backend("dynamodb").tables.get(name.split("/")[1])
                kept = (getattr(table, "sse_specification", None) or {}) if table else {}
                return str(kept.get("KMSMasterKeyId") or "") if kept.get("Enabled") else ""
            case "s3":
                return self._key_of_object(*name.partition("/")[::2], new=new)
        found = getattr(holder, "kms_master_key_id", None) or getattr(holder, "kms_key_id", None)
        return str(found or "")

    def _key_of_object(self, bucket: str, key: str, *, new: bool) -> str:
        found = self.bucket(bucket)
        if found is None:
            return ""
        if not new:
            return str(getattr(found.keys.get(key), "kms_key_id", None) or "")
        rule = (found.encryption or {}).get("Rule") or {}
        default = rule.get("ApplyServerSideEncryptionByDefault") or {}
        return str(default.get("KMSMasterKeyID") or "")

    def secret(self, name: str) -> Any:
        """Return moto's secret by its name, its ARN, or its ARN without the end; else None."""
        secrets = self._backend("secretsmanager").secrets
        found = list(dict.values(secrets)) if isinstance(secrets, dict) else []
        return next(
            (e for e in found if name in (e.name, e.arn) or e.arn.rpartition("-")[0] == name), None
        )

    def mail_identity(self, address: str) -> str:
        """Return the identity of SES that an address is sent by: its own, else its domain."""
        backend = self._backend("ses")
        known: Any = getattr(backend, "email_identities", ())
        return address if address in known else address.rpartition("@")[2]

    @property
    def _iam(self) -> Any:
        from moto.iam.models import iam_backends

        return iam_backends[self.account_id]["aws"]

    def _role(self, arn: str) -> Any:
        return next((each for each in list(self._iam.roles.values()) if each.arn == arn), None)

    def _user(self, arn: str) -> Any:
        return next((each for each in list(self._iam.users.values()) if each.arn == arn), None)

    def _boundary(self, holder: Any) -> list[dict[str, Any]] | None:
        arn = (getattr(holder, "permissions_boundary", None) or {}).get("PermissionsBoundaryArn")
        if not arn:
            return None
        policy = self._iam.managed_policies.get(arn)
        # A boundary that is gone allows nothing any more.
        return _statements(_document(policy)) if policy else []

    def _backend(self, service: str) -> Any:
        from moto.backends import get_backend

        backends: Any = get_backend(service)  # type: ignore[call-overload]
        return backends[self.account_id][self.region]

    def has_network_part(self, kind: str, id: str) -> bool:
        """Say whether a VPC, subnet, group, table, gateway, address or ACL exists.

        Args:
            kind: How its id begins, such as `vpc`.
            id: The id.
        """
        ec2 = self._backend("ec2")
        match kind:
            case "sg":
                return any(id in groups for groups in list(ec2.groups.values()))
            case "eipalloc":
                return any(one.allocation_id == id for one in list(ec2.addresses))
            case "subnet":
                return any(id in zone for zone in list(ec2.subnets.values()))
        names = {
            "acl": "network_acls",
            "igw": "internet_gateways",
            "nat": "nat_gateways",
            "rtb": "route_tables",
            "vpc": "vpcs",
        }
        return id in getattr(ec2, names[kind])

    def database(self, kind: str, id: str) -> Database:
        """Return a database instance, by its resource ID, or a cluster or a cache, by its name.

        Raises:
            LocalCloudError: It is gone, or has no password.
        """
        found = self._database(kind, id)
        if kind.startswith("cache_"):
            return Database(
                name=id,
                engine=str(found.engine),
                version=str(found.engine_version or ""),
                user="",
                password=str(getattr(found, "auth_token", None) or ""),
                database="",
                port=int(found.port),
            )
        managed = getattr(found, "master_user_secret", None)
        if managed is not None:
            password = json.loads(managed.secret.secret_string)["password"]
        else:
            password = getattr(found, "_master_user_password", None)
        name = str(found.resource_id)
        if not password:
            raise LocalCloudError(
                f"database {name}: The parameter MasterUserPassword must be provided and must "
                "not be blank."
            )
        named = found.db_name if kind == "db_instance" else found.database_name
        return Database(
            name=name,
            engine=str(found.engine),
            version=str(found.engine_version),
            user=str(found.master_username),
            password=str(password),
            database=str(named or ""),
            port=int(found.port),
        )

    def serve_database(self, kind: str, id: str, host: str, port: int) -> None:
        """Let the account say where a database answers."""
        self._database(kind, id).served = (host, port)

    def _database(self, kind: str, id: str) -> Any:
        rds, caches = self._backend("rds"), self._backend("elasticache")
        if kind == "cache_cluster":
            found = caches.cache_clusters.get(id)
        elif kind == "cache_group":
            found = caches.replication_groups.get(id)
        elif kind == "db_cluster":
            found = rds.clusters.get(id)
        else:
            databases = list(rds.databases.values())
            found = next((each for each in databases if each.dbi_resource_id == id), None)
        if found is None:
            raise LocalCloudError(f"there is no database {id}")
        return found

    def listener(self, load_balancer_arn: str) -> Listener | None:
        """Return the listener that the balancer's one local port stands for.

        HTTPS before HTTP (TLS itself is not imitated), then the lowest port.
        """
        balancer = self._backend("elbv2").load_balancers.get(load_balancer_arn)
        listeners = list(balancer.listeners.values()) if balancer else []
        if not listeners:
            return None
        chosen = min(listeners, key=lambda each: (each.protocol != "HTTPS", int(each.port)))
        rules = sorted(
            list(chosen.rules.values()), key=lambda rule: (rule.is_default, int(_priority(rule)))
        )
        drops = balancer.attrs.get("routing.http.drop_invalid_header_fields.enabled")
        return Listener(
            protocol=chosen.protocol,
            port=int(chosen.port),
            rules=rules,
            drops_invalid_headers=str(drops).lower() == "true",
        )

    def health_check(self, target_group_arn: str) -> HealthCheck | None:
        """Return how a target group judges, or None where the group is gone."""
        group = self._backend("elbv2").target_groups.get(target_group_arn)
        if group is None:
            return None
        return HealthCheck(
            enabled=bool(group.health_check_enabled),
            path=group.health_check_path or "/",
            interval=float(group.health_check_interval_seconds or 30),
            timeout=float(group.health_check_timeout_seconds or 5),
            unhealthy_threshold=int(group.unhealthy_threshold_count or 2),
            healthy_threshold=int(group.healthy_threshold_count or 5),
            codes=str((group.matcher or {}).get("HttpCode", "200")),
            drain=float(group.attributes.get("deregistration_delay.timeout_seconds", 300)),
        )

    def target_port(self, target_group_arn: str) -> int:
        """Return the port that a target group asks its targets on."""
        return int(self._backend("elbv2").target_groups[target_group_arn].port or 80)

    def function(self, name_or_arn: str, qualifier: str | None = None) -> Any:
        """Return moto's function: a version, or the one that an alias points to.

        Raises:
            LocalCloudError: There is no such function, version or alias.
        """
        from moto.core.exceptions import JsonRESTError

        try:
            return self._backend("lambda").get_function(name_or_arn, qualifier)
        except (JsonRESTError, KeyError) as error:
            name = name_or_arn.rpartition(":function:")[2] + (f":{qualifier}" if qualifier else "")
            raise LocalCloudError(f"there is no function {name}") from error

    def callable_arn(self, wanted: str) -> str:
        """Return the ARN that a name means: with an alias where the function has one.

        Args:
            wanted: A function's ARN or name, or the part of it before a `-`, with or without
                `:` and a version or alias.

        Raises:
            LocalCloudError: None or several are meant.
        """
        base, qualifier = name_and_qualifier(wanted)
        names = sorted({str(each.function_name) for each in self.functions()})
        found = [each for each in names if each == base]
        found = found or [each for each in names if each.startswith(f"{base}-")]
        if len(found) != 1:
            told = f"{', '.join(found)} are meant: say which" if found else "none is there"
            listed = "" if found else f"; there are {', '.join(names) or 'no functions'}"
            raise LocalCloudError(f"function {wanted}: {told}{listed}")
        aliases = [str(each.name) for each in self._backend("lambda").list_aliases(found[0])]
        if not qualifier and (len(aliases) == 1 or "live" in aliases):
            qualifier = "live" if "live" in aliases else aliases[0]
        arn = str(self.function(found[0]).function_arn)
        if qualifier:
            self.function(found[0], qualifier)
        return f"{arn}:{qualifier}" if qualifier else arn

    def functions(self) -> list[Any]:
        """Return every version of every function."""
        return list(self._backend("lambda").list_functions("ALL"))

    def called(self, name: str) -> list[Any]:
        """Return the versions of a function that can be meant: $LATEST, and what aliases name."""
        backend = self._backend("lambda")
        if not any(each.function_name == name for each in self.functions()):
            return []
        versions = {str(each.function_version) for each in backend.list_aliases(name)}
        for each in backend.list_aliases(name):
            weights = (each.routing_config or {}).get("AdditionalVersionWeights") or {}
            versions |= {str(version) for version in weights}
        return [
            self.function(name),
            *(self.function(name, version) for version in sorted(versions)),
        ]

    def alias_weights(self, arn: str) -> Mapping[str, float]:
        """Return version -> share of an alias that splits its traffic; else nothing."""
        name, alias = name_and_qualifier(arn)
        if not alias:
            return {}
        for each in self._backend("lambda").list_aliases(name):
            if each.name == alias and each.routing_config:
                extra: dict[str, float] = each.routing_config.get("AdditionalVersionWeights") or {}
                return {str(each.function_version): 1 - sum(extra.values()), **extra}
        return {}

    def resource_policy(self, name: str, qualifier: str | None = None) -> list[dict[str, Any]]:
        """Return who may invoke a function: the statements for this version or alias alone."""
        policy = self.function(name).policies.get(qualifier or LATEST)
        return list(policy.statements) if policy else []

    def log_groups(self) -> Mapping[str, Any]:
        """Return moto's log groups by name."""
        return dict(self._backend("logs").groups)

    def queue(self, arn: str) -> Any:
        """Return moto's queue, or None."""
        return self._backend("sqs").queues.get(arn.rpartition(":")[2])

    def table_of_stream(self, arn: str) -> Any:
        """Return moto's table of a stream, or None where that is not its stream any more."""
        table = self._backend("dynamodb").tables.get(arn.split("/")[1])
        if table is None or table.stream_shard is None:
            return None
        return table if arn.endswith(f"/{table.latest_stream_label}") else None

    def kinesis_stream(self, arn: str) -> Any:
        """Return moto's stream of Kinesis, by its ARN or that of a consumer of it, or None."""
        return self._backend("kinesis").streams.get(stream_of(arn).rpartition("/")[2])

    def event_rules(self, bus: str | None = None) -> list[Any]:
        """Return moto's rules of one event bus, or of all."""
        buses = self._backend("events").event_buses
        chosen = [buses[bus]] if bus in buses else [] if bus else list(buses.values())
        return [rule for each in chosen for rule in list(each.rules.values())]

    def schedules(self) -> list[Any]:
        """Return moto's schedules of EventBridge Scheduler."""
        groups = list(self._backend("scheduler").schedule_groups.values())
        return [each for group in groups for each in list(group.schedules.values())]

    def forget_schedule(self, schedule: Any) -> None:
        """Delete a schedule that has run for the last time, as it asked."""
        self._backend("scheduler").delete_schedule(schedule.group_name, schedule.name)

    def function_url(self, arn: str) -> FunctionUrlConfig | None:
        """Return the URL of a function or an alias, or None."""
        name, qualifier = name_and_qualifier(arn)
        try:
            found = self.function(name).urls.get(qualifier or LATEST)
        except LocalCloudError:
            return None
        if found is None:
            return None
        return FunctionUrlConfig(
            url_id=found.url.partition("://")[2].partition(".")[0],
            auth_type=str(found.config.get("AuthType")),
            cors=found.config.get("Cors"),
        )

    def lambda_group(self, target_group_arn: str) -> LambdaGroup | None:
        """Return a target group whose target is a function; None for another or none."""
        group = self._backend("elbv2").target_groups.get(target_group_arn)
        if group is None or group.target_type != "lambda":
            return None
        multi = str(group.attributes.get("lambda.multi_value_headers.enabled")).lower()
        return LambdaGroup(functions=list(group.targets), multi_value_headers=multi == "true")

    def api_mappings(self, domain_name: str) -> list[Any]:
        """Return moto's mappings of a name to HTTP APIs, the longest keys first."""
        found = list(self._backend("apigatewayv2").api_mappings.values())
        mine = [each for each in found if each.domain_name == domain_name]
        return sorted(mine, key=lambda each: -len(each.api_mapping_key or ""))

    def api(self, api_id: str) -> Any:
        """Return moto's HTTP API, or None."""
        return self._backend("apigatewayv2").apis.get(api_id)


def function_layers(function: Any) -> list[Layer]:
    """Return the layers of a version of a function, the last on top; deleted ones too."""
    return [
        Layer(
            arn=layer.arn,
            content=layer.code_bytes,
            architectures=tuple(layer.compatible_architectures or ()),
        )
        for layer in function.layer_versions
    ]


def log_group(function: Any) -> str:
    """Return the log group of a function: its own choice, else the one that Lambda names."""
    config: Mapping[str, str] = function.logging_config
    return config.get("LogGroup") or f"/aws/lambda/{function.function_name}"


def function_key(function: Any) -> str:
    """Name what a worker of this function runs: another key needs another worker."""
    parts = (
        function.function_arn,
        function.version,
        function.code_digest if function.package_type == "Zip" else function.code,
        function.handler,
        function.role,
        function.run_time,
        function.memory_size,
        function.timeout,
        log_group(function),
        sorted(function.environment_vars.items()),
        [layer.arn for layer in function.layer_versions],
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:20]


def _of_identity(holder: Any) -> list[dict[str, Any]]:
    texts = [*holder.policies.values(), *map(_document, list(holder.managed_policies.values()))]
    return [each for text in texts for each in _statements(text)]


def _document(policy: Any) -> str:
    return str(policy.versions[[v.is_default for v in policy.versions].index(True)].document)


@functools.lru_cache(maxsize=1024)
def _parsed(text: str) -> tuple[dict[str, Any], ...]:
    """Read a policy, once for each of its texts: whoever changes one writes another."""
    found = json.loads(text).get("Statement", [])
    return tuple(found) if isinstance(found, list) else (found,)


def _statements(text: str | None) -> list[dict[str, Any]]:
    return list(_parsed(text or "{}"))


def _priority(rule: Any) -> str:
    return "0" if rule.is_default else str(rule.priority)
