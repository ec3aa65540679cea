"""What live commands show: pairings, plans, findings and outcomes, as tables and as JSON."""

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from bridge.cli.output import note, say, table

if TYPE_CHECKING:
    from bridge.live.mover import Outcome
    from bridge.live.pairing import Pairing
    from bridge.live.plan import Move
    from bridge.live.rig import Prepared, Rig

_MOST_NOTES = 40


def amount_text(parameter: str, value: float) -> str:
    """A value as an engineer reads it."""
    from bridge.live.parameters import BAND_TYPES, SILENCE_DB, meaning

    what = meaning(parameter)
    if parameter.endswith(".enabled"):
        return "on" if value >= 0.5 else "off"
    if parameter.endswith(".type"):
        return BAND_TYPES[int(value)].replace("_", " ") if 0 <= value < len(BAND_TYPES) else "another shape"
    if parameter.endswith(".slope_db_per_octave"):
        return f"{value:g} dB/oct"
    if what.is_open_ended and value <= SILENCE_DB:
        return "off"
    if what.name == "pan":
        return "C" if abs(value) < 0.005 else f"{'L' if value < 0 else 'R'}{100 * abs(value):.0f}"
    value = round(value, 6) + 0.0
    text = f"{value:.1f}" if what.unit in ("dB", "dBTP") else f"{value:.3g}"
    if what.unit == "Hz" and value >= 1000.0:
        text = f"{value:.0f}"
    return f"{text} {what.unit}".rstrip()


def show_pairing(pairing: "Pairing") -> None:
    """The pairs with their confidence, and what has no partner."""
    rows = [
        (pair.strip, pair.channel.name, f"{100 * pair.confidence:.0f} %", pair.why) for pair in pairing.pairs
    ]
    table([("strip", "channel", "sure", "why"), *rows])
    if pairing.strips:
        say(f"no channel for: {', '.join(pairing.strips)}")
    if pairing.channels:
        say(f"left alone on the desk: {', '.join(channel.name for channel in pairing.channels)}")


def show_plan(rig: "Rig", prepared: "Prepared") -> None:
    """Every knob that moves, from where to where, strip by strip; then what is not done and why."""
    rows = [("channel", "knob", "from", "to")]
    for move in sorted(prepared.plan.changes, key=lambda move: _order(rig, move)):
        rows.append(
            (
                rig.desk.channels[move.control.channel].name,
                _knob_name(rig, move),
                amount_text(move.control.parameter, move.start),
                amount_text(move.control.parameter, move.end),
            )
        )
    if len(rows) > 1:
        table(rows)
    else:
        say("nothing to move: the desk stands where it shall")
    show_notes([finding.text for finding in prepared.findings if not finding.asks])
    show_notes(prepared.notes)


def show_notes(notes: Iterable[str]) -> None:
    """Notes on stderr, the first of them."""
    lines = list(dict.fromkeys(notes))
    for line in lines[:_MOST_NOTES]:
        note(line)
    if len(lines) > _MOST_NOTES:
        note(f"… and {len(lines) - _MOST_NOTES} more; --json has them all")


def _order(rig: "Rig", move: "Move") -> tuple[int, int]:
    channel = rig.desk.channels[move.control.channel]
    return list(rig.desk.channels).index(channel.key), list(channel.knobs).index(move.control.parameter)


def _knob_name(rig: "Rig", move: "Move") -> str:
    channel = rig.desk.channels[move.control.channel]
    target = channel.sends.get(move.control.parameter)
    return f"send to {target}" if target else move.control.parameter


def show_outcome(rig: "Rig", outcome: "Outcome") -> None:
    """How a push ended."""
    parts = [f"{outcome.status}: {outcome.confirmed} knobs read back right", f"{outcome.messages} messages"]
    if outcome.repeats:
        parts.append(f"{outcome.repeats} sent again")
    if outcome.unverified:
        parts.append(f"{len(outcome.unverified)} that the desk cannot say")
    say(", ".join(parts))
    for one in outcome.mismatches:
        found = "no answer" if math.isnan(one.found) else amount_text(one.control.parameter, one.found)
        say(
            f"  {rig.desk.name(one.control)} stands at {found}, sent {amount_text(one.control.parameter, one.wanted)}"
        )
    for text in outcome.held:
        say(f"  yours: {text}")
    say(f"snapshots: {outcome.before} before, {outcome.after} after; `mixbridge live undo` takes it back")


def pairing_data(pairing: "Pairing") -> dict[str, Any]:
    """A pairing as JSON."""
    return {
        "pairs": [
            {
                "strip": pair.strip,
                "channel": pair.channel.name,
                "key": pair.channel.key,
                "confidence": pair.confidence,
                "why": pair.why,
            }
            for pair in pairing.pairs
        ],
        "strips_without_channel": list(pairing.strips),
        "channels_left_alone": [channel.name for channel in pairing.channels],
    }


def plan_data(rig: "Rig", prepared: "Prepared") -> dict[str, Any]:
    """A plan as JSON, its values in the console's units."""
    return {
        "moves": [
            {
                "channel": rig.desk.channels[move.control.channel].name,
                "key": move.control.channel,
                "parameter": move.control.parameter,
                "unit": move.meaning.unit,
                "from": move.start,
                "to": move.end,
            }
            for move in prepared.plan.changes
        ],
        "stages": [
            {"title": stage.title, "ramped": stage.ramped, "moves": len(stage.moves)}
            for stage in prepared.plan.stages
        ],
        "findings": [
            {"rule": str(finding.rule), "text": finding.text, "needs_a_yes": finding.asks}
            for finding in prepared.findings
        ],
        "notes": list(prepared.notes),
    }


def outcome_data(rig: "Rig", outcome: "Outcome") -> dict[str, Any]:
    """An outcome as JSON."""
    return {
        "status": str(outcome.status),
        "push": outcome.push,
        "snapshot_before": outcome.before,
        "snapshot_after": outcome.after,
        "messages": outcome.messages,
        "repeats": outcome.repeats,
        "confirmed": outcome.confirmed,
        "unverified": [rig.desk.name(control) for control in outcome.unverified],
        "mismatches": [
            {
                "knob": rig.desk.name(one.control),
                "wanted": one.wanted,
                "found": None if math.isnan(one.found) else one.found,
            }
            for one in outcome.mismatches
        ],
        "held": list(outcome.held),
        "text": outcome.text,
    }
