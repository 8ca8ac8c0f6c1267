"""The model card: what a bundle is, how good it was measured to be, and what it is not for."""

from __future__ import annotations

from typing import Any

from ..model.codebook import Codebook
from .measuring.evaluation import Report


def model_card(*, codebook: Codebook, report: Report, yardstick: Report, provenance: dict[str, Any]) -> str:
    """Markdown for the bundle's README.md."""
    data = provenance["data"]
    figures = "\n".join(
        f"| `{name}` | {figure} | {yardstick.figures.get(name, '–')} |" for name, figure in report.headline().items()
    )
    labels = "\n".join(
        f"| {name} | `{label}` | {task.labels[label].means} | {report.figures.get(f'f1/{name}/{label}', '–')} |"
        for name, task in codebook.tasks.items()
        for label in (*task.leaves, *task.parents)
    )
    return f"""---
library_name: narrashift
tags: [text-classification, propaganda, stance, framing]
---
# {codebook.name} {codebook.version}

A passage classifier made with narrashift {provenance["narrashift"]}: {_made_of(provenance)}
{data["train"]["passages"]} passages (data `{data["train"]["digest"]}`, seed {provenance["seed"]}).

```python
import narrashift

narrashift.load("this/folder").predict(["…"])
```

## Figures
On {report.passages} held-out passages, with 95 % intervals from a bootstrap over {report.resampled}; beside it
TF-IDF with logistic regression, trained on the same passages.

| figure | this model | TF-IDF |
|---|---|---|
{figures}
{_taught(provenance)}
## Labels
| task | label | meaning | F1 |
|---|---|---|---|
{labels}

## Limits
Measured on passages like those it was trained on; on other sources, times and languages it will be worse, by how
much only labelled passages from there can tell (`narrashift evaluate`). It judges wording, not truth. It is made
for counting over many passages, and is no ground for a decision about one author or outlet. Passages longer than
{_reads(provenance)} are cut off, and `truncated` says so.
"""


def _made_of(provenance: dict[str, Any]) -> str:
    """The encoder, and what was done to it on the passages."""
    name, before = provenance["settings"]["backbone"], provenance.get("backbone", {}).get("digest")
    encoder = f"`{name}` (`{before}`)" if before else f"`{name}`"
    if provenance.get("tuned", True):
        return f"{encoder} fine-tuned on"
    layers = ", ".join(map(str, provenance["layers"]))
    more = " and the top one's maxima" if provenance["pooling"] == "mean_max" else ""
    seen = f"the means of its layers {layers}{more}"
    return f"the encoder of {encoder} as it was, under regressions on {seen} that learnt from"


def _taught(provenance: dict[str, Any]) -> str:
    """A section on the teachers, where there were any."""
    if "teachers" not in provenance:
        return ""
    told = provenance["teachers"]
    names = ", ".join(f"{name} `{digest}`" for name, digest in told["bundles"].items())
    more = f", and {told['unlabelled']:,} passages by their word alone" if told["unlabelled"] else ""
    rows = "\n".join(
        f"| `{name}` | {one['alone']:.3f} ± {one['alone_sd']:.3f} | {one['together']:.3f} | {one['pupil']:.3f} |"
        for name, one in told["figures"].items()
    )
    return f"""
## Teachers
Learnt half from the labels and half from the mean probabilities of {len(told["bundles"])} bundles of the same
size ({names}){more}. On the same passages: one of them (mean ± standard deviation), the mean of all, and this model.

| figure | one alone | all together | this model |
|---|---|---|---|
{rows}
"""


def _reads(provenance: dict[str, Any]) -> str:
    """What the model reads of a passage, in words."""
    windows, tokens = provenance.get("windows", 1), provenance["settings"]["max_tokens"]
    return f"{tokens} tokens" if windows == 1 else f"{windows} windows of {tokens} tokens, whose logits are averaged,"
