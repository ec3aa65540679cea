"""Writes the REAPER hand-over: the project, a chain per strip, and the console as a track template."""

from pathlib import Path

from console.errors import ExportError
from console.filenames import distinct_names, safe_name
from console.mix import Mix
from console.session import Session
from exporters.files import write_files
from exporters.plugins import HeardPlugins
from exporters.reaper.chain import Fx
from exporters.reaper.fxnodes import check_place
from exporters.reaper.jsfx import EFFECT_FILE, STRIP, effect_source
from exporters.reaper.plan import Plan, make_plan
from exporters.reaper.plugins import check_platform, running_platform
from exporters.reaper.project import chain_document, project_document, template_document
from exporters.reaper.rpl import SUFFIX, libraries
from exporters.reaper.rpp import to_bytes
from exporters.report import ExportReport, Ledger, gather

CHAINS_FOLDER = "chains"
PRESETS_FOLDER = "presets"
TEMPLATE_NAME = "mixbridge.RTrackTemplate"
EFFECTS_FOLDER = "Effects"


def write_project(
    mix: Mix,
    session: Session,
    destination: Path,
    *,
    platform: str | None = None,
    strip: str = "rea",
    fx: str = "after",
    plugins: HeardPlugins | None = None,
    home: Path | None = None,
    force: bool = False,
    written_at: int = 0,
) -> ExportReport:
    """Write `<session>.rpp`, `chains/<strip>.RfxChain`, `presets/<plugin>.RPL` and `mixbridge.RTrackTemplate`.

    With the JSFX strip its file lies beside them, in `Effects/`. The project refers to the session's files
    where they are, relative to the folder where that is possible. Either all files are written or none.

    Args:
        mix: what to write; its track ids are the session's.
        session: the files, their starts and lengths.
        destination: the folder; made when it is missing.
        platform: whose plugin modules to name: "win64", "macos" or "linux"; None for this machine's.
        strip: what the chains are made of: "rea", REAPER's own plugins, or "jsfx", the channel strip that is
            the console's law.
        fx: "after" puts the plugins of a track one by one into its chain, "container" in one container (REAPER 7).
        plugins: what the mix was heard through, in the place of REAPER's own.
        home: where the folder will lie once it is moved; paths to the audio count from there.
        force: overwrite files of an earlier hand-over.
        written_at: Unix time for the project's first line; 0 keeps equal input equal in every byte.

    Raises:
        ExportError: a file exists (and no force), the folder cannot be written, or mix and session do not
            match.
    """
    system = check_platform(platform or running_platform())
    plan = make_plan(mix, session, home or destination, strip, plugins)
    stem = safe_name(session.name, "mix")
    contents = {
        destination / f"{stem}.rpp": to_bytes(
            project_document(plan, session.name, mix.sample_rate_hz, system, written_at, check_place(fx))
        )
    }
    contents |= _chains(plan, session.name, destination / CHAINS_FOLDER, system)
    contents |= {
        destination / PRESETS_FOLDER / f"{safe_name(plugin)}{SUFFIX}": to_bytes(document)
        for plugin, document in libraries(_named_chains(plan)).items()
    }
    if plan.tracks:
        contents[destination / TEMPLATE_NAME] = to_bytes(template_document(plan, session.name, system))
    notes = Ledger("")
    if _uses_strip(plan):
        contents[destination / EFFECTS_FOLDER / EFFECT_FILE] = effect_source()
        notes.approximated(
            "strip",
            f"REAPER plays the JSFX strip only once it is installed: copy the folder {EFFECTS_FOLDER} into "
            "REAPER's resource path (Options, Show REAPER resource path), or install mixbridge by ReaPack",
        )
    audio = {file.path.absolute() for track in session.tracks for file in track.files}
    for path in contents:
        if path.absolute() in audio:
            raise ExportError(f"{path} is a file of the session itself; give another folder")
    write_files(contents, force=force)
    return ExportReport("reaper", tuple(contents), gather((*plan.ledgers, notes)))


def _uses_strip(plan: Plan) -> bool:
    chains = (plan.master.fx, *(track.fx for track in plan.tracks))
    return any(fx.plugin == STRIP for chain in chains for fx in chain)


def _named_chains(plan: Plan) -> list[tuple[str, tuple[Fx, ...]]]:
    return [*((track.name, track.fx) for track in plan.tracks), ("master", plan.master.fx)]


def _chains(plan: Plan, name: str, folder: Path, system: str) -> dict[Path, bytes]:
    """A chain file for every strip that has plugins, the master's among them."""
    chains = [(track.name, track.fx, f"{name}/{track.key}/chain") for track in plan.tracks if track.fx]
    if plan.master.fx:
        chains.append(("master", plan.master.fx, f"{name}/master/chain"))
    stems = distinct_names([label for label, _, _ in chains])
    return {
        folder / f"{stem}.RfxChain": to_bytes(chain_document(fx, key, system))
        for stem, (_, fx, key) in zip(stems, chains, strict=True)
    }
