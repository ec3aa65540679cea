"""What the plugins made of the prediction, strip by strip."""

from dataclasses import dataclass

from bridge.render.fidelity import Fidelity
from bridge.render.played import PlayedPlugins, PlayedStrip
from bridge.render.refining import Refinement
from console.words import MINUS, number, signed


@dataclass(frozen=True, slots=True)
class PluginRow:
    """One strip, or the mix: its plugins, figures as text, and sentences."""

    name: str
    plugins: str
    null: str
    level: str
    spectrum: str
    movement: str
    sentences: tuple[str, ...]
    failed: bool


def plugin_rows(plugins: PlayedPlugins | None) -> tuple[PluginRow, ...]:
    """The strips in order, the whole mix last; () where the console played alone."""
    if plugins is None:
        return ()
    rows = [
        _row(strip.key, ", ".join(strip.plugins), strip.fidelity, _sentences(strip), strip)
        for strip in plugins.strips
    ]
    return (*rows, _row("the whole mix", "", plugins.mix, (), None))


def _row(
    name: str, names: str, fidelity: Fidelity | None, sentences: tuple[str, ...], strip: PlayedStrip | None
) -> PluginRow:
    failed = strip is not None and bool(strip.faults)
    if fidelity is None:
        return PluginRow(name, names, "–", "–", "–", "–", sentences, failed)
    late = f"late by {fidelity.lag_samples} samples against the prediction"
    return PluginRow(
        name=name,
        plugins=names,
        null=number(fidelity.null_db),
        level=signed(fidelity.level_db, 2),
        spectrum=f"{signed(fidelity.third_octave_db, 2)} at {fidelity.third_octave_hz:.0f} Hz",
        movement=f"{fidelity.gain_median_db:.2f} / {fidelity.gain_95_db:.2f}",
        sentences=(*sentences, *((late,) if fidelity.lag_samples else ())),
        failed=failed,
    )


def _sentences(strip: PlayedStrip) -> tuple[str, ...]:
    return (
        *strip.faults,
        *strip.deviations,
        *(text for item in strip.refinements for text in _refined(item)),
    )


def _refined(item: Refinement) -> list[str]:
    if not item.moves:
        text = f"{item.plugin}: nothing nearer than {number(item.before_db)} dB in {item.tried} settings"
        return [text] if item.tried > 1 else []
    moves = ", ".join(f"{move.key} {_short(move.was)} → {_short(move.now)}" for move in item.moves)
    return [f"{item.plugin} refined from {number(item.before_db)} to {number(item.after_db)} dB: {moves}"]


def _short(text: str) -> str:
    """What a plugin shows, a number of it to four digits."""
    try:
        return f"{float(text):.4g}".replace("-", MINUS)
    except ValueError:
        return text
