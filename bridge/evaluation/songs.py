"""Songs and references as they are given: found, named, paired, and heard."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from bridge.evaluation.values import Float64, Reference, ReferenceSound, Song
from bridge.sessions import load_session
from bridge.sessions.roles import MIXDOWN
from console.errors import ParamError, SessionError
from console.estimators.reference import PROFILE_SUFFIX, parse_reference, read_reference
from console.session import Session, SessionTrack
from console.session.reader import TrackReader, open_sound

#: What counts as a song in a folder of references.
SUFFIXES = (".wav", ".flac", ".ogg", ".mp3", ".aif", ".aiff")
#: The name, without its suffix, of a finished mix by a person among the stems.
HUMAN_MIX = "_human_mix"

_BLOCK_FRAMES = 1 << 18

Pair = tuple[Song, Reference | None]


def read_songs(paths: Sequence[Path]) -> tuple[Song, ...]:
    """Each path as one session; of the audio only the headers are decoded.

    Raises:
        SessionError: one cannot be read.
        ParamError: two are the same.
    """
    sessions = [load_session([path]) for path in paths]
    places = [path.resolve() for path in paths]
    if twice := [place for place, count in Counter(places).items() if count > 1]:
        raise ParamError(f"the song {str(twice[0])!r} is given twice; give it once")
    names = _told_apart([session.name for session in sessions], places)
    return tuple(
        Song(name, path, session, _human(session))
        for name, path, session in zip(names, paths, sessions, strict=True)
    )


def _human(session: Session) -> SessionTrack | None:
    """The finished mix in a session: the one of that name, or the only one there is."""
    found = [track for track in session.tracks if not track.included and track.detail == MIXDOWN]
    named = [track for track in found if track.files[0].path.stem.lower() == HUMAN_MIX]
    return named[0] if named else found[0] if len(found) == 1 else None


def read_references(words: Sequence[str], folders: Sequence[Path]) -> tuple[Reference, ...]:
    """The references that are named, and all songs in the folders.

    Raises:
        ParamError: a saved style, which has no audio, or the same song twice.
        SessionError: one is no audio, or a folder has none.
    """
    found = [_reference(word) for word in words]
    for folder in folders:
        files = _songs_in(folder)
        if not files:
            raise SessionError(
                f"the folder {str(folder)!r} has no song in it; give one with {', '.join(SUFFIXES)} files"
            )
        found += [Reference(path.stem, str(path), path) for path in files]
    counts = Counter((item.path.resolve(), item.start_s, item.end_s) for item in found)
    if twice := [place for (place, *_), count in counts.items() if count > 1]:
        raise ParamError(f"the reference {str(twice[0])!r} is given twice; give it once")
    for item in found:
        _check(item)
    names = _told_apart([item.name for item in found], [item.path.resolve() for item in found])
    return tuple(
        Reference(name, item.word, item.path, item.start_s, item.end_s)
        for name, item in zip(names, found, strict=True)
    )


def _songs_in(folder: Path) -> list[Path]:
    try:
        return sorted(
            path
            for path in folder.iterdir()
            if path.is_file() and path.suffix.lower() in SUFFIXES and not path.name.startswith(".")
        )
    except OSError as error:
        raise SessionError(
            f"the folder {str(folder)!r} cannot be read ({error.strerror or error}); give a folder of finished songs"
        ) from None


def _reference(word: str) -> Reference:
    if word.endswith(PROFILE_SUFFIX):
        raise ParamError(f"{word!r} is a saved style, which has no audio to compare with; give a song")
    ranged = parse_reference(word)
    whole = ranged.start_s == 0.0 and ranged.end_s is None
    name = ranged.path.parent.name if ranged.path.stem.lower() == HUMAN_MIX else ranged.path.stem
    suffix = "" if whole else f"@{ranged.start_s:g}-{'' if ranged.end_s is None else f'{ranged.end_s:g}'}"
    return Reference(name + suffix, word, ranged.path, ranged.start_s, ranged.end_s)


def own_reference(song: Song) -> Reference | None:
    """The human mix of a song as its reference."""
    if song.human is None:
        return None
    path = song.human.files[0].path
    return Reference(song.name, str(path), path)


def _check(reference: Reference) -> None:
    import soundfile

    try:
        with open_sound(reference.path) as file:
            frames = file.frames
    except (soundfile.SoundFileError, OSError) as error:
        raise SessionError(
            f"the reference {str(reference.path)!r} cannot be read ({error}); give an audio file"
        ) from None
    if not frames:
        raise SessionError(f"the reference {str(reference.path)!r} has 0 samples; give a finished song")


def _told_apart(names: Sequence[str], places: Sequence[Path]) -> list[str]:
    """The names, those that occur twice with their folder, and a number where that does not tell them apart."""
    counts = Counter(names)
    longer = [
        f"{place.parent.name}/{name}" if counts[name] > 1 else name
        for name, place in zip(names, places, strict=True)
    ]
    again, seen, found = Counter(longer), Counter[str](), []
    for name in longer:
        seen[name] += 1
        found.append(f"{name} ({seen[name]})" if again[name] > 1 else name)
    return found


def pairs_of(songs: Sequence[Song], references: Sequence[Reference], *, own: bool) -> Iterator[Pair]:
    """Every song with every reference that is none of its own files, and with its human mix where `own` asks so.

    Without any reference each song stands alone.
    """
    for song in songs:
        files = {file.path.resolve() for track in song.session.tracks for file in track.files}
        mine = [item for item in references if item.path.resolve() not in files]
        human = own_reference(song) if own else None
        if human is not None:
            mine.append(human)
        if not mine:
            yield song, None
        for item in mine:
            yield song, item


def hear_track(track: SessionTrack, session: Session) -> Float64:
    """A track on the session's time line as stereo, (2, samples); a mono one on both sides.

    Raises:
        SessionError: a file cannot be read.
    """
    with TrackReader(track, session.sample_rate_hz) as reader:
        audio = reader.read(session.samples).astype(np.float64)
    return audio if len(audio) == 2 else np.repeat(audio, 2, axis=0)


def hear_reference(reference: Reference, sample_rate_hz: int) -> ReferenceSound:
    """A reference at a song's rate, and its sound at its own.

    Raises:
        SessionError: the file cannot be read.
        ParamError: silent, under a second, not finite, of more than two channels, or a range beyond its end.
    """
    sound = read_reference(reference.path, reference.start_s, reference.end_s)
    with open_sound(reference.path) as file:
        rate = file.samplerate
        # From the start on: seeking in lossy files is inexact.
        whole = file.read(dtype="float32", always_2d=True)
    last = None if reference.end_s is None else round(reference.end_s * rate)
    audio = whole[round(reference.start_s * rate) : last].astype(np.float64)
    if rate != sample_rate_hz:
        import soxr

        audio = soxr.resample(audio, rate, sample_rate_hz, "HQ")
    stereo = audio.T if audio.shape[1] == 2 else np.repeat(audio.T, 2, axis=0)
    return ReferenceSound(np.ascontiguousarray(stereo), sound)


def content_of(reference: Reference) -> str:
    """A hash over the bytes of a reference and its range.

    Raises:
        SessionError: the file cannot be read.
    """
    found = hashlib.blake2b(digest_size=16)
    try:
        with reference.path.open("rb") as file:
            while block := file.read(_BLOCK_FRAMES):
                found.update(block)
    except OSError as error:
        raise SessionError(
            f"the reference {str(reference.path)!r} cannot be read ({error.strerror or error}); check the file"
        ) from None
    return f"{found.hexdigest()}@{reference.start_s}-{reference.end_s}"
