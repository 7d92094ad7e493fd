"""``embedded``: what a command needs, for the time of a block.

Services whose address is set are left alone. The others come from a running stack, whose addresses
`Settings.load` has read from ``<home>/stack.env``, or are started here and stopped at the end. Called by
the command line, and by tests; rooms below take the `Settings` it yields and know nothing of it.
"""

import os
import sys
from collections.abc import Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager

from pydantic import SecretStr

from infra import broker as kafka
from infra.local import broker, disk, door, environment, inbox, keys, lock, s3, stack_env
from infra.local.ports import Ports
from infra.local.processes import Supervisor
from infra.local.service import Service
from infra.objects import Bucket
from infra.settings import Settings
from schemas.errors import StackError

ADDRESS = {"kafka": "kafka_bootstrap", "s3": "s3_bucket", "inbox": "smtp_host", "door": "door_url"}
"""each service, and the setting that says where it is"""


@contextmanager
def embedded(settings: Settings, *needs: str) -> Iterator[Settings]:
    """``settings`` with every service in ``needs`` reachable: kafka, s3, ledger, inbox, door."""
    environment.keep_loopback_direct(os.environ)
    settings = with_policy(with_keys(stack_env.without_stale(settings)))
    if "ledger" in needs:
        settings = with_ledger(settings)
    missing = absent(settings, needs)
    with ExitStack() as stack:
        if missing:
            disk.require_free(settings.home, settings.min_free_mb)
            stack.enter_context(lock.hold(settings.home, _who()))
            supervisor = stack.enter_context(Supervisor(settings.home))
            settings = start(settings, supervisor, missing)
        yield settings


def absent(settings: Settings, needs: Iterable[str]) -> list[str]:
    """Those of ``needs`` that are processes and have no address yet, in the order to start them."""
    unknown = set(needs) - {*ADDRESS, "ledger"}
    if unknown:
        raise StackError(f"there is no embedded service {sorted(unknown)[0]!r}")
    return [name for name, setting in ADDRESS.items() if name in needs and getattr(settings, setting) is None]


def with_keys(settings: Settings) -> Settings:
    """``settings`` with this home's own keys where the user set none."""
    if settings.link_keys is not None and settings.pseudonym_key is not None:
        return settings
    own = keys.load_or_make(settings.home)
    return settings.model_copy(
        update={
            "link_keys": settings.link_keys or SecretStr(own.link_keys),
            "pseudonym_key": settings.pseudonym_key or SecretStr(own.pseudonym_key),
        }
    )


def with_policy(settings: Settings) -> Settings:
    """``settings`` with the policy that this home's stack runs under, where the user named none."""
    kept = settings.home.resolve() / "policy.yaml"
    if settings.policy_file is not None or not kept.is_file():
        return settings
    return settings.model_copy(update={"policy_file": kept})


def with_ledger(settings: Settings) -> Settings:
    """``settings`` with this home's own ledger where the user set none."""
    if settings.ledger_url is not None:
        return settings
    settings.home.mkdir(parents=True, exist_ok=True)
    file = settings.home.resolve() / "ledger.db"
    return settings.model_copy(update={"ledger_url": SecretStr(f"sqlite:///{file}")})


def start(settings: Settings, supervisor: Supervisor, names: Collection[str]) -> Settings:
    """Start ``names`` and return the settings that reach them.

    Side by side, except the answer page: it needs the others.
    """
    ports = Ports(settings.home)
    first = [name for name in names if name != "door"]
    settings = _start(settings, supervisor, ports, first)
    if "s3" in first:
        Bucket.open(settings).ensure()
    if "kafka" in first:
        kafka.ensure_topics(settings)
    return _start(settings, supervisor, ports, ["door"]) if "door" in names else settings


def _start(settings: Settings, supervisor: Supervisor, ports: Ports, names: list[str]) -> Settings:
    started: list[Service] = []
    for name in names:
        service = _service(name, settings, ports)
        supervisor.start(service.part)
        started.append(service)
        settings = settings.model_copy(update=dict(service.address))
    for service in started:
        supervisor.wait_for(service.part.name, service.ready, service.seconds)
    return settings


def _service(name: str, settings: Settings, ports: Ports) -> Service:
    if name == "kafka":
        return broker.service(settings, ports)
    if name == "s3":
        return s3.service(settings, ports, keys.load_or_make(settings.home))
    if name == "inbox":
        return inbox.service(settings, ports)
    return door.service(settings, ports)


def _who() -> str:
    return f"`careloop {sys.argv[1]}`" if len(sys.argv) > 1 else "careloop"
