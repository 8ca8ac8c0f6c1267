"""What a state file is bound to from its first part on: one model, one way of counting, one list of questions."""

from __future__ import annotations

import hashlib
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from ....model.codebook import parse_codebook
from ....model.decision import Decision
from ....model.errors import UserError
from ....model.held_out import FILE, HeldOut, read_held_out
from ..narratives import read_narratives
from ..prevalence.questions import questions_of
from ..scores import Scores
from ..series import ask
from .series import Layout
from .settings import BINDING, WatchSettings
from .store import Store


@dataclass(frozen=True)
class Binding:
    """A model as its scores tell it, and what it answered on held-out passages.

    It lies in the state file, so that score folders may come and go.
    """

    scores: Scores
    held_out: bytes | None

    @classmethod
    def of(cls, scores: Scores) -> Self:
        """The model of these scores."""
        held_out = next((file.read_bytes() for folder in scores.folders if (file := folder / FILE).exists()), None)
        return cls(scores, held_out)

    @classmethod
    def kept(cls, store: Store) -> Self | None:
        """The model that a state is bound to; None for a new one."""
        with store.reading():
            if store.about("model") is None:
                return None
            scores = Scores(
                folders=(), parts=(), id="", columns=(), passages=0, unfinished=(),
                codebook=parse_codebook(store.about("codebook"), place=str(store.path)),
                decision=Decision.model_validate_json(store.about("decision")),
                model=json.loads(store.about("model")),
            )  # fmt: skip
            return cls(scores, store.about("held_out"))

    def refuse_other(self, scores: Scores) -> None:
        """Raise a `UserError` where scores are of another model."""
        there, here = self.scores.model["bundle"], scores.model["bundle"]
        if (there, self.scores.decision) != (here, scores.decision):
            raise UserError(
                f"{scores.folders[0]}: scored by another model ({here}) than what is watched ({there}); left out. "
                "Score it with that one, or watch it with a --state of its own"
            )

    def layout(self, *, narratives: Path, own_narratives: bool, settings: WatchSettings) -> Layout:
        """The questions of a watch, with their corrections.

        Raises:
            UserError: a narrative of labels that the codebook lacks.
        """
        scores = self.scores
        told = read_narratives(narratives, codebook=scores.codebook, known_only=not own_narratives)
        questions = [*questions_of(scores.codebook), *told]
        return Layout.of(ask(questions, scores=scores, held_out=self._held_out(), labelled=None, seed=settings.seed))

    def _held_out(self) -> HeldOut | None:
        if self.held_out is None:
            return None
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / FILE).write_bytes(self.held_out)
            return read_held_out(Path(folder), bundle=self.scores.model["bundle"])

    def entries(self, layout: Layout, *, settings: WatchSettings) -> dict[str, Any]:
        """What a state keeps of it."""
        return {
            "model": json.dumps(self.scores.model),
            "codebook": self.scores.codebook.to_toml(),
            "decision": self.scores.decision.model_dump_json(),
            "held_out": self.held_out,
            **counted_by(layout, settings=settings),
        }


def counted_by(layout: Layout, *, settings: WatchSettings) -> dict[str, str]:
    """What counts depend on: settings, and the questions with the answers to them."""
    questions = [
        [one.question.name, one.question.parts, one.space.borders.round(6).tolist(), one.space.context.numbers.tolist()]
        for one in layout.asked
    ]
    digest = hashlib.sha256(json.dumps(questions).encode()).hexdigest()[:16]
    return {name: str(getattr(settings, name)) for name in BINDING} | {"narratives": digest}


def refuse_other_counts(store: Store, now: dict[str, str]) -> None:
    """Raise a `UserError` where a state was counted by other settings or narratives."""
    with store.reading():
        before = {key: store.about(key) for key in now}
    if differing := [key for key in now if before[key] != now[key]]:
        told = (f"{key}: {before[key]} there, {now[key]} here" for key in differing)
        raise UserError(f"{store.path}: made with other settings ({'; '.join(told)}). Choose another --state")
