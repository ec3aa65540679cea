"""Which plugins carry the equalizer, the gate and the limiter: by name, or what this machine has."""

from dataclasses import dataclass
from typing import TypedDict

from console.errors import ExportError
from exporters.ardour.plugins import is_installed

AUTO = "auto"
NONE = "none"

#: What may be asked for, best first, and the plugin that it needs ("" for none).
EQUALIZERS: dict[str, str] = {"lsp": "lsp_eq", "fil4": "fil4", "ace": "ace_eq"}
GATES: dict[str, str] = {"mixbridge": "gate", "ace": "ace_expander"}
LIMITERS: dict[str, str] = {"dpl": "dpl", "lsp": "lsp_limiter", NONE: ""}


@dataclass(frozen=True, slots=True)
class Choices:
    """The carriers of three modules, each by its name."""

    equalizer: str = "ace"
    gate: str = "mixbridge"
    limiter: str = NONE


class Carriers(TypedDict, total=False):
    """What may be asked for by keyword; "auto", the default of each, is the best that this machine has.

    - `equalizer`: "lsp", "fil4" (x42's) or "ace";
    - `gate`: "mixbridge" (a script in the session) or "ace";
    - `limiter`: "dpl" (x42's), "lsp" or "none".
    """

    equalizer: str
    gate: str
    limiter: str


def choose(equalizer: str = AUTO, gate: str = AUTO, limiter: str = AUTO) -> Choices:
    """The carriers; "auto" is the best that this machine has.

    Raises:
        ExportError: there is none of that name.
    """
    return Choices(
        _chosen("equalizer", equalizer, EQUALIZERS),
        _chosen("gate", gate, GATES),
        _chosen("limiter", limiter, LIMITERS),
    )


def _chosen(what: str, name: str, known: dict[str, str]) -> str:
    if name == AUTO:
        return next(one for one, plugin in known.items() if is_installed(plugin))
    if name not in known:
        raise ExportError(f"{name!r} is no {what} for Ardour; give one of {', '.join((AUTO, *known))}")
    return name
