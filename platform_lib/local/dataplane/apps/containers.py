"""ECS services: a service's tasks, as containers where a Docker engine answers, else as processes.

Not imitated: CPU and memory limits, task networking (security groups, addresses), volumes that
containers share, ECS Exec, service discovery, capacity providers (how a task is placed), scaling
by load, and `describe_tasks`. A port is a free one of 127.0.0.1, which the app learns from `PORT`.
An image that is not ours keeps its port inside its container and, being in Docker's own network
there, does not reach the imitated account.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import Any

from platform_lib.bundling.cache import cache_dir
from platform_lib.local.dataplane.apps.engine import Engine
from platform_lib.local.dataplane.apps.images import Image, Images, Recipe, read_recipe
from platform_lib.local.dataplane.apps.replicas import Check, Probe, Replica, Replicas
from platform_lib.local.dataplane.apps.role_endpoint import TaskEndpoint
from platform_lib.local.dataplane.apps.secret_values import secret_value
from platform_lib.local.dataplane.context import Context
from platform_lib.local.dataplane.running.processes import (
    Command,
    Kept,
    Process,
    free_port,
    with_this_machines,
)
from platform_lib.local.dataplane.running.pythons import commands_of
from platform_lib.local.dataplane.running.trees import LocalTree, local_tree

_DOCKER_GRACE = 12.0
_IMAGE_PATH = "/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"


class Containers:
    """Every ECS service of the account that has tasks here."""

    def __init__(self, context: Context, images: Images, engine: Engine) -> None:
        self._context = context
        self._images = images
        self._engine = engine
        self._services: dict[str, Replicas] = {}

    def replicas(self) -> list[Replica]:
        """Return every task that runs."""
        return [each for s in self._services.values() for each in (*s.serving, *s.fresh)]

    async def reconcile(self, service_arn: str) -> None:
        """Make the tasks of a service what the account says; return when they serve.

        Raises:
            NotSteady: The new tasks do not get healthy; the old ones serve on.
            LocalCloudError: An image cannot run here.
        """
        service = await asyncio.to_thread(self._describe, service_arn)
        tasks = self._services.get(service_arn)
        if service is None:
            if tasks is not None:
                await tasks.stop()
                del self._services[service_arn]
            return
        if tasks is None:
            tasks = Replicas(self._context.groups, self._context.say)
            self._services[service_arn] = tasks
        definition = await asyncio.to_thread(self._definition, service["taskDefinition"])
        version = definition["taskDefinitionArn"].rsplit("/", 1)[-1]

        async def make() -> Replica:
            return await self._task(service, definition, version)

        patience = self._patience(service, definition)
        await tasks.apply(version, int(service["desiredCount"]), make, patience=patience)

    def _patience(self, service: Mapping[str, Any], definition: Mapping[str, Any]) -> float:
        """Tell how long a task may take to get healthy.

        https://docs.aws.amazon.com/AmazonECS/latest/developerguide/load-balancer-healthcheck.html
        """
        own = [
            _until_unhealthy(each["healthCheck"])
            for each in definition["containerDefinitions"]
            if each.get("healthCheck")
        ]
        grace = float(service.get("healthCheckGracePeriodSeconds") or 0)
        groups = [each.get("targetGroupArn") for each in service.get("loadBalancers", ())]
        return self._context.patience_for(max([grace, *own]), filter(None, groups))

    async def stop(self) -> None:
        """End every task."""
        await asyncio.gather(*(tasks.stop() for tasks in self._services.values()))

    def _describe(self, arn: str) -> dict[str, Any] | None:
        ecs = self._context.account.client("ecs")
        cluster = arn.rpartition(":service/")[2].partition("/")[0]
        try:
            found = ecs.describe_services(cluster=cluster, services=[arn])["services"]
        except ecs.exceptions.ClusterNotFoundException:
            return None
        return next((dict(each) for each in found if each["status"] == "ACTIVE"), None)

    def _definition(self, arn: str) -> dict[str, Any]:
        ecs = self._context.account.client("ecs")
        answer: dict[str, Any] = ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]
        return answer

    async def _task(
        self, service: Mapping[str, Any], definition: Mapping[str, Any], version: str
    ) -> Replica:
        name, task = service["serviceName"], f"{service['serviceName']}-{self._context.number()}"
        containers = definition["containerDefinitions"]
        # The app, whose log is the task's, is the container that the balancer knows.
        exposed = {each["containerName"] for each in service.get("loadBalancers", ())}
        containers = sorted(containers, key=lambda each: each["name"] not in exposed)
        parts, checks, ports = list[Kept](), list[Check](), dict[tuple[str, int], int]()
        how = "process"
        for container in containers:
            image = self._images.find(container["image"])
            how = image.how if container is containers[0] else how
            port = free_port()
            inner = _container_port(container)
            ports[container["name"], inner] = port
            unit = _Container(
                self._context,
                self._engine,
                container,
                image,
                port=port,
                inner_port=inner,
                task=task,
                roles=definition,
            )
            await unit.prepare()
            log = self._context.log(
                f"{task}-{container['name']}", *_log_stream(container, task.rsplit("-", 1)[-1])
            )
            kept = Kept(
                f"{name} ({container['name']})",
                unit.command,
                log,
                self._context.say,
                grace=_DOCKER_GRACE if image.how == "docker" else 5.0,
                after=unit.remove,
            )
            parts.append(kept)
            if container.get("healthCheck"):
                checks.append(_check(container["healthCheck"], unit.probe))
        addresses = [
            (
                each["targetGroupArn"],
                f"127.0.0.1:{ports[each['containerName'], each['containerPort']]}",
            )
            for each in service.get("loadBalancers", ())
            if each.get("targetGroupArn")
        ]
        return Replica(
            name=name,
            target="container",
            version=version,
            how=how,
            parts=parts,
            addresses=addresses,
            checks=checks,
        )


class _Container:
    """One container of one task: how to start it, and how to ask it for its health."""

    def __init__(
        self,
        context: Context,
        engine: Engine,
        definition: Mapping[str, Any],
        image: Image,
        *,
        port: int,
        inner_port: int,
        task: str,
        roles: Mapping[str, Any],
    ) -> None:
        # An image of ours listens where PORT says; another keeps its port, and it is published.
        self._context = context
        self._engine = engine
        self._definition = definition
        self._image = image
        self._task = f"{task}-{definition['name']}"
        # An image of ours listens where PORT says; another keeps its port, and it is published.
        self._moves = image.how == "process" or (image.ours and engine.host_network)
        self._port = port
        self._inner = inner_port
        self._launches = 0
        self._tree: LocalTree | None = None
        sessions, name = context.account.sessions, task.rpartition("-")[2]
        role, execution = str(roles.get("taskRoleArn", "")), str(roles.get("executionRoleArn", ""))
        self._role = TaskEndpoint(lambda: sessions.give(role, name)) if role else None
        self._compatible = roles.get("requiresCompatibilities") or ()
        self._execution = sessions.give(execution, name)

    async def prepare(self) -> None:
        """Install what a process needs."""
        if self._image.how == "process":
            assert self._image.context is not None  # noqa: S101 - a process has one
            folder = self._image.context / "app"
            self._tree = await asyncio.to_thread(
                local_tree, folder, self._context.say, wanted="3.13"
            )

    async def command(self) -> Command:
        """Word the next start. Secrets are read anew, as ECS reads them for each task."""
        env = await self._environment()
        given = tuple(self._definition.get("command") or ())
        if self._tree is not None:
            recipe = self._recipe()
            return self._process((*recipe.entry, *(given or recipe.command)), env)
        self._launches += 1
        entry = tuple(self._definition.get("entryPoint") or ())
        command = (*entry[1:], *given)
        options = ("--entrypoint", entry[0]) if entry else ()
        words = self._engine.run_command(
            self._image.engine_name,
            name=self._container_name(),
            task=self._task,
            env=env,
            command=command,
            publish=None if self._moves else (self._port, self._inner),
            read_only=bool(self._definition.get("readonlyRootFilesystem")),
            volumes=[each["containerPath"] for each in self._definition.get("mountPoints", ())],
        )
        argv = (*words[:2], *options, *words[2:])
        return Command(argv=argv, env=with_this_machines(env))

    def _container_name(self) -> str:
        return f"platform-local-{self._context.account.endpoint.rsplit(':', 1)[-1]}-" + (
            f"{self._task}-{self._launches}"
        )

    def _recipe(self) -> Recipe:
        assert self._image.dockerfile is not None  # noqa: S101 - a process has one
        return read_recipe(self._image.dockerfile.read_text())

    def _process(self, argv: Sequence[str], env: Mapping[str, str]) -> Command:
        assert self._tree is not None  # noqa: S101 - it is prepared
        recipe = self._recipe()
        tree, python = str(self._tree.path), str(self._tree.python.path)

        def here(text: str) -> str:
            return re.sub(rf"{re.escape(recipe.folder)}(?=[/:]|$)", lambda _: tree, text)

        words = [here(word) for word in argv]
        if re.fullmatch(r"(/usr/local/bin/|/usr/bin/)?python3?(\.\d+)?", words[0]):
            words[0] = python
        mapped = {name: here(value) for name, value in recipe.env.items()}
        mapped["HOME"] = self._context.home(self._task)
        mapped["LANG"] = "C.UTF-8"
        mapped["PATH"] = f"{tree}/bin:{commands_of(self._tree.python)}:{_IMAGE_PATH}"
        return Command(
            argv=tuple(words),
            env={**mapped, **env},
            cwd=self._tree.path,
            read_only=cache_dir("local"),
        )

    async def _environment(self) -> dict[str, str]:
        env = await asyncio.to_thread(self._variables)
        if self._role is not None:
            if self._moves:
                return {**await self._role.variables(), **env}
            # No SDK asks for credentials at the address that this machine has in a container.
            return {**self._role.credentials.environment(), **env}
        return env

    def _variables(self) -> dict[str, str]:
        account = self._context.account
        fargate = "FARGATE" in self._compatible
        env = {
            **self._context.endpoint(),
            **self._context.region(),
            "AWS_EXECUTION_ENV": "AWS_ECS_FARGATE" if fargate else "AWS_ECS_EC2",
        }
        env |= {each["name"]: each["value"] for each in self._definition.get("environment", ())}
        if self._image.ours:
            env.setdefault("WEB_CONCURRENCY", "1")
        for each in self._definition.get("secrets", ()):
            env[each["name"]] = secret_value(
                account, self._execution, each["name"], each["valueFrom"]
            )
        if self._moves:
            env |= {"PORT": str(self._port), "GRANIAN_HOST": "127.0.0.1"}
        elif not self._engine.host_network:
            env["AWS_ENDPOINT_URL"] = account.endpoint.replace("127.0.0.1", "host.docker.internal")
        return env

    async def probe(self) -> str | None:
        """Run the container's own health check once."""
        check = self._definition["healthCheck"]
        kind, *words = check["command"]
        if kind == "CMD-SHELL":
            words = ["/bin/sh", "-c", *words]
        if self._moves:
            local = rf"(127\.0\.0\.1|localhost):{self._inner}\b"
            words = [re.sub(local, rf"\g<1>:{self._port}", word) for word in words]
        env = await self._environment()
        if self._tree is not None:
            command = self._process(words, env)
        else:
            argv = ("docker", "exec", self._container_name(), *words)
            command = Command(argv=argv, env=with_this_machines({}))
        process = await Process.start(command, None, grace=0.2)
        timeout = float(check.get("timeout", 5))
        try:
            code = await asyncio.wait_for(process.wait(), timeout)
        except TimeoutError:
            return f"its health check takes more than {timeout:g} s"
        finally:
            await process.stop()
        return None if code == 0 else f"its health check ends with {code}"

    async def remove(self) -> None:
        """Remove what is left of the container when its client had to be killed."""
        if self._role is not None:
            await self._role.close()
        if self._image.how == "docker":
            await asyncio.to_thread(self._engine.remove_task, self._task)


def _container_port(container: Mapping[str, Any]) -> int:
    mappings = container.get("portMappings") or [{"containerPort": 0}]
    return int(mappings[0]["containerPort"])


def _check(definition: Mapping[str, Any], probe: Probe) -> Check:
    return Check(probe=probe, interval=_interval(definition), retries=_retries(definition))


def _until_unhealthy(check: Mapping[str, Any]) -> float:
    """Tell how many seconds a container has until its own check says that it is unhealthy."""
    return float(check.get("startPeriod") or 0) + _interval(check) * _retries(check)


def _interval(check: Mapping[str, Any]) -> float:
    return float(check.get("interval", 30))


def _retries(check: Mapping[str, Any]) -> int:
    return int(check.get("retries", 3))


def _log_stream(container: Mapping[str, Any], task: str) -> tuple[str, str]:
    """Return log group and stream as the awslogs driver names them; none without it."""
    options = (container.get("logConfiguration") or {}).get("options") or {}
    group = options.get("awslogs-group", "")
    prefix = options.get("awslogs-stream-prefix", "ecs")
    return group, f"{prefix}/{container['name']}/{task}"
