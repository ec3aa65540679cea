"""Reads a recall sheet's table back into a Mix."""

from pathlib import Path

from console.mix import Mix
from exporters.sheet.table import read_csv


def read_project(path: Path) -> Mix:
    """The Mix that a sheet's .csv holds, to the last bit of every number.

    Raises:
        ExportError: the file cannot be read, is no recall sheet, or is damaged.
        ParamError: a value is outside its parameter's range.
    """
    return read_csv(path)
