"""Renders a mix: all tracks advance together block by block, so that memory does not grow with the length."""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bridge.render.lanes import MOST_OPEN_FILES, TrackLane
from bridge.render.lockstep import steps_ahead
from bridge.render.meters import reduction_per_hop
from bridge.render.mixer import MasterLane, Mixer
from bridge.render.patchbay import EMPTY_PATCHBAY, Patchbay
from bridge.render.plan import Plan, all_keys, bus_key, make_plan
from bridge.render.rendered import Rendered
from bridge.render.settings import NO_TAPS, RenderSettings, Tap
from bridge.render.stems import StemFiles, write_stem
from bridge.render.workfile import WorkFile
from console.analysis.track import TrackAnalyzer
from console.analysis.values import FloatArray
from console.errors import RenderError
from console.mix import Mix
from console.mix.values import MASTER
from console.progress import Progress, no_progress
from console.session.values import Session

Block = NDArray[np.float64]

STAGE = "render"
_TELL_EVERY_S = 0.1
_STEREO = 2


def render(
    session: Session,
    mix: Mix,
    *,
    work_folder: Path,
    stems_folder: Path | None = None,
    taps: Mapping[str, Tap] = NO_TAPS,
    settings: RenderSettings | None = None,
    patchbay: Patchbay = EMPTY_PATCHBAY,
    progress: Progress = no_progress,
) -> Rendered:
    """Render a session through a mix, up to the master's fader.

    The mix is as long as the session and the tail of the FX buses in use. It is the same to the bit from run to
    run, whatever the block, the threads and the order in which the mix lists its tracks.

    Args:
        session: where the audio is.
        mix: every decision.
        work_folder: gets one temporary file of 8 bytes a sample, which the result owns.
        stems_folder: gets the processed stems, when given.
        taps: by track id, `bus_key` of a bus, or of "master": each gets its strip's blocks after the fader as
            float32 (2, samples), the master's before its fader, all on one grid of blocks. A muted track's tap
            gets silence, and so does that of a bus that nothing feeds.
        settings: blocks, threads and tail.
        patchbay: buses whose input is taken out, or that are played from a file instead.
        progress: told at most ten times a second.

    Raises:
        RenderError: the mix does not belong to the session, a strip's output is not finite, a stem is there
            already, the disk is full, or a tap listens to a strip that does not exist.
        SessionError: a file of the session cannot be read.
    """
    settings = settings or RenderSettings()
    unknown = sorted(set(taps) - all_keys(mix))
    if unknown:
        raise RenderError(
            f"a tap listens to {unknown[0]!r}, which is no track or bus of the mix; give its id"
        )
    plan = make_plan(session, mix, settings)
    sources = tuple(file.path for track in session.tracks for file in track.files)
    with ExitStack() as undo:
        stems = None
        if stems_folder is not None:
            stems = StemFiles(
                plan, stems_folder, sources=sources, overwrite=settings.overwrite_stems,
                sample_rate_hz=session.sample_rate_hz,
            )  # fmt: skip
            undo.callback(stems.discard)
        work = WorkFile(work_folder)
        undo.callback(work.delete)
        run = _Run(plan, mix, work, stems, taps, patchbay)
        run.run(settings, progress)
        work.finish()
        result = run.result(stems.publish() if stems else (), sources)
        undo.pop_all()
    return result


class _Run:
    """The running parts of one render."""

    def __init__(
        self,
        plan: Plan,
        mix: Mix,
        work: WorkFile,
        stems: StemFiles | None,
        taps: Mapping[str, Tap],
        patchbay: Patchbay,
    ) -> None:
        self._plan, self._mix, self._work, self._stems, self._taps = plan, mix, work, stems, taps
        rate_hz = self._rate_hz = mix.sample_rate_hz
        files = itertools.accumulate(len(planned.track.files) for planned in plan.tracks)
        self._lanes = [
            TrackLane(planned, rate_hz, keep_open=count <= MOST_OPEN_FILES)
            for planned, count in zip(plan.tracks, files, strict=True)
        ]
        self._mixer = Mixer(plan, rate_hz, patchbay)
        self._master = MasterLane(mix.master, rate_hz, patchbay)
        self._analyzer = TrackAnalyzer(rate_hz, _STEREO)
        self._keys = {bus: bus_key(mix, bus) for bus in (*self._mixer.buses, MASTER)}
        sounding = {*(lane.id for lane in self._lanes), *self._keys.values()}
        self._idle_taps = [tap for key, tap in sorted(taps.items()) if key not in sounding]

    def run(self, settings: RenderSettings, progress: Progress) -> None:
        """Render everything; while a block is mixed, the tracks are at the next one already."""
        told = _Teller(progress, self._plan.samples)
        block, total = settings.block_samples, self._plan.samples
        sizes = [min(block, total - start) for start in range(0, total, block)]
        try:
            with closing(
                steps_ahead(len(self._lanes), sizes, self._process_lane, settings.thread_count)
            ) as steps:
                for samples, tracks in steps:
                    self._mix_block(tracks, samples)
                    told.tell(samples)
            for block_out in self._master.flush():
                self._take_master(block_out)
        finally:
            for lane in self._lanes:
                lane.close()

    def _process_lane(self, index: int, samples: int) -> Block:
        """One track's next block; runs in a thread."""
        lane = self._lanes[index]
        block = lane.process(samples)
        self._tell_tap(lane.id, block)
        if self._stems:
            write_stem(self._stems.tracks[lane.id], block)
        return block

    def _mix_block(self, tracks: Sequence[Block], samples: int) -> None:
        outputs = self._mixer.process(tracks, samples)
        for bus in self._mixer.buses:
            self._tell_tap(self._keys[bus], outputs[bus])
            if self._stems:
                write_stem(self._stems.buses[bus], outputs[bus])
        for tap in self._idle_taps:
            tap.push(np.zeros((_STEREO, samples), np.float32))
        for block in self._master.process(outputs[MASTER]):
            self._take_master(block)

    def _tell_tap(self, key: str, block: NDArray[np.floating]) -> None:
        tap = self._taps.get(key)
        if tap is not None:
            tap.push(block.astype(np.float32, copy=False))

    def _take_master(self, block: Block) -> None:
        audio = block.astype(np.float32)
        self._work.write(audio)
        self._analyzer.push(audio)
        self._tell_tap(self._keys[MASTER], audio)

    def result(self, stems: tuple[Path, ...], sources: tuple[Path, ...]) -> Rendered:
        """What came of it."""
        compressors = {lane.id: lane.processor.compressor_gain_db() for lane in self._lanes}
        for bus, processor in self._mixer.buses.items():
            compressors[self._keys[bus]] = processor.compressor_gain_db()
        compressors[self._keys[MASTER]] = self._master.processor.compressor_gain_db()
        gates = {lane.id: lane.processor.gate_gain_db() for lane in self._lanes}
        return Rendered(
            sample_rate_hz=self._rate_hz,
            measurement=self._analyzer.result(),
            gain_reduction=self._reductions(compressors),
            gate_reduction=self._reductions(gates),
            limiter_reduction=self._reduction(self._master.held.gain_db()),
            stems=stems,
            sources=sources,
            work=self._work,
        )

    def _reductions(self, gains_db: Mapping[str, NDArray[np.float64]]) -> dict[str, FloatArray]:
        return {key: self._reduction(gain_db) for key, gain_db in gains_db.items() if gain_db.size}

    def _reduction(self, gain_db: NDArray[np.float64]) -> FloatArray:
        return reduction_per_hop(gain_db, self._plan.samples, self._rate_hz)


class _Teller:
    """Tells the share that is done, but not more often than anyone can read it."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress, self._total = progress, total
        self._done = 0
        self._next_s = 0.0

    def tell(self, samples: int) -> None:
        """So many samples more are done."""
        self._done += samples
        now_s = time.monotonic()
        if now_s >= self._next_s or self._done >= self._total:
            self._next_s = now_s + _TELL_EVERY_S
            self._progress(STAGE, self._done / self._total)
