from __future__ import annotations

import os

import pytest

from narrashift.model import cores


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """A machine of so many cores in a container with this quota."""

    def make(count: int, quota: str | bytes | None) -> None:
        monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(count)), raising=False)
        monkeypatch.setattr(cores, "QUOTA", tmp_path / "cpu.max")
        if quota is not None:
            (tmp_path / "cpu.max").write_bytes(quota.encode() if isinstance(quota, str) else quota)

    return make


@pytest.mark.parametrize(
    ("quota", "usable"),
    [
        (None, 8),
        ("max 100000\n", 8),
        ("200000 100000\n", 2),
        ("250000 100000\n", 2),
        ("50000 100000\n", 1),
        ("9900000 100000\n", 8),
        ("", 8),
        ("100000", 8),
        (b"\xff", 8),
    ],
)
def test_no_more_cores_are_usable_than_the_container_gives(machine, quota, usable):
    machine(8, quota)
    assert cores.usable_cores() == usable


def test_where_affinity_is_unknown_all_cores_count(machine, monkeypatch):
    machine(8, None)
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    assert cores.usable_cores() == 3
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert cores.usable_cores() == 1
