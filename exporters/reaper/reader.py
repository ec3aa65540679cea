"""Reads a REAPER project as a Mix: exactly what mixbridge wrote or patched, of others' as much as they share."""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath

from console.errors import ExportError, ParamError
from console.mix import Automation, Bus, BusKind, FrozenMap, Input, Master, Mix, Reason, TrackStrip
from console.mix.values import SAMPLE_RATES_HZ
from console.units import gain_to_db
from exporters.moves import Points, from_points
from exporters.neat import held, neat_db
from exporters.reaper.fields import Rows, numbers, within_reason
from exporters.reaper.panlaw import from_reaper
from exporters.reaper.readchain import Modules, read_chain, with_makeup
from exporters.reaper.records import Records, read_offset, read_records
from exporters.reaper.rpp import Node, read_document
from exporters.reaper.seen import Seen, master_fx, see_tracks
from exporters.reaper.tracks import list_tracks


def read_project(path: Path) -> Mix:
    """The Mix that a project holds: strips, buses and master, each number as REAPER stores it.

    What REAPER has no place for (roles, locks, width, a gate's ratio, a reverb's size) is at its default. The order
    is the project's. What a project of another's holds beyond the console (bands that are too many, a second
    compressor) is left out, and the strip's reasons say so. Of a track that a patch set only the patch is read.

    Raises:
        ExportError: the file cannot be read, is damaged or is no project of REAPER's.
    """
    root = read_document(path).node("REAPER_PROJECT")
    if root is None:
        raise ExportError(f"{path} holds no <REAPER_PROJECT; give an .rpp file")
    try:
        return _mix(root)
    except (ExportError, ParamError) as error:
        raise ExportError(f"{path}: {error}") from error


def _mix(root: Node) -> Mix:
    rows = Rows(root)
    (rate_hz,) = rows.numbers("SAMPLERATE", 44100.0)
    low_hz, high_hz = SAMPLE_RATES_HZ
    if not low_hz <= rate_hz <= high_hz:
        raise ExportError(f"SAMPLERATE is {rate_hz:g}; give a project of {low_hz} to {high_hz} Hz")
    sample_rate_hz = int(rate_hz)
    records = read_records(root)
    seen = see_tracks(root, list_tracks(root), records)
    sends = _sends(seen)
    return Mix(
        sample_rate_hz=sample_rate_hz,
        tracks=tuple(
            _strip(root, one, sends.get(one.track.index, {}), sample_rate_hz, records)
            for one in seen
            if one.kind in ("track", "strip")
        ),
        buses=tuple(_bus(one, sample_rate_hz) for one in seen if one.kind in ("group", "fx")),
        master=_master(root, rows, sample_rate_hz, records),
    )


def _sends(seen: Sequence[Seen]) -> dict[int, dict[str, float]]:
    """Levels in dB by the sending track's index and the receiving bus's id."""
    sends: dict[int, dict[str, float]] = {}
    for bus in seen:
        for receive in bus.track.receives if bus.kind == "fx" else ():
            if receive.heard:
                level_db = held("strip.send_db", neat_db(gain_to_db(receive.gain)))
                sends.setdefault(receive.source, {})[bus.id] = level_db
    return sends


def _strip(
    root: Node, one: Seen, sends: dict[str, float], sample_rate_hz: int, records: Records | None
) -> TrackStrip:
    rows = one.track.rows
    modules = read_chain(one.fx(), sample_rate_hz)
    volume, reaper_pan = rows.numbers("VOLPAN", 1.0, 0.0)
    pan, own_gain = from_reaper(held("strip.pan", reaper_pan), one.channels)
    level_db = neat_db(gain_to_db(volume / own_gain))
    moves = _moves(one.track.node)
    fader_db = moves[0][1] if moves else held("strip.fader_db", level_db)
    # What lies over the fader's end, or on the trim of a fader that moves, is make-up the fader took over.
    rest_db = level_db if moves else level_db - fader_db
    return TrackStrip(
        id=one.id,
        files=tuple(_file_names(one)),
        muted=rows.flag("MUTESOLO"),
        input=_input(root, one, sample_rate_hz, modules, records),
        highpass=modules.highpass,
        lowpass=modules.lowpass,
        gate=modules.gate,
        equalizer=modules.equalizer,
        compressor=with_makeup(modules.compressor, rest_db),
        width=modules.width,
        pan=held("strip.pan", neat_db(pan)),
        fader_db=fader_db,
        sends=FrozenMap(sends),
        output=one.group,
        automation=Automation(moves),
        reasons=_reasons(modules),
    )


def _bus(one: Seen, sample_rate_hz: int) -> Bus:
    modules = read_chain(one.fx(), sample_rate_hz)
    level_db = neat_db(gain_to_db(one.track.rows.numbers("VOLPAN", 1.0)[0]))
    fader_db = held("strip.fader_db", level_db)
    space = one.kind == "fx"
    return Bus(
        id=one.id,
        kind=BusKind(one.kind),
        reverb=modules.reverb if space else None,
        # A return of another's may have both; the console's has one.
        delay=modules.delay if space and modules.reverb is None else None,
        equalizer=modules.equalizer,
        compressor=with_makeup(modules.compressor, level_db - fader_db),
        fader_db=fader_db,
        reasons=_reasons(modules),
    )


def _master(root: Node, rows: Rows, sample_rate_hz: int, records: Records | None) -> Master:
    modules = read_chain(master_fx(root, records), sample_rate_hz)
    level_db = neat_db(gain_to_db(rows.numbers("MASTER_VOLUME", 1.0)[0]))
    fader_db = held("strip.fader_db", level_db)
    return Master(
        equalizer=modules.equalizer,
        compressor=with_makeup(modules.compressor, level_db - fader_db + modules.drive_db),
        limiter=modules.limiter,
        fader_db=fader_db,
        reasons=_reasons(modules),
    )


def _reasons(modules: Modules) -> tuple[Reason, ...]:
    return tuple(Reason("equalizer", text) for text in modules.left_out)


def _input(root: Node, one: Seen, sample_rate_hz: int, modules: Modules, records: Records | None) -> Input:
    inverted = one.track.rows.flag("IPHASE") is not modules.invert_polarity
    if one.kind == "strip" and not one.written:
        moved_s = read_offset(root, one.track, None) - read_offset(root, one.track, records)
        return Input(modules.gain_db, inverted, held("input.delay_ms", neat_db(moved_s * 1000.0)))
    if not one.items or (one.foreign and len(one.items) > 1):
        return Input(gain_db=modules.gain_db, invert_polarity=inverted)
    rows = Rows(one.items[0])
    (position_s,), (offset_s,) = rows.numbers("POSITION", 0.0), rows.numbers("SOFFS", 0.0)
    (gain,) = rows.numbers("VOLPAN", 1.0)
    begin = round(within_reason(position_s - offset_s) * sample_rate_hz)
    shift = 0 if one.foreign else begin - one.start_samples
    return Input(
        gain_db=held("input.gain_db", modules.gain_db + neat_db(gain_to_db(gain))),
        invert_polarity=inverted,
        delay_ms=held("input.delay_ms", neat_db(shift * 1000.0 / sample_rate_hz)),
    )


def _moves(node: Node) -> Points:
    envelope = node.node("VOLENV2")
    if envelope is None or not Rows(envelope).flag("ACT"):
        return ()
    pairs = (numbers("PT", row, 0.0, 1.0) for row in envelope.rows("PT"))
    # Others' envelopes start ahead of the song, and jump: of several points at one time the last counts.
    placed = [(max(time_s, 0.0), gain) for time_s, gain in pairs]
    points = dict(sorted(placed, key=lambda point: point[0]))
    moves = from_points(list(points.items()))
    return tuple((time_s, held("strip.fader_db", level_db)) for time_s, level_db in moves)


def _file_names(one: Seen) -> list[str]:
    """What a writer of ours named has forward slashes; others' names may have been written by any system."""
    ours = one.written
    names = [(PurePosixPath if ours else PureWindowsPath)(_file(item)).name for item in one.items]
    return names if ours else list(dict.fromkeys(filter(None, names)))


def _file(item: Node) -> str:
    source = item.node("SOURCE")
    while source is not None and (inner := source.node("SOURCE")) is not None:
        source = inner
    return Rows(source).text("FILE") if source is not None else ""
