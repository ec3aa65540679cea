"""An X32's channels as the console's: which knobs each has, what each bus is for, and what the engineer has to know."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bridge.live.links.x32.laws import Law, Setting
from bridge.live.links.x32.table import (
    BAND_TYPE,
    BUSES,
    CHANNELS,
    COMPRESSOR,
    DYNAMICS_MODE,
    EQUALIZER,
    GATE,
    GATE_MODE,
    MAIN,
    MIX,
    PREAMP,
    TAP_GROUP,
    TAP_POST,
    Rows,
    band_rows,
    bands,
    knob,
    send_rows,
)
from bridge.live.values import Channel, Control, Knob
from console.frozen import FrozenMap

#: The state of a desk by address: texts, whole numbers and positions as they arrived.
State = Mapping[str, object]

_MOST_LISTED = 4


@dataclass(slots=True)
class Layout:
    """The channels of a desk, and where each of their knobs is kept."""

    channels: tuple[Channel, ...] = ()
    places: dict[Control, tuple[str, Law]] = field(default_factory=dict)
    controls: dict[str, Control] = field(default_factory=dict)
    knobs: dict[Control, Knob] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def lay_out(state: State) -> Layout:
    """The layout of a desk of which `table.state_places` are known.

    What is not known is left out: the gate of a channel that does not say whether it is one, a send that is off or
    taken before the fader. A mix bus that no channel feeds behind its fader is a monitor mix and no channel here.
    """
    layout = Layout()
    uses = [_use(state, number) for number in range(len(BUSES))]
    names = {key: _name(state, key) for key in (*CHANNELS, *BUSES, MAIN)}
    found: list[Channel] = []
    for key in CHANNELS:
        rows: Rows = (*MIX, *PREAMP, *_gate(state, key), *_compressor(state, key), *_equalizer(state, key))
        sends = [bus for bus in range(len(BUSES)) if _is_sent(state, key, bus) and uses[bus]]
        rows += tuple(row for bus in sends for row in send_rows(bus))
        targets = FrozenMap({f"send.{bus}": names[BUSES[bus]] for bus in sends})
        found.append(_channel(layout, key, names[key], "track", rows, targets))
    for key, use in zip((*BUSES, MAIN), (*uses, "master"), strict=True):
        if use:
            rows = (*MIX, *_compressor(state, key), *_equalizer(state, key))
            found.append(_channel(layout, key, names[key], use, rows))
    layout.channels = tuple(found)
    layout.notes = tuple(_notes(state, uses))
    return layout


def listing(address: str, value: object) -> object:
    """What a value at an address says about the list of channels; equal results list alike."""
    if address.endswith("/config/name"):
        return value
    place = address.rsplit("/", 1)[1]
    setting: Setting | None = None
    if place == "mode":
        setting = GATE_MODE if "/gate/" in address else DYNAMICS_MODE
    elif place == "type" and "/eq/" in address:
        setting = BAND_TYPE
    elif place == "type":
        return value
    if setting is None or not isinstance(value, int):
        return None
    return setting.value(value) is not None


def _channel(
    layout: Layout, key: str, name: str, kind: str, rows: Rows, sends: FrozenMap[str] | None = None
) -> Channel:
    knobs = {}
    for parameter, place, law in rows:
        control = Control(key, parameter)
        address = f"/{key}/{place}"
        knobs[parameter] = layout.knobs[control] = knob(parameter, law)
        layout.places[control] = (address, law)
        layout.controls[address] = control
    return Channel(key, name, kind, FrozenMap(knobs), sends or FrozenMap())


def _name(state: State, key: str) -> str:
    name = state.get(f"/{key}/config/name")
    if isinstance(name, str) and name.strip():
        return name
    family, number = key.split("/")
    return {"ch": f"Ch {number}", "bus": f"Bus {number}"}.get(family, "Main LR")


def _number(state: State, address: str) -> int:
    value = state.get(address)
    return value if isinstance(value, int) else -1


def _gate(state: State, key: str) -> Rows:
    return GATE if GATE_MODE.value(_number(state, f"/{key}/gate/mode")) is not None else ()


def _compressor(state: State, key: str) -> Rows:
    return COMPRESSOR if DYNAMICS_MODE.value(_number(state, f"/{key}/dyn/mode")) is not None else ()


def _equalizer(state: State, key: str) -> Rows:
    rows = EQUALIZER
    for band in range(bands(key)):
        if BAND_TYPE.value(_number(state, f"/{key}/eq/{band + 1}/type")) is not None:
            rows += band_rows(band)
    return rows


def _tap(state: State, key: str, bus: int) -> int:
    """Where a channel's send to a bus is taken: buses go by pairs."""
    return _number(state, f"/{key}/mix/{bus // 2 * 2 + 1:02}/type")


def _is_sent(state: State, key: str, bus: int) -> bool:
    return _tap(state, key, bus) == TAP_POST and _number(state, f"/{key}/mix/{bus + 1:02}/on") == 1


def _use(state: State, bus: int) -> str:
    """What a bus is for: "group", "fx", or "" for the mix of a monitor."""
    taps = {_tap(state, key, bus) for key in CHANNELS}
    if TAP_GROUP in taps:
        return "group"
    return "fx" if TAP_POST in taps else ""


def _notes(state: State, uses: list[str]) -> list[str]:
    monitors = [str(number + 1) for number, use in enumerate(uses) if not use]
    notes = []
    if monitors:
        notes.append(
            f"the mix buses {', '.join(monitors)} take no channel behind its fader: they are held for monitors "
            "and left alone"
        )
    for place, is_told, text in (
        ("dyn/det", lambda value: value == 1, "compress by RMS where the console compresses by peaks"),
        ("dyn/auto", lambda value: value == 1, "have automatic times, which override attack and release"),
        (
            "dyn/mix",
            lambda value: isinstance(value, float) and value < 1.0,
            "mix dry sound to the compressed",
        ),
    ):
        told = [key for key in (*CHANNELS, *BUSES, MAIN) if is_told(state.get(f"/{key}/{place}"))]
        if told:
            notes.append(f"the compressors of {_listed(told)} {text}")
    linked = [place.rsplit("/", 1)[1] for place, value in state.items() if "link/" in place and value == 1]
    if linked:
        notes.append(f"{_listed(linked)} are linked: what moves on one of a pair moves on both")
    return notes


def _listed(names: list[str]) -> str:
    return ", ".join(names[:_MOST_LISTED]) + (
        f" and {len(names) - _MOST_LISTED} more" if len(names) > _MOST_LISTED else ""
    )
