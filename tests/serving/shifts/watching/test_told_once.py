"""Whatever moment a watch is killed at, no report is lost, and only one on its way can come twice."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from narrashift.serving.shifts.watching.watch import Watch

from .nights import HISTORY, Kept, look, monday, turning, write_scores

SINCE = str(monday(HISTORY))
EVERY = 9
"""Of the moments between two statements, so many are passed over."""


class Killed(Kept):
    """A channel that tells a file, and takes a copy of the state file at each moment that a kill could come at."""

    def __init__(self, state: Path, folder: Path) -> None:
        super().__init__()
        self.state, self.folder, self.moments, self.statements = state, folder, [], 0

    def follow(self, watch: Watch) -> None:
        def before(statement: str) -> None:
            if "INTO article" not in statement:
                self.statements += 1
                if self.statements % EVERY == 0 or "delivery SET" in statement or statement == "COMMIT":
                    self.copy()

        watch.store.connection.set_trace_callback(before)

    def copy(self) -> None:
        """The state as the disk has it now, with the journal that takes half a change back, and what was told."""
        to = self.folder / f"{len(self.moments):03d}"
        to.mkdir(parents=True)
        for file in (self.state, self.state.with_name(self.state.name + "-journal")):
            if file.exists():
                shutil.copy(file, to / file.name)
        self.moments.append((to / self.state.name, [dict(report) for report in self]))

    def __call__(self, report: dict, tries: int) -> bool:
        self.copy()
        super().__call__(report, tries)
        self.copy()
        return True


@pytest.fixture(scope="module")
def killed(tmp_path_factory) -> tuple[Path, Killed]:
    """One look with reports, and the state at many moments of it."""
    root = tmp_path_factory.mktemp("killed")
    rows = [{name: r[name] for name in r if name != "text"} for r in turning() if r["source"] == "x.com"]
    write_scores(root / "scores", rows, parts=2)
    channel = Killed(root / "state", root / "moments")
    look([root / "scores"], root / "state", since=SINCE, channels={"out": channel}, during=channel.follow)
    assert len(channel) >= 3 and len(channel.moments) >= 15
    return root, channel


def test_a_kill_at_any_moment_loses_no_report_and_repeats_at_most_the_one_on_its_way(killed):
    root, channel = killed
    expected = sorted(report["id"] for report in channel)
    chosen = {json.dumps([r["id"] for r in told]): (state, told) for state, told in channel.moments}
    moments = [*channel.moments[:: max(len(channel.moments) // 4, 1)], *list(chosen.values())[:2]]
    for state, told_before in moments:
        _, told_after = look([root / "scores"], state, since=SINCE)
        again = [report for report in told_after if report["id"] in {r["id"] for r in told_before}]
        assert len(again) <= 1 and all(report["attempt"] == 2 for report in again)
        assert again == [] or again[0]["id"] == told_before[-1]["id"]
        assert sorted({r["id"] for r in (*told_before, *told_after)}) == expected
        assert len(told_before) + len(told_after) == len(expected) + len(again)
    assert look([root / "scores"], state)[1] == []


def test_a_channel_that_fails_keeps_its_reports_and_holds_up_no_other(tmp_path, killed):
    root, channel = killed
    told, deaf = Kept(), lambda report, tries: False
    looked, _ = look([root / "scores"], tmp_path / "state", since=SINCE, channels={"webhook": deaf, "out": told})
    assert len(told) == len(channel) and looked.waiting == {"webhook": len(channel)}
    late, out = Kept(), Kept()
    looked, _ = look([root / "scores"], tmp_path / "state", channels={"webhook": late, "out": out})
    assert [r["id"] for r in late] == [r["id"] for r in told] and out == [] and looked.waiting == {}
