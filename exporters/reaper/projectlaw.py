"""The pan law that a user's project has, and the lines that give a track the console's law all the same.

REAPER's API names the numbers: law 1 is 0 dB, √½ is −3 dB, below 0 is the project's; mode 3 is "stereo balance / mono
pan"; flags 0 are the sine taper, 2 the linear one, 1 and 3 hybrids.
"""

import math
from dataclasses import dataclass

from exporters.reaper.fields import Rows
from exporters.reaper.panlaw import PROJECT_LAW, Panning
from exporters.reaper.rpp import line, split_words

BALANCE_MODE = 3.0
UNITY_LAW = 1.0
_SINE_TAPER = 0.0


@dataclass(frozen=True, slots=True)
class ProjectLaw:
    """What a track follows that has no law, mode or taper of its own."""

    law: float
    mode: float
    flags: float

    @property
    def at_unity(self) -> bool:
        """Whether a track in the middle passes at 0 dB by itself."""
        return self.law == UNITY_LAW

    @property
    def centred(self) -> float:
        """The law that lets a stereo track in the middle pass at 0 dB: the project's own where that does."""
        return PROJECT_LAW if self.at_unity else UNITY_LAW


def read_law(root: Rows) -> ProjectLaw:
    """The project's law. A project of REAPER 3 says no mode; it is 0 then.

    Raises:
        ExportError: a number is damaged.
    """
    return ProjectLaw(
        law=root.numbers("PANLAW", UNITY_LAW)[0],
        mode=root.numbers("PANMODE", 0.0)[0],
        flags=root.numbers("PANLAWFLAGS", _SINE_TAPER)[0],
    )


def level_lines(project: ProjectLaw, rows: Rows, volume: float, panning: Panning) -> list[str]:
    """The lines that give a track this volume and pan under the law that they need.

    Raises:
        ExportError: a number is damaged.
    """
    law = project.centred if panning.law == PROJECT_LAW else panning.law
    words = rows.words("VOLPAN")
    kept = words[3:] or ["-1", "1"]
    lines = [" ".join([line("VOLPAN", volume, panning.pan, law), *kept])]
    own_mode, own_flags = rows.numbers("PANMODE", -1.0)[0], rows.numbers("PANLAWFLAGS", -1.0)[0]
    if (own_mode if own_mode >= 0.0 else project.mode) != BALANCE_MODE:
        lines.append(line("PANMODE", BALANCE_MODE))
    if (
        law not in (PROJECT_LAW, UNITY_LAW)
        and (own_flags if own_flags >= 0.0 else project.flags) != _SINE_TAPER
    ):
        lines.append(line("PANLAWFLAGS", _SINE_TAPER))
    return lines


def law_name(law: float) -> str:
    """A law as REAPER's settings show it."""
    return f"{20.0 * math.log10(law):+.2f} dB".replace("-", "\u2212") if law > 0.0 else "the project's"


def of_line(text: str | None) -> tuple[float, float]:
    """Linear volume and pan of a VOLPAN or MASTER_VOLUME line, (1, 0) for none."""
    words = split_words(text)[1:3] if text else []
    try:
        volume, pan = (float(word) for word in [*words, *["1", "0"][len(words) :]])
    except ValueError:
        return 1.0, 0.0
    return volume, pan
