"""A picture for @gfx to draw on: the few drawing functions that our effect uses, on an array of colours."""

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from eel_jsfx import Jsfx, strip_path


class Picture:
    """A window of an effect. `strokes` counts what was drawn since the last look; `texts` are (x, y, text)."""

    def __init__(self, width: int, height: int) -> None:
        self.pixels = np.zeros((height, width, 3))
        self.colour = np.ones(3)
        self.strokes = 0
        self.outside = 0
        self.texts: list[tuple[float, float, str]] = []
        self.effect = Jsfx(strip_path().read_text(encoding="utf-8"), host=self._functions())

    def show(self) -> None:
        """What a host does some thirty times a second."""
        self.effect.set("gfx_w", float(self.pixels.shape[1]))
        self.effect.set("gfx_h", float(self.pixels.shape[0]))
        self.strokes = 0
        self.effect.draw()

    def save(self, path: Path) -> None:
        """The picture as a PNG, without its texts."""
        height, width, _ = self.pixels.shape
        rows = b"".join(b"\0" + row.tobytes() for row in np.uint8(np.round(self.pixels * 255.0)))

        def chunk(kind: bytes, data: bytes) -> bytes:
            return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

        head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
        body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
        path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)

    def _functions(self) -> dict[str, Callable[..., float]]:
        return {
            "gfx_set": self._set,
            "gfx_rect": self._rect,
            "gfx_line": self._line,
            "gfx_lineto": self._line_to,
            "gfx_drawstr": self._text,
        }

    def _set(self, red: float, green: float, blue: float, alpha: float) -> float:
        self.colour = np.array([red, green, blue])
        return 0.0

    def _rect(self, x: float, y: float, width: float, height: float) -> float:
        self.strokes += 1
        if x < 0 or y < 0 or x + width > self.pixels.shape[1] or y + height > self.pixels.shape[0]:
            self.outside += 1
        self.pixels[int(y) : int(y + height), int(x) : int(x + width)] = self.colour
        return 0.0

    def _line(self, x0: float, y0: float, x1: float, y1: float) -> float:
        self.strokes += 1
        height, width, _ = self.pixels.shape
        if not (0 <= min(x0, x1) and max(x0, x1) <= width and 0 <= min(y0, y1) and max(y0, y1) <= height):
            self.outside += 1
        count = int(max(abs(x1 - x0), abs(y1 - y0))) + 1
        xs = np.clip(np.linspace(x0, x1, count + 1), 0, width - 1).astype(int)
        ys = np.clip(np.linspace(y0, y1, count + 1), 0, height - 1).astype(int)
        self.pixels[ys, xs] = self.colour
        return 0.0

    def _line_to(self, x: float, y: float) -> float:
        self._line(self.effect.get("gfx_x"), self.effect.get("gfx_y"), x, y)
        self.effect.set("gfx_x", x)
        self.effect.set("gfx_y", y)
        return 0.0

    def _text(self, number: float) -> float:
        self.strokes += 1
        self.texts.append(
            (self.effect.get("gfx_x"), self.effect.get("gfx_y"), self.effect.program.texts[int(number)])
        )
        return 0.0
