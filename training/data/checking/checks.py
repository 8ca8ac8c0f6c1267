"""The checks, in the order of the report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from .characters import check_characters
from .duplicates import check_duplicates
from .finding import Finding, Table
from .groups import check_groups
from .identifiers import check_identifiers
from .label_errors import check_label_errors
from .labels import check_labels
from .languages import check_languages
from .lengths import check_lengths
from .material import Material
from .power import check_power
from .schema import check_schema
from .sources import check_sources

Check = Callable[[Material], Iterator[Finding | Table] | Iterator[Finding]]

LABEL_ERRORS = "likely label errors"
CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        "rows and columns": check_schema,
        "labels": check_labels,
        "ids": check_identifiers,
        "repeated passages": check_duplicates,
        "groups": check_groups,
        "sources": check_sources,
        "lengths": check_lengths,
        "characters": check_characters,
        "languages": check_languages,
        "test intervals": check_power,
        LABEL_ERRORS: check_label_errors,
    }
)
"""Title -> check; each is a function from what was read to findings and tables."""
