"""Ports stay the same where they can; the promised and the wanted ones are never changed quietly."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local.ports import LOOPBACK, Ports, any_free, is_free
from schemas.errors import StackError


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody listens on."""
    with socket.socket() as server:
        server.bind((LOOPBACK, 0))
        server.listen()
        yield server.getsockname()[1]


def test_a_port_is_remembered_for_the_next_start(tmp_path: Path) -> None:
    first = Ports(tmp_path).pick("s3_port", 0)
    assert Ports(tmp_path).pick("s3_port", 0) == first


def test_two_services_never_get_the_same_port(tmp_path: Path) -> None:
    ports = Ports(tmp_path)
    picked = [ports.pick(f"service_{number}_port", 0) for number in range(20)]
    assert len(set(picked)) == 20


def test_a_wanted_port_that_is_taken_is_refused_by_name_and_number(tmp_path: Path, taken: int) -> None:
    with pytest.raises(StackError, match=rf"CARELOOP_S3_PORT: port {taken} is taken"):
        Ports(tmp_path).pick("s3_port", taken)


def test_a_remembered_port_that_is_taken_is_replaced_quietly(tmp_path: Path, taken: int) -> None:
    (tmp_path / "ports.json").write_text(f'{{"s3_port": {taken}}}')
    picked = Ports(tmp_path).pick("s3_port", 0)
    assert picked != taken
    assert is_free(picked)
    assert Ports(tmp_path).pick("s3_port", 0) == picked


def test_the_port_that_sent_links_point_to_is_refused_rather_than_replaced(
    tmp_path: Path, taken: int
) -> None:
    (tmp_path / "ports.json").write_text(f'{{"door_port": {taken}}}')
    with pytest.raises(StackError, match=rf"CARELOOP_DOOR_PORT: port {taken} is taken, and links"):
        Ports(tmp_path).pick("door_port", 0, promised=True)


def test_taken_ports_are_refused_before_anything_starts(tmp_path: Path, taken: int) -> None:
    with pytest.raises(StackError, match="CARELOOP_AIRFLOW_PORT"):
        Ports(tmp_path).require_free({"s3_port": 0, "airflow_port": taken}, promised="door_port")
    (tmp_path / "ports.json").write_text(f'{{"door_port": {taken}, "s3_port": {taken}}}')
    with pytest.raises(StackError, match="CARELOOP_DOOR_PORT"):
        Ports(tmp_path).require_free({"s3_port": 0, "door_port": 0}, promised="door_port")


def test_a_torn_memory_is_forgotten(tmp_path: Path) -> None:
    (tmp_path / "ports.json").write_text('{"s3_port": 12')
    assert is_free(Ports(tmp_path).pick("s3_port", 0))
    (tmp_path / "ports.json").write_text('{"s3_port": 99999999, "kafka_port": "x"}')
    assert 0 < Ports(tmp_path).pick("s3_port", 0) < 65536


def test_any_free_port_can_be_listened_on() -> None:
    assert is_free(any_free())
