"""Where the labels of a layout go in a codebook."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .....model.codebook import Codebook
from .....model.errors import UserError, suggestion
from .codebooks import Parent, Place
from .names import label_name
from .seen import Question, listed


def map_labels(
    questions: Mapping[str, Question],
    *,
    codebook: Codebook,
    given: Mapping[str, str],
    parent: Parent | None = None,
) -> dict[Place, Place | None]:
    """(question, label) -> (task, label) of the codebook, None where the user leaves it out.

    A label goes where `given` says; else to the label of its own name in the task of its question's name, or in the
    one task that has it; else to the label whose name `label_name` makes of it, as `make_codebook` does.

    Raises:
        UserError: every label that goes nowhere, with its first place and how many passages have it; a name in
            `given` that is not in the data, or not in the codebook.
    """
    problems = list(_wrong_targets(questions, codebook=codebook, given=given))
    found: dict[Place, Place | None] = {}
    unknown = False
    for name, question in questions.items():
        for label, seen in question.labels.items():
            said = _said(name, label, given=given)
            if said is not None:
                task, _, leaf = said.partition(".")
                found[name, label] = (task, leaf) if said else None
                continue
            target = _by_name(name, label, codebook=codebook, parent=parent)
            found[name, label] = target
            if target is None:
                unknown = True
                problems.append(
                    f"{seen.place}: {label!r} ({seen.passages:,} passages) {_why(name, label, codebook=codebook)}"
                )
    if unknown:
        problems[-1] += (
            '. Map a label with --map "THEIRS=task.label", leave it out with --map "THEIRS=", '
            "or make a codebook of the labels with --make-codebook FILE"
        )
    if problems:
        raise UserError(problems)
    return found


def left_out(questions: Mapping[str, Question], *, given: Mapping[str, str]) -> frozenset[Place]:
    """Labels that the user maps to nothing, for a codebook that is made.

    Raises:
        UserError: `given` names labels that are not there, or a codebook's.
    """
    renamed = [their for their, ours in given.items() if ours]
    if renamed:
        raise UserError(f"--map {renamed[0]}=…: with --make-codebook only --map LABEL= (leave out) has a meaning")
    problems = list(_wrong_targets(questions, codebook=None, given=given))
    if problems:
        raise UserError(problems)
    places = ((name, label) for name, question in questions.items() for label in question.labels)
    return frozenset(place for place in places if _said(*place, given=given) == "")


def _said(question: str, label: str, *, given: Mapping[str, str]) -> str | None:
    return given.get(f"{question}.{label}", given.get(label))


def _wrong_targets(
    questions: Mapping[str, Question], *, codebook: Codebook | None, given: Mapping[str, str]
) -> Iterator[str]:
    theirs = {label for question in questions.values() for label in question.labels}
    theirs |= {f"{name}.{label}" for name, question in questions.items() for label in question.labels}
    for their, ours in given.items():
        if their not in theirs:
            there = sorted({label for question in questions.values() for label in question.labels})
            yield f"--map {their}=…: the data have no such label {suggestion(their, there)}"
        task, _, leaf = ours.partition(".")
        if ours and codebook and (task not in codebook.tasks or leaf not in codebook.tasks[task].leaves):
            yield f"--map {their}={ours}: no such label of this codebook {suggestion(ours, _leaves(codebook))}"


def _by_name(question: str, label: str, *, codebook: Codebook, parent: Parent | None) -> Place | None:
    above = parent(label) if parent else None
    words = [label, label_name(label), *([label_name(label[len(above) :])] if above else [])]
    for task in (question, label_name(question)):
        if task in codebook.tasks:
            return next(((task, word) for word in words if word in codebook.tasks[task].leaves), None)
    task, _, leaf = label.partition(".")
    if task in codebook.tasks and leaf in codebook.tasks[task].leaves:
        return task, leaf
    for word in words:
        having = [name for name, task in codebook.tasks.items() if word in task.leaves]
        if len(having) == 1:
            return having[0], word
    return None


def _why(question: str, label: str, *, codebook: Codebook) -> str:
    for name, task in codebook.tasks.items():
        if label in task.parents:
            return f"is derived from {', '.join(task.parents[label])} and never annotated; name those"
        if label in task.leaves and question not in codebook.tasks:
            having = [other for other, own in codebook.tasks.items() if label in own.leaves]
            return f"is a label of several tasks ({listed(having)})" if len(having) > 1 else f"is a label of {name}"
    if question in codebook.tasks:
        return f"is no label of {question} {suggestion(label, codebook.tasks[question].leaves)}"
    return f"is no label of this codebook {suggestion(label, _leaves(codebook))}"


def _leaves(codebook: Codebook) -> list[str]:
    return [f"{name}.{leaf}" for name, task in codebook.tasks.items() for leaf in task.leaves]
