"""FX chains of the JSFX channel strip: the console's own law, with REAPER's plugins for reverb, delay, limiter."""

from console.mix import Bus, Compressor, Equalizer, Master, TrackStrip
from exporters.reaper.chain import Chain, Fx, effect_fx, limiter_fx
from exporters.reaper.jsfx import STRIP, StripSettings, encode_state, settings_of
from exporters.report import Ledger

_LAW = "the console's own law, in the JSFX strip"


def track_strip_chain(strip: TrackStrip, sample_rate_hz: int, ledger: Ledger) -> Chain:
    """The chain of a track: one instance of the strip, left out while it stands at its defaults."""
    return Chain(tuple(_strip_fx(settings_of(strip), ledger)))


def bus_strip_chain(bus: Bus, sample_rate_hz: int, ledger: Ledger) -> Chain:
    """The chain of a bus: its reverb or delay, then the strip with its equalizer and compressor."""
    return Chain((*effect_fx(bus, ledger), *_tone_fx(bus.equalizer, bus.compressor, ledger)))


def master_strip_chain(master: Master, sample_rate_hz: int, ledger: Ledger) -> Chain:
    """The chain of the master: the strip with its equalizer and compressor, then ReaLimit."""
    return Chain(
        (
            *_tone_fx(master.equalizer, master.compressor, ledger),
            *limiter_fx(master.limiter, 0.0, ledger),
        )
    )


def _tone_fx(equalizer: Equalizer, compressor: Compressor, ledger: Ledger) -> list[Fx]:
    return _strip_fx(StripSettings(equalizer=equalizer, compressor=compressor), ledger)


def _strip_fx(settings: StripSettings, ledger: Ledger) -> list[Fx]:
    if settings == StripSettings():
        return []
    heard = (
        ("input.gain_db", settings.gain_db != 0.0),
        ("input.invert_polarity", settings.invert_polarity),
        ("highpass", settings.highpass.enabled),
        ("lowpass", settings.lowpass.enabled),
        ("gate", settings.gate.enabled),
        ("equalizer", settings.equalizer.enabled),
        ("compressor", settings.compressor.enabled),
        ("width", settings.width != 1.0),
    )
    for name, sounds in heard:
        if sounds:
            ledger.exact(name, _LAW)
    return [Fx(STRIP, encode_state(settings))]
