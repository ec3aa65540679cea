"""The report's notes: what of each strip a DAWproject says exactly, nearly, or not at all."""

from console.mix import Bus, Compressor, Delay, Equalizer, Gate, Limiter, Master, Reverb, TrackStrip
from console.mix.values import MASTER
from console.session import Session, SessionTrack
from console.words import number, signed
from exporters.dawproject.plan import AudioPlace, whole_delay
from exporters.dawproject.units import FADER_END_DB, plain_text
from exporters.moves import CHORD_DEVIATION_DB
from exporters.report import Ledger

_TIMES = "the same times in seconds; what a DAW's own smoothing makes of them is its own"
_SOUND = "the standard names the knob, not the sound: another DAW's filters may differ"
_MUTED = "the return is muted so that nothing passes dry; "
_PAN = {
    1: "the same place from 0 to 1; the levels follow the DAW's own pan law: with 0 dB in the middle, where ours has "
    "−3 dB, a mono track is 3 dB louder against stereo ones",
    2: "the same place from 0 to 1; the levels on the way follow the DAW's own balance",
}


def note_track(
    strip: TrackStrip, source: SessionTrack, sample_rate_hz: int, audio: AudioPlace, ledger: Ledger
) -> None:
    """Note what becomes of a track."""
    note_name(strip.id, ledger)
    _note_files(source, sample_rate_hz, audio, ledger)
    note_input(strip, ledger)
    note_delay(strip, sample_rate_hz, ledger)
    note_chain(strip, source.channels, ledger)
    note_level(strip, source.channels, ledger)
    if strip.output != MASTER:
        ledger.exact("output", "the track lies in its group and sounds through the group's channel")


def note_name(name: str, ledger: Ledger) -> None:
    """Note a name that XML cannot hold."""
    if plain_text(name) != name:
        ledger.approximated("id", "the name holds signs that XML cannot; they are replaced")


def _note_files(source: SessionTrack, sample_rate_hz: int, audio: AudioPlace, ledger: Ledger) -> None:
    for file in source.files:
        if file.sample_rate_hz != sample_rate_hz:
            ledger.approximated(
                "files",
                f"{file.path.name} is at {file.sample_rate_hz} Hz: the DAW resamples it by its own means",
            )
        path = str(file.path)
        if audio is AudioPlace.BESIDE and plain_text(path) != path:
            ledger.dropped(
                "files", f"XML cannot hold the path {path!r}: rename the file, or take the audio inside"
            )
    if len(source.files) > 1:
        ledger.approximated(
            "files",
            "the left and right file are two tracks panned hard to the sides, in a group with the strip; "
            "how loud a hard-panned mono track is follows the DAW's own pan law",
        )


def note_input(strip: TrackStrip, ledger: Ledger) -> None:
    """Note gain and polarity at the head of a strip."""
    if strip.input.gain_db:
        ledger.approximated(
            "input.gain_db",
            f"the input gain of the first equalizer, {signed(strip.input.gain_db)} dB; "
            "a DAW whose equalizer has no such knob leaves it out",
        )
    if strip.input.invert_polarity:
        ledger.dropped(
            "input.invert_polarity",
            "DAWproject has no polarity: invert the track with a utility plugin of the DAW",
        )


def note_delay(strip: TrackStrip, sample_rate_hz: int, ledger: Ledger) -> None:
    """Note a delay that the clips' places hold."""
    if not strip.input.delay_ms:
        return
    off_ms = abs(
        whole_delay(strip.input.delay_ms, sample_rate_hz) * 1000.0 / sample_rate_hz - strip.input.delay_ms
    )
    if off_ms * sample_rate_hz / 1000.0 < 1e-6:
        ledger.exact("input.delay_ms", "the clip is moved by so many samples")
    else:
        ledger.approximated(
            "input.delay_ms", "clips move by whole samples; the nearest is taken", off_ms, "ms"
        )


def note_chain(strip: TrackStrip, channels: int, ledger: Ledger) -> None:
    """Note the modules of a track."""
    for name, cut in (("highpass", strip.highpass), ("lowpass", strip.lowpass)):
        if cut.enabled:
            bands = "one band" if cut.slope_db_per_octave == 12 else "two bands"
            ledger.approximated(
                name, f"{cut.slope_db_per_octave} dB per octave as {bands} with Butterworth q; {_SOUND}"
            )
    _note_gate(strip.gate, ledger)
    _note_equalizer(strip.equalizer, ledger)
    _note_compressor(strip.compressor, ledger)
    if channels == 2 and strip.width != 1.0:
        ledger.dropped(
            "width", f"DAWproject has no width: set a utility plugin to {number(100.0 * strip.width, 0)} %"
        )


def note_level(strip: TrackStrip, channels: int, ledger: Ledger) -> None:
    """Note pan, fader, moves, sends and mute of a track."""
    if strip.pan or channels == 1:
        ledger.approximated("pan", _PAN[channels])
    else:
        ledger.exact("pan", "a stereo track in the middle passes as it is")
    levels = [level_db for _, level_db in strip.automation.fader_db]
    if levels:
        ledger.approximated(
            "automation.fader_db",
            "automation of the volume with a point every half decibel, joined in amplitude",
            CHORD_DEVIATION_DB,
            "dB",
        )
    note_fader(max(levels, default=strip.fader_db), ledger)
    for bus, level_db in strip.sends.items():
        over_db = level_db - FADER_END_DB
        if over_db > 0.0:
            ledger.approximated(
                f"sends.{bus}", f"a send ends at +{FADER_END_DB:.2f} dB and stands there", over_db, "dB"
            )
        else:
            ledger.exact(f"sends.{bus}", "a send after the fader")
    if strip.muted:
        ledger.exact("muted", "the channel's mute")


def note_fader(level_db: float, ledger: Ledger) -> None:
    """Note a fader, and what of it lies over the standard's end."""
    over_db = level_db - FADER_END_DB
    if over_db > 0.0:
        ledger.approximated(
            "fader_db",
            f"a fader ends at +{FADER_END_DB:.2f} dB: the other {over_db:.2f} dB are the output gain of an "
            "equalizer at the end of the chain, which not every DAW has",
        )
    else:
        ledger.exact("fader_db", "the channel's volume")


def note_bus(bus: Bus, ledger: Ledger, *, muted: bool = True) -> None:
    """Note what becomes of a bus. `muted`: its return is, until it has an effect."""
    note_name(bus.id, ledger)
    for name, effect in (("reverb", bus.reverb), ("delay", bus.delay)):
        if effect is not None:
            ledger.dropped(
                name,
                f"DAWproject has no {name}: {_MUTED if muted else ''}insert a {name} with {_settings(effect)}, all wet"
                f"{', and unmute it' if muted else ''}",
            )
    _note_equalizer(bus.equalizer, ledger)
    _note_compressor(bus.compressor, ledger)
    note_fader(bus.fader_db, ledger)


def note_master(master: Master, ledger: Ledger) -> None:
    """Note what becomes of the master."""
    _note_equalizer(master.equalizer, ledger)
    _note_compressor(master.compressor, ledger)
    _note_limiter(master.limiter, ledger)
    note_fader(master.fader_db, ledger)


def left_out(mix_ids: set[str], session: Session) -> list[Ledger]:
    """A note for every track of the session that the mix says nothing of."""
    ledgers = [Ledger(track.id) for track in session.tracks if track.id not in mix_ids]
    for ledger in ledgers:
        ledger.dropped("files", "the mix has no strip for this track; it is not in the project")
    return ledgers


def _settings(effect: Reverb | Delay) -> str:
    cuts = f"{effect.low_cut_hz:.3g} … {effect.high_cut_hz:.5g} Hz"
    if isinstance(effect, Reverb):
        return (
            f"decay {effect.decay_s:.3g} s, pre-delay {effect.predelay_ms:.3g} ms, size {effect.size:.2g}, "
            f"damping {effect.damping:.2g}, {cuts}"
        )
    kind = "ping-pong, " if effect.ping_pong else ""
    return f"{kind}{effect.time_ms:.4g} ms, feedback {effect.feedback:.2g}, {cuts}"


def _note_equalizer(equalizer: Equalizer, ledger: Ledger) -> None:
    if equalizer.enabled:
        for index, _ in enumerate(equalizer.bands):
            ledger.approximated(
                f"equalizer.bands.{index}", f"the same shape, frequency, gain and q; {_SOUND}"
            )


def _note_gate(gate: Gate, ledger: Ledger) -> None:
    if not gate.enabled:
        return
    ledger.exact("gate.threshold_db", "the same threshold")
    ledger.exact("gate.range_db", "the same range")
    ledger.approximated("gate.ratio", f"{gate.ratio:g}:1 in percent, as Bitwig Studio writes ratios")
    ledger.approximated("gate.attack_ms", _TIMES)
    if gate.hold_ms:
        ledger.approximated(
            "gate.hold_ms",
            f"DAWproject's gate has no hold: {gate.hold_ms:.3g} ms stand in a note for the reader",
        )


def _note_compressor(compressor: Compressor, ledger: Ledger) -> None:
    if not compressor.enabled:
        return
    ledger.exact("compressor.threshold_db", "the same threshold")
    ledger.exact("compressor.ratio", f"{compressor.ratio:g}:1 in percent, as Bitwig Studio writes ratios")
    ledger.exact("compressor.makeup_db", "the compressor's output gain")
    ledger.approximated("compressor.attack_ms", _TIMES)
    if compressor.knee_db:
        ledger.approximated(
            "compressor.knee_db",
            f"DAWproject's compressor has no knee: ours is off by at most what {compressor.knee_db:g} dB of soft "
            "knee take at the threshold",
            compressor.knee_db * (1.0 - 1.0 / compressor.ratio) / 8.0,
            "dB",
        )


def _note_limiter(limiter: Limiter, ledger: Ledger) -> None:
    if limiter.enabled:
        ledger.approximated(
            "limiter.ceiling_dbtp",
            f"the limiter's threshold is {number(limiter.ceiling_dbtp)} dB; "
            "whether it holds true peaks is the DAW's own affair",
        )
        ledger.approximated("limiter.release_ms", _TIMES)
