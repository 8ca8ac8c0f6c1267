from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narrashift.serving.ahead import Behind, ahead


def waited_for(is_so: Callable[[], bool], *, seconds: float = 10) -> bool:
    """Whether it became so in time."""
    end = time.monotonic() + seconds
    while not is_so() and time.monotonic() < end:
        time.sleep(0.005)
    return is_so()


def threads(name: str) -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith(name)]


class Broken(Exception):
    pass


@settings(max_examples=30, deadline=None, derandomize=True)
@given(st.lists(st.none() | st.integers(), max_size=10))
def test_the_same_items_come_in_the_same_order(items):
    assert list(ahead(items)) == items
    assert threads("ahead") == []


@pytest.mark.parametrize("error", [Broken("bad row"), KeyboardInterrupt(), StopIteration])
def test_what_making_an_item_raises_comes_after_the_items_before_it(error):
    class Items:
        left = 2

        def __iter__(self) -> Iterator[int]:
            return self

        def __next__(self) -> int:
            self.left -= 1
            if self.left < 0:
                raise error
            return self.left

    got = []
    if error is StopIteration:
        assert list(ahead(Items())) == [1, 0]
        return
    with pytest.raises(type(error)) as caught:
        for item in ahead(Items()):
            got.append(item)
    assert caught.value is error
    assert got == [1, 0]
    assert threads("ahead") == []


def test_items_are_made_in_another_thread_while_one_is_in_use():
    made: list[str] = []

    def items() -> Iterator[int]:
        for number in range(3):
            made.append(threading.current_thread().name)
            yield number

    line = ahead(items())
    assert made == []
    assert next(line) == 0
    assert waited_for(lambda: len(made) >= 2)
    assert set(made) == {"ahead"}
    line.close()


def test_only_a_few_items_are_made_beforehand():
    made: list[int] = []

    def items() -> Iterator[int]:
        for number in range(1_000):
            made.append(number)
            yield number

    line = ahead(items())
    for taken in range(5):
        assert next(line) == taken
    time.sleep(0.3)
    assert len(made) <= 5 + 2
    line.close()


@pytest.mark.parametrize("taken", [1, 3])
def test_closed_early_it_ends_its_thread(taken):
    line = ahead(iter(range(1_000_000)))
    for _ in range(taken):
        next(line)
    assert len(threads("ahead")) == 1
    line.close()
    assert threads("ahead") == []
    assert next(line, "over") == "over"


def test_closed_before_it_began_it_makes_nothing():
    made: list[int] = []
    line = ahead(made.append(number) for number in range(3))
    line.close()
    assert made == [] and threads("ahead") == []


def test_things_are_done_one_after_the_other():
    done: list[int] = []
    busy = threading.Lock()

    def work(number: int, *, pause: float) -> None:
        assert busy.acquire(blocking=False)
        time.sleep(pause)
        done.append(number)
        busy.release()

    with Behind() as behind:
        for number in range(5):
            behind.do(work, number, pause=0.02 if number == 1 else 0.0)
    assert done == list(range(5))
    assert threads("behind") == []


def test_the_one_who_asks_goes_on_at_once_and_waits_at_the_next():
    go, began = threading.Event(), threading.Event()

    def work() -> None:
        began.set()
        assert go.wait(10)

    with Behind() as behind:
        behind.do(work)
        assert began.wait(10)
        threading.Timer(0.05, go.set).start()
        second_after = []
        behind.do(lambda: second_after.append(go.is_set()))
    assert second_after == [True]


def test_it_waits_for_the_last_when_left():
    done: list[int] = []

    def work() -> None:
        time.sleep(0.05)
        done.append(1)

    with Behind() as behind:
        behind.do(work)
    assert done == [1]


def fail() -> None:
    raise Broken("disk")


def test_an_error_is_raised_at_the_next_occasion_and_the_next_thing_is_not_begun():
    done: list[int] = []
    with pytest.raises(Broken), Behind() as behind:
        behind.do(fail)
        behind.do(done.append, 1)
    assert done == []
    assert threads("behind") == []


def test_an_error_of_the_last_is_raised_when_left():
    with pytest.raises(Broken), Behind() as behind:
        behind.do(fail)
    assert threads("behind") == []


def test_left_by_an_error_it_finishes_what_is_under_way_and_passes_the_error_on():
    done: list[int] = []

    def work() -> None:
        time.sleep(0.05)
        done.append(1)
        raise Broken("later")

    with pytest.raises(KeyboardInterrupt), Behind() as behind:
        behind.do(work)
        raise KeyboardInterrupt
    assert done == [1]
    assert threads("behind") == []
