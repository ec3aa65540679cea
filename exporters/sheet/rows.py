"""The rows of a recall sheet: one per parameter, in sections, grouped by strip in the mixer's order."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any
from urllib.parse import quote

from console.labels import NAMES, knob_label
from console.mix import Band, Bus, BusKind, Master, Mix, Reason, TrackStrip
from console.mix.values import MASTER
from exporters.sheet.values import SHAPES, dialled, unit_of

NOTHING = "–"
OFF = "off"


@dataclass(frozen=True, slots=True)
class Row:
    """One parameter.

    `path` leads to it in the mix (its parts percent-encoded), `exact` is its value as JSON; both are "" for what
    only the start has. `was` is "–" where the
    start has no such part, "off" where the module was off. `band` is the band it belongs to, from 1; 0 for none.
    """

    path: str
    label: str
    unit: str
    was: str
    now: str
    exact: str
    band: int = 0
    reason: str = ""

    @property
    def changed(self) -> bool:
        """Whether a hand has to move."""
        return self.was != self.now


@dataclass(frozen=True, slots=True)
class Section:
    """A module of a strip: whether it is on (None for one without a switch), and whether it was."""

    name: str
    rows: tuple[Row, ...]
    on: bool | None = None
    was_on: bool | None = None
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StripSheet:
    """Everything about one strip: a track, a group, an FX bus or the master."""

    kind: str
    id: str
    role: str
    files: tuple[str, ...]
    about: tuple[Row, ...]
    sections: tuple[Section, ...]
    reasons: tuple[str, ...] = ()

    @property
    def rows(self) -> Iterator[Row]:
        """All rows in order, those about the strip first."""
        yield from self.about
        for section in self.sections:
            yield from section.rows


Strip = TrackStrip | Bus | Master

#: The parts of a strip along the signal; the last are one section, the strip's mixer.
_MODULES = ("input", "reverb", "delay", "highpass", "lowpass", "gate", "equalizer", "compressor", "limiter")
_MIXER_NAME = "Mixer"
_MIXER = ("width", "pan", "fader_db", "muted", "output", "sends", "automation")


def sheet(mix: Mix, start: Mix) -> tuple[StripSheet, ...]:
    """The strips of a mix in the mixer's order, each against the same strip of the start."""
    tracks = {strip.id: strip for strip in start.tracks}
    buses = {bus.id: bus for bus in start.buses}
    kept = {*(strip.id for strip in mix.tracks), *(bus.id for bus in mix.buses)}
    ordered = sorted(enumerate(mix.buses), key=lambda pair: pair[1].kind is BusKind.FX)
    return (
        *(
            _strip(f"tracks/{i}", "track", one.id, one, tracks.get(one.id))
            for i, one in enumerate(mix.tracks)
        ),
        *(_strip(f"buses/{i}", str(one.kind), one.id, one, buses.get(one.id)) for i, one in ordered),
        *(_gone("track", strip.id) for strip in start.tracks if strip.id not in kept),
        *(_gone(str(bus.kind), bus.id) for bus in start.buses if bus.id not in kept),
        _strip("master", MASTER, MASTER, mix.master, start.master),
    )


def _gone(kind: str, name: str) -> StripSheet:
    """A strip that only the start has."""
    row = Row("", "strip", "", "there", "taken out", "")
    return StripSheet(kind, name, "", (), (), (Section(_MIXER_NAME, (row,)),))


def _strip(path: str, kind: str, name: str, now: Strip, was: Strip | None) -> StripSheet:
    reasons = list(now.reasons)
    sections = [
        _module(f"{path}/{part}", part, getattr(now, part), getattr(was, part, None), reasons)
        for part in _MODULES
        if getattr(now, part, None) is not None
    ]
    sections.append(_mixer(path, now, was, reasons))
    about: list[Row] = []
    if not isinstance(now, Master):
        about.append(_plain(f"{path}/id", "name", name, NOTHING if was is None else name))
    if isinstance(now, TrackStrip):
        about += [_plain(f"{path}/files/{i}", "file", file, file) for i, file in enumerate(now.files)]
        about.append(_plain(f"{path}/role", "role", str(now.role), str(now.role)))
    if isinstance(now, Bus):
        about.append(_plain(f"{path}/kind", "kind", str(now.kind), str(now.kind)))
    return StripSheet(
        kind=kind,
        id=name,
        role=str(now.role).replace("_", " ") if isinstance(now, TrackStrip) else "",
        files=now.files if isinstance(now, TrackStrip) else (),
        about=tuple(about),
        sections=tuple(sections),
        reasons=tuple(reason.text for reason in reasons),
    )


def _take(reasons: list[Reason], parameter: str) -> tuple[str, ...]:
    """The texts of the reasons for a parameter and what is below it, which are then told."""
    told = [one for one in reasons if one.parameter == parameter or one.parameter.startswith(f"{parameter}.")]
    for one in told:
        reasons.remove(one)
    return tuple(dict.fromkeys(one.text for one in told))


def _module(path: str, part: str, now: Any, was: Any, reasons: list[Reason]) -> Section:
    enabled, before = getattr(now, "enabled", None), getattr(was, "enabled", None)
    # A module that was off had no settings to move from.
    woken = was is not None and before is False and enabled
    compared, gone = (None, OFF) if woken else (was, NOTHING)
    rows: list[Row] = []
    for item in fields(now):
        where = f"{path}/{item.name}"
        if item.name == "bands":
            rows += _bands(where, now.bands, getattr(compared, "bands", ()), gone)
        elif item.name == "enabled":
            rows.append(_plain(where, knob_label(item.name), now.enabled, NOTHING if was is None else before))
        else:
            old = None if compared is None else getattr(compared, item.name)
            rows.append(_row(where, item, getattr(now, item.name), old, gone))
    return Section(NAMES[part], tuple(rows), enabled, before, _take(reasons, part))


def _bands(path: str, now: tuple[Band, ...], was: tuple[Band, ...], gone: str) -> Iterator[Row]:
    for index, band in enumerate(now):
        before = was[index] if index < len(was) else None
        for item in fields(band):
            old = None if before is None else getattr(before, item.name)
            yield _row(f"{path}/{index}/{item.name}", item, getattr(band, item.name), old, gone, index + 1)
    for index, band in enumerate(was[len(now) :], len(now) + 1):
        gain, place = (
            dialled(f"equalizer.{name}", getattr(band, name)) for name in ("gain_db", "frequency_hz")
        )
        yield Row("", f"band {index}", "", f"{SHAPES[band.type]} {gain} dB at {place} Hz", NOTHING, "")


def _row(path: str, item: Any, now: Any, was: Any, gone: str, band: int = 0) -> Row:
    param = item.metadata.get("param")
    if param is None:
        return _plain(path, knob_label(item.name), now, gone if was is None else was, band)
    return Row(
        path,
        knob_label(item.name),
        unit_of(param),
        gone if was is None else dialled(param, was),
        dialled(param, now),
        json.dumps(now),
        band,
    )


def _plain(path: str, label: str, now: Any, was: Any, band: int = 0) -> Row:
    unit = "dB/oct" if label == "slope" else ""
    return Row(path, label, unit, _words(label, was), _words(label, now), json.dumps(now), band)


def _words(label: str, value: Any) -> str:
    if isinstance(value, bool):
        return {"polarity": ("normal", "inverted")}.get(label, (OFF, "on"))[value]
    return SHAPES.get(value, str(value)) if label == "shape" else str(value)


def _mixer(path: str, now: Strip, was: Strip | None, reasons: list[Reason]) -> Section:
    rows: list[Row] = []
    told: list[str] = []
    order = {name: place for place, name in enumerate(_MIXER)}
    for item in sorted((one for one in fields(now) if one.name in order), key=lambda one: order[one.name]):
        value, old = getattr(now, item.name), getattr(was, item.name, None)
        where = f"{path}/{item.name}"
        told += _take(reasons, item.name)
        if item.name == "sends":
            rows += _sends(where, value, old if old is not None else {})
        elif is_dataclass(value):
            rows += _moves(f"{where}/fader_db", now, was)
        else:
            rows.append(_row(where, item, value, old, NOTHING))
    return Section(_MIXER_NAME, tuple(rows), reasons=tuple(dict.fromkeys(told)))


def _sends(path: str, now: Mapping[str, float], was: Mapping[str, float]) -> Iterator[Row]:
    for bus, level_db in sorted(now.items()):
        yield Row(
            f"{path}/{encoded(bus)}",
            f"send to {bus}",
            "dB",
            dialled("strip.send_db", was[bus]) if bus in was else NOTHING,
            dialled("strip.send_db", level_db),
            json.dumps(level_db),
        )
    for bus in sorted(set(was) - set(now)):
        yield Row("", f"send to {bus}", "dB", dialled("strip.send_db", was[bus]), OFF, "")


def _moves(path: str, now: Strip, was: Strip | None) -> Iterator[Row]:
    points = now.automation.fader_db if isinstance(now, TrackStrip) else ()
    before = was.automation.fader_db if isinstance(was, TrackStrip) else ()
    same = points == before
    for index, (time_s, level_db) in enumerate(points):
        level = dialled("strip.fader_db", level_db)
        label = f"fader at {clock(time_s)}"
        yield Row(
            f"{path}/{index}", label, "dB", level if same else NOTHING, level, json.dumps([time_s, level_db])
        )


def clock(time_s: float) -> str:
    """A place in the song, in minutes and seconds to a hundredth."""
    hundredths = round(100.0 * time_s)
    return f"{hundredths // 6000}:{hundredths // 100 % 60:02d}.{hundredths % 100:02d}"


def encoded(text: str) -> str:
    """A part of a path: what is neither letter nor digit is percent-encoded, halves of characters too."""
    return quote(text, safe="", errors="surrogatepass")


def told(reasons: Iterable[str]) -> str:
    """Several reasons as one text."""
    return " ".join(text if text.endswith((".", "!", "?")) else f"{text}." for text in reasons)
