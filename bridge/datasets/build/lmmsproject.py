"""An LMMS project as XML: its instruments, their solo and dry forms, and the author's settings as a Mix."""

import math
import zlib
from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

from console.errors import SessionError
from console.mix import Bus, Master, Mix, TrackStrip
from console.params import spec

_MOST_BYTES = 64_000_000
_INSTRUMENT, _SAMPLE = "0", "2"
_SETTINGS = {_INSTRUMENT: "instrumenttrack", _SAMPLE: "sampletrack"}
_MASTER_CHANNEL = "0"


def read_project(path: Path) -> Element:
    """The project in an .mmp, or in an .mmpz (its length in four bytes, then zlib).

    Raises:
        SessionError: it is none.
    """
    data = path.read_bytes()[:_MOST_BYTES]
    try:
        if path.suffix.lower() == ".mmpz":
            data = zlib.decompressobj().decompress(data[4:], _MOST_BYTES)
        if b"<!ENTITY" in data:
            raise SessionError(f"{path.name!r} defines entities, which no LMMS project does; leave it out")
        from xml.etree.ElementTree import fromstring

        root = fromstring(data[data.index(b"<") :])  # noqa: S314 - no entities, and bounded
    except (zlib.error, ParseError, ValueError) as error:
        raise SessionError(f"{path.name!r} is no LMMS project ({error}); leave it out") from error
    if root.find("head") is None or not any(True for _ in root.iter("track")):
        raise SessionError(f"{path.name!r} holds no tracks of LMMS; leave it out")
    return root


def instruments(project: Element) -> list[Element]:
    """The tracks that make sound, those inside beats and bass lines too; muted ones are left out."""
    return [
        track
        for track in project.iter("track")
        if track.get("type") in _SETTINGS and track.get("muted") != "1" and _settings(track) is not None
    ]


def solo(project: Element, number: int) -> Element:
    """The project with all but one of its instruments muted."""
    for other, track in enumerate(instruments(project)):
        if other != number:
            track.set("muted", "1")
    return project


def dry(project: Element) -> Element:
    """The project without effects, every fader at 100 % and every pan at the centre."""
    for chain in project.iter("fxchain"):
        chain.set("enabled", "0")
    for channel in project.iter("fxchannel"):
        _set(channel, "volume", "1")
        channel.set("muted", "0")
        for send in channel.findall("send"):
            _set(send, "amount", "1")
    for track in project.iter("track"):
        settings = _settings(track)
        if settings is not None:
            _set(settings, "vol", "100")
            _set(settings, "pan", "0")
    head = project.find("head")
    if head is not None:
        _set(head, "mastervol", "100")
    return project


def labels_of(track: Element) -> dict[str, float]:
    """The author's numbers: volume in percent, pan −100 … 100, the mixer's channel."""
    settings = _settings(track)
    if settings is None:
        return {}
    return {
        "volume_percent": _number(settings, "vol", 100.0),
        "pan_percent": _number(settings, "pan", 0.0),
        "channel": _number(settings, "fxch", 0.0),
    }


def strips_of(
    project: Element, tracks: list[Element], roles: list[str], mono: list[bool], rate_hz: int
) -> tuple[Mix, tuple[str, ...]]:
    """The author's faders, pans and channels as a Mix, and what it cannot say.

    A channel that goes to the master alone is a group; a channel that feeds others is folded into its tracks' faders
    when it feeds one only.

    Args:
        project: the project.
        tracks: its instruments that became stems, in their order.
        roles: their roles.
        mono: which dry stems are mono, as another law pans those.
        rate_hz: the rate of the stems.
    """
    channels = {channel.get("num", ""): channel for channel in project.iter("fxchannel")}
    notes: list[str] = []
    groups: dict[str, Bus] = {}
    strips = []
    for number, (track, role) in enumerate(zip(tracks, roles, strict=True)):
        labels = labels_of(track)
        fader_db, pan = _fader_and_pan(labels["volume_percent"], labels["pan_percent"], mono[number])
        output, extra_db = _way(str(round(labels["channel"])), channels, groups, notes)
        name = track.get("name") or "track"
        if _has_effects(_settings(track)):
            notes.append(f"effects on {name!r}: only the wet stem has them")
        if _is_automated(_settings(track)):
            notes.append(f"volume or pan of {name!r} move: the label is where they stand")
        fader = spec("strip.fader_db").clamp(fader_db + extra_db)
        strips.append(TrackStrip(f"stem{number:03d}", role=role, pan=pan, fader_db=fader, output=output))
    for channel in channels.values():
        if _has_effects(channel):
            notes.append(f"effects on the channel {channel.get('name', '')!r}: only the wet stems have them")
    master = Master(fader_db=spec("strip.fader_db").clamp(_master_db(project, channels)))
    mix = Mix(rate_hz, tuple(strips), tuple(groups.values()), master, estimator="author")
    return mix, tuple(dict.fromkeys(notes))


def _fader_and_pan(volume_percent: float, pan_percent: float, mono: bool) -> tuple[float, float]:
    """LMMS lowers the far side to (100 − |pan|) % and leaves the near one; that as fader and pan of our laws.

    Our balance leaves the near side too. Our law for mono raises it, up to 3 dB at the end, which the fader takes back.
    """
    far = 1.0 - min(abs(pan_percent), 100.0) / 100.0
    fader_db = _level_db(volume_percent / 100.0)
    if mono:
        angle = math.atan2(1.0, far)
        fader_db -= _level_db(math.sqrt(2.0) * math.sin(angle))
    else:
        angle = math.acos(min(far / math.sqrt(2.0), 1.0))
    return fader_db, math.copysign(min(angle * 4.0 / math.pi - 1.0, 1.0), pan_percent) + 0.0


def _way(
    number: str, channels: dict[str, Element], groups: dict[str, Bus], notes: list[str]
) -> tuple[str, float]:
    """Where a channel leads, and the level that is lost or won on the way before the last one, in dB."""
    extra_db, seen = 0.0, set[str]()
    while number != _MASTER_CHANNEL and number in channels and number not in seen:
        seen.add(number)
        channel = channels[number]
        sends = [(send.get("channel", ""), _number(send, "amount", 1.0)) for send in channel.findall("send")]
        level_db = _level_db(_number(channel, "volume", 1.0))
        if len(sends) != 1:
            notes.append(
                f"the channel {channel.get('name', '')!r} feeds {len(sends)} others: told is its own level"
            )
        amount_db = _level_db(sends[0][1]) if len(sends) == 1 else 0.0
        if len(sends) != 1 or sends[0][0] == _MASTER_CHANNEL:
            return _group(number, level_db + amount_db, groups), extra_db
        extra_db += level_db + amount_db
        number = sends[0][0]
    return "master", extra_db


def _master_db(project: Element, channels: dict[str, Element]) -> float:
    """The song's volume and the master channel's, in dB."""
    head, master = project.find("head"), channels.get(_MASTER_CHANNEL)
    percent = 100.0 if head is None else _number(head, "mastervol", 100.0)
    return _level_db(percent / 100.0) + _level_db(1.0 if master is None else _number(master, "volume", 1.0))


def _group(number: str, level_db: float, groups: dict[str, Bus]) -> str:
    name = f"channel {number}"
    groups.setdefault(name, Bus(name, fader_db=spec("strip.fader_db").clamp(level_db)))
    return name


def _level_db(gain: float) -> float:
    return 20.0 * math.log10(gain) if gain > 1e-5 else -100.0


def _settings(track: Element) -> Element | None:
    return track.find(_SETTINGS.get(track.get("type", ""), "-"))


def _number(element: Element, name: str, default: float) -> float:
    """A knob's value: an attribute, or a child when the knob is automated."""
    child = element.find(name)
    text = element.get(name) or (child.get("value") if child is not None else None)
    try:
        value = float(text) if text is not None else default
    except ValueError:
        return default
    return value if math.isfinite(value) else default


def _set(element: Element, name: str, value: str) -> None:
    for child in element.findall(name):
        element.remove(child)  # the form of an automated knob
    element.set(name, value)


def _is_automated(settings: Element | None) -> bool:
    return settings is not None and any(settings.find(name) is not None for name in ("vol", "pan"))


def _has_effects(element: Element | None) -> bool:
    if element is None:
        return False
    chains: Iterator[Element] = element.iter("fxchain")
    return any(
        chain.get("enabled") == "1" and any(effect.get("on", "1") == "1" for effect in chain.iter("effect"))
        for chain in chains
    )
