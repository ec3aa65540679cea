"""The plugins of a strip, a bus and the master in Ardour, with notes on what each keeps of the console's modules."""

from dataclasses import dataclass

from console.mix import Bus, Equalizer, Highpass, Lowpass, Master, TrackStrip
from exporters.ardour import aceeq, fil4, lspeq
from exporters.ardour.choices import Choices
from exporters.ardour.dynamics import compressor_inserts, gate_inserts, limiter_inserts
from exporters.ardour.plugins import MARK, Insert
from exporters.ardour.space import delay_inserts, reverb_inserts
from exporters.report import Ledger

#: A band that is off by less is called exact, in dB.
EXACT_WITHIN_DB = 0.005


@dataclass(frozen=True, slots=True)
class Chain:
    """The plugins of a strip in order, and the gain in dB that its fader must take over from them."""

    inserts: tuple[Insert, ...]
    fader_db: float = 0.0


def track_chain(
    strip: TrackStrip, channels: int, choices: Choices, sample_rate_hz: int, ledger: Ledger
) -> Chain:
    """The chain of a track: filters, gate, equalizer, compressor, width. Modules at their defaults are left out."""
    inserts = _filters_gate_and_tone(strip, choices, sample_rate_hz, ledger)
    compressor, rest_db = compressor_inserts(strip.compressor, f"{MARK}Compressor", ledger)
    inserts += compressor
    if channels == 2 and strip.width != 1.0:
        inserts.append(filters_insert(Highpass(), Lowpass(), f"{MARK}Width", width=strip.width))
        ledger.exact("width", "a script inside the session scales the side as the console does")
    return _with_rest(inserts, rest_db, ledger)


def bus_chain(bus: Bus, choices: Choices, sample_rate_hz: int, ledger: Ledger) -> Chain:
    """The chain of a bus: its reverb or delay, equalizer, compressor."""
    inserts: list[Insert] = []
    if bus.reverb is not None:
        inserts += reverb_inserts(bus.reverb, f"{MARK}Reverb", ledger)
    if bus.delay is not None:
        inserts += delay_inserts(bus.delay, f"{MARK}Delay", ledger)
    inserts += tone_inserts(bus.equalizer, choices, sample_rate_hz, ledger)
    compressor, rest_db = compressor_inserts(bus.compressor, f"{MARK}Compressor", ledger)
    return _with_rest([*inserts, *compressor], rest_db, ledger)


def master_chain(master: Master, choices: Choices, sample_rate_hz: int, ledger: Ledger) -> Chain:
    """The chain of the master: equalizer, compressor, limiter. A negative make-up goes before the limiter."""
    inserts = tone_inserts(master.equalizer, choices, sample_rate_hz, ledger)
    compressor, rest_db = compressor_inserts(master.compressor, f"{MARK}Compressor", ledger)
    driven = master.limiter.enabled and choices.limiter != "none"
    limiter, left_db = limiter_inserts(
        master.limiter, choices.limiter, rest_db if driven else 0.0, f"{MARK}Limiter", ledger
    )
    inserts += [*compressor, *limiter]
    if not driven:
        return _with_rest(inserts, rest_db, ledger)
    if rest_db:
        ledger.exact("compressor.makeup_db", f"{rest_db - left_db:.2f} dB at the limiter's input")
    return _with_rest(inserts, left_db, ledger)


def filters_insert(highpass: Highpass, lowpass: Lowpass, label: str, *, width: float = 1.0) -> Insert:
    """Our filter script with these cuts and this width."""
    return Insert(
        "filters",
        label,
        {
            "highpass": float(highpass.enabled),
            "highpass_hz": highpass.frequency_hz,
            "highpass_slope": float(highpass.slope_db_per_octave),
            "lowpass": float(lowpass.enabled),
            "lowpass_hz": lowpass.frequency_hz,
            "lowpass_slope": float(lowpass.slope_db_per_octave),
            "width": width,
        },
    )


def tone_inserts(equalizer: Equalizer, choices: Choices, sample_rate_hz: int, ledger: Ledger) -> list[Insert]:
    """The equalizer in the chosen plugin; what x42's cannot hold goes to an ACE EQ behind it."""
    label, on = f"{MARK}EQ", equalizer.enabled
    if choices.equalizer == "lsp":
        _note_exact(equalizer, "LSP's equalizer in its mode APO has the console's law", ledger)
        return lspeq.insert(lspeq.band_slots(equalizer, sample_rate_hz), label)
    if choices.equalizer == "ace":
        _note_ace(equalizer, equalizer.bands, sample_rate_hz, ledger)
        return aceeq.insert(equalizer.bands, sample_rate_hz, label, enabled=on)
    placed, rest = fil4.share_out(equalizer.bands, sample_rate_hz)
    held = Equalizer(on, tuple(placed.values()))
    _note_exact(equalizer, "a section of x42's equalizer with the console's response", ledger, held)
    _note_ace(equalizer, tuple(rest), sample_rate_hz, ledger)
    return [
        *fil4.insert(placed, sample_rate_hz, label, enabled=on),
        *aceeq.insert(rest, sample_rate_hz, f"{label} 2" if placed else label, enabled=on),
    ]


def _filters_gate_and_tone(
    strip: TrackStrip, choices: Choices, sample_rate_hz: int, ledger: Ledger
) -> list[Insert]:
    cuts_set = strip.highpass != Highpass() or strip.lowpass != Lowpass()
    for name, cut in (("highpass", strip.highpass), ("lowpass", strip.lowpass)):
        if cut.enabled:
            ledger.exact(name, f"{cut.slope_db_per_octave} dB per octave, Butterworth")
    gate = gate_inserts(strip.gate, choices.gate, f"{MARK}Gate", ledger)
    if choices.equalizer != "lsp":
        filters = [filters_insert(strip.highpass, strip.lowpass, f"{MARK}Filters")] if cuts_set else []
        return [*filters, *gate, *tone_inserts(strip.equalizer, choices, sample_rate_hz, ledger)]
    cuts = lspeq.cut_slots(strip.highpass, strip.lowpass, sample_rate_hz)
    if strip.gate.enabled:
        filters = lspeq.insert(cuts, f"{MARK}Filters")
        return [*filters, *gate, *tone_inserts(strip.equalizer, choices, sample_rate_hz, ledger)]
    _note_exact(strip.equalizer, "LSP's equalizer in its mode APO has the console's law", ledger)
    bands = lspeq.band_slots(strip.equalizer, sample_rate_hz)
    return [*lspeq.insert([*cuts, *bands], f"{MARK}EQ"), *gate]


def _note_exact(equalizer: Equalizer, sentence: str, ledger: Ledger, held: Equalizer | None = None) -> None:
    for index, band in enumerate(equalizer.bands):
        if equalizer.enabled and (held is None or any(band is one for one in held.bands)):
            ledger.exact(f"equalizer.bands.{index}", sentence)


def _note_ace(equalizer: Equalizer, bands: tuple[object, ...], sample_rate_hz: int, ledger: Ledger) -> None:
    for index, band in enumerate(equalizer.bands):
        if not equalizer.enabled or not any(band is one for one in bands):
            continue
        off_db = aceeq.deviation_db(band, sample_rate_hz)
        name = f"equalizer.bands.{index}"
        if off_db < EXACT_WITHIN_DB:
            ledger.exact(name, "the ACE EQ with the console's response")
        else:
            ledger.approximated(name, f"the ACE EQ's nearest band is up to {off_db:.2f} dB off", off_db, "dB")


def _with_rest(inserts: list[Insert], rest_db: float, ledger: Ledger) -> Chain:
    if rest_db:
        ledger.exact(
            "compressor.makeup_db",
            f"the ACE Compressor's make-up starts at 0 dB: {rest_db:.2f} dB are on the fader, with the same sound",
        )
    return Chain(tuple(inserts), rest_db)
