"""Data inside a page: JSON, deflated, in base64, which no parser of HTML can take for markup."""

from __future__ import annotations

import base64
import hashlib
import json
import zlib

LEVEL = 4
"""Of zlib: 6 takes four times as long for five per cent less."""


def packed(data: object) -> str:
    """JSON-able data as base64 of zlib's format; `page.unpack` of the page gives it back."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return base64.b64encode(zlib.compress(text.encode("utf-8", "replace"), LEVEL)).decode("ascii")


def allowed_by(text: str) -> str:
    """The source expression by which a content security policy allows this very script or style, and no other."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}'"
