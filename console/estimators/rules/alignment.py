"""Microphones of one source are brought into phase: polarity first, then time.

The truth of a kit is its close microphones: the snare's top (else the kick) is the anchor for the overheads, the
main microphone of a drum or a bass for its second one. Rooms keep their distance, for that is their sound; only
their polarity counts. (Perez Gonzalez & Reiss 2007: delay and polarity by cross-correlation.)
"""

from dataclasses import replace

from console.analysis.values import PairAnalysis, SessionAnalysis
from console.estimators.rules.parts import Part
from console.params import PARAMS
from console.session import Role
from console.words import signed

#: Correlation that has to stand behind a move.
_SURE = 0.3
_SURE_OF_DISTANT = 0.15
#: Time shifts beyond this are something else than a microphone's distance.
_MOST_SHIFT_MS = 30.0

#: Order in which microphones of one source are trusted, the first being the anchor.
_DETAIL_RANK = {"in": 0, "top": 0, "di": 0, "": 1, "out": 2, "bottom": 2, "amp": 2, "sub": 3}
_ANCHOR_RANK = {Role.SNARE: 0, Role.KICK: 1, Role.TOM: 2, Role.DRUMS: 3}
_DISTANT = frozenset({Role.OVERHEAD, Role.ROOM})


def align(parts: list[Part], analysis: SessionAnalysis) -> None:
    """Set polarity and delay of every microphone that another one is the truth for."""
    by_id = {part.track.id: part for part in parts if part.heard}
    order = {part.track.id: index for index, part in enumerate(parts)}
    pairs = [pair for pair in analysis.pairs if pair.first in by_id and pair.second in by_id]
    done = {part.track.id for part in parts if part.is_locked("input")}
    close = [pair for pair in pairs if _is_one_source(by_id[pair.first], by_id[pair.second])]
    for pair in sorted(
        close, key=lambda pair: (-abs(pair.correlation), order[pair.first], order[pair.second])
    ):
        if _rank(by_id[pair.first], order) > _rank(by_id[pair.second], order):
            pair = _turned(pair)
        if abs(pair.correlation) >= _SURE and pair.second not in done:
            _correct(by_id[pair.first], by_id[pair.second], pair)
            done |= {pair.first, pair.second}
    for part in sorted(by_id.values(), key=lambda part: order[part.track.id]):
        if part.role in _DISTANT and part.track.id not in done:
            _align_distant(part, by_id, pairs, order)


def _is_one_source(first: Part, second: Part) -> bool:
    return (
        first.role is second.role and first.role not in _DISTANT and first.track.detail != second.track.detail
    )


def _rank(part: Part, order: dict[str, int]) -> tuple[int, int]:
    return _DETAIL_RANK.get(part.track.detail, 1), order[part.track.id]


def _turned(pair: PairAnalysis) -> PairAnalysis:
    return replace(pair, first=pair.second, second=pair.first, delay_samples=-pair.delay_samples)


def _align_distant(
    part: Part, by_id: dict[str, Part], pairs: list[PairAnalysis], order: dict[str, int]
) -> None:
    """Line an overhead up with the kit's anchor; a room only in polarity."""
    candidates = []
    for pair in pairs:
        if part.track.id not in (pair.first, pair.second):
            continue
        turned = pair if pair.second == part.track.id else _turned(pair)
        anchor, strength = by_id[turned.first], abs(turned.correlation)
        is_anchor = anchor.role in _ANCHOR_RANK and _DETAIL_RANK.get(anchor.track.detail, 1) < 2
        if is_anchor and strength >= _SURE_OF_DISTANT:
            candidates.append((_ANCHOR_RANK[anchor.role], -strength, order[turned.first], turned))
    if candidates:
        pair = min(candidates, key=lambda candidate: candidate[:3])[3]
        _correct(by_id[pair.first], part, pair, shift=part.role is Role.OVERHEAD)


def _correct(anchor: Part, part: Part, pair: PairAnalysis, *, shift: bool = True) -> None:
    """Bring `part` into phase with its anchor. The pair's delay says how much later `part` hears the source."""
    rate = part.analysis.sample_rate_hz
    turned_over = anchor.strip.input.invert_polarity != pair.inverted
    late_samples = round(pair.delay_samples - anchor.strip.input.delay_ms * 1e-3 * rate)
    late_ms = 1000.0 * late_samples / rate
    figures = {
        "correlation": pair.correlation,
        "delay_samples": pair.delay_samples,
        "delay_ms": 1000.0 * pair.delay_samples / rate,
    }
    if turned_over:
        text = (
            f"Hears the same hits as {anchor.track.id!r} with the opposite sign (correlation "
            f"{signed(pair.correlation, 2)}): polarity inverted, so that the two add up instead of thinning each other "
            "out."
        )
        part.set(
            "input.invert_polarity", text, figures, input=replace(part.strip.input, invert_polarity=True)
        )
    if shift and late_samples != 0 and abs(late_ms) <= _MOST_SHIFT_MS:
        delay_ms = PARAMS["input.delay_ms"].clamp(-late_ms)
        text = (
            f"Hears {anchor.track.id!r} {abs(late_samples)} samples ({abs(late_ms):.2f} ms) "
            f"{'later' if late_samples > 0 else 'earlier'} (correlation {signed(pair.correlation, 2)}); moved "
            f"{'forward' if late_samples > 0 else 'back'} by as much, so that the hits line up."
        )
        part.set("input.delay_ms", text, figures, input=replace(part.strip.input, delay_ms=delay_ms))
