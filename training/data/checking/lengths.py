"""How long passages are, in how many windows they would be read, and what share would be cut."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ....model.pretrained import resolve_backbone
from ....model.tokens import count_tokens, read_tokenizer
from ....model.windows import enough_windows
from .finding import Finding, Table
from .material import Material

SHORT = 3
"""Words below which a passage hardly tells anything."""
MANY_CUT = 0.01
TOKENS_A_WORD = 1.4
"""Of English news in MiniLM's vocabulary, with punctuation; Russian and Ukrainian have more."""
QUANTILES = (0, 0.05, 0.25, 0.5, 0.75, 0.95, 1)
AT_ONCE = 10_000


def check_lengths(material: Material) -> Iterator[Finding | Table]:
    """Quantiles of words and tokens; passages that would be cut; passages of a word or two."""
    texts = material.corpus.texts
    words = np.array([len(text.split()) for text in texts])
    tokens, exact = _tokens(texts, words, backbone=material.backbone)
    rows: list[tuple[str | int | float | None, ...]] = [
        (name, *(int(q) for q in np.quantile(n, QUANTILES))) for name, n in (("words", words), ("tokens", tokens))
    ]
    how = f"counted by the tokenizer of {material.backbone}" if exact else f"estimated, {TOKENS_A_WORD} a word"
    columns = ("of a passage", "least", "5 %", "25 %", "median", "75 %", "95 %", "most")
    yield Table("lengths", columns, tuple(rows), f"Tokens are {how}.")
    windows = enough_windows(tokens, max_tokens=material.max_tokens)
    read = windows * material.max_tokens
    if windows > 1:
        yield Finding(
            f"long passages: training would read each in up to {windows} windows of {material.max_tokens} tokens",
            way_out="Cut them into paragraphs if those can be labelled; or choose: --set windows=N",
        )
    cut = np.flatnonzero(tokens > read)
    about = "" if exact else "about "
    if len(cut):
        share = len(cut) / len(texts)
        longest = cut[np.argsort(-tokens[cut], kind="stable")]
        yield Finding(
            f"{about}{len(cut):,} of {len(texts):,} passages ({share:.1%}) have more than {read} "
            "tokens, of which training reads the first",
            "doubtful" if share > MANY_CUT else "note",
            "Cut them into paragraphs, or read more of each: --set windows=N",
            tuple(material.spot(int(i), f"{tokens[i]:,} tokens") for i in longest),
        )
    else:
        yield Finding(f"no passage has more than {read} tokens: nothing would be cut")
    short = np.flatnonzero(words < SHORT)
    if len(short):
        yield Finding(
            f"{len(short):,} passages have fewer than {SHORT} words",
            "doubtful",
            "Look whether they can be labelled at all",
            material.spots(short),
        )


def _tokens(texts: list[str], words: np.ndarray, *, backbone: str) -> tuple[np.ndarray, bool]:
    """Tokens of each text, and whether they were counted: only a tokenizer that is on this machine counts."""
    file = Path(resolve_backbone(backbone)) / "tokenizer.json"
    if not file.is_file():
        return np.ceil(words * TOKENS_A_WORD).astype(int) + 2, False
    tokenizer = read_tokenizer(file)
    blocks = [count_tokens(tokenizer, texts[start : start + AT_ONCE]) for start in range(0, len(texts), AT_ONCE)]
    return np.concatenate(blocks), True
