"""A process that hosts plugins, seen from outside: it is told, waited for within limits, and outlived."""

import itertools
import multiprocessing
import signal
import sys
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from multiprocessing import connection
from multiprocessing.context import SpawnProcess
from multiprocessing.shared_memory import SharedMemory
from types import TracebackType
from typing import Any, Self

import numpy as np

from bridge.host.faults import Fault, PluginFault
from bridge.host.messages import Begin, Close, Configure, Message, Names, Open, Play, State
from bridge.host.serving import MEMORY_BYTES, READY, SLOT_SAMPLES, SLOTS, serve, views
from bridge.host.values import Audio, Limits, PluginFacts, PluginRef, Readback, Setting, peak_of

#: Windows tells a crash by these exit codes.
_WINDOWS_CRASHES = {0xC0000005: "access violation", 0xC00000FD: "stack overflow", 0xC0000409: "abort"}

#: Peaks between which a plugin counts as silent: it heard more than the first and gave less than the second.
_HEARD, _SILENT = 1e-3, 1e-7

_PRIME_S = 1.0
_SPAWN_LOCK = threading.Lock()


class PluginProcess:
    """A process for plugins. After a fault that ended it, the next `open` starts another one.

    One thread at a time may use it. It ends with its block, or with this process, however that ends.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._handles, self._numbers = itertools.count(1), itertools.count(1)
        self._names: dict[int, str] = {}
        self._process: SpawnProcess | None = None
        self._restarts = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def restarts(self) -> int:
        """How often it had to be started again."""
        return max(self._restarts, 0)

    def names_in(self, ref: PluginRef) -> tuple[str, ...]:
        """The names of the plugins in a file.

        Raises:
            PluginFault: it cannot be read as plugins.
        """
        self._start()
        self._names[0] = str(ref)
        names: tuple[str, ...] = self._ask(Names(ref), 0, self._limits.load_s)
        return names

    def open(self, ref: PluginRef, channels: int) -> "HostedPlugin":
        """Load a plugin for a strip of 1 or 2 channels.

        Raises:
            PluginFault: it cannot be loaded, crashed or did not come back.
        """
        self._start()
        handle = next(self._handles)
        self._names[handle] = str(ref)
        facts: PluginFacts = self._ask(Open(handle, ref, channels), handle, self._limits.load_s)
        return HostedPlugin(self, handle, facts)

    def configure(self, handle: int, setting: Setting) -> tuple[Readback, ...]:
        """Set an instance; see `HostedPlugin.configure`."""
        readbacks: tuple[Readback, ...] = self._ask(Configure(handle, setting), handle, self._limits.set_s)
        return readbacks

    def state(self, handle: int) -> bytes:
        """An instance's preset; see `HostedPlugin.state`."""
        state: bytes = self._ask(State(handle), handle, self._limits.set_s)
        return state

    def forget(self, handle: int) -> None:
        """Take an instance down."""
        if self._process is not None and handle in self._names:
            del self._names[handle]
            self._ask(Close(handle), handle, self._limits.set_s)

    def stream(
        self,
        plugins: "Iterable[HostedPlugin]",
        blocks: Iterable[Audio],
        sample_rate_hz: int,
        *,
        prime_s: float = _PRIME_S,
        may_be_silent: bool = False,
    ) -> Iterator[Audio]:
        """Play audio through instances in a row: what comes out lines up with what went in, sample by sample.

        Args:
            plugins: instances of this process, all of one number of channels.
            blocks: float32 (channels, samples), of any sizes; every block but the last few comes out elsewhere cut.
            sample_rate_hz: the rate of the audio.
            prime_s: silence that the plugins hear first, so that a first render equals a second one.
            may_be_silent: whether silence may come out where sound went in, as of a gate.

        Raises:
            PluginFault: a plugin crashed, hung, gave what is not finite, runs away, or gave nothing.
        """
        handles = tuple(plugin.handle for plugin in plugins)
        prime = round(prime_s * sample_rate_hz)
        latency: int = self._ask(Begin(handles, sample_rate_hz, prime), handles[0], self._limits.block_s)
        yield from _Stream(self, handles, latency, may_be_silent).run(blocks)

    def close(self) -> None:
        """End the process and give its memory back."""
        process, self._process = self._process, None
        self._names.clear()
        if process is None:
            return
        with suppress(OSError):
            self._pipe.close()
        process.join(0.2)
        if process.is_alive():
            process.kill()
            process.join()
        process.close()
        del self._at_work, self.slots
        self._memory.close()
        with suppress(FileNotFoundError):
            self._memory.unlink()

    def say(self, message: Message) -> int:
        """Send a message without waiting for its answer; returns the number that the answer will have."""
        if self._process is None:
            raise PluginFault(Fault.CRASHED, "the plugin's process", "has ended; open the plugin again")
        try:
            number = next(self._numbers)
            self._pipe.send((number, message))
        except (BrokenPipeError, ConnectionError, OSError):
            raise self._ended(Fault.CRASHED, 0) from None
        return number

    def hear(self, number: int, handle: int, limit_s: float) -> Any:
        """The answer of a number. Older ones, which nobody waited for after a fault, are passed over.

        Raises:
            PluginFault: the answer is one, the process ended, or the limit is over; both end the process.
        """
        process = self._process
        if process is None:
            raise PluginFault(Fault.CRASHED, "the plugin's process", "has ended; open the plugin again")
        try:
            answered = -1
            while answered != number:
                if not connection.wait([self._pipe, process.sentinel], limit_s):
                    raise self._ended(Fault.HUNG, handle, limit_s)
                if not self._pipe.poll():
                    raise self._ended(Fault.CRASHED, handle)
                answered, well, answer = self._pipe.recv()
        except (EOFError, ConnectionError, OSError):
            raise self._ended(Fault.CRASHED, handle) from None
        if not well:
            raise answer
        return answer

    def block_limit_s(self) -> float:
        """The longest that a block may take."""
        return self._limits.block_s

    def _ask(self, message: Message, handle: int, limit_s: float) -> Any:
        return self.hear(self.say(message), handle, limit_s)

    def _start(self) -> None:
        if self._process is not None:
            return
        context = multiprocessing.get_context("spawn")
        self._memory = SharedMemory(create=True, size=MEMORY_BYTES)
        self._at_work, self.slots = views(self._memory)
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs, self._memory.name), daemon=True)
        with _SPAWN_LOCK:  # Two threads that spawn at once hand each other's pipes to their children.
            self._process.start()
        theirs.close()
        self._restarts += 1
        self._names[0] = "the plugins' process"
        self.hear(READY, 0, self._limits.start_s)

    def _ended(self, fault: Fault, handle: int, limit_s: float = 0.0) -> PluginFault:
        """The process is of no use any more: end it, and say whose doing that was."""
        process = self._process
        if process is None:
            return PluginFault(fault, self._names.get(handle, "the plugin"), "ended its process")
        at_work = int(self._at_work[0])
        name = self._names.get(at_work) or self._names.get(handle, "the plugin")
        if fault is Fault.HUNG:
            text = f"did not answer within {limit_s:g} s"
        else:
            process.join(1.0)
            text = f"crashed its process ({_cause(process.exitcode)})"
        if process.is_alive():
            process.kill()
        self.close()
        return PluginFault(fault, name, text)


class HostedPlugin:
    """A plugin that lives in another process."""

    def __init__(self, process: PluginProcess, handle: int, facts: PluginFacts) -> None:
        self._process, self.handle, self.facts = process, handle, facts

    def configure(self, setting: Setting) -> tuple[Readback, ...]:
        """Set it; returns where every parameter that was asked for stands now.

        Raises:
            PluginFault: it lacks a parameter, a value is out of its range, or the preset is not its own.
        """
        return self._process.configure(self.handle, setting)

    def state(self) -> bytes:
        """Its state as the bytes of a .vstpreset; empty where the format has none."""
        return self._process.state(self.handle)

    def close(self) -> None:
        """Take it down."""
        self._process.forget(self.handle)


class _Stream:
    """One run of audio through a chain: blocks are copied in while the one before is at work."""

    def __init__(
        self, process: PluginProcess, handles: tuple[int, ...], latency_samples: int, may_be_silent: bool
    ) -> None:
        self._process, self._handles = process, handles
        self._latency, self._may_be_silent = latency_samples, may_be_silent
        self._under_way: deque[tuple[int, int, int]] = deque()
        self._taken = self._given = 0
        self._heard = self._gave = 0.0

    def run(self, blocks: Iterable[Audio]) -> Iterator[Audio]:
        """The blocks that come out."""
        slots = itertools.cycle(range(SLOTS))
        channels = 0
        for block in _cut(blocks):
            channels = block.shape[0]
            self._heard = max(self._heard, peak_of(block))
            self._taken += block.shape[1]
            self._submit(next(slots), block)
            if len(self._under_way) == SLOTS - 1:
                yield from self._collect()
        while self._under_way:
            yield from self._collect()
        missing = self._taken - self._given
        # What is still inside is pushed out by silence; what a plugin then still owes is not waited for.
        for _ in range(0, max(missing, 0), SLOT_SAMPLES):
            size = min(self._taken - self._given, SLOT_SAMPLES)
            self._submit(next(slots), np.zeros((channels, size), np.float32))
            yield from self._collect()
        if self._given != self._taken:
            raise PluginFault(
                Fault.LATENCY,
                self._name(),
                f"gave {self._given} samples for {self._taken}, against its own latency",
            )
        if not self._may_be_silent and self._heard > _HEARD and self._gave < _SILENT:
            raise PluginFault(Fault.SILENT, self._name(), "gave silence for sound")

    def _submit(self, slot: int, block: Audio) -> None:
        channels, samples = block.shape
        self._process.slots[slot, :channels, :samples] = block
        number = self._process.say(Play(self._handles, slot, channels, samples))
        self._under_way.append((number, slot, channels))

    def _collect(self) -> Iterator[Audio]:
        number, slot, channels = self._under_way.popleft()
        samples: int = self._process.hear(number, self._handles[0], self._process.block_limit_s())
        samples = min(samples, self._taken - self._given)
        if samples > 0:
            out: Audio = self._process.slots[slot, :channels, :samples].copy()
            self._gave = max(self._gave, peak_of(out))
            self._given += samples
            yield out

    def _name(self) -> str:
        names = [self._process._names.get(handle, "the plugin") for handle in self._handles]
        return " → ".join(names)


def _cut(blocks: Iterable[Audio]) -> Iterator[Audio]:
    """The blocks in pieces that fit into a slot; empty ones are passed over."""
    for block in blocks:
        for start in range(0, block.shape[1], SLOT_SAMPLES):
            yield block[:, start : start + SLOT_SAMPLES]


def _cause(code: int | None) -> str:
    if code is None:
        return "without a word"
    if code < 0:
        with suppress(ValueError):
            return signal.Signals(-code).name
    if sys.platform == "win32" and code & 0xFFFFFFFF in _WINDOWS_CRASHES:
        return _WINDOWS_CRASHES[code & 0xFFFFFFFF]
    return f"exit code {code}"
