"""Saved styles as TOML files: the sound of finished songs, to be matched without them."""

from console.estimators.reference import PROFILE_SUFFIX, StyleProfile
from presets.shelf import Shelf, toml_text

PROFILES = Shelf("presets.profiles", StyleProfile, "mixbridge.profile/1", "style profile", PROFILE_SUFFIX)

profile_names = PROFILES.names
load_profile = PROFILES.load
read_profile = PROFILES.read

_DECIMALS = 2


def dump_profile(profile: StyleProfile) -> str:
    """The profile as TOML text, figures to a hundredth of a dB."""
    sound = profile.sound
    lines = [
        f"schema = {toml_text(PROFILES.schema)}",
        f"name = {toml_text(profile.name)}",
        f"sources = [{', '.join(toml_text(source) for source in profile.sources)}]",
        "",
        "[sound]",
    ]
    for name in ("crest_db", "width_db", "balance_db", "spread_db", "loudness_lufs"):
        lines.append(f"{name} = {_number(getattr(sound, name))}")
    for name in ("mid_db", "side_db"):
        values = [_number(value) for value in getattr(sound, name)]
        rows = [", ".join(values[start : start + 8]) for start in range(0, len(values), 8)]
        lines += [f"{name} = [", *(f"  {row}," for row in rows), "]"]
    return "\n".join(lines) + "\n"


def _number(value: float) -> str:
    return repr(round(value, _DECIMALS) + 0.0)
