"""Tabulates how far mixes lie from references: raw sum, equal loudness, rules, match and matchering, as Markdown.

Every folder of stems is paired with every reference; what is compared is console.losses.sound, at one loudness, over
the length of the stems. matchering (PyPI, GPL-3) is used where it is installed, on the equal-loudness sum.

Usage: python benchmarks/match.py --stems FOLDER… --references FILE… [--every 1] [--skip 0] [--rows raw,rules,match]
       python benchmarks/match.py --own --stems FOLDER… --references FILE… --rows raw,rules
A finished mix named _HUMAN_MIX in a folder of stems is no stem; given as a reference it is not paired with its own
folder, or with --own with that alone. --every 5 takes each fifth pair.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from bridge.jobs.mixing import heard_masking
from bridge.jobs.reading import read_session
from bridge.render import RenderSettings, render
from console.analysis import SessionAnalysis, TrackAnalyzer
from console.dsp import design
from console.dsp.chain import equalizer_sections
from console.errors import MixbridgeError
from console.estimators.match import match
from console.estimators.reference import read_reference
from console.estimators.rules import estimate as estimate_by_rules
from console.losses.sound import Sound, Terms, distance, measure_sound
from console.mix import Equalizer, Mix
from console.session import Session, neutral_mix
from console.session.reader import TrackReader
from presets.targets import load_target

Audio = NDArray[np.float64]
ROWS = ("raw", "equal loudness", "rules", "match", "matchering")
TERMS = tuple(item.name for item in fields(Terms))
HUMAN_MIX = "_HUMAN_MIX"
AUDIO_FILES = (".flac", ".wav", ".ogg", ".aiff", ".mp3")
CENTRE = float(np.sqrt(0.5))


@dataclass(frozen=True)
class Material:
    """A folder of stems, read and measured."""

    name: str
    session: Session
    analysis: SessionAnalysis
    sounds: dict[str, Sound] = field(default_factory=dict)


def main() -> int:
    """Print one line a pair and row, then the means."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stems", nargs="+", type=Path, required=True)
    parser.add_argument("--references", nargs="+", type=Path, required=True)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--skip", type=int, default=0)
    parser.add_argument("--own", action="store_true")
    parser.add_argument("--rows", default=",".join(ROWS))
    options = parser.parse_args()
    rows = [row for row in options.rows.split(",") if row in ROWS]
    everything: dict[str, list[Terms]] = {row: [] for row in rows}
    worst = {"strip": 0.0, "master": 0.0, "peak": -200.0, "audibility": 99.0, "rules": 99.0, "seconds": 0.0}
    print(
        "| stems | reference | mix | " + " | ".join(name.removesuffix("_db") for name in TERMS) + " | sum |"
    )
    print("|---" * (len(TERMS) + 4) + "|")
    known: dict[Path, Material] = {}
    sounds: dict[Path, Sound] = {}
    for folder, reference in list(pairs(options.stems, options.references, options.own))[
        options.skip :: options.every
    ]:
        material = known.setdefault(folder, read(folder)) if folder not in known else known[folder]
        if reference not in sounds:
            sounds[reference] = read_reference(reference)
        for row in rows:
            try:
                terms = measure(row, material, reference, sounds[reference], worst)
            except MixbridgeError as error:
                print(f"| {folder.name} | {reference.stem} | {row} | {error} |", flush=True)
                continue
            everything[row].append(terms)
            print(line(f"{folder.name} | {short(reference)} | {row}", terms), flush=True)
    for row, found in everything.items():
        if found:
            mean = Terms(
                **{name: float(np.mean([getattr(terms, name) for terms in found])) for name in TERMS}
            )
            print(line(f"mean of {len(found)} | | {row}", mean))
    if "match" in rows:
        print(
            f"\nmatch: most that a strip's equalizer does {worst['strip']:.1f} dB, the master's {worst['master']:.1f} "
            f"dB; highest true peak {worst['peak']:.1f} dBTP; least audible track {worst['audibility']:.1f} dB (by the "
            f"rules {worst['rules']:.1f} dB); longest {worst['seconds']:.1f} s"
        )
    return 0


def pairs(folders: list[Path], references: list[Path], own: bool = False) -> Iterator[tuple[Path, Path]]:
    """Every folder with every reference that is not its own finished mix, or with its own alone."""
    for folder in folders:
        for reference in references:
            if (reference.resolve().parent == folder.resolve()) == own:
                yield folder, reference


def short(reference: Path) -> str:
    """The name of a reference; a finished mix goes by its folder."""
    return reference.parent.name if reference.stem == HUMAN_MIX else reference.stem


def line(title: str, terms: Terms) -> str:
    """One row of the table."""
    cells = [f"{getattr(terms, name):.2f}" for name in TERMS]
    return f"| {title} | " + " | ".join(cells) + f" | {terms.total:.1f} |"


def read(folder: Path) -> Material:
    """Read and measure a folder of stems."""
    files = [
        path
        for path in sorted(folder.iterdir())
        if path.suffix.lower() in AUDIO_FILES and not path.stem.startswith("_")
    ]
    return Material(folder.name, *read_session(files, cache=False))


def measure(row: str, material: Material, reference: Path, sound: Sound, worst: dict[str, float]) -> Terms:
    """The distance of one mix of the stems from a reference."""
    session, analysis, rate = material.session, material.analysis, material.session.sample_rate_hz
    target, start = load_target(), neutral_mix(session)
    if row in material.sounds:
        return distance(material.sounds[row], sound)
    if row == "matchering":
        return distance(
            measure_sound(matchered(equal_loudness(session, analysis), rate, reference), rate), sound
        )
    if row != "match":
        if row == "rules":
            audio, _, audible = rendered(session, estimate_by_rules(session, analysis, target, start))
            worst["rules"] = min(worst["rules"], *audible.values())
        else:
            audio = plain_sum(session, lambda _: 1.0) if row == "raw" else equal_loudness(session, analysis)
        material.sounds[row] = measure_sound(audio, rate)
        return distance(material.sounds[row], sound)
    began = time.perf_counter()
    mix = match(session, analysis, target, start, sound).mix
    worst["seconds"] = max(worst["seconds"], time.perf_counter() - began)
    audio, peak_dbtp, audible = rendered(session, mix)
    loudness = measure_sound(audio, rate).loudness_lufs
    gain_db = min(target.loudness_lufs - loudness, target.true_peak_dbtp - peak_dbtp)
    worst["strip"] = max(
        worst["strip"], *(most_done(place.equalizer, rate) for place in (*mix.tracks, *mix.buses))
    )
    worst["master"] = max(worst["master"], most_done(mix.master.equalizer, rate))
    worst["peak"] = max(worst["peak"], peak_dbtp + gain_db)
    worst["audibility"] = min(worst["audibility"], *audible.values())
    return distance(measure_sound(audio, rate), sound)


def plain_sum(session: Session, gain: Callable[[str], float]) -> Audio:
    """The included stems behind gains, mono ones at −3 dB to both sides, (2, samples)."""
    total = np.zeros((2, session.samples))
    for track in session.included:
        with TrackReader(track, session.sample_rate_hz) as reader:
            audio = reader.read(session.samples).astype(np.float64)
        total += gain(track.id) * (audio if len(audio) == 2 else audio * CENTRE)
    return total


def equal_loudness(session: Session, analysis: SessionAnalysis) -> Audio:
    """The stems at one loudness each."""
    return plain_sum(
        session,
        lambda name: (
            0.0
            if analysis.tracks[name].silent
            else float(10.0 ** ((-30.0 - max(analysis.tracks[name].integrated_lufs, -70.0)) / 20.0))
        ),
    )


def most_done(equalizer: Equalizer, rate: int) -> float:
    """The most that all bands of an equalizer do together at any frequency, in dB."""
    response_db = design.response_db(
        equalizer_sections(equalizer, rate), np.geomspace(20.0, 0.45 * rate, 400), rate
    )
    return float(np.abs(response_db).max())


def rendered(session: Session, mix: Mix) -> tuple[Audio, float, Mapping[str, float]]:
    """A mix by the real renderer, (2, samples) without its tail; its true peak in dBTP; how audible its tracks are."""
    meters = {track.id: TrackAnalyzer(mix.sample_rate_hz, 2) for track in mix.tracks if not track.muted}
    with tempfile.TemporaryDirectory() as scratch:
        with render(
            session, mix, work_folder=Path(scratch), taps=meters, settings=RenderSettings(threads=2)
        ) as result:
            blocks = [np.array(block, dtype=np.float64) for block in result.work.blocks()]
            peak_dbtp = result.measurement.true_peak_dbtp
    audible = heard_masking({name: meter.result() for name, meter in meters.items()}, session).audibility_db
    return np.concatenate(blocks)[: session.samples].T.copy(), peak_dbtp, audible


def matchered(audio: Audio, rate: int, reference: Path) -> Audio:
    """What matchering makes of a mix."""
    import matchering

    with tempfile.TemporaryDirectory() as scratch:
        target, result = Path(scratch) / "target.wav", Path(scratch) / "result.wav"
        soundfile.write(target, 0.5 * audio.T / np.abs(audio).max(), rate, "FLOAT")
        song, song_rate = soundfile.read(reference, always_2d=True)
        copy = Path(scratch) / "reference.wav"
        soundfile.write(copy, song, song_rate, "FLOAT")
        matchering.process(
            target=str(target), reference=str(copy), results=[matchering.Result(str(result), "FLOAT")]
        )
        made, made_rate = soundfile.read(result, always_2d=True)
    if made_rate != rate:
        raise MixbridgeError(f"matchering answers at {made_rate} Hz; give stems at that rate")
    return np.asarray(made.T)


if __name__ == "__main__":
    sys.exit(main())
