"""Gathers what a reader finds of one song: tracks and mixes with their headers, and what is wrong."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bridge.datasets.heads import look
from bridge.datasets.instruments import Told
from bridge.datasets.places import Place
from bridge.datasets.values import Header, MixKind, Processing, Song, SongMix, SongTrack, Trouble
from bridge.sessions.collect import free_id
from console.session import Role

#: How far apart in seconds the ends of a mix and of its tracks may be when they line up.
_SAME_END_S = 0.1


class Gathering:
    """One song while it is being read."""

    def __init__(self) -> None:
        self.tracks: list[SongTrack] = []
        self.mixes: list[SongMix] = []
        self.troubles: list[Trouble] = []

    def header(self, file: Path) -> Header | None:
        """The header of a file; None, with the trouble kept, where it cannot be used."""
        found = look(file)
        if isinstance(found, Header):
            return found
        self.troubles.append(found)
        return None

    def trouble(self, file: Path, text: str, *, missing: bool = False) -> None:
        """Keep something that is wrong with a file, or that a file is missing."""
        self.troubles.append(Trouble(file, text, missing))

    def track(
        self, name: str, files: Sequence[Path], told: Told, *, processing: Processing, **about: Any
    ) -> None:
        """Add a track of one file, or of two mono files that are its sides; nothing where a file cannot be used."""
        found = [header for file in files if (header := self.header(file)) is not None]
        if len(found) < len(files) or not found:
            return
        first = found[0]
        if len(found) == 2:
            if any(header != first for header in found) or first.channels != 1:
                text = f"is no pair with {files[0].name!r}: both must be mono, of one sample rate and length"
                self.trouble(files[1], text)
                return
            first = Header(first.sample_rate_hz, 2, first.frames)
        self.add(name, tuple(files), first, told, processing=processing, **about)

    def add(
        self,
        name: str,
        files: tuple[Path, ...],
        header: Header,
        told: Told,
        *,
        processing: Processing,
        **about: Any,
    ) -> None:
        """Add a track whose files have been looked at."""
        about.setdefault("instrument", told.text)
        track = SongTrack(
            id=free_id(name, (track.id for track in self.tracks)),
            files=files,
            header=header,
            role=told.role,
            role_confidence=told.confidence,
            detail=about.pop("detail", told.detail),
            processing=processing,
            **about,
        )
        self.tracks.append(track)

    def mix(self, file: Path | None, kind: MixKind, *, aligned: bool | None, missing: Path) -> None:
        """Add a mix; `missing` is where it was to be, for telling so when `file` is None."""
        if file is None:
            self.trouble(missing, "is missing", missing=True)
            return
        header = self.header(file)
        if header is not None:
            self.mixes.append(SongMix(file, header, kind, aligned))

    def song(self, place: Place, dataset: str, **about: Any) -> Song:
        """The song. A mix counts as lined up only when it has the rate and, within 0.1 s, the end of its tracks."""
        return Song(
            id=place.id,
            dataset=dataset,
            root=place.folder,
            tracks=tuple(self.tracks),
            mixes=tuple(map(self._checked, self.mixes)),
            split=place.split,
            troubles=tuple(self.troubles),
            **about,
        )

    def _checked(self, mix: SongMix) -> SongMix:
        if not mix.aligned or not self.tracks:
            return mix
        rates = {track.header.sample_rate_hz for track in self.tracks}
        ends_s = [track.header.seconds for track in self.tracks]
        same = rates == {mix.header.sample_rate_hz} and abs(max(ends_s) - mix.header.seconds) <= _SAME_END_S
        return mix if same else SongMix(mix.file, mix.header, mix.kind, aligned=False)


def other(text: str = "") -> Told:
    """What is known of a track that nobody says anything of."""
    return Told(Role.OTHER, 0.2, text)
