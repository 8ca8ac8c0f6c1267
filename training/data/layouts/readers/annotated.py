"""A passage as a layout has it, in the layout's own words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, get_args

from .....rows import BadRow

Unit = Literal["article", "paragraph", "line", "sentence"]
UNITS: tuple[str, ...] = get_args(Unit)
Answer = Sequence[str] | None
"""Labels that were given to a question, in the order of the file; None where it was not answered."""


@dataclass(frozen=True)
class Annotated:
    """A passage with what one annotator, or nobody in particular, answered.

    Attributes:
        answers: question (a control, a column, `technique`, …) -> labels. A question that is not there was asked and
            got no label, if other passages of the data have labels for it.
        columns: what else is said of the passage: `id`, `source`, `annotator`, …, and the layout's own.
        labelled: False where nobody has looked at the passage yet.
    """

    file: str
    number: int
    unit: str
    text: Any
    answers: Mapping[str, Answer]
    columns: Mapping[str, Any] = field(default_factory=dict)
    labelled: bool = True

    @property
    def place(self) -> str:
        return f"{self.file}, {self.unit} {self.number}"


@dataclass(frozen=True)
class PassedOver:
    """Something that is no labelled passage and no fault either; counted, and said at the end."""

    what: str


@dataclass(frozen=True)
class Reading:
    """What a reader may want to know.

    Attributes:
        text: the text's field, where the layout leaves its name to the user.
        tasks: names of the codebook's tasks, by which columns of labels are known.
        label_columns: columns of labels that the user named.
        unit: into what articles are cut; None is the layout's own.
        unfinished: also give passages that nobody has labelled yet.
    """

    encoding: str = "utf-8"
    text: str = "text"
    tasks: tuple[str, ...] = ()
    label_columns: tuple[str, ...] = ()
    unit: Unit | None = None
    unfinished: bool = False


Found = Annotated | BadRow | PassedOver


class Reader(Protocol):
    """Reads every passage of some files; what cannot be read comes as a `BadRow`."""

    def __call__(self, paths: Sequence[Path], *, reading: Reading) -> Iterator[Found]: ...


class Broken(ValueError):
    """A record that is not what the layout says, and why."""


def wanted(value: Any, kind: type | tuple[type, ...], *, what: str, expected: str) -> Any:
    """The value, if it is of this kind.

    Raises:
        Broken: it is not.
    """
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is int):
        raise Broken(f"{what}: {expected} is expected, here is {shown(value)}")
    return value


def text_of(values: Mapping[str, Any], *, reading: Reading) -> Any:
    """The text among a record's values.

    Raises:
        Broken: there is none of its name.
    """
    if reading.text not in values:
        there = ", ".join(map(str, values))[:200] or "nothing"
        raise Broken(f"no column {reading.text!r} among {there}. Name it with --text NAME")
    return values[reading.text]


def shown(value: Any) -> str:
    """The beginning of a value, for messages."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"


def labels_of(value: Any, *, what: str) -> list[str]:
    """A list of labels, each once; also of one label by itself, and of none.

    Raises:
        Broken: it is no list, or has what is no text.
    """
    listed = wanted([value] if isinstance(value, str) else value, (list, tuple), what=what, expected="a list of labels")
    for label in listed:
        if not isinstance(label, str):
            raise Broken(f"{what}: a label is text, here is {shown(label)}")
    return list(dict.fromkeys(label.strip() for label in listed if label.strip()))


def span_of(start: Any, end: Any, *, text: str, what: str) -> tuple[int, int]:
    """Where a span lies, in characters of the text.

    Raises:
        Broken: no whole numbers, the end before the start, or outside the text.
    """
    numbers = []
    for value in (start, end):
        try:
            numbers.append(int(value) if not isinstance(value, bool | float) else None)
        except (TypeError, ValueError):
            numbers.append(None)
    first, last = numbers
    if first is None or last is None:
        raise Broken(f"{what}: two whole numbers are expected, here are {shown(start)} and {shown(end)}")
    if not 0 <= first <= last <= len(text):
        raise Broken(f"{what}: characters {first} to {last} do not lie in the text of {len(text)}")
    return first, last
