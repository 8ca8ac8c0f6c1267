"""Keep what a tracking server does not take, and send it when it answers again, in order."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable
from typing import Any

RETRY_SECONDS = 30.0
"""Between two tries while a server is away: training does not wait for it."""
PAUSE = 2.0
AWAY = ("failed with exception", "Max retries exceeded", "Connection refused", "failed with error code 5", "too many 5")


class Outbox:
    """Calls to a tracking store that must not be lost, nor stop the work that makes them.

    Args:
        uri: of the store, for the words.
        clock, sleep: seconds, and waiting.
    """

    def __init__(
        self, uri: str, *, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.uri = uri
        self.clock = clock
        self.sleep = sleep
        self.waiting: deque[tuple[Callable[..., Any], tuple, dict[str, Any]]] = deque()
        self.tried = float("-inf")

    def send(self, call: Callable[..., Any], *arguments: Any, **named: Any) -> None:
        """Make the call now, or keep it behind those that wait. Errors of the call itself are raised as ever."""
        self.waiting.append((call, arguments, named))
        if len(self.waiting) == 1 or self.clock() - self.tried >= RETRY_SECONDS:
            self._drain()

    def flush(self, *, patience: float) -> bool:
        """Try for so many seconds to send what waits; whether all of it is sent."""
        until = self.clock() + patience
        while not self._drain() and self.clock() < until:
            self.sleep(PAUSE)
        return not self.waiting

    def _drain(self) -> bool:
        was_away = len(self.waiting) > 1
        while self.waiting:
            call, arguments, named = self.waiting[0]
            try:
                call(*arguments, **named)
            except Exception as error:
                if not is_away(error):
                    self.waiting.popleft()
                    raise
                if not was_away:
                    self._say(f"{self.uri} does not answer; what it should get is kept and sent later")
                self.tried = self.clock()
                return False
            self.waiting.popleft()
        if was_away:
            self._say(f"{self.uri} answers again; everything is sent")
        return True

    def _say(self, words: str) -> None:
        print(words, file=sys.stderr, flush=True)


def is_away(error: BaseException) -> bool:
    """Whether an error says that a server could not be reached, or answered that it cannot serve."""
    from requests.exceptions import ConnectionError as NoConnection
    from requests.exceptions import Timeout

    if isinstance(error, NoConnection | Timeout | ConnectionError):
        return True
    return type(error).__name__ in ("MlflowException", "RestException") and any(sign in str(error) for sign in AWAY)
