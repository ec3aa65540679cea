"""What `--reference` names: songs, ranges of songs, and saved styles, as one sound; and how a style is saved."""

from collections.abc import Sequence
from pathlib import Path

from bridge.files import whole_file
from console.errors import ParamError
from console.estimators.reference import (
    PROFILE_SUFFIX,
    StyleProfile,
    parse_reference,
    read_references,
)
from console.losses.sound import Sound, mean_sound
from console.session import Session
from presets.profiles import dump_profile, load_profile, profile_names


def read_sound(words: Sequence[str], session: Session | None = None) -> Sound:
    """The sound between all references.

    Args:
        words: each a song (`song.flac`), a range of one (`song.flac@1:05-1:35`), a profile file (`mine.toml`), or
            the name of a profile that comes with the package, where there is no such file.
        session: of which none may be a stem.

    Raises:
        ParamError: no reference, a stem, or one without a sound; a profile that cannot be read.
        SessionError: a song that cannot be read.
    """
    if not words:
        raise ParamError("0 references are given; give a song or a saved profile with --reference")
    return mean_sound(tuple(_one(word, session) for word in words))


def _one(word: str, session: Session | None) -> Sound:
    if word.endswith(PROFILE_SUFFIX) or (word in profile_names() and not Path(word).exists()):
        return load_profile(word).sound
    return read_references([parse_reference(word)], session)


def make_profile(words: Sequence[str], output: Path, *, name: str = "", force: bool = False) -> StyleProfile:
    """Save the sound between references as a profile.

    Args:
        words: as of `read_sound`.
        output: the TOML file to write.
        name: of the style; by default the file's.
        force: replace a file that is there.

    Raises:
        ParamError: as `read_sound`; the file is there already, or its name does not end in .toml.
        SessionError: a song that cannot be read.
    """
    if output.suffix != PROFILE_SUFFIX:
        raise ParamError(f"a profile is a TOML file, and {output.name!r} does not end in .toml; add that")
    if output.exists() and not force:
        raise ParamError(f"{output} exists already; give another name, or --force to replace it")
    sources = tuple(Path(word).name for word in words)
    profile = StyleProfile(name or output.stem, read_sound(words), sources)
    with whole_file(output) as temporary:
        temporary.write_text(dump_profile(profile), encoding="utf-8", newline="\n")
    return profile
