"""Several processes that learn one network together: each takes its share of a batch, and all take the same step.

The first process leads: it alone reads, validates, saves and tracks. The others wait until it hands out a fine-tuning
(`follow.py`) and then run the same loop, in which their collective calls pair with the leader's. Nothing is pickled:
what travels is JSON and tensors.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Literal

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor

from ...model.errors import UserError, first_line

PATIENCE = datetime.timedelta(days=7)
"""How long a process waits for the others: the leader may read, validate and measure for hours between two steps."""
CHUNK = 2**28
"""Bytes that are sent at once."""
GONE = "another process of this training has ended before it was done; the last whole step is saved"


class Lost(Exception):
    """Another process of the team has gone, so that nothing can be learnt together any more."""


class Left(Exception):
    """The leader has left this fine-tuning; those who follow wait for the next one."""


class Team:
    """The processes of a training, this one among them; by default it is alone, and every call here is free.

    Attributes:
        rank: of this process; 0 leads.
        size: processes in all.
        others: where the others are as the leader sees it: waiting for a job, at a sync inside one, in a step of
            which they need its gradients, or lost.
    """

    def __init__(self, rank: int = 0, size: int = 1, *, group: Any = None) -> None:
        self.rank, self.size, self.group = rank, size, group
        self.others: Literal["waiting", "at a sync", "in a step", "lost"] = "waiting"
        self.jobs = 0

    @property
    def leads(self) -> bool:
        return self.rank == 0

    def share(self, batch: np.ndarray) -> np.ndarray:
        """This process's passages of a batch: every size-th, so that long ones are dealt out evenly."""
        return batch[self.rank :: self.size]

    def seed(self, seed: int, *, step: int) -> int:
        """What to seed dropout with: the leader's as in one process, the others' different, also after a resume."""
        if self.leads:
            return seed
        return int(np.random.SeedSequence((seed, self.rank, step)).generate_state(1)[0])

    def sync(self, *, stop: bool = False, score: float = 0.0) -> tuple[bool, float]:
        """Meet the others: whether any of them is to stop, and the leader's score.

        Raises:
            Left: in those who follow, where the leader has left.
            Lost: another process has gone.
        """
        if self.size == 1:
            return stop, score
        left, stops, score = self._add_up_words(False, stop, score if self.leads else 0.0)
        if left:
            raise Left
        self.others = "waiting" if stops else "at a sync"
        return bool(stops), score

    @contextlib.contextmanager
    def leading(self, *, save: Callable[[], None]) -> Iterator[None]:
        """Around a job: whatever ends it in the leader ends it in the others.

        Args:
            save: the state after the last whole step, where another process has gone.

        Raises:
            UserError: another process has gone.
        """
        if self.size == 1:
            yield
            return
        self.others = "at a sync"
        try:
            yield
        except Lost:
            if not self.leads:
                raise
            save()
            raise UserError(f"{GONE}. The same command with --resume goes on, also with fewer processes") from None
        except BaseException:
            if self.leads and self.others == "at a sync":
                with contextlib.suppress(Lost):
                    self._add_up_words(True, False, 0.0)
                    self.others = "waiting"
            elif self.others == "in a step":
                self.others = "lost"
            raise
        self.others = "waiting"

    def add_up(self, parameters: Iterable[Tensor], loss: float) -> float:
        """Sum the gradients of all processes into every one of them; the sum of their losses.

        One buffer for all: gradients, whether there is one (what no process has a gradient of stays without), loss.
        """
        if self.size == 1:
            return loss
        learning = [parameter for parameter in parameters if parameter.requires_grad]
        device = learning[0].device
        there = torch.tensor([p.grad is not None for p in learning] + [loss], dtype=torch.float32, device=device)
        flat = [p.grad.reshape(-1) if p.grad is not None else p.new_zeros(p.numel()) for p in learning]
        buffer = torch.cat([*flat, there])
        with self._told():
            dist.all_reduce(buffer, group=self.group)
        *parts, there = buffer.split([p.numel() for p in learning] + [len(learning) + 1])
        for parameter, part, count in zip(learning, parts, there.tolist(), strict=False):
            parameter.grad = part.view_as(parameter) if count else None
        self.others = "at a sync"
        return float(there[-1])

    def send(self, words: Mapping[str, Any], tensors: Mapping[str, Tensor] | None = None) -> None:
        """From the leader to all others: JSON, and tensors by name."""
        shapes = [[n, list(t.shape), str(t.dtype).removeprefix("torch.")] for n, t in (tensors or {}).items()]
        text = json.dumps({"words": words, "tensors": shapes}).encode()
        self._broadcast(torch.tensor([len(text)]))
        self._broadcast(torch.frombuffer(bytearray(text), dtype=torch.uint8))
        for tensor in (tensors or {}).values():
            self._broadcast(tensor.detach().cpu().contiguous())

    def receive(self) -> tuple[dict[str, Any], dict[str, Tensor]]:
        """What the leader sends; it waits for it."""
        length = torch.zeros(1, dtype=torch.int64)
        self._broadcast(length)
        text = torch.zeros(int(length), dtype=torch.uint8)
        self._broadcast(text)
        told = json.loads(text.numpy().tobytes())
        tensors = {}
        for name, shape, kind in told["tensors"]:
            tensors[name] = torch.empty(shape, dtype=getattr(torch, kind))
            self._broadcast(tensors[name])
        return told["words"], tensors

    def _broadcast(self, tensor: Tensor) -> None:
        """In place, by the bytes."""
        flat = tensor.reshape(-1).view(torch.uint8)
        with self._told():
            for start in range(0, len(flat), CHUNK):
                dist.broadcast(flat[start : start + CHUNK], 0, group=self.group)

    def _add_up_words(self, left: bool, stop: bool, score: float) -> list[float]:
        words = torch.tensor([left, stop, score], dtype=torch.float64)
        with self._told():
            dist.all_reduce(words, group=self.group)
        return words.tolist()

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """A collective call; where it fails, somebody has gone."""
        try:
            yield
        except RuntimeError as error:
            self.others = "lost"
            raise Lost(first_line(error)) from None


_team = Team()


def current_team() -> Team:
    """The team that this process is of."""
    return _team


def asked_for() -> bool:
    """Whether `torchrun` or `accelerate launch` started this process as one of several."""
    needed = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
    return all(name in os.environ for name in needed) and os.environ["WORLD_SIZE"] != "1"


@contextlib.contextmanager
def joined() -> Iterator[Team]:
    """This process as one of its team: NCCL for what lies on GPUs, one GPU a process, and gloo for all else.

    Raises:
        UserError: the processes do not find each other.
    """
    global _team
    local = int(os.environ.get("LOCAL_RANK", "0"))
    on_gpu = torch.cuda.is_available() and local < torch.cuda.device_count()
    if on_gpu:
        torch.cuda.set_device(local)
    if os.environ.get("LOCAL_WORLD_SIZE") == os.environ["WORLD_SIZE"]:  # all on this machine: nothing goes outside
        os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo0" if sys.platform == "darwin" else "lo")
    try:
        dist.init_process_group("cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo")
        group = dist.new_group(timeout=PATIENCE)
    except (RuntimeError, ValueError) as error:
        place = f"{os.environ['MASTER_ADDR']}:{os.environ['MASTER_PORT']}"
        raise UserError(f"{place}: the processes do not find each other: {first_line(error)}") from None
    _team = Team(dist.get_rank(), dist.get_world_size(), group=group)
    try:
        yield _team
    finally:
        if _team.others != "lost":
            dist.destroy_process_group()
        _team = Team()


def check_device(device: str) -> None:
    """Refuse two processes on one GPU, which NCCL cannot do.

    Raises:
        UserError: more processes on this machine than GPUs.
    """
    processes, count = int(os.environ.get("LOCAL_WORLD_SIZE", "1")), torch.cuda.device_count()
    if _team.size > 1 and device.startswith("cuda") and processes > count:
        raise UserError(f"{processes} processes for {count} GPUs: start as many as there are, or --set device=cpu")
