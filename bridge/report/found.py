"""What the import found, and what the mix does about it."""

from collections.abc import Callable
from dataclasses import dataclass

from bridge.report import settings, words
from console.mix import Mix, TrackStrip
from console.session import Finding, Severity


@dataclass(frozen=True, slots=True)
class FindingView:
    """A finding with its answer."""

    code: str
    warning: bool
    tracks: tuple[str, ...]
    text: str
    figures: tuple[tuple[str, str], ...]
    done: tuple[str, ...]


def finding_views(findings: tuple[Finding, ...], mix: Mix) -> tuple[FindingView, ...]:
    """All findings, warnings first, each with what was done on the tracks that it names."""
    ordered = sorted(findings, key=lambda item: item.severity is not Severity.WARNING)
    return tuple(
        FindingView(
            item.code,
            item.severity is Severity.WARNING,
            item.tracks,
            item.text,
            tuple(words.figure(name, value) for name, value in sorted(item.figures.items())),
            _done(item, mix),
        )
        for item in ordered
    )


def _done(finding: Finding, mix: Mix) -> tuple[str, ...]:
    strips = {strip.id: strip for strip in mix.tracks}
    named = [strips[name] for name in finding.tracks if name in strips]
    answers = [(strip, _answer(finding.code, strip)) for strip in named]
    done = [f"{strip.id}: {text}" if len(named) > 1 else text for strip, text in answers if text]
    if done:
        return tuple(done)
    return (_AT_IMPORT.get(finding.code, "Nothing was changed; listen and decide."),)


def _answer(code: str, strip: TrackStrip) -> str:
    if strip.muted:
        return "Left out of the mix (muted)."
    return _ANSWERS[code](strip) if code in _ANSWERS else ""


def _polarity(strip: TrackStrip) -> str:
    return "Polarity inverted." if strip.input.invert_polarity else ""


def _shift(strip: TrackStrip) -> str:
    return f"Moved {settings.shift(strip.input.delay_ms)}." if strip.input.delay_ms else ""


def _offset(strip: TrackStrip) -> str:
    return (
        f"High-pass at {settings.cut_filter(strip.highpass)} takes it out." if strip.highpass.enabled else ""
    )


def _microphone(strip: TrackStrip) -> str:
    return " ".join(filter(None, (_polarity(strip), _shift(strip))))


#: Code of a finding to what a strip may do about it.
_ANSWERS: dict[str, Callable[[TrackStrip], str]] = {
    "polarity": _microphone,
    "late-microphone": _microphone,
    "dc": _offset,
}

#: Code of a finding to what reading the session already did.
_AT_IMPORT: dict[str, str] = {
    "resampled": "Converted to the session's rate while reading.",
    "joined": "Read as one stereo track.",
    "nonfinite": "Read as silence.",
    "unequal-length": "Silence follows the shorter ones.",
    "uneven-start": "Placed as told here; start_s in session.toml corrects it.",
    "role-uncertain": "Mixed in this role; role in session.toml corrects it.",
    "roles-by-name": "Mixed by names alone.",
    "low-sample-rate": "Mixed as it is.",
    "one-track": "Mixed alone.",
    "duplicate-name": "Renamed here only; the files keep their names.",
    "unreadable": "Left out of the session.",
    "left-out": "Left out of the mix.",
}
