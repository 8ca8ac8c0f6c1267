"""How far apart camps are said to be, and who is said to lead, where the truth is known.

    python benchmarks/relations.py BUNDLE [--repeats 10] [--only divergence|alone|lead|cost]

*Divergence*: two camps are drawn from one half of the bundle's held-out passages, with the answers that it gave;
confusions are those of the other half. `alike`: both from the same; else each prefers passages with labels of its own
(a side's stance, or a side's losses), at these odds. 40 weeks a draw. *Plain*: the divergence of the estimated shares.

*Alone*: 12 sources that move by themselves: how often a pair has p ≤ 0.05 and ≤ 0.01, and in how many runs of 66 pairs
any has q ≤ 0.1. *Lead*: one of the 12 repeats another two weeks later. `planted/` has the rest.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
from planted.divergence import Outcome, Sides, draws
from planted.lead import KINDS, LATER, cost, independent, repeated

from narrashift.model.bundle import open_bundle
from narrashift.model.held_out import read_held_out

STANCES: Sides = (("stance.pro_russia",), ("stance.pro_ukraine",))
LOSSES: Sides = (("frame.losses_ukraine",), ("frame.losses_russia",))
ARTICLES = ((20, 20), (50, 50), (200, 200), (20, 200))
WEEKS = 40


def divergence(bundle: Path, *, repeats: int) -> None:
    opened = open_bundle(bundle)
    held_out = read_held_out(opened.path, bundle=opened.digest)
    if held_out is None:
        raise SystemExit(f"{bundle}: no held-out answers in it. Train it again")
    print("| camps | articles a week | task | true | estimate, median | plain, mean | interval holds it | above 0 |")
    print("|---|---|---|---|---|---|---|---|")
    for name, apart, sides in (("alike", 1, STANCES), ("stance, odds 3", 3, STANCES), ("losses, odds 3", 3, LOSSES)):
        for articles in ARTICLES:
            found: dict[str, list[Outcome]] = defaultdict(list)
            for one in draws(held_out, articles=articles, apart=apart, sides=sides, weeks=WEEKS, repeats=repeats):
                found[one.task].append(one)
            for task, own in found.items():
                holds = np.mean([((one.low <= one.true + 1e-9) & (one.true <= one.high)).mean() for one in own])
                value = np.median(np.concatenate([one.value for one in own]))
                print(
                    f"| {name} | {articles[0]} and {articles[1]} | {task} | {np.mean([one.true for one in own]):.4f} | "
                    f"{value:.4f} | {np.mean([one.plain.mean() for one in own]):.4f} | {holds:.0%} | "
                    f"{np.mean([(one.low > 0).mean() for one in own]):.0%} |"
                )


def alone(*, repeats: int) -> None:
    print("| sources | weeks | articles a week | p ≤ 0.05 | p ≤ 0.01 | runs with q ≤ 0.1 |\n|---|---|---|---|---|---|")
    for kind in KINDS:
        for weeks, articles in ((52, 20), (52, 200), (104, 20), (104, 200)):
            runs = list(independent(kind, weeks=weeks, articles=articles, repeats=repeats))
            p_values = np.concatenate([run.rows["p_value"].to_numpy() for run in runs])
            print(
                f"| {kind} | {weeks} | {articles} | {(p_values <= 0.05).mean():.1%} | "
                f"{(p_values <= 0.01).mean():.1%} | {np.mean([len(run.found) > 0 for run in runs]):.0%} |"
            )


def lead(*, repeats: int) -> None:
    print("| repeated by | weeks | articles a week | found | lag right | said to be first | wrongly first |")
    print("|---|---|---|---|---|---|---|")
    for alike in (1.0, 0.7):
        for weeks in (52, 104):
            for articles in (10, 50, 200):
                found = [
                    run.found.join(run.planted, on=["ahead", "behind"], how="semi").to_dicts()
                    for run in repeated(weeks=weeks, articles=articles, alike=alike, repeats=repeats)
                ]
                own = [rows[0] for rows in found if rows]
                right = [row["ahead"] == "s00" and row["lag"] == LATER for row in own]
                first = [row["first"] for row in own]
                print(
                    f"| {alike} | {weeks} | {articles} | {len(own) / repeats:.0%} | {_part(right)} | "
                    f"{_part([who == 's00' for who in first])} | {_part([who == 's01' for who in first])} |"
                )


def _part(which: list[bool]) -> str:
    return f"{np.mean(which):.0%}" if which else "–"


def costs() -> None:
    for sources in (50, 500):
        run = cost(sources=sources, weeks=200, labels=17)
        begun = time.process_time()
        run()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{sources} sources × 200 weeks × 17 labels: {time.process_time() - begun:.1f} s, peak {peak:.0f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--only", choices=("divergence", "alone", "lead", "cost"))
    options = parser.parse_args()
    if options.only in (None, "divergence"):
        divergence(options.bundle, repeats=options.repeats)
    if options.only in (None, "alone"):
        alone(repeats=options.repeats)
    if options.only in (None, "lead"):
        lead(repeats=4 * options.repeats)
    if options.only in (None, "cost"):
        costs()


if __name__ == "__main__":
    main()
