"""A dump's answers to one question: passages in articles, articles in cells (a source's period)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Articles:
    """The answers of a dump's passages to one question, article by article, cell by cell.

    Attributes:
        answers: ``(passages,)`` int in 0..B-1, the passages of an article one after the other.
        articles: ``(articles + 1,)``, where in the passages each article begins; cells one after the other.
        cells: ``(cells + 1,)``, where in the articles each cell (a source's period) begins.
    """

    answers: np.ndarray
    articles: np.ndarray
    cells: np.ndarray

    @property
    def sizes(self) -> np.ndarray:
        """Articles of each cell: ``(cells,)``."""
        return np.diff(self.cells)

    def counts(self, size: int) -> np.ndarray:
        """``(cells, B)``: articles by answer, an article of several passages divided among theirs."""
        passages = np.diff(self.articles)
        cell = np.repeat(np.repeat(np.arange(len(self.cells) - 1), self.sizes), passages)
        weights = None if len(passages) == len(self.answers) else np.repeat(1 / passages, passages)
        at = cell * size + self.answers
        found = np.bincount(at, weights, minlength=(len(self.cells) - 1) * size)
        return found.reshape(-1, size).astype(np.float64)

    def means(self, values: np.ndarray) -> np.ndarray:
        """Each article's mean over its passages of a value that depends on cell and answer: ``(articles,)``.

        Args:
            values: ``(cells, B)``, or ``(1, B)``.
        """
        passages = np.diff(self.articles)
        if len(values) == 1:
            each = values[0][self.answers]
        else:
            cell = np.repeat(np.arange(len(self.cells) - 1), self.sizes)
            each = values[cell if len(passages) == len(self.answers) else np.repeat(cell, passages), self.answers]
        if len(passages) == len(self.answers):
            return each
        return np.add.reduceat(each, self.articles[:-1]) / passages if len(passages) else each[:0]
