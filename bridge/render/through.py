"""Renders a mix through plugins: every strip is printed through its chain, then the console mixes the prints."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from queue import SimpleQueue

import numpy as np
import soundfile

from bridge.host.faults import PluginFault
from bridge.host.process import PluginProcess
from bridge.host.rack import Rack, Stage
from bridge.host.values import Audio, Limits
from bridge.render.engine import render
from bridge.render.lanes import TrackSource
from bridge.render.patchbay import Patchbay, Replay
from bridge.render.plan import PlannedTrack, bus_key, make_plan
from bridge.render.printing import Block, Print, Source, Trust, print_stages
from bridge.render.refining import Refinement
from bridge.render.refining import refine as refine_stages
from bridge.render.rendered import Rendered
from bridge.render.settings import LONGEST_TAIL_S, NO_TAPS, RenderSettings, Tap
from bridge.render.workfile import WorkFile
from console.mix import Compressor, Equalizer, Gate, Highpass, Input, Lowpass, Mix, TrackStrip
from console.mix.values import MASTER
from console.progress import Progress, no_progress
from console.session.values import AudioFile, Session, SessionTrack
from console.units import db_to_gain

#: What a print is cut from at a time.
_BLOCK = 65_536
_PRINTING = "play the plugins"


@dataclass(frozen=True, slots=True)
class StripPrint:
    """A strip that was played through plugins: its key (`bus_key` of buses), the print, and the console's own.

    `source` begins its input anew; `refinements`: what moving the plugins' knobs brought; () where nobody asked for
    that.
    """

    key: str
    stages: tuple[Stage, ...]
    source: Source
    real: Print
    predicted: Print
    refinements: tuple[Refinement, ...] = ()


@dataclass(frozen=True, slots=True)
class PluginRender:
    """The mix, and every strip that plugins had a part in; a context manager whose end deletes all files."""

    rendered: Rendered
    prints: tuple[StripPrint, ...]
    folder: Path

    @property
    def faults(self) -> tuple[tuple[str, PluginFault], ...]:
        """What plugins did wrong, by the strip's key; the console has taken their place there."""
        return tuple((item.key, fault) for item in self.prints for fault in item.real.faults)

    def close(self) -> None:
        """Delete the files."""
        self.rendered.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> PluginRender:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@dataclass(slots=True)
class _Studio:
    """Processes for plugins that strips take turns in."""

    processes: int
    limits: Limits
    trust: Trust = field(default_factory=Trust)
    _all: list[PluginProcess] = field(default_factory=list)
    _idle: SimpleQueue[PluginProcess] = field(default_factory=SimpleQueue)

    def __enter__(self) -> _Studio:
        self._all = [PluginProcess(self.limits) for _ in range(self.processes)]
        for process in self._all:
            self._idle.put(process)
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._all:
            process.close()

    def stop(self) -> None:
        """End all processes at once: what is under way in other threads fails."""
        for process in self._all:
            process.stop()

    def print(
        self, stages: tuple[Stage, ...], job: _Job, path: Path, rate_hz: int, longest_tail: int
    ) -> Print:
        """Print a strip by these stages."""
        with self._process() as process:
            return print_stages(
                stages, job.source, path, sample_rate_hz=rate_hz, channels=job.channels, process=process,
                trust=self.trust, longest_tail=longest_tail,
            )  # fmt: skip

    def refine(self, job: _Job, rate_hz: int, seed: int) -> tuple[tuple[Stage, ...], tuple[Refinement, ...]]:
        """A strip's stages, its plugins moved nearer to the console."""
        with self._process() as process:
            return refine_stages(
                job.stages,
                job.source,
                sample_rate_hz=rate_hz,
                channels=job.channels,
                process=process,
                seed=seed,
            )

    @contextmanager
    def _process(self) -> Iterator[PluginProcess]:
        process = self._idle.get()
        try:
            yield process
        finally:
            self._idle.put(process)


def render_through(
    session: Session,
    mix: Mix,
    rack: Rack,
    *,
    work_folder: Path,
    stems_folder: Path | None = None,
    taps: Mapping[str, Tap] = NO_TAPS,
    settings: RenderSettings | None = None,
    limits: Limits | None = None,
    refine: bool = False,
    progress: Progress = no_progress,
) -> PluginRender:
    """Render a session through a mix whose strips are played by plugins where the rack has some.

    Args: see `bridge.render.render`; `rack` says which plugins stand where, `limits` how long each may take; with
        `refine` each plugin's knobs are moved from the profile's map to where it sounds most like the prediction.

    Raises:
        ParamError, PluginError: what the rack names is not there.
        RenderError, SessionError: see `bridge.render.render`.
    """
    settings = settings or RenderSettings()
    rack.check(mix)
    with ExitStack() as undo:
        folder = Path(tempfile.mkdtemp(prefix=".mixbridge-prints-", dir=work_folder))
        undo.callback(shutil.rmtree, folder, ignore_errors=True)
        with _Studio(settings.thread_count, limits or Limits()) as studio:
            last = session.samples + round(LONGEST_TAIL_S * session.sample_rate_hz)
            work = _Work(
                rack, studio, folder, settings, progress, mix.seed if refine else None,
                last=last if settings.tail_s is None else 0,
            )  # fmt: skip
            prints = work.print_tracks(session, mix)
            played, strips = _with_prints(session, mix, prints)
            if prints:  # They ring on to the end of the mix already.
                work.settings = replace(settings, tail_s=0.0)
            buses, patchbay = work.print_buses(played, strips)
        rendered = render(
            played, strips, work_folder=work_folder, stems_folder=stems_folder, taps=taps, settings=work.settings,
            patchbay=patchbay, progress=progress,
        )  # fmt: skip
        rendered = replace(rendered, sources=_files(session))
        undo.pop_all()
    return PluginRender(rendered, (*prints.values(), *buses), folder)


@dataclass(slots=True)
class _Work:
    """One render's strips on their way through the studio; `last` is the sample at which all tails end."""

    rack: Rack
    studio: _Studio
    folder: Path
    settings: RenderSettings
    progress: Progress
    seed: int | None
    last: int

    def print_tracks(self, session: Session, mix: Mix) -> dict[str, StripPrint]:
        """The tracks that have plugins, behind their inserts, by id."""
        plan = make_plan(session, mix, self.settings)
        rate_hz = mix.sample_rate_hz
        jobs = {
            planned.strip.id: _Job(
                planned.strip.id,
                stages,
                partial(_track_blocks, planned, rate_hz, plan.samples),
                planned.track.channels,
                plan.samples,
            )
            for planned in plan.tracks
            if (stages := self.rack.stages(planned.strip))
        }
        return {item.key: item for item in self._print_all(list(jobs.values()), rate_hz)}

    def print_buses(self, session: Session, mix: Mix) -> tuple[list[StripPrint], Patchbay]:
        """The buses, then the master, behind their inserts where they have plugins, and what stands for them now."""
        plan = make_plan(session, mix, self.settings)
        samples = plan.samples
        faders_db = {bus.id: bus.fader_db for bus in mix.buses}
        buses = {bus.id: stages for bus in (*plan.groups, *plan.effects) if (stages := self.rack.stages(bus))}
        master = self.rack.stages(mix.master)
        prints: list[StripPrint] = []
        returns: dict[str, Print] = {}
        for chains in (buses, {MASTER: master} if master else {}):
            if not chains:
                continue
            inputs = self._capture(session, mix, list(chains), _patchbay({}, returns, faders_db))
            jobs = [
                _Job(bus_key(mix, bus), stages, partial(_work_blocks, inputs[bus]), 2, samples)
                for bus, stages in chains.items()
            ]
            made = self._print_all(jobs, mix.sample_rate_hz)
            returns |= {bus: item.real for bus, item in zip(chains, made, strict=True)}
            prints += made
            # What a bus rings on is heard too, by the master's plugins as well.
            samples = max(samples, *(item.real.samples for item in made))
            self.settings = replace(self.settings, least_samples=samples)
        return prints, _patchbay({}, returns, faders_db)

    def _capture(
        self, session: Session, mix: Mix, buses: list[str], patchbay: Patchbay
    ) -> dict[str, WorkFile]:
        """What goes into some buses."""
        inputs = {bus: WorkFile(self.folder) for bus in buses}
        listening = replace(patchbay, captures=inputs)
        render(
            session,
            mix,
            work_folder=self.folder,
            settings=self.settings,
            patchbay=listening,
            progress=self.progress,
        ).close()
        for work in inputs.values():
            work.finish()
        return inputs

    def _print_all(self, jobs: list[_Job], rate_hz: int) -> list[StripPrint]:
        """Every strip through its plugins, and through the console's modules beside them; as many at once as may be."""
        done = 0
        made = []
        with ThreadPoolExecutor(self.studio.processes) as pool:
            try:
                for item in pool.map(lambda job: self._print(job, rate_hz), jobs):
                    made.append(item)
                    done += 1
                    self.progress(_PRINTING, done / len(jobs))
            except (
                BaseException
            ):  # An interruption, or an error that ends the render: nobody waits for the rest.
                pool.shutdown(wait=False, cancel_futures=True)
                self.studio.stop()
                raise
        return made

    def _print(self, job: _Job, rate_hz: int) -> StripPrint:
        stages: tuple[Stage, ...] = job.stages
        refinements: tuple[Refinement, ...] = ()
        if self.seed is not None:
            stages, refinements = self.studio.refine(job, rate_hz, self.seed)
        own = tuple(Stage(stage.modules) for stage in stages)
        name = uuid.uuid4().hex
        longest = max(self.last - job.samples, 0)
        real, predicted = (
            self.studio.print(chain, job, self.folder / f"{name}-{kind}.wav", rate_hz, longest)
            for chain, kind in ((stages, "real"), (own, "predicted"))
        )
        return StripPrint(job.key, stages, job.source, real, predicted, refinements)


@dataclass(frozen=True, slots=True)
class _Job:
    """A strip to be printed, whose source has so many samples."""

    key: str
    stages: tuple[Stage, ...]
    source: Source
    channels: int
    samples: int


def _track_blocks(planned: PlannedTrack, rate_hz: int, samples: int) -> Iterator[Block]:
    """A track behind its input: gain, polarity and delay."""
    settings = planned.strip.input
    gain = db_to_gain(settings.gain_db) * (-1.0 if settings.invert_polarity else 1.0)
    source = TrackSource(planned, rate_hz, keep_open=True)
    try:
        for start in range(0, samples, _BLOCK):
            yield source.read(min(_BLOCK, samples - start)).astype(np.float64) * gain
    finally:
        source.close()


def _work_blocks(work: WorkFile) -> Iterator[Block]:
    return (frames.T for frames in work.blocks(_BLOCK))


def _wav_blocks(item: Print) -> Iterator[Audio]:
    with soundfile.SoundFile(item.path) as file:
        for start in range(0, item.samples, _BLOCK):
            size = min(_BLOCK, item.samples - start)
            yield file.read(size, dtype="float32", always_2d=True).T


def _patchbay(
    captures: Mapping[str, WorkFile], returns: Mapping[str, Print], faders_db: Mapping[str, float]
) -> Patchbay:
    """The returns played anew from their start."""
    replays = {
        bus: Replay(_wav_blocks(item), db_to_gain(faders_db.get(bus, 0.0))) for bus, item in returns.items()
    }
    return Patchbay(captures, replays)


def _with_prints(session: Session, mix: Mix, prints: Mapping[str, StripPrint]) -> tuple[Session, Mix]:
    """The session with prints for files, and the mix with only what comes after the inserts on their strips."""
    tracks = tuple(
        _printed_track(track, prints[track.id], session.sample_rate_hz) if track.id in prints else track
        for track in session.tracks
    )
    strips = tuple(_behind_inserts(strip) if strip.id in prints else strip for strip in mix.tracks)
    return replace(session, tracks=tracks), replace(mix, tracks=strips)


def _printed_track(track: SessionTrack, item: StripPrint, rate_hz: int) -> SessionTrack:
    real = item.real
    file = AudioFile(real.path, rate_hz, real.channels, real.samples, content_hash="")
    return replace(track, files=(file,), channels=real.channels, samples=real.samples, start_samples=0)


def _behind_inserts(strip: TrackStrip) -> TrackStrip:
    return replace(
        strip,
        input=Input(),
        highpass=Highpass(),
        lowpass=Lowpass(),
        gate=Gate(),
        equalizer=Equalizer(),
        compressor=Compressor(),
    )


def _files(session: Session) -> tuple[Path, ...]:
    return tuple(file.path for track in session.tracks for file in track.files)
