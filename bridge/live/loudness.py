"""How loud a desk's snapshots are, by rendering them: what A/B needs to be fair."""

import math
import tempfile
from collections.abc import Callable
from pathlib import Path

from bridge.live.pairing import Pairing
from bridge.live.pulling import pull
from bridge.live.rig import Rig
from console.mix.values import Mix
from console.progress import Progress, no_progress
from console.session import Session


def difference_by_rendering(
    rig: Rig, session: Session, mix: Mix, pairing: Pairing, progress: Progress = no_progress
) -> Callable[[int, int], float | None]:
    """What says by how many dB one snapshot is louder than another: both rendered through our console, in LUFS.

    What a snapshot does not know (a knob that the desk lacks) is taken from the mix. Each is rendered once.

    Args:
        rig: the desk.
        session: where the audio is.
        mix: the mix that is paired with the desk.
        pairing: which strip is which channel.
        progress: told how far a rendering is.
    """
    known: dict[int, float] = {}

    def level_lufs(number: int) -> float:
        if number not in known:
            values, _ = rig.folder.store.load(number).on(rig.channels)
            known[number] = rendered_lufs(session, pull(mix, pairing, values), progress)
        return known[number]

    def louder_db(one: int, other: int) -> float | None:
        difference = level_lufs(one) - level_lufs(other)
        return difference if math.isfinite(difference) else None

    return louder_db


def rendered_lufs(session: Session, mix: Mix, progress: Progress = no_progress) -> float:
    """How loud a mix is, rendered through our console, in LUFS; −inf for silence."""
    from bridge.render import render

    with tempfile.TemporaryDirectory(prefix="mixbridge-") as folder:
        with render(session, mix, work_folder=Path(folder), progress=progress) as rendered:
            loudness = rendered.measurement.integrated_lufs
    return float(loudness) + mix.master.fader_db
