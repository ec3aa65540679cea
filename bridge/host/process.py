"""A process that hosts plugins, seen from outside: it is told, waited for within limits, and outlived."""

import itertools
import multiprocessing
import signal
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from multiprocessing import connection
from multiprocessing.context import SpawnProcess
from multiprocessing.shared_memory import SharedMemory
from types import TracebackType
from typing import Any, Self

from bridge.host.faults import Fault, PluginFault
from bridge.host.messages import Begin, Close, Configure, Message, Names, Open, State
from bridge.host.serving import MEMORY_BYTES, READY, SLOTS, serve, views
from bridge.host.stream import Stream
from bridge.host.values import Audio, Limits, PluginFacts, PluginRef, Readback, Setting
from console.errors import RenderError

#: Windows tells a crash by these exit codes.
_WINDOWS_CRASHES = {0xC0000005: "access violation", 0xC00000FD: "stack overflow", 0xC0000409: "abort"}

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
        self._answers: dict[int, tuple[bool, Any]] = {}
        self._abandoned: set[int] = set()
        self._free: list[int] = []
        self._process: SpawnProcess | None = None
        self._memory: SharedMemory | None = None
        self._named = self._stopped = False
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
        self._ask(Begin(handles, sample_rate_hz, prime), handles[0], self._limits.block_s)
        yield from Stream(self, handles, may_be_silent=may_be_silent).run(blocks)

    def close(self) -> None:
        """End the process and give its memory back."""
        process, self._process = self._process, None
        self._names.clear()
        if process is not None:
            with suppress(OSError):
                self._pipe.close()
            if process.pid is not None:
                process.join(0.2)
                if process.is_alive():
                    process.kill()
                    process.join()
            process.close()
        self._give_memory_back()

    def stop(self) -> None:
        """End the process at once and for good; of all methods, only this one is for another thread.

        Whoever waits for an answer, or asks for anything more, gets a RenderError.
        """
        self._stopped = True
        process = self._process
        if process is not None:
            with suppress(
                OSError, ValueError, AttributeError
            ):  # It is ended, or just being started, elsewhere.
                process.kill()

    def _give_memory_back(self) -> None:
        memory, self._memory = self._memory, None
        if memory is None:
            return
        del self._at_work, self.slots
        memory.close()
        self._forget_name(memory)

    def _forget_name(self, memory: SharedMemory) -> None:
        """Take the memory's name away; it is gone with the last process that has it open, however that ends."""
        if self._named:
            self._named = False
            with suppress(FileNotFoundError):
                memory.unlink()

    def _check_stopped(self) -> None:
        if self._stopped:
            self.close()
            raise RenderError("the plugins were stopped before they had played everything; render it again")

    def say(self, message: Message) -> int:
        """Send a message without waiting for its answer; returns the number that the answer will have."""
        self._check_stopped()
        if self._process is None:
            raise PluginFault(Fault.CRASHED, "the plugin's process", "has ended; open the plugin again")
        try:
            number = next(self._numbers)
            self._pipe.send((number, message))
        except (BrokenPipeError, ConnectionError, OSError):
            raise self._ended(Fault.CRASHED, 0) from None
        return number

    def hear(self, number: int, handle: int, limit_s: float) -> Any:
        """The answer of a number; those of other numbers are kept for whoever waits for them.

        Raises:
            PluginFault: the answer is one, the process ended, or the limit is over; both end the process.
        """
        process = self._process
        if process is None:
            raise PluginFault(Fault.CRASHED, "the plugin's process", "has ended; open the plugin again")
        try:
            while number not in self._answers:
                if not connection.wait([self._pipe, process.sentinel], limit_s):
                    raise self._ended(Fault.HUNG, handle, limit_s)
                if not self._pipe.poll():
                    raise self._ended(Fault.CRASHED, handle)
                answered, well, answer = self._pipe.recv()
                if answered in self._abandoned:
                    self._abandoned.remove(answered)
                else:
                    self._answers[answered] = (well, answer)
        except (EOFError, ConnectionError, OSError):
            raise self._ended(Fault.CRASHED, handle) from None
        well, answer = self._answers.pop(number)
        if not well:
            raise answer
        return answer

    def abandon(self, number: int) -> None:
        """Nobody waits for this answer any more."""
        if self._answers.pop(number, None) is None:
            self._abandoned.add(number)

    def take_slot(self) -> int:
        """A slot of the shared memory for a block; `give_slot` gives it back.

        Raises:
            PluginFault: more streams run at once than there is memory for.
        """
        if not self._free:
            raise PluginFault(
                Fault.REFUSED, "the plugins' process", "plays too many chains at once; play fewer"
            )
        return self._free.pop()

    def give_slot(self, slot: int, restarts: int) -> None:
        """The slot is free again, unless it was that of an earlier process, which ended after so many restarts."""
        if restarts == self.restarts:
            self._free.append(slot)

    def name_of(self, handle: int) -> str:
        """What the plugin of a handle is called."""
        return self._names.get(handle, "the plugin")

    def block_limit_s(self) -> float:
        """The longest that a block may take."""
        return self._limits.block_s

    def _ask(self, message: Message, handle: int, limit_s: float) -> Any:
        return self.hear(self.say(message), handle, limit_s)

    def _start(self) -> None:
        self._check_stopped()
        if self._process is not None:
            return
        try:
            self._spawn()
        except BaseException:  # An interruption too: memory that has a name must not stay behind.
            self.close()
            raise

    def _spawn(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._named = True
        memory = self._memory = SharedMemory(create=True, size=MEMORY_BYTES)
        self._at_work, self.slots = views(memory)
        self._pipe, theirs = context.Pipe()
        process = context.Process(target=serve, args=(theirs, memory.name), daemon=True)
        with _SPAWN_LOCK:  # Two threads that spawn at once hand each other's pipes to their children.
            process.start()
        self._process = process
        theirs.close()
        self._free = list(range(SLOTS))
        self._answers.clear()
        self._abandoned.clear()
        self._restarts += 1
        self._names[0] = "the plugins' process"
        self.hear(READY, 0, self._limits.start_s)
        # The child has it open too: from here on a kill of either leaves nothing behind.
        self._forget_name(memory)

    def _ended(self, fault: Fault, handle: int, limit_s: float = 0.0) -> PluginFault:
        """The process is of no use any more: end it, and say whose doing that was."""
        self._check_stopped()
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

    def positions(self, keys: Iterable[str]) -> tuple[Readback, ...]:
        """Where parameters stand.

        Raises:
            PluginFault: it lacks one of them.
        """
        return self._process.configure(self.handle, Setting(read=tuple(keys)))

    def state(self) -> bytes:
        """Its state as the bytes of a .vstpreset; empty where the format has none."""
        return self._process.state(self.handle)

    def close(self) -> None:
        """Take it down."""
        self._process.forget(self.handle)


def _cause(code: int | None) -> str:
    if code is None:
        return "without a word"
    if code < 0:
        with suppress(ValueError):
            return signal.Signals(-code).name
    if sys.platform == "win32" and code & 0xFFFFFFFF in _WINDOWS_CRASHES:
        return _WINDOWS_CRASHES[code & 0xFFFFFFFF]
    return f"exit code {code}"
