"""A CSV file with a line a step, which a run that was broken off goes on in."""

import csv
import io
import math
from collections.abc import Mapping
from pathlib import Path

from console.training.files import write_text

STEP = "step"


class CsvLog:
    """Lines of figures, each on disk as soon as it is added.

    A column that turns up later is added to all lines; a figure that is not there is left empty.

    Args:
        path: the file; it is made with the first line.
        last_step: lines of later steps, and a last one that is torn, are cut away; None to begin anew.
    """

    def __init__(self, path: Path, last_step: int | None) -> None:
        self._path = path
        self._columns: list[str] = []
        self._rows: list[list[str]] = []
        if last_step is not None and path.is_file():
            self._take_up(path.read_text("utf-8", errors="replace"), last_step)

    def add(self, figures: Mapping[str, float]) -> None:
        """Write a line; `figures` has "step".

        Raises:
            OSError: it cannot be written.
        """
        new = [name for name in figures if name not in self._columns]
        row = [_text(figures[name]) if name in figures else "" for name in (*self._columns, *new)]
        self._rows.append(row)
        if new:
            self._columns += new
            self._write_all()
            return
        with self._path.open("a", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerow(row)

    def _take_up(self, text: str, last_step: int) -> None:
        whole = text[: text.rfind("\n") + 1]
        lines = list(csv.reader(io.StringIO(whole)))
        if not lines or STEP not in lines[0]:
            return
        self._columns, place = lines[0], lines[0].index(STEP)
        self._rows = [
            row
            for row in lines[1:]
            if len(row) == len(self._columns) and row[place].isdigit() and int(row[place]) <= last_step
        ]
        self._write_all()

    def _write_all(self) -> None:
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(self._columns)
        width = len(self._columns)
        writer.writerows([*row, *[""] * (width - len(row))] for row in self._rows)
        write_text(self._path, out.getvalue())


def _text(value: float) -> str:
    if isinstance(value, int):
        return str(value)
    return f"{value:.6g}" if math.isfinite(value) else str(value)
