"""Material for the checks, out of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

import narrashift
from narrashift.training.data.checking.finding import Finding, Table
from narrashift.training.data.checking.material import Material, of_corpus


@pytest.fixture
def material(codebook: narrashift.Codebook) -> Callable[..., Material]:
    """`material(rows)`: the rows as the checks see them."""
    return lambda rows, book=codebook: of_corpus(narrashift.from_dataset(rows, codebook=book))


@pytest.fixture
def told() -> Callable[[Iterable[Finding | Table]], list[str]]:
    """`told(check(material))`: `severity: text` of every finding."""
    return lambda found: [f"{one.severity}: {one.text}" for one in found if isinstance(one, Finding)]
