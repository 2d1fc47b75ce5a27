"""Which port a part gets."""

import socket
from collections.abc import Iterator

import pytest

from deploy.local.ports import choose, is_free, next_free


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_port_that_somebody_listens_on_is_not_free(taken_port: int) -> None:
    assert not is_free(taken_port)


def test_a_taken_port_gives_way_to_a_later_one(taken_port: int) -> None:
    port = next_free(taken_port)
    assert port > taken_port
    assert is_free(port)


def test_no_port_is_given_to_two_parts() -> None:
    chosen = choose({"one": 45000, "two": 45000, "three": 0}, in_use={})
    assert len(set(chosen.values())) == 3


def test_a_running_part_keeps_its_port_and_nobody_else_gets_it(taken_port: int) -> None:
    chosen = choose({"database": 55432, "broker": taken_port}, in_use={"database": taken_port})
    assert chosen["database"] == taken_port
    assert chosen["broker"] != taken_port
