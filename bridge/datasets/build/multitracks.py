"""Songs of a data set on disk: tracks and mix as they are, and the strips behind the mix where they are asked for."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from bridge.datasets.build.items import Item, Rendered, Stem
from bridge.datasets.build.masters import decode
from bridge.datasets.build.workbench import Samples, Workbench
from bridge.datasets.sessions import to_session
from bridge.datasets.values import MixKind, Song, SongMix
from console.errors import ParamError, SessionError
from console.mix import Mix
from console.session import Session
from console.session.reader import TrackReader, open_sound

#: A recovered mix has to explain the finished one so far, in dB of it, for its strips to be labels.
_MOST_RESIDUAL_DB = -3.0
_READER, _MIX = "as it lies in the data set", "mix"
#: Of the mixes of a song without tracks the first kind that is there.
_FINISHED = (MixKind.MASTER, MixKind.HUMAN, MixKind.PREVIEW, MixKind.AUTOMATIC)


def render(item: Item, bench: Workbench) -> Rendered:
    """Read a song: dry tracks where there are any, else wet ones; a finished song without tracks as it is.

    Raises:
        SessionError: a file cannot be read, or there is nothing to learn from.
    """
    song = item.song
    if song is None:
        raise SessionError(f"{item.id} has no song of a data set to be read from")
    if not song.tracks:
        return decode(_finished(song).file, bench)
    session = to_session(song)
    rate_hz = session.sample_rate_hz
    stems = []
    for number, track in enumerate(session.included):
        with TrackReader(track, rate_hz) as reader:
            bench.put(f"stem{number}", reader.read(session.samples))
        stems.append(Stem(track.id, f"stem{number}", role=track.role, role_confidence=track.role_confidence))
    if not stems:
        raise SessionError(f"{song.id!r} of {song.dataset} has no track that its mix holds; leave it out")
    mix = song.human_mix
    if mix is None or not mix.aligned:
        # What the tracks sum to; a mix that does not line up with them is none of this song's to learn from.
        return Rendered(_READER, rate_hz, tuple(stems))
    bench.put(_MIX, _read(mix, session))
    strips, about = _recovered(session, mix.file) if item.recover else (None, ())
    return Rendered(_READER, rate_hz, tuple(stems), _MIX, strips, about)


def _finished(song: Song) -> SongMix:
    by_kind = {mix.kind: mix for mix in reversed(song.mixes)}
    for kind in _FINISHED:
        if kind in by_kind:
            return by_kind[kind]
    raise SessionError(
        f"{song.id!r} of {song.dataset} has neither tracks nor a mix that can be read; leave it out"
    )


def _read(mix: SongMix, session: Session) -> Samples:
    """The mix over the session's length, (channels, samples)."""
    import soundfile

    try:
        with open_sound(mix.file) as file:
            audio: Samples = file.read(session.samples, dtype="float32", always_2d=True).T
    except (soundfile.SoundFileError, OSError) as error:
        raise SessionError(
            f"{str(mix.file)!r} cannot be decoded ({error}); unpack the data set again"
        ) from error
    return np.ascontiguousarray(audio[:2])


def _recovered(session: Session, mix: Path) -> tuple[Mix | None, tuple[str, ...]]:
    """The strips that explain the mix, and what is to be said of them; none where they explain too little."""
    from console.estimators.recover import RecoverSettings, recover

    included = {track.id for track in session.included}
    try:
        found = recover(session, mix, settings=RecoverSettings(workers=1))
    except ParamError as error:
        return None, (f"no strips: {error}",)
    left_db = found.residual.total_db
    if left_db > _MOST_RESIDUAL_DB:
        return None, (f"no strips: what could be recovered leaves {left_db:.1f} dB of the mix",)
    strips = tuple(replace(strip, reasons=()) for strip in found.mix.tracks if strip.id in included)
    about = f"strips recovered from the mix, of which they leave {left_db:.1f} dB"
    return replace(found.mix, tracks=strips), (about, *found.notes)
