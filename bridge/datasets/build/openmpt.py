"""libopenmpt through ctypes: plays a tracker module, all of it or one instrument alone."""

import ctypes as c
import ctypes.util
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from console.errors import RenderError

_STEREO_SEPARATION_PERCENT, _INTERPOLATION_TAPS = 2, 3
_SINC_TAPS = 8
_NAMES = ("openmpt", "libopenmpt", "libopenmpt-0")

#: The functions of the "interactive" interface before set_instrument_mute_status, in the order of the C header.
_BEFORE_MUTING = 12


class _Interactive(c.Structure):
    _fields_ = (
        ("before", c.c_void_p * _BEFORE_MUTING),
        ("mute_instrument", c.c_void_p),
        ("after", c.c_void_p * 3),
    )


@dataclass(frozen=True, slots=True)
class ModuleFacts:
    """What a module says of itself; `instruments` are its instruments' names, or its samples' where it has none."""

    title: str
    type: str
    instruments: tuple[str, ...]


def missing() -> str:
    """What is missing to play modules; "" when nothing is."""
    try:
        _library()
    except RenderError as error:
        return str(error)
    return ""


def version() -> str:
    """The library's name and version."""
    number = _library().openmpt_get_library_version()
    return f"libopenmpt {number >> 24}.{number >> 16 & 0xFF}.{number & 0xFFFF}"


class Module:
    """A module at a sample rate; a context that frees it."""

    def __init__(self, data: bytes, sample_rate_hz: int) -> None:
        self._library, self._rate = _library(), sample_rate_hz
        self._extended = self._library.openmpt_module_ext_create_from_memory(
            data, len(data), None, None, None, None, None, None, None
        )
        if not self._extended:
            raise RenderError(
                f"libopenmpt cannot read these {len(data)} bytes as a module; leave the file out"
            )
        self._module = self._library.openmpt_module_ext_get_module(self._extended)
        self._library.openmpt_module_set_render_param(self._module, _STEREO_SEPARATION_PERCENT, 100)
        self._library.openmpt_module_set_render_param(self._module, _INTERPOLATION_TAPS, _SINC_TAPS)

    def __enter__(self) -> "Module":
        return self

    def __exit__(self, *_: object) -> None:
        self._library.openmpt_module_ext_destroy(self._extended)

    @property
    def facts(self) -> ModuleFacts:
        """Title, type and the names of what plays."""
        lib, module = self._library, self._module
        count = lib.openmpt_module_get_num_instruments(module)
        name = lib.openmpt_module_get_instrument_name if count else lib.openmpt_module_get_sample_name
        count = count or lib.openmpt_module_get_num_samples(module)
        return ModuleFacts(
            self._text(lib.openmpt_module_get_metadata(module, b"title")),
            self._text(lib.openmpt_module_get_metadata(module, b"type")),
            tuple(self._text(name(module, number)) for number in range(count)),
        )

    def solo(self, instruments: Collection[int], count: int) -> None:
        """Mute all of `count` instruments but these."""
        table = _Interactive()
        found = self._library.openmpt_module_ext_get_interface(
            self._extended, b"interactive", c.byref(table), c.sizeof(table)
        )
        if not found or not table.mute_instrument:
            raise RenderError(f"{version()} cannot mute instruments; give version 0.5 or later")
        mute = c.CFUNCTYPE(c.c_int, c.c_void_p, c.c_int32, c.c_int)(table.mute_instrument)
        for number in range(count):
            if number not in instruments:
                mute(self._extended, number, 1)

    def play(self, most_s: float) -> NDArray[np.float32]:
        """The module once through, (2, samples), at most `most_s` seconds."""
        blocks = list(self._blocks(round(most_s * self._rate)))
        return np.concatenate(blocks, axis=1) if blocks else np.zeros((2, 0), np.float32)

    def _blocks(self, most: int) -> Iterator[NDArray[np.float32]]:
        buffer = np.zeros((self._rate, 2), np.float32)
        while most > 0:
            got = self._library.openmpt_module_read_interleaved_float_stereo(
                self._module, self._rate, min(len(buffer), most), buffer.ctypes.data
            )
            if not got:
                return
            most -= got
            yield buffer[:got].T.copy()

    def _text(self, pointer: Any) -> str:
        """A string of the library's, which is to be given back."""
        text = (c.cast(pointer, c.c_char_p).value or b"").decode("utf-8", "replace") if pointer else ""
        self._library.openmpt_free_string(pointer)
        return text


@cache
def _library() -> Any:
    place = next((found for name in _NAMES if (found := ctypes.util.find_library(name))), None)
    if place is None:
        raise RenderError(
            "libopenmpt is not installed; install it (Debian: libopenmpt0, macOS: brew install libopenmpt)"
        )
    lib = c.CDLL(place)
    pointer, number, size = c.c_void_p, c.c_int32, c.c_size_t
    for name, result, arguments in (
        ("openmpt_module_ext_create_from_memory", pointer, [c.c_char_p, size, *[pointer] * 7]),
        ("openmpt_module_ext_get_module", pointer, [pointer]),
        ("openmpt_module_ext_get_interface", c.c_int, [pointer, c.c_char_p, pointer, size]),
        ("openmpt_module_ext_destroy", None, [pointer]),
        ("openmpt_module_get_num_instruments", number, [pointer]),
        ("openmpt_module_get_num_samples", number, [pointer]),
        ("openmpt_module_get_instrument_name", pointer, [pointer, number]),
        ("openmpt_module_get_sample_name", pointer, [pointer, number]),
        ("openmpt_module_get_metadata", pointer, [pointer, c.c_char_p]),
        ("openmpt_module_set_render_param", c.c_int, [pointer, c.c_int, number]),
        ("openmpt_module_read_interleaved_float_stereo", size, [pointer, number, size, pointer]),
        ("openmpt_free_string", None, [pointer]),
        ("openmpt_get_library_version", c.c_uint32, []),
    ):
        function = getattr(lib, name)
        function.restype, function.argtypes = result, arguments
    return lib
