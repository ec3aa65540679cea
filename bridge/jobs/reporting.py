"""The report of a mix file: render to measure, keep the page alone."""

from collections.abc import Sequence
from pathlib import Path

from bridge.jobs.mixing import heard_masking, strip_meters
from bridge.jobs.output import staged
from bridge.jobs.reading import read_session
from bridge.jobs.starting import start_mix
from bridge.render import RenderSettings, render
from bridge.report import ReportData, write_report
from bridge.sessions import SessionOptions
from console.errors import RenderError
from console.frozen import FrozenMap
from console.mix import Mix
from console.progress import Progress, no_progress
from console.session import Role


def report_mix(
    mix: Mix,
    inputs: Sequence[Path],
    output: Path,
    *,
    session_file: Path | None = None,
    threads: int | None = None,
    force: bool = False,
    progress: Progress = no_progress,
) -> None:
    """Write the report of a mix: what it does to its session, measured by rendering it.

    Args:
        mix: what to tell about.
        inputs: the session it was made for: a folder, or files.
        output: the page.
        session_file: a session.toml elsewhere than in the session's folder.
        threads: None means one per core.
        force: replace a page that is there already.
        progress: told how far it is.

    Raises:
        SessionError: the session cannot be read, or lacks a track of the mix.
        RenderError: the mix cannot be rendered, or the page exists already or cannot be written.
    """
    if output.exists() and not force:
        raise RenderError(f"{output} exists already; give another name, or --force to replace it")
    options = SessionOptions(
        sample_rate_hz=mix.sample_rate_hz,
        leave_out=tuple(track.id for track in mix.tracks if track.muted),
        roles=FrozenMap({track.id: Role(track.role) for track in mix.tracks if track.role in set(Role)}),
        session_file=session_file,
    )
    session, analysis = read_session(inputs, options, threads=threads, progress=progress)
    start, told = start_mix(session)
    meters = strip_meters(mix)
    settings = RenderSettings(threads=threads)
    with (
        staged(output.parent, session) as stage,
        render(
            session, mix, work_folder=stage, taps=meters, settings=settings, progress=progress
        ) as rendered,
    ):
        strips = {name: meter.result() for name, meter in meters.items()}
        data = ReportData(
            session=session,
            analysis=analysis,
            start=start,
            mix=mix,
            after=strips,
            master_after=rendered.measurement.behind_gain(mix.master.fader_db),
            gain_reduction=rendered.gain_reduction,
            gate_reduction=rendered.gate_reduction,
            masking_before=heard_masking(analysis.tracks, session),
            masking_after=heard_masking(strips, session),
            findings=session.findings + told,
            tool=mix.tool,
        )
        progress("report", 0.0)
        write_report(stage / output.name, data)
        progress("report", 1.0)
