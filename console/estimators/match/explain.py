"""Says why each knob was moved: what the reference has more or less of, in the words of the engineer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from console.analysis.values import BARK_EDGES_HZ
from console.frozen import FrozenMap
from console.losses.sound import Sound
from console.mix import Bus, BusKind, Equalizer, Master, Mix, Reason, TrackStrip

if TYPE_CHECKING:
    from console.estimators.match.gradient.turns import Turn

#: Moves smaller than these are not worth a word.
_LEAST_DB, _LEAST_PAN = 0.25, 0.03


def explained(
    base: Mix, mix: Mix, first: Turn, best: Turn, reference: Sound, contributions: FrozenMap[float]
) -> Mix:
    """The mix with a reason for every move from `base`."""
    story = _Story(first, best, reference, contributions)
    strips = {strip.id: strip for strip in base.tracks}
    buses = {bus.id: bus for bus in base.buses}
    tracks = tuple(story.strip(strips[strip.id], strip) for strip in mix.tracks)
    moved = tuple(story.bus(buses.get(bus.id), bus) if bus.kind is BusKind.FX else bus for bus in mix.buses)
    return replace(mix, tracks=tracks, buses=moved, master=story.master(base.master, mix.master))


class _Story:
    def __init__(self, first: Turn, best: Turn, reference: Sound, contributions: FrozenMap[float]) -> None:
        self._start, self._end, self._reference = first.played.sound, best.played.sound, reference
        self._first, self._best, self._contributions = first, best, contributions
        power = first.played.moments.sum(axis=0)
        self._power = dict(zip(first.played.tracks, power.T, strict=True))

    def _lack(self, name: str, hz: float) -> float:
        """How much more the reference has than the start, in dB, around a frequency."""
        band = int(np.clip(np.searchsorted(BARK_EDGES_HZ, hz) - 1, 0, len(BARK_EDGES_HZ) - 2))
        return float(getattr(self._reference, name)[band] - getattr(self._start, name)[band])

    def _own_lack(self, name: str, track: str) -> float:
        """The same over the bands that carry a track, by the share of its loudness in each."""
        if track not in self._power:
            return 0.0
        share = self._power[track].reshape(-1, 2).sum(axis=1) ** 0.23
        difference = np.subtract(getattr(self._reference, name), getattr(self._start, name))
        return float(share @ difference / max(share.sum(), 1e-20))

    def _image(self) -> str:
        return (
            f"the reference is {self._reference.width_db:.1f} dB side over mid, the mix was "
            f"{self._start.width_db:.1f} dB and is now {self._end.width_db:.1f} dB"
        )

    def strip(self, was: TrackStrip, now: TrackStrip) -> TrackStrip:
        """A strip with the reasons of its moves."""
        reasons = {reason.parameter: reason for reason in was.reasons}
        fader = now.fader_db - was.fader_db
        if abs(fader) >= _LEAST_DB:
            lack = self._own_lack("mid_db", now.id)
            text = (
                f"{_more(fader)}: where this track sounds the reference has {_much(lack)} in the middle, with the "
                "equalizers taking their share."
            )
            _add(reasons, "fader_db", text, move_db=fader, lack_db=lack)
        if now.automation != was.automation:
            moves = [level_db - now.fader_db for _, level_db in now.automation.fader_db]
            text = (
                f"Ridden between {min(moves):+.1f} and {max(moves):+.1f} dB with all tracks: the reference's levels "
                f"spread over {self._reference.spread_db:.1f} dB, the mix's now over {self._end.spread_db:.1f} dB."
            )
            _add(reasons, "automation.fader_db", text, spread_db=self._end.spread_db)
        if abs(now.pan - was.pan) >= _LEAST_PAN:
            _add(reasons, "pan", f"From {was.pan:+.2f} to {now.pan:+.2f}: {self._image()}.", pan=now.pan)
        if abs(now.width - was.width) >= _LEAST_PAN:
            _add(
                reasons,
                "width",
                f"From {was.width:.2f} to {now.width:.2f}: {self._image()}.",
                width=now.width,
            )
        if now.sends != was.sends:
            levels = ", ".join(f"{level:+.1f} dB to {name!r}" for name, level in sorted(now.sends.items()))
            lack = self._own_lack("side_db", now.id)
            text = f"{levels}: at the sides the reference has {_much(lack)} where this track sounds; {self._image()}."
            _add(reasons, "sends", text, lack_db=lack)
        self._bands(reasons, was.equalizer, now.equalizer, "mid_db")
        return replace(now, reasons=tuple(reasons.values()))

    def bus(self, was: Bus | None, now: Bus) -> Bus:
        """An FX bus with the reasons of its moves."""
        reasons = {reason.parameter: reason for reason in now.reasons}
        before = was.fader_db if was else 0.0
        if abs(now.fader_db - before) >= _LEAST_DB:
            text = f"{_more(now.fader_db - before)} of its return: {self._image()}."
            _add(reasons, "fader_db", text, move_db=now.fader_db - before)
        self._bands(reasons, was.equalizer if was else Equalizer(), now.equalizer, "side_db")
        if was and was.reverb and now.reverb and was.reverb.low_cut_hz != now.reverb.low_cut_hz:
            lack = self._lack("side_db", min(was.reverb.low_cut_hz, now.reverb.low_cut_hz))
            text = (
                f"Low cut from {was.reverb.low_cut_hz:.0f} to {now.reverb.low_cut_hz:.0f} Hz: at the sides the "
                f"reference has {_much(lack)} there."
            )
            _add(reasons, "reverb.low_cut_hz", text, lack_db=lack)
        return replace(now, reasons=tuple(reasons.values()))

    def master(self, was: Master, now: Master) -> Master:
        """The master with the reasons of its moves, and how the whole has come nearer."""
        reasons = {reason.parameter: reason for reason in was.reasons}
        self._bands(reasons, was.equalizer, now.equalizer, "mid_db")
        peaks = (
            f"the reference's crest is {self._reference.crest_db:.1f} dB and its levels spread over "
            f"{self._reference.spread_db:.1f} dB; the mix had {self._start.crest_db:.1f} and "
            f"{self._start.spread_db:.1f} dB and now has {self._end.crest_db:.1f} and {self._end.spread_db:.1f} dB"
        )
        compressor, limiter = now.compressor, now.limiter
        if compressor != was.compressor:
            what = (
                f"{compressor.ratio:g}:1 from {compressor.threshold_db:g} dBFS, attack {compressor.attack_ms:g} ms, "
                f"release {compressor.release_ms:g} ms"
                if compressor.enabled
                else "Switched off"
            )
            _add(reasons, "compressor", f"{what}: {peaks}.", crest_db=self._end.crest_db)
        if limiter != was.limiter:
            what = f"Ceiling at {limiter.ceiling_dbtp:g} dBTP" if limiter.enabled else "Switched off"
            _add(reasons, "limiter", f"{what}: {peaks}.", crest_db=self._end.crest_db)
        shares = ", ".join(f"{name} {value:.1f}" for name, value in self._contributions.items())
        text = (
            f"All terms together the mix was {self._first.terms.total:.1f} dB away from the reference and is now "
            f"{self._best.terms.total:.1f} dB. Putting one group back would cost, in dB: {shares}."
        )
        figures = {"before_db": self._first.terms.total, "after_db": self._best.terms.total}
        _add(reasons, "match", text, **figures)
        return replace(now, reasons=tuple(reasons.values()))

    def _bands(self, reasons: dict[str, Reason], was: Equalizer, now: Equalizer, spectrum: str) -> None:
        before = was.bands if was.enabled else ()
        where = "mid" if spectrum == "mid_db" else "side"
        for number, band in enumerate(now.bands if now.enabled else ()):
            old_db = before[number].gain_db if number < len(before) else 0.0
            move = band.gain_db - old_db
            if abs(move) < _LEAST_DB:
                continue
            lack = self._lack(spectrum, band.frequency_hz)
            text = (
                f"{move:+.1f} dB at {band.frequency_hz:.0f} Hz: the reference's {where} has {_much(lack)} there than "
                f"the start."
            )
            if lack * move < 0.0:
                text = (
                    f"{move:+.1f} dB at {band.frequency_hz:.0f} Hz, against what is asked of other tracks and bands "
                    f"around: the reference's {where} has {_much(lack)} there than the start."
                )
            _add(reasons, f"equalizer.bands.{number}", text, move_db=move, lack_db=lack)


def _more(move_db: float) -> str:
    return f"{'Raised' if move_db > 0.0 else 'Lowered'} by {abs(move_db):.1f} dB"


def _much(lack_db: float) -> str:
    return f"{abs(lack_db):.1f} dB {'more' if lack_db >= 0.0 else 'less'}"


def _add(reasons: dict[str, Reason], parameter: str, text: str, **figures: float) -> None:
    """Put a reason before the one that the start gives for the same knob."""
    earlier = reasons.get(parameter)
    if earlier is not None:
        text = f"{text} Before that: {earlier.text}"
    rounded = FrozenMap({name: round(value, 2) for name, value in figures.items()})
    reasons[parameter] = Reason(parameter, text, rounded)
