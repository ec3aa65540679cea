"""What the plugins made of the prediction, strip by strip."""

from dataclasses import dataclass

from bridge.render.fidelity import Fidelity, Modelled
from bridge.render.played import PlayedPlugins, PlayedStrip
from bridge.render.refining import Refinement
from console.words import MINUS, number, signed


@dataclass(frozen=True, slots=True)
class PluginFigures:
    """What is compared with what, and the figures as text."""

    pair: str
    null: str
    level: str
    spectrum: str
    movement: str


@dataclass(frozen=True, slots=True)
class PluginRow:
    """One strip, or the mix: its plugins, figures of each pair, and sentences."""

    name: str
    plugins: str
    figures: tuple[PluginFigures, ...]
    sentences: tuple[str, ...]
    failed: bool


def plugin_rows(plugins: PlayedPlugins | None) -> tuple[PluginRow, ...]:
    """The strips in order, the whole mix last; () where the console played alone."""
    if plugins is None:
        return ()
    rows = [
        PluginRow(
            name=strip.key,
            plugins=", ".join(strip.plugins),
            figures=_figures(strip.fidelity, strip.modelled),
            sentences=(*_sentences(strip), *_late(strip.fidelity)),
            failed=bool(strip.faults),
        )
        for strip in plugins.strips
    ]
    whole = (*plugins.notes, *_late(plugins.mix))
    return (
        *rows,
        PluginRow("the whole mix", "", _figures(plugins.mix, plugins.mix_modelled), whole, failed=False),
    )


def _figures(fidelity: Fidelity | None, model: Modelled | None) -> tuple[PluginFigures, ...]:
    """The plugins against the renderer all the way, then both against the differentiable console on a passage."""
    first = _pair("plugins – built-ins", fidelity)
    if model is None:
        return (first,)
    where = f"{model.seconds:.0f} s from {model.start_s:.0f} s"
    return (
        first,
        _pair(f"plugins – differentiable, {where}", model.plugins),
        _pair(f"built-ins – differentiable, {where}", model.builtins),
    )


def _pair(pair: str, fidelity: Fidelity | None) -> PluginFigures:
    if fidelity is None:
        return PluginFigures(pair, "–", "–", "–", "–")
    return PluginFigures(
        pair=pair,
        null=number(fidelity.null_db),
        level=signed(fidelity.level_db, 2),
        spectrum=f"{signed(fidelity.third_octave_db, 2)} at {fidelity.third_octave_hz:.0f} Hz",
        movement=f"{fidelity.gain_median_db:.2f} / {fidelity.gain_95_db:.2f}",
    )


def _late(fidelity: Fidelity | None) -> tuple[str, ...]:
    if fidelity is None or not fidelity.lag_samples:
        return ()
    return (f"late by {fidelity.lag_samples} samples against the prediction",)


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
