"""Faders: loudness by role, shared among tracks that play together, raised until every track is heard.

Loudness of a role is that of all its tracks together, so that four guitars do not drown the song that one
would carry (the gain sharing of Dugan, 1975); audibility is measured in each track's own critical bands.
"""

import numpy as np

from console.analysis.masking import SPREADING, audibility_db
from console.estimators.rules.parts import SECOND_MICROPHONES, Array, Part
from console.estimators.target import RoleProfile, Target
from console.params import PARAMS
from console.words import number

#: Loudness of the lead before the master, in LUFS.
LEAD_LUFS = -24.0
#: Rounds of raising what is hidden; each closes this share of what is missing.
_ROUNDS = 24
_STEP = 0.35
#: A fader never goes beyond this, in dB.
_MOST_FADER_DB = 10.0


def required_audibility_db(profile: RoleProfile, target: Target) -> float:
    """The audibility that a track of this profile keeps."""
    return target.audible_db + profile.importance * (target.lead_audible_db - target.audible_db)


def set_faders(parts: list[Part], target: Target) -> None:
    """Set every fader, with its reason."""
    heard = [part for part in parts if part.heard]
    if not heard:
        return
    lead = max(heard, key=lambda part: part.profile.level_lu)
    wanted = np.array(
        [
            part.profile.level_lu - lead.profile.level_lu - 10.0 * np.log10(_company(part, heard))
            for part in heard
        ]
    )
    faders = np.array([LEAD_LUFS - part.loudness_lufs for part in heard]) + wanted
    free = np.array([not part.is_locked("fader_db") for part in heard])
    faders = np.where(free, faders, [part.strip.fader_db for part in heard])
    raises, before, after = _even_out(heard, faders, free, target)
    for index, part in enumerate(heard):
        if not free[index]:
            continue
        level = PARAMS["strip.fader_db"].quantise(min(faders[index] + raises[index], _MOST_FADER_DB))
        company = _company(part, heard)
        figures = {
            "loudness_lufs": part.loudness_lufs,
            "role_level_lu": part.profile.level_lu - lead.profile.level_lu,
            "playing_together": company,
            "moved_db": raises[index],
            "audibility_db": after[index],
        }
        part.set(
            "fader_db",
            _reason(part, lead, company, raises[index], before[index], after[index]),
            figures,
            fader_db=level,
        )


def _company(part: Part, heard: list[Part]) -> float:
    """How many tracks of its role play while this one plays, itself included."""
    if not part.playing.any():
        return 1.0
    count = np.zeros(len(part.playing))
    for other in heard:
        if other.role is part.role:
            length = min(len(count), len(other.playing))
            count[:length] += other.playing[:length]
    return max(1.0, float(count[part.playing].mean()))


def _even_out(
    heard: list[Part], faders: Array, free: Array, target: Target
) -> tuple[Array, list[float], list[float]]:
    """Raise what the rest hides and lower what stands out, step by step; the moves, audibility before and after.

    What counts is how much less audible a track is than it should be, against how the others fare: everybody
    louder helps nobody.
    """
    hops = max(len(part.power) for part in heard)
    power = np.zeros((len(heard), hops, len(SPREADING)))
    for index, part in enumerate(heard):
        power[index, : len(part.power)] = part.power
    spread = power @ SPREADING
    weights = [part.own_bands() for part in heard]
    required = np.array([required_audibility_db(part.profile, target) for part in heard])
    raises = np.zeros(len(heard))

    def audibility() -> Array:
        gains = 10.0 ** ((faders + raises) / 10.0)
        total = np.tensordot(gains, spread, axes=1)
        result = np.empty(len(heard))
        for index, part in enumerate(heard):
            count = len(part.power)
            own, rest = gains[index] * part.power, total[:count] - gains[index] * spread[index, :count]
            result[index] = audibility_db(own, rest, weights[index], part.playing)
        return result

    before = audibility()
    reached = before
    for _ in range(_ROUNDS):
        missing = required - reached
        moves = raises + _STEP * (missing - np.median(missing))
        raises = np.where(free, np.clip(moves, -target.most_lower_db, target.most_raise_db), 0.0)
        reached = audibility()
    for _ in range(_ROUNDS):
        missing = np.where(free, np.maximum(target.audible_floor_db - reached, 0.0), 0.0)
        if not missing.any():
            break
        raises = np.minimum(raises + _STEP * missing, np.maximum(raises, _MOST_FADER_DB - faders))
        reached = audibility()
    return raises, list(before), list(reached)


def _reason(
    part: Part, lead: Part, company: float, moved_db: float, before_db: float, after_db: float
) -> str:
    level_lu = part.profile.level_lu - lead.profile.level_lu
    leader = "the " + lead.phrase.split(" ", 1)[1]
    text = f"Measured {number(part.loudness_lufs)} LUFS after its strip; "
    if part is lead:
        text += f"{part.phrase} leads"
    elif level_lu == 0.0:
        text += f"{part.phrase} sits level with {leader}"
    else:
        text += f"{part.phrase} sits at {number(level_lu)} LU against {leader}"
    if part.track.detail in SECOND_MICROPHONES:
        text += " as a second microphone"
    if company > 1.05:
        text += f", shared with the others of its role ({round(company, 1):g} play at once)"
    where = "in its own critical bands"
    if moved_db >= 0.25:
        text += f"; {moved_db:.1f} dB more, since the rest hides it {where}"
    elif moved_db <= -0.25:
        text += f"; {-moved_db:.1f} dB less, since it stands clear of the rest {where}"
    else:
        text += f"; neither more nor less, as it stands against the rest {where}"
    return f"{text} ({number(before_db)} dB there, {number(after_db)} dB when all are set)."
