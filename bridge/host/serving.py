"""The loop of a host's process: loads plugins, sets them, plays audio through them, until its parent is gone."""

import os
import signal
import sys
import threading
from collections.abc import Callable
from multiprocessing import connection, parent_process
from multiprocessing.connection import Connection
from multiprocessing.shared_memory import SharedMemory
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bridge.host.faults import Fault, PluginFault
from bridge.host.messages import Begin, Close, Configure, Message, Names, Open, Peaks, Play, State

if TYPE_CHECKING:
    from bridge.host import instance

#: The number of the first answer, which nobody asked for: the process is there.
READY = 0

#: The shared memory: the handle of the instance at work, then slots of two channels of float32.
HEADER_BYTES = 64
SLOTS = 32
SLOT_SAMPLES = 1 << 15
MEMORY_BYTES = HEADER_BYTES + SLOTS * 2 * SLOT_SAMPLES * 4


def serve(pipe: Connection, memory_name: str) -> None:
    """Answer each (number, message) by (number, True, answer) or (number, False, PluginFault) till the pipe closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # The parent decides what an interruption means.
    _mute()
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    memory = SharedMemory(memory_name)
    try:
        host = _Host(*views(memory))
        pipe.send((READY, True, None))
        while True:
            try:
                number, message = pipe.recv()
            except EOFError:
                break
            pipe.send((number, *host.answer(message)))
    finally:
        # Plugins are not taken down one by one: some crash on that, and nobody is left to be hurt.
        os._exit(0)


def views(memory: SharedMemory) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The handle at work, shape (1,), and the slots, shape (SLOTS, 2, SLOT_SAMPLES), of a shared memory."""
    at_work = np.ndarray((1,), np.int64, memory.buf)
    return at_work, np.ndarray((SLOTS, 2, SLOT_SAMPLES), np.float32, memory.buf, HEADER_BYTES)


class _Host:
    """The instances of this process."""

    def __init__(self, at_work: NDArray[np.int64], slots: NDArray[np.float32]) -> None:
        from bridge.host import (
            instance,
        )  # Here, since it loads Pedalboard: the parent imports this module too.

        self._load = instance.Instance
        self._names = instance.names_in
        self._at_work, self._slots = at_work, slots
        self._instances: dict[int, instance.Instance] = {}
        self._actions: dict[type, Callable[[Any], object]] = {
            Open: self._open,
            Configure: lambda message: self._at(message.handle).configure(message.setting),
            Begin: self._begin,
            Play: self._play,
            Peaks: lambda message: tuple(self._at(handle).peak for handle in message.handles),
            State: lambda message: self._at(message.handle).state(),
            Names: lambda message: self._names(message.ref),
            Close: self._close,
        }

    def answer(self, message: Message) -> tuple[bool, object]:
        """What came of a message."""
        try:
            return True, self._actions[type(message)](message)
        except PluginFault as fault:
            return False, fault
        except (
            Exception
        ) as error:  # Whatever a plugin's binding raises must reach the parent, not end the process.
            return False, PluginFault(Fault.REFUSED, "the plugin", f"raised {type(error).__name__}: {error}")

    def _at(self, handle: int) -> "instance.Instance":
        """The instance of a handle, marked as the one at work: if the process ends now, it was that one."""
        self._at_work[0] = handle
        return self._instances[handle]

    def _open(self, message: Open) -> object:
        self._at_work[0] = message.handle
        self._instances[message.handle] = instance = self._load(message.ref, message.channels)
        return instance.facts

    def _close(self, message: Close) -> None:
        del self._instances[message.handle]

    def _begin(self, message: Begin) -> int:
        return sum(
            self._at(handle).begin(message.sample_rate_hz, message.prime_samples)
            for handle in message.handles
        )

    def _play(self, message: Play) -> int:
        audio = self._slots[message.slot, : message.channels, : message.samples]
        for handle in message.handles:
            audio = self._at(handle).process(audio)
        self._slots[message.slot, : message.channels, : audio.shape[1]] = audio
        return int(audio.shape[1])


def _mute() -> None:
    """Keep what plugins print out of the caller's results."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)


def _leave_with_parent() -> None:
    """End this process when its parent ended without a word, even while a plugin hangs."""
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
