"""Panning: tracks of like spectrum go apart, lows and leads stay in the middle, left weighs as much as right.

After Perez Gonzalez & Reiss (2007–2010): separation by spectral likeness under a constraint on balance. The drum
kit is seen from the audience: hi-hat to the right, floor tom to the left.
"""

import numpy as np

from console.estimators.rules.parts import Array, Part
from console.params import PARAMS
from console.session import Role
from console.words import pan_place

#: Places that a track may take, as a share of how far its role lets it go.
_PLACES = (-1.0, -0.7, -0.4, 0.4, 0.7, 1.0)
#: Bark bands below 200 Hz: what holds its sound there has no business at the side.
_LOW_BANDS = 2
#: Weight of the balance between left and right against separation.
_BALANCE_WEIGHT = 3.0
_HIHAT_PAN = 0.35
_SIDES = {"left": -1.0, "right": 1.0}


def place(parts: list[Part]) -> None:
    """Set the pan of every mono track that has a place to go; stereo tracks keep theirs."""
    heard = [part for part in parts if part.heard]
    movable = [part for part in heard if part.track.channels == 1 and not part.is_locked("pan")]
    placed = [part for part in heard if part not in movable]
    toms = [part for part in movable if part.role is Role.TOM]
    _place_toms(toms)
    for part in movable:
        if part.role is Role.HIHAT:
            _set_pan(part, _HIHAT_PAN, "The hi-hat as the audience sees it, a little to the right.")
    placed += [
        part for part in movable if part.role in (Role.TOM, Role.HIHAT) or part.profile.pan_width == 0.0
    ]
    for part in movable:
        if part.profile.pan_width == 0.0 and part.role is not Role.TOM:
            reason = f"{part.phrase.capitalize()} carries the song and stays in the middle."
            part.set("pan", reason, {}, pan=0.0)
    rest = [part for part in movable if part not in placed]
    loudest_first = sorted(rest, key=lambda part: -round(part.loudness_lufs + part.strip.fader_db, 3))
    for part in sorted(loudest_first, key=lambda part: part.track.detail not in _SIDES):
        _place_one(part, placed)
        placed.append(part)


def _set_pan(part: Part, pan: float, text: str, **figures: float) -> None:
    part.set("pan", text, {"pan": pan, **figures}, pan=PARAMS["strip.pan"].quantise(pan))


def _place_toms(toms: list[Part]) -> None:
    """From the highest at the right to the lowest at the left."""
    if len(toms) < 2:
        for part in toms:
            _set_pan(part, 0.0, "The only tom stays in the middle.")
        return
    ordered = sorted(toms, key=lambda part: -_pitch_hz(part))
    for index, part in enumerate(ordered):
        pan = part.profile.pan_width * (1.0 - 2.0 * index / (len(ordered) - 1))
        text = f"Toms from high (right) to low (left), as the audience sees them; this one is number {index + 1} of "
        _set_pan(part, pan, text + f"{len(ordered)}, its strongest region at {_pitch_hz(part):.0f} Hz.")


def _pitch_hz(part: Part) -> float:
    hz, level = part.analysis.spectrum_hz, part.analysis.spectrum_db
    region = (hz > 50.0) & (hz < 500.0)
    return float(hz[region][int(np.argmax(level[region]))]) if region.any() else 0.0


def _profile_of(part: Part) -> Array:
    """Mean power of a track in each critical band at its fader, as a direction."""
    mean = part.power[part.playing].mean(axis=0) if part.playing.any() else part.power.mean(axis=0)
    shape = np.maximum(mean, 1e-12) ** 0.25
    return np.asarray(shape / np.linalg.norm(shape))


def likeness(first: Part, second: Part) -> float:
    """How much two tracks share spectrum and time, 0 … 1."""
    length = min(len(first.playing), len(second.playing))
    both = float((first.playing[:length] & second.playing[:length]).sum())
    least = max(1.0, min(float(first.playing.sum()), float(second.playing.sum())))
    shape = float(_profile_of(first) @ _profile_of(second))
    return max(0.0, (shape - 0.5) / 0.5) ** 2 * min(1.0, both / least)


def _energy(part: Part) -> float:
    return float(10.0 ** ((part.loudness_lufs + part.strip.fader_db) / 10.0))


def _sides(parts: list[Part]) -> tuple[float, float]:
    """Loudness power at the left and the right."""
    left = right = 0.0
    for part in parts:
        angle = 0.25 * np.pi * (part.strip.pan + 1.0)
        left += _energy(part) * float(np.cos(angle) ** 2)
        right += _energy(part) * float(np.sin(angle) ** 2)
    return left, right


def _place_one(part: Part, placed: list[Part]) -> None:
    mean = part.power[part.playing].mean(axis=0) if part.playing.any() else part.power.mean(axis=0)
    low_share = float(mean[:_LOW_BANDS].sum() / max(mean.sum(), 1e-30))
    reach = part.profile.pan_width * (1.0 - min(1.0, low_share / 0.6))
    if reach < 0.1:
        text = f"{100.0 * low_share:.0f} % of its power lies below 200 Hz; lows stay in the middle."
        _set_pan(part, 0.0, text, low_share=low_share)
        return
    side = _SIDES.get(part.track.detail)
    places = [reach * place for place in _PLACES if side is None or place * side > 0.0]
    rivals = [(likeness(part, other), other) for other in placed if other.track.channels == 1]
    left, right = _sides(placed)
    energy = _energy(part)
    pan = min(
        places, key=lambda place: (round(_cost(place, rivals, left, right, energy), 9), abs(place), place)
    )
    nearest = max(rivals, key=lambda rival: rival[0], default=None)
    text = f"Named {part.track.detail}: " if side is not None else ""
    if nearest is not None and nearest[0] > 0.05:
        text += (
            f"shares {100.0 * nearest[0]:.0f} % of spectrum and time with {nearest[1].track.id!r}, "
            f"which stands {pan_place(nearest[1].strip.pan)}; placed {pan_place(pan)}, where it is told apart "
            "and left and right stay even."
        )
    else:
        text += f"placed {pan_place(pan)}, which keeps left and right even."
    _set_pan(part, pan, text[0].upper() + text[1:], low_share=low_share)


def _cost(pan: float, rivals: list[tuple[float, Part]], left: float, right: float, energy: float) -> float:
    clash = sum(alike * max(0.0, 1.0 - abs(pan - rival.strip.pan)) for alike, rival in rivals)
    angle = 0.25 * np.pi * (pan + 1.0)
    new_left = left + energy * float(np.cos(angle) ** 2)
    new_right = right + energy * float(np.sin(angle) ** 2)
    tilt_db = abs(10.0 * float(np.log10(max(new_left, 1e-12) / max(new_right, 1e-12))))
    return clash + _BALANCE_WEIGHT * (tilt_db / 6.0) ** 2
