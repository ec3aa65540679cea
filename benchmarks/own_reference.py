"""How far faders are off when the reference is the human mix of the other half of the song.

    python benchmarks/own_reference.py truth FOLDER… -o TRUTH [--project FILE.mmpz]
    python benchmarks/own_reference.py faders FOLDER… --truth TRUTH [--systems equal,rules,controller]

A FOLDER holds stems; `_HUMAN_MIX` in it is the finished mix by a person. `truth` finds out how the person set the
strips and keeps it in the folder TRUTH as a mix file a song, with a line on how it was found: where the stems as they
are sum to the mix, that; of an LMMS project, what its author set; else what `recover` finds. This may take minutes a
song; what is there already is left.

`faders` mixes the first half of each song, with the second half of the human mix as the reference. What is compared is
the level at which each track comes out of its strip in the first half, in LUFS behind trim, equalizer, compressor and
fader, as a fader alone says nothing. The error is the mean absolute difference in dB from the person's levels, the mean
difference taken out; a track that a mix leaves out is counted as 30 dB off.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from bridge.datasets.build.lmmsproject import instruments, read_project, strips_of
from bridge.estimators import find_estimator
from bridge.evaluation.plain import equal_gains_db
from bridge.jobs.reading import read_session
from bridge.render import RenderSettings, render
from bridge.sessions import load_session
from console.analysis import SessionAnalysis, TrackAnalyzer
from console.estimators.recover import recover
from console.estimators.reference import read_reference
from console.mix import Mix, dump_mix, load_mix
from console.session import Session, neutral_mix
from presets.targets import load_target

Audio = NDArray[np.float32]
Levels = Mapping[str, float]
HUMAN_MIX = "_HUMAN_MIX"
AUDIO_FILES = (".flac", ".wav", ".aiff")
#: The stems are a plain sum of the mix where what is left is this far below it.
PLAIN_DB = -60.0
#: Tracks below this in the person's mix have no level.
SILENT_LUFS = -69.0
MOST_DB = 30.0


def main() -> int:
    """Find the truth, or print a row a song and system."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parts = parser.add_subparsers(dest="part", required=True)
    found = parts.add_parser("truth")
    found.add_argument("folders", nargs="+", type=Path)
    found.add_argument("-o", "--output", type=Path, required=True, metavar="TRUTH")
    found.add_argument("--project", type=Path, help="the LMMS project that the stems were made from")
    faders = parts.add_parser("faders")
    faders.add_argument("folders", nargs="+", type=Path)
    faders.add_argument("--truth", type=Path, required=True)
    faders.add_argument("--systems", default="equal,rules,controller")
    options = parser.parse_args()
    if options.part == "truth":
        options.output.mkdir(parents=True, exist_ok=True)
        for folder in options.folders:
            find_truth(folder, options.output, options.project)
    else:
        compare(options.folders, options.truth, options.systems.split(","))
    return 0


def stems_of(folder: Path) -> list[Path]:
    """The stems in a folder."""
    return sorted(p for p in folder.iterdir() if p.suffix in AUDIO_FILES and not p.name.startswith("_"))


def human_mix_of(folder: Path) -> Path:
    """The finished mix in a folder."""
    return next(p for p in folder.iterdir() if p.stem == HUMAN_MIX and p.suffix in AUDIO_FILES)


def find_truth(folder: Path, output: Path, project: Path | None) -> None:
    """Write how the person set the strips, and how that was found out."""
    place = output / f"{folder.name}.json"
    if place.is_file():
        return
    session = load_session(stems_of(folder))
    left_db = residual_db(folder)
    if left_db < PLAIN_DB:
        mix, how = neutral_mix(session), f"the stems sum to the mix, {left_db:.0f} dB are left"
    elif project is not None:
        mix, how = author_mix(session, project), f"the author's settings in {project.name}"
    else:
        found = recover(session, human_mix_of(folder))
        mix, how = found.mix, f"recover, {found.residual.total_db:.1f} dB of the waveform are left"
    place.write_text(json.dumps({"how": how, "mix": json.loads(dump_mix(mix))}, indent=1), "utf-8")
    print(f"{folder.name}: {how}", flush=True)


def residual_db(folder: Path) -> float:
    """What the plain sum of the stems leaves of the mix, in dB of the mix."""
    wanted, _ = soundfile.read(human_mix_of(folder), always_2d=True)
    left = wanted.copy()
    for path in stems_of(folder):
        left -= soundfile.read(path, always_2d=True)[0]
    return float(10.0 * np.log10((left**2).sum() / (wanted**2).sum() + 1e-20))


def author_mix(session: Session, project: Path) -> Mix:
    """Faders, pans and channels of an LMMS project; a stem's name begins with the number of its instrument."""
    root = read_project(project)
    tracks = instruments(root)
    names = {int(track.id.split("_")[0]): track for track in session.tracks}
    mono = [number in names and names[number].channels == 1 for number in range(len(tracks))]
    roles = [names[number].role.value if number in names else "other" for number in range(len(tracks))]
    told, _ = strips_of(root, tracks, roles, mono, session.sample_rate_hz)
    strips = tuple(replace(told.tracks[number], id=track.id) for number, track in names.items())
    return replace(told, tracks=strips)


def compare(folders: list[Path], truth: Path, systems: list[str]) -> None:
    """Print the error of each system over the first half of each song."""
    print(f"| song | tracks | {' | '.join(systems)} | the person's levels |\n{'|---' * (len(systems) + 3)}|")
    errors: dict[str, list[float]] = {name: [] for name in systems}
    for folder in folders:
        data = json.loads((truth / f"{folder.name}.json").read_text("utf-8"))
        with tempfile.TemporaryDirectory() as scratch:
            half_s = first_half(folder, Path(scratch))
            session, analysis = read_session([Path(scratch)], cache=False)
            told = levels_of(session, load_mix(json.dumps(data["mix"])))
            wanted = {name: level for name, level in told.items() if level > SILENT_LUFS}
            row = [error_db(levels_by(name, session, analysis, folder, half_s), wanted) for name in systems]
        for name, error in zip(systems, row, strict=True):
            errors[name].append(error)
        print(
            f"| {folder.name} | {len(wanted)} | {' | '.join(f'{e:.2f}' for e in row)} | {data['how']} |",
            flush=True,
        )
    means = " | ".join(f"{np.mean(errors[name]):.2f}" for name in systems)
    print(f"| mean | | {means} | |")


def first_half(folder: Path, scratch: Path) -> float:
    """Write the first half of all stems; returns its length in seconds."""
    seconds = 0.0
    for path in stems_of(folder):
        audio, rate = soundfile.read(path, dtype="float32", always_2d=True)
        half = len(audio) // 2
        soundfile.write(scratch / f"{path.stem}.wav", audio[:half], rate, "FLOAT")
        seconds = half / rate
    return seconds


def levels_by(
    system: str, session: Session, analysis: SessionAnalysis, folder: Path, half_s: float
) -> Levels:
    """The levels at which a system's tracks come out, in LUFS."""
    if system == "equal":
        gains = equal_gains_db(session, analysis)
        return {name: analysis.tracks[name].integrated_lufs + gain for name, gain in gains.items()}
    target = replace(load_target(), reference=read_reference(human_mix_of(folder), half_s))
    return levels_of(session, find_estimator(system)(session, analysis, target, neutral_mix(session)))


def levels_of(session: Session, mix: Mix) -> Levels:
    """The loudness of each track behind its strip and its group's fader, in LUFS; muted ones are missing."""
    groups = {bus.id: bus.fader_db for bus in mix.buses}
    meters = {track.id: TrackAnalyzer(mix.sample_rate_hz, 2) for track in mix.tracks if not track.muted}
    with tempfile.TemporaryDirectory() as scratch:
        with render(
            session, mix, work_folder=Path(scratch), taps=meters, settings=RenderSettings(tail_s=0.0)
        ):
            pass
    return {
        name: meter.result().integrated_lufs + groups.get(mix.track(name).output, 0.0)
        for name, meter in meters.items()
    }


def error_db(found: Levels, wanted: Levels) -> float:
    """Mean absolute difference in dB once the mean difference is gone; what is left out is MOST_DB off."""
    there = [name for name in wanted if found.get(name, -np.inf) > SILENT_LUFS]
    off = np.array([found[name] - wanted[name] for name in there])
    errors = np.minimum(np.abs(off - off.mean()), MOST_DB)
    return float((errors.sum() + MOST_DB * (len(wanted) - len(there))) / len(wanted))


if __name__ == "__main__":
    sys.exit(main())
