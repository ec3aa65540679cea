"""Asks the network: what it is given of a session, and what is taken from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from console.errors import ParamError
from console.estimators.controller.answer import Dials
from console.estimators.controller.drawing import drawn
from console.losses.sound import Sound
from console.models.controller.conditions import condition
from console.models.controller.hearing import Hearing
from console.models.controller.knobs import TABLES
from console.session import Role, SessionTrack

Float32 = NDArray[np.float32]
_ROLES = {role: at for at, role in enumerate(Role)}


class Network(Protocol):
    """Arrays in, arrays out, by the names of console.models.controller.onnx; the same in gives the same out."""

    @property
    def candidates(self) -> int:
        """How many answers it knows."""

    def __call__(self, inputs: Mapping[str, Float32]) -> Mapping[str, Float32]:
        """One pass over a batch of songs."""


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """Of one song: the dials of its tracks and of its master, and the spectra that the network expects of the mix.

    Of a further `candidate` the tracks' dials are drawn, and the spectra are those of what they were drawn around.
    """

    tracks: tuple[Dials, ...]
    master: Dials
    mid_db: tuple[float, ...]
    side_db: tuple[float, ...]
    candidate: int = 0

    @property
    def width_db(self) -> float:
        """Energy of the expected side over the expected mid, in dB."""
        mid, side = (float(np.sum(10.0 ** (np.array(x) / 10.0))) for x in (self.mid_db, self.side_db))
        return 10.0 * float(np.log10(side / mid))


def ask(
    network: Network, hearing: Hearing, tracks: Sequence[SessionTrack], sound: Sound, candidate: int
) -> Answer:
    """One answer for one song.

    Args:
        network: whom to ask.
        hearing: of the tracks, each of which sounds.
        tracks: the same in the same order, for their roles.
        sound: what to aim at.
        candidate: which of the network's answers, from 0 on.

    Raises:
        ParamError: the network does not know so many answers, or what it says is no answer.
    """
    if not 0 <= candidate < network.candidates:
        raise ParamError(
            f"candidate {candidate + 1} is asked for, and these weights know {network.candidates}; give a number "
            f"from 1 to {network.candidates}"
        )
    roles = np.zeros((len(tracks), len(_ROLES)), np.float32)
    for row, track in zip(roles, tracks, strict=True):
        row[_ROLES[track.role]] = track.role_confidence
    given = {
        "figures": hearing.figures,
        "power": hearing.power,
        "levels": hearing.levels_db,
        "stereo": hearing.channels == 2,
        "mask": np.ones(len(tracks)),
        "roles": roles,
        "condition": condition(sound),
        "candidate": np.eye(network.candidates)[candidate],
    }
    said = network({name: np.ascontiguousarray(value[None], np.float32) for name, value in given.items()})
    rows = {place: len(table) for place, table in TABLES.items()}
    shapes = {
        "tracks": (1, len(tracks), rows["tracks"]),
        "tracks_doubt": (1, len(tracks), rows["tracks"]),
        "master": (1, rows["master"]),
        "master_doubt": (1, rows["master"]),
    }
    for name, shape in shapes.items():
        if said[name].shape != shape or not np.isfinite(said[name]).all():
            raise ParamError(
                f"the network's {name!r} has the shape {said[name].shape}, or is not finite; {shape} of finite numbers "
                "is wanted: take other weights"
            )
    settings, doubts = said["tracks"][0], said["tracks_doubt"][0]
    if candidate > 0:
        settings = drawn(settings, doubts, candidate)
    return Answer(
        tracks=tuple(Dials.of("tracks", *row) for row in zip(settings, doubts, strict=True)),
        master=Dials.of("master", said["master"][0], said["master_doubt"][0]),
        mid_db=tuple(said["mid_db"][0].astype(float).tolist()),
        side_db=tuple(said["side_db"][0].astype(float).tolist()),
        candidate=candidate,
    )
