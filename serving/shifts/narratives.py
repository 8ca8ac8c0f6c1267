"""Composite narratives: labels of several tasks that are told together, named in a TOML file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ...model.codebook import Codebook
from ...model.errors import UserError
from ...model.toml import read_toml
from .prevalence.questions import Question, composite

PREFIX = "narrative."


class Narrative(BaseModel):
    """A story that a source tells: a passage has all the labels named.

    Attributes:
        means: the story in words.
        when: task -> its label, or labels.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    means: str = ""
    when: Annotated[dict[str, str | tuple[str, ...]], Field(min_length=1)]

    @property
    def parts(self) -> list[tuple[str, str]]:
        """Task and label of each label that it takes."""
        every = ((task, (found,) if isinstance(found, str) else found) for task, found in self.when.items())
        return [(task, label) for task, labels in every for label in labels]


def read_narratives(path: Path, *, codebook: Codebook, known_only: bool = False) -> list[Question]:
    """The narratives of a file, `[narratives.NAME]` with `means` and `when`, as questions `narrative.NAME`.

    Args:
        known_only: leave out those that the codebook lacks a label of, instead of raising.

    Raises:
        UserError: no such file, not TOML, an unknown task or label; with the narrative's name.
    """
    content = read_toml(path, way_out="Name a TOML file with --narratives FILE")
    tables = content.get("narratives")
    if set(content) != {"narratives"} or not isinstance(tables, dict) or not tables:
        raise UserError(f'{path}: tables [narratives.NAME] with when = {{stance = "pro_russia", …}} are expected')
    questions: list[Question] = []
    problems: list[str] = []
    for name, table in tables.items():
        try:
            parts = Narrative.model_validate(table).parts
            questions.append(composite(PREFIX + name, parts, codebook=codebook))
        except ValidationError as error:
            first = error.errors()[0]
            problems.append(f"{path}, {name}.{'.'.join(map(str, first['loc']))}: {first['msg']}")
        except UserError as error:
            problems += [] if known_only else [f"{path}, {line}" for line in str(error).splitlines()]
    if problems:
        raise UserError(problems)
    return questions
