"""A set while it is patched, and the values that every strip in it has: volume and devices."""

from dataclasses import dataclass, field, replace

from lxml import etree

from console.units import gain_to_db
from console.words import number
from exporters.ableton.device import Device
from exporters.ableton.document import devices_xml, envelope_xml
from exporters.ableton.edits import append, depth_of, fragment, next_id
from exporters.ableton.levels import Level
from exporters.ableton.load import Set, devices_of
from exporters.ableton.outline import Ids
from exporters.ableton.readchain import finite
from exporters.ableton.schema import Schema
from exporters.ableton.tempo import TempoMap, envelope_of
from exporters.ableton.traces import remove_devices, set_value
from exporters.ableton.values import number as live_number
from exporters.report import Ledger


@dataclass(slots=True)
class Job:
    """A set while it is patched: what it is, its version, the next identifiers, and the notes."""

    loaded: Set
    schema: Schema
    ids: Ids
    clock: TempoMap
    sample_rate_hz: int
    ledgers: list[Ledger] = field(default_factory=list)

    def ledger(self, strip: str) -> Ledger:
        """A new page of notes."""
        page = Ledger(strip)
        self.ledgers.append(page)
        return page


def set_volume(track: etree._Element, fader: Level, trace: dict[str, str], job: Job, ledger: Ledger) -> None:
    """Set a track's volume and its moves, unless the user's own automation stands there."""
    if envelope_on(track, "Volume") is not None:
        parameter = "automation.fader_db" if fader.events else "fader_db"
        ledger.dropped(parameter, "the track's own automation of the volume stays and overrides it")
        return
    before = set_value(track, "volume", live_number(fader.volume), trace)
    was_db = gain_to_db(finite(before, f"{job.loaded.path}: a volume")) if before else 0.0
    now_db = gain_to_db(fader.volume)
    amend(ledger, "fader_db", f"the volume was {number(was_db)} dB, now {number(now_db)} dB")
    target = track.find("DeviceChain/Mixer/Volume/AutomationTarget")
    envelopes = track.find("AutomationEnvelopes/Envelopes")
    if not fader.events:
        return
    if target is None or envelopes is None or not target.get("Id", "").isdecimal():
        ledger.dropped(
            "automation.fader_db", "the track has no place for an envelope; save the set again in Live"
        )
        return
    text = envelope_xml(
        next_id(envelopes),
        int(target.get("Id", "0")),
        fader.events,
        job.schema,
        depth_of(envelopes) + 1,
        job.ids,
    )
    append(envelopes, fragment(text))
    trace["moves"] = "1"


def put_devices(track: etree._Element, devices: tuple[Device, ...], job: Job) -> None:
    """Put our devices behind the user's own, in the place of those of an earlier patch."""
    remove_devices(track)
    place = devices_of(track)
    if place is not None and devices:
        text = devices_xml(devices, job.schema, depth_of(place) + 1, job.ids, next_id(place))
        append(place, fragment(text))


def envelope_on(track: etree._Element, knob: str) -> etree._Element | None:
    """The automation of a knob of a track's mixer."""
    return envelope_of(track, track.find(f"DeviceChain/Mixer/{knob}"))


def amend(ledger: Ledger, parameter: str, text: str) -> None:
    """Add to a note on a parameter what stood there and what stands there now."""
    for index, entry in enumerate(ledger.entries):
        if entry.parameter == parameter:
            ledger.entries[index] = replace(entry, sentence=f"{entry.sentence}; {text}")
            return
    ledger.exact(parameter, text)
