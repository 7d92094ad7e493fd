"""An empty ledger of the test's own."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine

from infra.ledger.migrate import upgrade
from infra.settings import Settings
from tests.ledger_fixture import EACH_DATABASE, new_database

LINK_KEY = "Zm9yLXRlc3RzLW9ubHktbmV2ZXItaW4tcHJvZHVjdGk="


@pytest.fixture
def local(tmp_path: Path) -> Settings:
    """Settings with a ledger file and links, and no service at all."""
    return Settings(
        home=tmp_path / "home",
        ledger_url=SecretStr(f"sqlite:///{tmp_path / 'home' / 'ledger.db'}"),
        link_keys=SecretStr(LINK_KEY),
        door_url="http://door.test",
        mail_from="care@example.test",
    )


@pytest.fixture(params=EACH_DATABASE)
def ledger(request: pytest.FixtureRequest, local: Settings) -> Iterator[Engine]:
    """An empty ledger on each database."""
    with ExitStack() as stack:
        if request.param == "postgresql":
            url = SecretStr(stack.enter_context(new_database()))
            local = local.model_copy(update={"ledger_url": url})
        engine = upgrade(local)
        stack.callback(engine.dispose)
        yield engine
