"""FluidSynth's library through ctypes: plays a MIDI file with a soundfont, into memory, faster than time."""

import ctypes as c
import ctypes.util
from functools import cache
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from console.errors import RenderError

_NAMES = ("fluidsynth", "libfluidsynth", "fluidsynth-3", "libfluidsynth-3", "libfluidsynth-2")
_PLAYING = 1
_BLOCK = 16_384
_TAIL_S = 6.0
_QUIET = 1e-4
_OLDEST = 2
_VOICES = 1024

#: Versions differ in these, and a full chorus of before 2.4 is 15 dB louder than what goes in.
_EFFECTS = (
    (b"synth.reverb.room-size", 0.5),
    (b"synth.reverb.damp", 0.3),
    (b"synth.reverb.width", 0.8),
    (b"synth.reverb.level", 0.7),
    (b"synth.chorus.level", 0.6),
    (b"synth.chorus.speed", 0.2),
    (b"synth.chorus.depth", 4.25),
)


def missing() -> str:
    """What is missing to play MIDI files; "" when nothing is."""
    try:
        _library()
    except RenderError as error:
        return str(error)
    return ""


def version() -> str:
    """The library's name and version."""
    return f"FluidSynth {_library().fluid_version_str().decode()}"


def play(
    midi: bytes, soundfont: Path, sample_rate_hz: int, *, effects: bool, most_s: float
) -> NDArray[np.float32]:
    """A Standard MIDI File once through, (2, samples), up to where it has rung out.

    Every call has a synthesizer of its own: what an earlier song leaves in one would shift the next by some samples.

    Args:
        midi: the file.
        soundfont: an SF2 file.
        sample_rate_hz: the rate to play at.
        effects: whether the synthesizer's reverb and chorus are on.
        most_s: the most seconds to play.

    Raises:
        RenderError: FluidSynth is missing, or takes the soundfont or the file not.
    """
    with _Synthesizer(soundfont, sample_rate_hz, effects) as synthesizer:
        return synthesizer.play(midi, most_s)


class _Synthesizer:
    def __init__(self, soundfont: Path, sample_rate_hz: int, effects: bool) -> None:
        lib = self._library = _library()
        self._rate = sample_rate_hz
        self._settings = lib.new_fluid_settings()
        # The sample timer: events fall on the same sample in every run.
        lib.fluid_settings_setstr(self._settings, b"player.timing-source", b"sample")
        for name, value in (
            (b"synth.cpu-cores", 1),
            (b"synth.reverb.active", int(effects)),
            (b"synth.chorus.active", int(effects)),
            (b"synth.polyphony", _VOICES),
            (b"synth.dynamic-sample-loading", 1),
        ):
            lib.fluid_settings_setint(self._settings, name, value)
        for name, number in (*_EFFECTS, (b"synth.sample-rate", float(sample_rate_hz))):
            lib.fluid_settings_setnum(self._settings, name, number)
        self._synth = lib.new_fluid_synth(self._settings)
        if not self._synth or lib.fluid_synth_sfload(self._synth, str(soundfont).encode(), 1) < 0:
            self.__exit__()
            raise RenderError(f"FluidSynth cannot load {str(soundfont)!r}; give a SoundFont 2 file")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._synth:
            self._library.delete_fluid_synth(self._synth)
        self._library.delete_fluid_settings(self._settings)

    def play(self, midi: bytes, most_s: float) -> NDArray[np.float32]:
        lib = self._library
        player = lib.new_fluid_player(self._synth)
        try:
            if lib.fluid_player_add_mem(player, midi, len(midi)) or lib.fluid_player_play(player):
                raise RenderError(f"FluidSynth cannot play these {len(midi)} bytes; leave the file out")
            blocks: list[NDArray[np.float32]] = []
            left, tail = round(most_s * self._rate), round(_TAIL_S * self._rate)
            while left > 0 and tail > 0:
                block = self._next(min(_BLOCK, left))
                blocks.append(block)
                left -= block.shape[1]
                if lib.fluid_player_get_status(player) != _PLAYING:
                    tail -= block.shape[1]
                    if float(np.abs(block).max()) < _QUIET:
                        break
        finally:
            lib.fluid_player_stop(player)
            lib.delete_fluid_player(player)
        return np.concatenate(blocks, axis=1)

    def _next(self, samples: int) -> NDArray[np.float32]:
        block = np.zeros((2, samples), np.float32)
        left, right = block[0].ctypes.data, block[1].ctypes.data
        if self._library.fluid_synth_write_float(self._synth, samples, left, 0, 1, right, 0, 1):
            raise RenderError("FluidSynth failed while it played; leave the file out")
        return block


@cache
def _library() -> Any:
    place = next((found for name in _NAMES if (found := ctypes.util.find_library(name))), None)
    if place is None:
        raise RenderError(
            "FluidSynth is not installed; install it (Debian: libfluidsynth3, macOS: brew install fluid-synth)"
        )
    lib = c.CDLL(place)
    pointer, text, number = c.c_void_p, c.c_char_p, c.c_int
    for name, result, arguments in (
        ("new_fluid_settings", pointer, []),
        ("delete_fluid_settings", None, [pointer]),
        ("fluid_settings_setstr", number, [pointer, text, text]),
        ("fluid_settings_setint", number, [pointer, text, number]),
        ("fluid_settings_setnum", number, [pointer, text, c.c_double]),
        ("new_fluid_synth", pointer, [pointer]),
        ("delete_fluid_synth", None, [pointer]),
        ("fluid_synth_sfload", number, [pointer, text, number]),
        ("fluid_synth_system_reset", number, [pointer]),
        (
            "fluid_synth_write_float",
            number,
            [pointer, number, pointer, number, number, pointer, number, number],
        ),
        ("new_fluid_player", pointer, [pointer]),
        ("delete_fluid_player", None, [pointer]),
        ("fluid_player_add_mem", number, [pointer, text, c.c_size_t]),
        ("fluid_player_play", number, [pointer]),
        ("fluid_player_stop", number, [pointer]),
        ("fluid_player_get_status", number, [pointer]),
        ("fluid_set_log_function", pointer, [number, pointer, pointer]),
        ("fluid_version_str", text, []),
    ):
        function = getattr(lib, name)
        function.restype, function.argtypes = result, arguments
    if int(lib.fluid_version_str().split(b".")[0]) < _OLDEST:
        raise RenderError(
            f"FluidSynth {lib.fluid_version_str().decode()} is too old; give version 2 or later"
        )
    for level in range(5):
        lib.fluid_set_log_function(level, None, None)  # it would write to this process's stderr
    return lib
