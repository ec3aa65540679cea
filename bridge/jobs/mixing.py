"""The main job: a session in; the mix, its parameters, a REAPER project and a report out."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from bridge.jobs.output import refuse_existing, staged
from bridge.jobs.reading import suggest
from bridge.jobs.request import Levels, MixOutcome, MixRequest
from bridge.render import RenderSettings, render
from bridge.render.plan import bus_key
from bridge.report import ReportData, write_report
from console.analysis import TrackAnalysis, TrackAnalyzer
from console.analysis.masking import Masking, masking
from console.errors import RenderError
from console.estimators.rules import leave_headroom
from console.frozen import FrozenMap
from console.mix import Mix, dump_mix
from console.mix.blend import group_amounts
from console.progress import Progress, no_progress
from console.session import Session, neutral_mix
from exporters.registry import EXPORTERS
from exporters.report import ExportReport

MIX_WAV, MIX_JSON, REPORT_HTML, REAPER, STEMS = "mix.wav", "mix.json", "report.html", "reaper", "stems"


def mix_session(request: MixRequest, progress: Progress = no_progress) -> MixOutcome:
    """Do the whole job; the output folder is filled at the end, or stays as it was.

    Raises:
        SessionError: the session cannot be read.
        ParamError: an unknown estimator, target or amount.
        RenderError: the output exists already, or cannot be written.
        ExportError: the REAPER project cannot be written.
    """
    parts = {
        MIX_WAV: True,
        MIX_JSON: True,
        REPORT_HTML: request.report,
        REAPER: request.reaper,
        STEMS: request.stems,
    }
    refuse_existing(request.output, tuple(name for name, on in parts.items() if on), force=request.force)
    session, analysis, target, mix = suggest(request, progress)
    before = heard_masking(analysis.tracks, session)
    after = Masking(FrozenMap(), ())
    with staged(request.output, session) as stage:
        meters = strip_meters(mix) if request.report else {}
        rendered = render(
            session,
            mix,
            work_folder=stage,
            stems_folder=stage / STEMS if request.stems else None,
            taps=meters,
            settings=RenderSettings(threads=request.threads),
            progress=progress,
        )
        with rendered:
            measured = rendered.measurement
            mix = leave_headroom(
                mix, target, loudness_lufs=measured.integrated_lufs, true_peak_dbtp=measured.true_peak_dbtp
            )
            rendered.write(stage / MIX_WAV, fader_db=mix.master.fader_db)
        (stage / MIX_JSON).write_text(dump_mix(mix), encoding="utf-8", newline="\n")
        exports = _export(mix, session, stage, request) if request.reaper else ()
        if request.report:
            progress("report", 0.0)
            strips = {name: meter.result() for name, meter in meters.items()}
            after = heard_masking(strips, session)
            data = ReportData(
                session=session,
                analysis=analysis,
                start=neutral_mix(session),
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
            )
            write_report(stage / REPORT_HTML, data)
            progress("report", 1.0)
        made = tuple(sorted(path.relative_to(stage) for path in stage.rglob("*") if path.is_file()))
    return MixOutcome(
        session=session,
        analysis=analysis,
        mix=mix,
        levels_before=Levels.of(analysis.sum),
        levels_after=Levels.of(measured, mix.master.fader_db),
        audibility_before=before.audibility_db,
        audibility_after=after.audibility_db,
        files=tuple(request.output / path for path in made),
        exports=exports,
    )


def render_mix(
    mix: Mix,
    session: Session,
    output: Path,
    *,
    stems: Path | None = None,
    threads: int | None = None,
    force: bool = False,
    progress: Progress = no_progress,
) -> tuple[Path, ...]:
    """Render a Mix of a session to a WAV file; the same Mix gives the same bytes as `mix_session`.

    Args:
        mix: what to render.
        session: the session it was made for.
        output: the file, 24-bit WAV.
        stems: a folder for the processed strips, 32-bit float.
        threads: None means one per core.
        force: replace files that are there already.
        progress: told how far it is.

    Raises:
        RenderError: mix and session do not fit, or a file cannot be written.
    """
    for path in (output, stems):
        if path is not None and path.exists() and not force:
            raise RenderError(f"{path} exists already; give another name, or --force to replace it")
    with ExitStack() as stack:
        stage = stack.enter_context(staged(output.parent, session))
        stems_stage = stack.enter_context(staged(stems, session)) if stems is not None else None
        rendered = stack.enter_context(
            render(
                session,
                mix,
                work_folder=stage,
                stems_folder=stems_stage,
                settings=RenderSettings(threads=threads, overwrite_stems=force),
                progress=progress,
            )
        )
        rendered.write(stage / output.name, fader_db=mix.master.fader_db)
        if stems is None or stems_stage is None:
            return (output,)
        return (output, *(stems / path.relative_to(stems_stage) for path in sorted(rendered.stems)))


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


def _export(mix: Mix, session: Session, stage: Path, request: MixRequest) -> tuple[ExportReport, ...]:
    """The hand-overs, named by where they will lie."""
    report = EXPORTERS["reaper"].write(mix, session, stage / REAPER, home=request.output / REAPER)
    files = tuple(request.output / path.relative_to(stage) for path in report.files)
    return (replace(report, files=files),)
