"""Names for a codebook out of the words that people label with."""

from __future__ import annotations

import re
import unicodedata

CYRILLIC = str.maketrans("абвгґдезиіїйклмнопрстуфёыэ", "abvhgdezyiiiklmnoprstufeye") | str.maketrans(
    {"є": "ie", "ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ю": "iu", "я": "ia"}
    | dict.fromkeys("ьъ'’", "")
)
"""Ukraine's official romanisation (Cabinet of Ministers, resolution 55 of 2010); Russian letters that it lacks."""


def label_name(words: str) -> str:
    """`Loaded Language` -> `loaded_language`: Latin letters, digits and _, beginning with a letter; may be empty."""
    latin = words.casefold().translate(CYRILLIC)
    plain = unicodedata.normalize("NFKD", latin).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
    return f"l_{name}" if name[:1].isdigit() else name
