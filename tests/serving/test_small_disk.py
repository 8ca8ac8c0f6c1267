"""A real file system without room: the run fails at one write after the other as it is given more."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from narrashift import cli

PAGE = 4_096


@pytest.fixture
def disk(tmp_path) -> Iterator[tuple[Path, Callable[[int], None]]]:
    """A file system of one page in memory, and how to give it more."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={PAGE}", "narrashift-test", str(folder)]
    try:
        if subprocess.run(mount, capture_output=True).returncode:
            pytest.skip("this user may not mount a file system")
    except OSError:
        pytest.skip("there is no mount command")
    try:
        yield (
            folder,
            lambda size: subprocess.run(
                ["mount", "-o", f"remount,size={size}", str(folder)], check=True, capture_output=True
            ),
        )
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_run_goes_on_each_time_that_space_is_made(
    disk, tmp_path, monkeypatch, capsys, write_dump, exported_bundle, articles, read_folder, small_parts
):
    dump = write_dump([*articles[:7], "{", {"id": 99, "text": ""}, *articles[7:14]])

    def run(out: Path) -> tuple[int, str]:
        options = ["--model", str(exported_bundle), "--part", "1", "--engine", "onnx", "--format", "csv"]
        monkeypatch.setattr(sys, "argv", ["narrashift", "score", str(dump), *options, "--out", str(out)])
        with pytest.raises(SystemExit) as exit_:
            cli.main()
        return exit_.value.code or 0, capsys.readouterr().err.strip().splitlines()[-1]

    assert run(tmp_path / "calm")[0] == 0
    calm, (mounted, resize) = read_folder(tmp_path / "calm"), disk
    out, failures, stages = mounted / "scores", 0, set()
    for pages in range(1, 200):
        resize(pages * PAGE)
        code, said = run(out)
        if code == 0:
            break
        failures += 1
        assert (code, said.split(";")[0]) == (2, "the disk is full")
        assert [*out.rglob("*.tmp")] == []
        for part in out.glob("parts/*.parquet"):
            assert part.read_bytes() == (tmp_path / "calm" / "parts" / part.name).read_bytes()
        stages.add(tuple(sorted(str(path.relative_to(out)) for path in out.rglob("*"))))
    assert failures >= 15
    assert len(stages) >= 8, "it failed at several writes"
    assert read_folder(out).same_data(calm)
    assert (out / "scores.csv").read_bytes() == (tmp_path / "calm" / "scores.csv").read_bytes()
