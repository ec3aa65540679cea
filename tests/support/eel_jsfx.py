"""Runs a JSFX effect as its host would: sliders, @init, @slider, @block and @sample on audio, @gfx on a picture.

An evaluator of the tests' own, not REAPER.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from eel import EelError
from eel_code import Program
from numpy.typing import NDArray

_SLIDER = re.compile(
    r"slider(?P<number>\d+):(?P<variable>[a-z_][a-z0-9_]*)=(?P<default>-?[\d.]+)"
    r"<(?P<low>-?[\d.]+),(?P<high>-?[\d.]+),(?P<step>[\d.]+)(?P<scale>:log!=[\d.]+|\{[^}]*\})?>(?P<label>\S.*)"
)
_HEADER = ("desc:", "tags:", "in_pin:", "out_pin:", "options:", "//")
_SECTIONS = ("init", "slider", "block", "sample", "gfx")
MEMORY = 1 << 16
_GFX = ("gfx_x", "gfx_y", "gfx_w", "gfx_h", "gfx_clear")


@dataclass(frozen=True)
class Declared:
    """A slider as the file declares it."""

    number: int
    variable: str
    default: float
    low: float
    high: float
    step: float
    middle: float | None
    choices: tuple[str, ...]
    label: str


@dataclass(frozen=True)
class Effect:
    """The parts of a JSFX file: its header's lines, its sliders, its code by section, the size of its picture."""

    header: tuple[str, ...]
    sliders: tuple[Declared, ...]
    sections: dict[str, str]
    size: tuple[int, int]


def parse_effect(text: str) -> Effect:
    """Take a file apart; anything that is not understood is refused."""
    header: list[str] = []
    sliders: list[Declared] = []
    sections: dict[str, str] = {}
    size = (0, 0)
    name = ""
    for row in text.split("\n"):
        if row.startswith("@"):
            name, *rest = row[1:].split()
            if name not in _SECTIONS or name in sections:
                raise EelError(f"the section {row!r} is not understood, or stands twice")
            sections[name] = ""
            if rest:
                size = (int(rest[0]), int(rest[1]))
        elif name:
            sections[name] += row + "\n"
        elif row.startswith("slider"):
            sliders.append(_declared(row))
        elif row.startswith(_HEADER):
            header.append(row)
        elif row.strip():
            raise EelError(f"the line {row!r} is not understood")
    return Effect(tuple(header), tuple(sliders), sections, size)


def _declared(row: str) -> Declared:
    match = _SLIDER.fullmatch(row)
    if match is None:
        raise EelError(f"the slider {row!r} is not understood")
    scale = match["scale"] or ""
    return Declared(
        int(match["number"]),
        match["variable"],
        float(match["default"]),
        float(match["low"]),
        float(match["high"]),
        float(match["step"]),
        float(scale[6:]) if scale.startswith(":log!=") else None,
        tuple(scale[1:-1].split(",")) if scale.startswith("{") else (),
        match["label"],
    )


def strip_path() -> Path:
    """The channel strip in the checkout."""
    return Path(__file__).resolve().parents[2] / "presets" / "reaper" / "mixbridge_strip.jsfx"


@cache
def _strip(zeroing: bool) -> "Jsfx":
    return Jsfx(strip_path().read_text(encoding="utf-8"), zeroing=zeroing)


def strip_effect(*, zeroing: bool = True) -> "Jsfx":
    """The channel strip, translated once for all tests; every use of it begins with start()."""
    return _strip(zeroing)


class Jsfx:
    """An instance of an effect; translated once, it can be reset to any sample rate.

    With the drawing functions of a picture as `host` it has @gfx too, and runs in plain Python.
    """

    def __init__(
        self,
        text: str,
        *,
        zeroing: bool = True,
        compiled: bool = True,
        host: dict[str, Callable[..., float]] | None = None,
    ) -> None:
        self.effect = parse_effect(text)
        sliders = [slider.variable for slider in self.effect.sliders]
        drawn = host is not None
        compiled = compiled and not drawn
        sections = {name: code for name, code in self.effect.sections.items() if name != "gfx" or drawn}
        self.program = Program(
            sections,
            known=(*sliders, "srate", "samplesblock", "num_ch", "spl0", "spl1", *_GFX),
            host=host,
            compiled=("sample",) if compiled else (),
            zeroing=zeroing,
        )
        self._place = {name: self.program.place(name) for name in (*sliders, "srate", "spl0", "spl1")}
        self.variables = np.zeros(self.program.layout.size + 1)
        self.memory = np.zeros(MEMORY)
        self._run = _runner(self.program, self._place["spl0"], self._place["spl1"], compiled=compiled)

    def start(self, sample_rate_hz: float, values: dict[str, float] | None = None) -> None:
        """What a host does on loading, on a new sample rate and when it starts to play.

        Sliders that are not named stand at their defaults.
        """
        self.variables[self._place["srate"]] = sample_rate_hz
        self._set({slider.variable: slider.default for slider in self.effect.sliders} | (values or {}))
        self._code("init")
        self._code("slider")

    def turn(self, values: dict[str, float]) -> None:
        """Move sliders while the audio runs."""
        self._set(values)
        self._code("slider")

    def set(self, name: str, value: float) -> None:
        """Set a variable."""
        self.variables[self.program.place(name)] = value

    def draw(self) -> None:
        """Run @gfx once."""
        self._code("gfx")

    def get(self, name: str) -> float:
        """A variable's value."""
        return float(self.variables[self.program.place(name)])

    def process(self, audio: NDArray[np.float64], block: int = 512) -> NDArray[np.float64]:
        """Run audio (2, samples) through @block and @sample in blocks of a size; returns new audio."""
        out = np.array(audio, dtype=np.float64, order="C")
        with np.errstate(all="ignore"):
            self._run(self.variables, self.memory, out, block)
        return out

    def _set(self, values: dict[str, float]) -> None:
        for name, value in values.items():
            self.variables[self._place[name]] = value

    def _code(self, name: str) -> None:
        with np.errstate(all="ignore"):
            self.program.sections[name](self.variables, self.memory)


def _runner(program: Program, left: int, right: int, *, compiled: bool) -> Callable[..., None]:
    """Runs audio in place through @block, in plain Python as it comes but once a block, and @sample."""
    block_code, sample_code = program.sections["block"], program.sections["sample"]

    def samples(variables: Any, memory: Any, audio: Any, start: int, stop: int) -> None:
        for i in range(start, stop):
            variables[left] = audio[0, i]
            variables[right] = audio[1, i]
            sample_code(variables, memory)
            audio[0, i] = variables[left]
            audio[1, i] = variables[right]

    inner: Callable[..., None] = samples
    if compiled:
        import numba

        inner = numba.njit(samples)

    def run(variables: Any, memory: Any, audio: Any, block: int) -> None:
        for start in range(0, audio.shape[1], block):
            block_code(variables, memory)
            inner(variables, memory, audio, start, min(start + block, audio.shape[1]))

    return run
