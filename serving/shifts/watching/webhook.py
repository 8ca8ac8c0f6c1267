"""Send a report to an address of the user's: one POST of JSON, tried again, and never sent on to elsewhere."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from ....model.errors import UserError
from .report import Report, line_of, without_text

TIMEOUT = 10.0
"""Seconds."""
TRIES = 3
PAUSE = 1.0
"""Seconds before the second try; doubled before each further one."""
LATER = {408, 425, 429}
"""Answers below 500 after which trying again helps."""


class Unreachable(Exception):
    """The address does not answer, or cannot serve now: it is not worth sending more to it at once."""


class Webhook:
    """An address that reports are posted to.

    Args:
        with_text: send the text of passages, too.
        say: told of every failure, in words without the address's path, which may be a secret.

    Raises:
        UserError: no http or https address.
    """

    def __init__(
        self, url: str, *, with_text: bool = False, say: Callable[[str], None],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:  # fmt: skip
        try:
            parts = urlsplit(url)
            self.host = f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")
        except ValueError:
            raise UserError("--webhook: not an address. https://HOST/PATH is expected") from None
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UserError("--webhook: an address that begins with https:// is expected")
        if parts.scheme == "http" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
            say(f"{self.host}: http is open to whoever listens on the way; use https")
        self.url, self.with_text, self.say, self.sleep = url, with_text, say, sleep

    def __call__(self, report: Report, tries: int) -> bool:
        """Send a report; whether it was taken. `Idempotency-Key` is its id: who has seen it can drop a repeat.

        Raises:
            Unreachable: no answer, or one that says to come again later, after all tries.
        """
        import requests

        content = {"text": line_of(report), **(report if self.with_text else without_text(report)), "attempt": tries}
        body = json.dumps(content, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json; charset=utf-8", "Idempotency-Key": report["id"]}
        for attempt in range(TRIES):
            if attempt:
                self.sleep(PAUSE * 2 ** (attempt - 1))
            try:
                with requests.post(
                    self.url, data=body, headers=headers, timeout=TIMEOUT, allow_redirects=False, stream=True
                ) as answer:
                    status = answer.status_code
            except requests.RequestException as error:
                why = f"does not answer ({type(error).__name__})"
                continue
            if status < 300:
                return True
            if status < 500 and status not in LATER:
                way = "redirects are not followed; name the final address" if status < 400 else "see the receiver"
                self.say(f"{self.host}: answers {status} to report {report['id']} ({way}); it is kept")
                return False
            why = f"answers {status}"
        self.say(f"{self.host}: {why}; reports are kept and sent at a later look")
        raise Unreachable
