"""The table of addresses, made from the table of parameters, and its page in the documentation."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from bridge.live.parameters import BAND_TYPES, meaning, parameter_patterns
from console.mix.blend import GROUPS
from console.params import SLOPES_DB_PER_OCTAVE
from presets.surfaces import LISTEN_PORT
from presets.surfaces.addresses import (
    COMMANDS,
    DONE,
    ERROR,
    PORT,
    ROOT,
    STATUS,
    SUBSCRIBE,
    UNSUBSCRIBE,
    amount_address,
    command_address,
    status_address,
)


@dataclass(frozen=True, slots=True)
class Row:
    """One address: what it takes (OSC type tags; several separated by "|"), its range with the unit, what it is.

    `said` is whether subscribers are told when it changes.
    """

    address: str
    types: str
    range_text: str
    text: str
    part: str
    said: bool = False


_STRIP = f"{ROOT}/strip/N"

_QUESTIONS = (
    (f"{ROOT}/version", "", "name and version of mixbridge, and the version of this table"),
    (f"{ROOT}/addresses", "", "this table, a message for each row, then addresses/end with their number"),
    (f"{ROOT}/strips", "", "number, name, kind and lock of every strip, then strips/end with their number"),
    (f"{ROOT}/get", "s…", "what stands at these addresses, each answered on its own address"),
    (
        SUBSCRIBE,
        "[i] [s…]",
        "be told everything now, and from then on what changes; a port other than the one you send from, "
        'parameters if not all ("none": no strip\'s), "norm" for 0 … 1',
    ),
    (UNSUBSCRIBE, "[i]", "be told no more"),
)

_ANSWERS = (
    (DONE, "ss", "a command was carried out: its name, and what was done"),
    (ERROR, "ss", "something could not be done: the address, and why, with the remedy"),
)


@cache
def address_table() -> tuple[Row, ...]:
    """Every address of the remote control, N standing for a strip's number and # for that of a send or band."""
    return tuple(_rows())


def _rows() -> Iterator[Row]:
    for name, text in COMMANDS.items():
        yield Row(command_address(name), "|f|s" if name == "ab" else "|f", "", text, "Commands")
    for group in ("", *GROUPS):
        part = f"the amount of {group}" if group else "the amount of the whole mix"
        yield Row(amount_address(group), "f", "0 … 100 %", part, "Amounts", True)
        yield Row(amount_address(group, "norm"), "f", "0 … 1", part, "Amounts", True)
    for name, text in STATUS.items():
        kind = "i" if name in ("panic", "pending") else "s"
        yield Row(status_address(name), kind, "", text, "Status", True)
    yield Row(f"{_STRIP}/name", "s", "", "the strip's name", "Strips", True)
    yield Row(f"{_STRIP}/parameters", "s…", "", "the parameters that this desk has there", "Strips")
    yield Row(f"{ROOT}/lock/N", "i", "0, 1", "leave the strip to the engineer", "Strips", True)
    for parameter in parameter_patterns():
        yield from _parameter(parameter)
    for address, types, text in _QUESTIONS:
        yield Row(address, types, "", text, "Questions")
    for address, types, text in _ANSWERS:
        yield Row(address, types, "", text, "Answers")


def _parameter(parameter: str) -> Iterator[Row]:
    spec = meaning(parameter.replace("#", "0")).spec
    address = f"{_STRIP}/{parameter}"
    if spec is not None:
        scale = {"log": "by logarithm", "linear": "linear", "dB": "linear in dB"}[spec.scale]
        yield Row(
            address, "f", f"{spec.low:g} … {spec.high:g} {spec.unit}".rstrip(), scale, "Parameters", True
        )
        return
    if parameter.endswith(".type"):
        words = ", ".join(f"{index} {kind}" for index, kind in enumerate(BAND_TYPES))
        yield Row(address, "f|s", words, "a choice", "Parameters", True)
    elif parameter.endswith("slope_db_per_octave"):
        words = ", ".join(f"{slope}" for slope in SLOPES_DB_PER_OCTAVE)
        yield Row(address, "f", f"{words} dB/octave", "a choice", "Parameters", True)
    else:
        yield Row(address, "f", "0, 1", "a switch", "Parameters", True)


_INTRODUCTION = f"""\
# The addresses of the remote control

`mixbridge live` listens for OSC over UDP on port {PORT} of this computer while it is connected to a desk. This page is
made from the same tables as the program (`bridge/live/remote/table.py`); `{ROOT}/addresses` gives it over OSC.

- **Numbers.** `N` is a strip's number from 1, in the order that `{ROOT}/strips` gives. `#` is the number of a send or
  of a band of the equalizer, from 0. Instead of its number a strip can be called by its name:
  `{ROOT}/strip/by_name/Lead_Vox/fader_db`, `{ROOT}/lock/by_name/Lead_Vox`. Spaces, control characters and
  `# * , / ? [ ] {{ }}` in a name are written as `_`. Two strips of one name have to be called by number.
- **Units.** A value is in the unit of the table. With `/norm` behind a parameter it is 0 … 1 on the parameter's scale;
  a choice has no norm. `/range` behind a parameter asks for the range of this desk, which may be narrower than the
  table's: a value outside it moves the knob to its end, a value outside the table's range is refused.
- **Asking.** An address without arguments is a question and is answered on the same address.
- **Buttons.** A command takes nothing, or a number: 0, which surfaces send when a button comes up, does nothing.
- **Moving.** A value is a wish: it goes through the same guard and ramp as every other move. Of several values for one
  knob that come together only the last counts.
- **Being told.** After `{SUBSCRIBE}` you are told everything once and then what changes, twenty times a second at
  most. Say something at least once a minute, best `{SUBSCRIBE}` again, which also repairs what was lost on
  the way. A fader that you move yourself is told to you half a second after the last move.
- **Panic** is looked for in everything that has arrived before anything else is read. What would move the desk and came
  together with it is not carried out. Presses less than 0.4 s apart are one.
- **Mistakes** are answered by `{ERROR}`, five a second at most. Patterns (`*`, `?`) are not understood, on purpose.
- **Too much.** A sender is heard a thousand times a second; of what is more, the newest counts.
- **Who may speak.** Only programs on this computer, unless it is told to listen on the network *and* which hosts may
  speak. OSC has no passwords and UDP senders can be forged: use a network that is yours.

## Surfaces

- **TouchOSC** (1.0 and later, any device). Open `mixbridge.tosc`. Connections, OSC, connection 1: UDP, the host and
  port of mixbridge, receive port {LISTEN_PORT}. A fader can be touched once mixbridge has said where it stands.
- **Open Stage Control** (1.25 and later). Load `mixbridge-open-stage-control.json`; the host and port of mixbridge are
  in it. Answers come to the port that Open Stage Control sends from, so there is nothing to enter.

Both have panic, A/B, undo, restore and apply above every page, the amounts on the first, and eight strips on each that
follows, with names that mixbridge fills in.

## Types

Types are those of OSC: `f` float, `i` int, `s` text; where a number is taken, `f`, `i`, `d` and `h` are all right.
"""


def addresses_page() -> str:
    """The table as a page of the documentation, in Markdown."""
    lines = [_INTRODUCTION]
    part = ""
    for row in address_table():
        if row.part != part:
            part = row.part
            lines.append(
                f"## {part}\n\n| address | takes | range | what | told |\n| --- | --- | --- | --- | --- |"
            )
        cells = (f"`{row.address}`", _types(row.types), row.range_text, row.text, "yes" if row.said else "")
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
        if _is_last(row):
            lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _types(types: str) -> str:
    return " or ".join(f"`{one}`" if one else "nothing" for one in types.split("|"))


def _is_last(row: Row) -> bool:
    rows = address_table()
    place = rows.index(row) + 1
    return place == len(rows) or rows[place].part != row.part
