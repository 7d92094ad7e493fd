"""Secrets are made once, belong to one home, and are read by their owner only."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from infra.local import keys
from schemas.errors import StackError


def test_keys_are_made_once_and_kept(tmp_path: Path) -> None:
    assert keys.load_or_make(tmp_path) == keys.load_or_make(tmp_path)


def test_every_home_has_keys_of_its_own(tmp_path: Path) -> None:
    assert keys.load_or_make(tmp_path / "a") != keys.load_or_make(tmp_path / "b")


def test_only_the_owner_can_read_them(tmp_path: Path) -> None:
    keys.load_or_make(tmp_path)
    assert (tmp_path / "secrets.env").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secrets.env"]


def test_they_fit_their_use(tmp_path: Path) -> None:
    made = keys.load_or_make(tmp_path)
    Fernet(made.link_keys)
    assert len(made.airflow_jwt_secret) == 64
    assert len(made.pseudonym_key) >= 32


def test_all_who_ask_at_once_get_the_same_keys(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: keys.load_or_make(tmp_path), range(8)))
    assert len(set(found)) == 1


def test_a_missing_secret_is_never_replaced_quietly(tmp_path: Path) -> None:
    keys.load_or_make(tmp_path)
    path = tmp_path / "secrets.env"
    path.write_text("\n".join(line for line in path.read_text().splitlines() if "PSEUDONYM" not in line))
    with pytest.raises(StackError, match="lacks PSEUDONYM_KEY"):
        keys.load_or_make(tmp_path)
