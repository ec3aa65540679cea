"""The main job: a session in; the mix, its parameters, a project for the DAW and a report out."""

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from bridge.jobs.audio import audio_beside
from bridge.jobs.handing import hand_over
from bridge.jobs.layout import MIX_JSON, MIX_WAV, PLUGINS, REPORT_HTML, STEMS, layout_of
from bridge.jobs.output import files_below, refuse_existing, refuse_sources, staged
from bridge.jobs.playing import PluginWish, played
from bridge.jobs.reading import decide
from bridge.jobs.request import Levels, MixOutcome, MixRequest
from bridge.render import RenderSettings
from bridge.render.plan import bus_key
from bridge.render.played import PlayedPlugins
from bridge.report import ReportData, write_report
from console.analysis import TrackAnalysis, TrackAnalyzer
from console.analysis.masking import Masking, masking
from console.errors import RenderError
from console.estimators.rules import leave_headroom
from console.frozen import FrozenMap
from console.mix import Mix, dump_mix
from console.mix.blend import group_amounts
from console.progress import Progress, no_progress
from console.session import Session
from exporters.files import write_files

#: Under which the files of a mix are listed in their folder.
JOB = "mix"


def mix_session(request: MixRequest, progress: Progress = no_progress) -> MixOutcome:
    """Do the whole job; the output is written at the end, all of it, or stays as it was.

    Raises:
        SessionError: the session cannot be read.
        ParamError: an unknown estimator, target or amount, or an output that does not go with the session.
        RenderError: the output exists already, is part of the session, or cannot be written.
        ExportError: a project cannot be written.
    """
    layout = layout_of(request)
    refuse_sources(layout.root, layout.goals, request.inputs, request.session)
    refuse_existing(layout.root, layout.goals, force=request.force)
    session, analysis, target, start, mix = decide(request, progress)
    before = heard_masking(analysis.tracks, session)
    after = Masking(FrozenMap(), ())
    with ExitStack() as stack:
        abroad = session
        if layout.handover.needs_audio:
            place = layout.root / layout.handover.audio
            abroad = stack.enter_context(audio_beside(session, place, force=request.force))
        root = stack.enter_context(
            staged(layout.root, session, job=JOB, inner=layout.inner, sweep=request.force)
        )
        stage = root / layout.inner
        stage.mkdir(exist_ok=True)
        meters = strip_meters(mix) if request.report else {}
        with played(
            session,
            mix,
            request.plugins,
            work_folder=stage,
            stems_folder=stage / STEMS if request.stems else None,
            taps=meters,
            settings=RenderSettings(threads=request.threads),
            progress=progress,
        ) as heard:
            rendered = heard.rendered
            measured = rendered.measurement
            mix = leave_headroom(
                mix, target, loudness_lufs=measured.integrated_lufs, true_peak_dbtp=measured.true_peak_dbtp
            )
            rendered.write(stage / MIX_WAV, fader_db=mix.master.fader_db)
        write_files({stage / PLUGINS / path: state for path, state in heard.presets.items()})
        (stage / MIX_JSON).write_text(dump_mix(mix), encoding="utf-8", newline="\n")
        exports = hand_over(
            layout.handover.with_plugins(heard.heard),
            mix,
            session,
            abroad,
            start,
            root,
            layout.root,
            progress,
        )
        if request.report:
            progress("report", 0.0)
            strips = {name: meter.result() for name, meter in meters.items()}
            after = heard_masking(strips, session)
            data = ReportData(
                session=session,
                analysis=analysis,
                start=start,
                mix=mix,
                after=strips,
                master_after=measured.behind_gain(mix.master.fader_db),
                gain_reduction=rendered.gain_reduction,
                gate_reduction=rendered.gate_reduction,
                masking_before=before,
                masking_after=after,
                exports=exports,
                findings=session.findings,
                tool=mix.tool,
                amounts=group_amounts(request.amounts),
                plugins=heard.plugins,
            )
            write_report(stage / REPORT_HTML, data)
            progress("report", 1.0)
        made = [layout.root / path.relative_to(root) for path in files_below(root)]
        brought = [
            file.path
            for old, new in zip(session.tracks, abroad.tracks, strict=True)
            for file in new.files
            if new != old
        ]
    return MixOutcome(
        session=session,
        analysis=analysis,
        mix=mix,
        levels_before=Levels.of(analysis.sum),
        levels_after=Levels.of(measured, mix.master.fader_db),
        audibility_before=before.audibility_db,
        audibility_after=after.audibility_db,
        files=tuple(sorted([*made, *brought])),
        exports=exports,
        plugins=heard.plugins,
    )


def render_mix(
    mix: Mix,
    session: Session,
    output: Path,
    *,
    stems: Path | None = None,
    plugins: PluginWish | None = None,
    threads: int | None = None,
    force: bool = False,
    progress: Progress = no_progress,
) -> tuple[tuple[Path, ...], PlayedPlugins | None]:
    """Render a Mix of a session to a WAV file; the same Mix gives the same bytes as `mix_session`.

    Args:
        mix: what to render.
        session: the session it was made for.
        output: the file, 24-bit WAV.
        stems: a folder for the processed strips, 32-bit float.
        plugins: what it is to be heard through, None the console alone.
        threads: None means one per core.
        force: replace files that are there already.
        progress: told how far it is.

    Returns:
        the files, and what came of the plugins.

    Raises:
        RenderError: mix and session do not fit, or a file cannot be written.
        PluginError: a plugin is not there.
    """
    for path in (output, stems):
        if path is not None and path.exists() and not force:
            raise RenderError(f"{path} exists already; give another name, or --force to replace it")
    with ExitStack() as stack:
        stage = stack.enter_context(staged(output.parent, session))
        stems_stage = stack.enter_context(staged(stems, session)) if stems is not None else None
        heard = stack.enter_context(
            played(
                session,
                mix,
                plugins,
                work_folder=stage,
                stems_folder=stems_stage,
                settings=RenderSettings(threads=threads, overwrite_stems=force),
                progress=progress,
            )
        )
        heard.rendered.write(stage / output.name, fader_db=mix.master.fader_db)
        if stems is None or stems_stage is None:
            return (output,), heard.plugins
        made = (stems / path.relative_to(stems_stage) for path in sorted(heard.rendered.stems))
        return (output, *made), heard.plugins


def strip_meters(mix: Mix) -> dict[str, TrackAnalyzer]:
    """A meter behind the fader of every strip that sounds."""
    names = [track.id for track in mix.tracks if not track.muted] + [
        bus_key(mix, bus.id) for bus in mix.buses
    ]
    return {name: TrackAnalyzer(mix.sample_rate_hz, 2) for name in names}


def heard_masking(measured: Mapping[str, TrackAnalysis], session: Session) -> Masking:
    """Masking among the tracks of a session that are to be heard."""
    chosen = {track.id: measured[track.id] for track in session.included if track.id in measured}
    chosen = {name: item for name, item in chosen.items() if not item.silent}
    return masking(
        {name: item.bark_db for name, item in chosen.items()},
        {name: item.active for name, item in chosen.items()},
    )
