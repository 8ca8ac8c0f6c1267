"""Work beside the model: read ahead in a thread, and write behind in another."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any, TypeVar

Item = TypeVar("Item")
LOOK = 0.1
"""Seconds after which a waiting thread looks whether it is still wanted."""


def ahead(items: Iterable[Item]) -> Generator[Item]:
    """The same items in their order; the next is made in a thread while one is in use.

    What making them raises is raised here. Close the iterator to end the thread early.
    """
    line: queue.Queue[tuple[Item | None, BaseException | None, bool]] = queue.Queue(maxsize=1)
    stop = threading.Event()

    def put(item: Item | None, error: BaseException | None, last: bool) -> None:
        while not stop.is_set():
            try:
                return line.put((item, error, last), timeout=LOOK)
            except queue.Full:
                continue

    def work() -> None:
        try:
            for item in items:
                put(item, None, False)
                if stop.is_set():
                    return
            put(None, None, True)
        except BaseException as error:
            put(None, error, True)

    thread = threading.Thread(target=work, name="ahead", daemon=True)
    thread.start()
    try:
        while True:
            item, error, last = line.get()
            if error is not None:
                raise error
            if last:
                return
            yield item  # type: ignore[misc]
    finally:
        stop.set()
        thread.join()


class Behind:
    """Does one thing after the other in a thread; asked for the next, it first waits for the one before.

    As a context: left without an error it waits for the last; what a thing raised is raised at the next occasion.
    """

    def __init__(self) -> None:
        self.pool = ThreadPoolExecutor(1, thread_name_prefix="behind")
        self.last: Future | None = None

    def __enter__(self) -> Behind:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self.wait()
        finally:
            self.pool.shutdown(wait=True)

    def do(self, work: Callable[..., Any], *args: Any, **named: Any) -> None:
        """Begin this when what was begun before is done."""
        self.wait()
        self.last = self.pool.submit(work, *args, **named)

    def wait(self) -> None:
        """Until nothing is under way."""
        if self.last is not None:
            last, self.last = self.last, None
            last.result()
