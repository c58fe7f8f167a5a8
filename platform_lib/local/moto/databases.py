"""What we change in moto's RDS: where databases answer, and the secrets that it makes for them."""

import json
import secrets
import string
from typing import Any

_PASSWORD = string.ascii_letters + string.digits


def patch_databases() -> None:
    """Apply every patch."""
    tell_where_databases_answer()
    make_managed_secrets_log_in()
    give_every_instance_an_id()
    change_ports()
    keep_auth_tokens()
    delete_cache_subnet_groups()


def tell_where_databases_answer() -> None:
    """Let `served`, which the data plane sets, be the endpoint; moto only words one."""
    from moto.rds.models import DBCluster, DBInstance

    instance: Any = DBInstance
    cluster: Any = DBCluster
    theirs, writer, reader = instance.endpoint, cluster.endpoint, cluster.reader_endpoint

    def endpoint(self: Any) -> dict[str, Any]:
        found = _served(self)
        told: dict[str, Any] = theirs.fget(self)
        return {"Address": found[0], "Port": found[1]} if found else told

    def of_cluster(own: Any) -> property:
        def told(self: Any) -> str:
            found = _served(self)
            return found[0] if found else str(own.fget(self))

        return property(told)

    instance.endpoint = property(endpoint)
    cluster.endpoint = of_cluster(writer)
    cluster.reader_endpoint = of_cluster(reader)


def _served(database: Any) -> Any:
    """Give where a database answers: an instance of a cluster answers where the cluster does."""
    name = getattr(database, "db_cluster_identifier", None)
    cluster = database.backend.clusters.get(name) if name else None
    return getattr(cluster or database, "served", None)


def make_managed_secrets_log_in() -> None:
    """Let a secret that RDS manages hold the master user; moto's is the same for all."""
    from moto.rds.models import MasterUserSecret

    def generate(self: Any) -> str:
        password = "".join(secrets.choice(_PASSWORD) for _ in range(28))
        user = getattr(self.resource, "master_username", None) or "admin"
        return json.dumps({"username": user, "password": password})

    secret: Any = MasterUserSecret
    secret._generate_secret_string = generate


def give_every_instance_an_id() -> None:
    """Let each instance have a resource ID of its own; moto has one for all."""
    from moto.rds.models import DBInstance

    instance: Any = DBInstance
    make = instance.__init__

    def make_with_id(self: Any, *args: Any, **kwargs: Any) -> None:
        make(self, *args, **kwargs)
        letters = string.ascii_uppercase + string.digits
        self.dbi_resource_id = "db-" + "".join(secrets.choice(letters) for _ in range(26))

    instance.__init__ = make_with_id


def delete_cache_subnet_groups() -> None:
    """Let subnet groups of caches be deleted; moto only makes them."""
    from moto.core.responses import EmptyResult
    from moto.elasticache.exceptions import CacheSubnetGroupNotFound
    from moto.elasticache.responses import ElastiCacheResponse

    def delete(self: Any) -> EmptyResult:
        name = self._get_param("CacheSubnetGroupName")
        if self.elasticache_backend.cache_subnet_groups.pop(name, None) is None:
            raise CacheSubnetGroupNotFound(name)
        return EmptyResult()

    response: Any = ElastiCacheResponse
    response.delete_cache_subnet_group = delete


def keep_auth_tokens() -> None:
    """Let a replication group keep its token; moto keeps only whether there is one."""
    import inspect

    from moto.elasticache.models import ReplicationGroup

    group: Any = ReplicationGroup
    make = group.__init__
    shape = inspect.signature(make)

    def make_with_token(self: Any, *args: Any, **kwargs: Any) -> None:
        make(self, *args, **kwargs)
        self.auth_token = shape.bind(self, *args, **kwargs).arguments.get("auth_token")

    group.__init__ = make_with_token


def change_ports() -> None:
    """Let the port of an instance change; moto knows it by its other name in a change."""
    from moto.rds.models import DBInstance

    def set_port(self: Any, port: int) -> None:
        self.port = port

    instance: Any = DBInstance
    instance.db_port_number = property(lambda self: self.port, set_port)
