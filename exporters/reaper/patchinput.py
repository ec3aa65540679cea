"""Sets what comes first in a strip on a track of a project: polarity, input gain and delay."""

from collections.abc import Sequence
from dataclasses import replace

from console.mix import TrackStrip
from console.session import SessionTrack
from console.units import db_to_gain
from console.words import signed
from exporters.reaper.items import whole_delay
from exporters.reaper.ownitems import move_items, own_items, project_rate_hz
from exporters.reaper.patchcontext import Patch, put_line
from exporters.reaper.records import read_offset
from exporters.reaper.rpp import line
from exporters.reaper.stripnotes import note_items
from exporters.reaper.tracks import FileTrack
from exporters.report import Ledger

#: ReaEQ's gain is known to take so much, either way, in dB.
KNOWN_GAIN_DB = 12.0


def own_tracks(patch: Patch, track: FileTrack) -> tuple[FileTrack, ...]:
    """The tracks that hold the items of ours of a strip: itself, or its two sides; none on a track of the user's."""
    note = patch.notes.get(track.key)
    if note is None or note.kind != "track" or not note.marked:
        return ()
    tracks = patch.sides.get(track.key, (track,))
    return tracks if all(next(own_items(one), None) is not None for one in tracks) else ()


def set_polarity(patch: Patch, track: FileTrack, strip: TrackStrip, ledger: Ledger) -> None:
    """Set a track's phase button."""
    record = patch.record(track)
    inverted = int(strip.input.invert_polarity)
    was = track.rows.numbers("IPHASE", 0.0)[0]
    put_line(track.node, record, f"IPHASE {inverted}", after=("MUTESOLO", "VOLPAN", "NAME"))
    if inverted or was:
        state = ("normal", "inverted")
        ledger.exact(
            "input.invert_polarity", f"the track's phase button: {state[bool(was)]} → {state[inverted]}"
        )


def set_own_items(
    patch: Patch, tracks: Sequence[FileTrack], strip: TrackStrip, source: SessionTrack, ledger: Ledger
) -> None:
    """Input gain and delay of a strip whose items are ours: where a new project has them, in the items."""
    delay = whole_delay(strip.input.delay_ms, patch.sample_rate_hz)
    gain = db_to_gain(strip.input.gain_db)
    for track in tracks:
        was = patch.notes[track.key]
        move_items(track, was, delay, gain, project_rate_hz(patch.root))
        patch.notes[track.key] = replace(
            was, start_samples=source.start_samples, delay_samples=delay, gain=gain
        )
    note_items(strip, patch.sample_rate_hz, ledger)


def set_input(patch: Patch, track: FileTrack, strip: TrackStrip, ledger: Ledger) -> None:
    """Set the delay of a track of the user's, and say where its input gain is."""
    gain_db = strip.input.gain_db
    if gain_db:
        where = "the gain of a ReaEQ ahead of our other plugins and behind your own"
        if abs(gain_db) <= KNOWN_GAIN_DB:
            ledger.exact("input.gain_db", where)
        else:
            ledger.approximated(
                "input.gain_db", f"{where}; whether its knob goes to {signed(gain_db)} dB is not known"
            )
    if strip.input.delay_ms:
        _set_delay(patch, track, strip, ledger)


def _set_delay(patch: Patch, track: FileTrack, strip: TrackStrip, ledger: Ledger) -> None:
    rate_hz = patch.sample_rate_hz
    samples = whole_delay(strip.input.delay_ms, rate_hz)
    was_s = read_offset(patch.root, track, None)
    now_s = was_s + samples / rate_hz
    put_line(track.node, patch.record(track), line("PLAYOFFS", now_s, 0), after=("IPHASE", "VOLPAN", "NAME"))
    off_ms = abs(samples * 1000.0 / rate_hz - strip.input.delay_ms)
    change = (
        f"the track's media offset: {signed(was_s * 1000.0, 3)} ms → {signed(now_s * 1000.0, 3)} ms "
        "(REAPER 6 and later)"
    )
    if off_ms * rate_hz / 1000.0 < 1e-6:
        ledger.exact("input.delay_ms", change)
    else:
        ledger.approximated("input.delay_ms", f"{change}, whole samples", off_ms, "ms")
