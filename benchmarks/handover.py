"""Times hand-overs: 64 tracks to every format, and a REAPER project of 200 tracks and 10 MB read as a session.

Usage: python benchmarks/handover.py [--rounds 5]

The mix uses every module of every strip, groups, sends and fader moves. The project of 200 tracks has several items a
track and plugins that we do not know; what is read from it is compared with the bare parse and dump of the `rpp`
package. Rounds alternate between the two; the medians are compared. Exits with status 1 when a target is missed.
"""

import argparse
import base64
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import rpp
import soundfile

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bridge.jobs.exporting import ExportRequest, export_mix  # noqa: E402
from bridge.jobs.starting import start_mix  # noqa: E402
from bridge.sessions import load_session, open_project  # noqa: E402
from console.frozen import FrozenMap  # noqa: E402
from console.mix import (  # noqa: E402
    Automation,
    Band,
    Bus,
    BusKind,
    Compressor,
    Delay,
    Equalizer,
    Gate,
    Highpass,
    Limiter,
    Lowpass,
    Master,
    Mix,
    Reverb,
    TrackStrip,
)
from console.session import Session  # noqa: E402
from exporters.registry import EXPORTERS  # noqa: E402

RATE_HZ = 44_100
TRACKS, PROJECT_TRACKS = 64, 200
EXPORT_TARGET_S, SESSION_TARGET_S = 3.0, 2.0
ITEMS, PLUGIN_BYTES, PLUGINS = 4, 8_000, 4


def equalizer(shift: float) -> Equalizer:
    """All six bands."""
    return Equalizer(
        True,
        (
            Band("low_shelf", 100.0 + shift, -2.0, 0.71),
            *(
                Band("bell", hz + shift, gain_db, 1.4)
                for hz, gain_db in ((250, -3.0), (900, 1.5), (3_000, 2.0))
            ),
            Band("bell", 5_000.0 + shift, -1.0, 2.0),
            Band("high_shelf", 9_000.0 + shift, 1.5, 0.71),
        ),
    )


def full_mix(session: Session) -> Mix:
    """A mix in which everything is on."""
    groups = tuple(f"group {number}" for number in range(6))
    strips = tuple(
        TrackStrip(
            track.id,
            highpass=Highpass(True, 60.0 + index),
            lowpass=Lowpass(True, 16_000.0),
            gate=Gate(True),
            equalizer=equalizer(float(index)),
            compressor=Compressor(True, -22.0, 3.0, 10.0, 120.0, 6.0, 2.0),
            pan=(index % 11 - 5) / 5.0,
            fader_db=-6.0 - index % 5,
            sends=FrozenMap({"reverb": -18.0, "echo": -24.0}),
            output=groups[index % len(groups)],
            automation=Automation(tuple((float(second), -6.0 - second % 3) for second in range(0, 60, 10))),
        )
        for index, track in enumerate(session.tracks)
    )
    buses = (
        *(Bus(name, equalizer=equalizer(0.0), compressor=Compressor(True)) for name in groups),
        Bus("reverb", BusKind.FX, reverb=Reverb()),
        Bus("echo", BusKind.FX, delay=Delay()),
    )
    master = Master(equalizer=equalizer(0.0), compressor=Compressor(True), limiter=Limiter(True))
    return Mix(session.sample_rate_hz, strips, buses, master)


def stems(folder: Path, count: int) -> Path:
    """Short files: what is timed is the hand-over, not the hashing of audio."""
    folder.mkdir()
    noise = 0.1 * np.random.default_rng(1).standard_normal(RATE_HZ)
    for number in range(count):
        soundfile.write(folder / f"{number:03d}_Gtr.wav", np.roll(noise, number), RATE_HZ, subtype="PCM_24")
    return folder


def big_project(folder: Path, path: Path) -> Path:
    """A project of 10 MB: per track several items of one file, and plugins whose chunks mean nothing to us."""
    chance = random.Random(1)  # noqa: S311 - bytes of no meaning
    lines = ['<REAPER_PROJECT 0.1 "7.38/linux" 1700000000', f"  SAMPLERATE {RATE_HZ} 1 0", "  TEMPO 120 4 4"]
    for number, file in enumerate(sorted(folder.iterdir())):
        key = f"{{{number:08X}-0000-0000-0000-000000000000}}"
        lines += [
            f"  <TRACK {key}",
            f'    NAME "Gtr {number}"',
            "    VOLPAN 0.7 0.1 -1 -1 1",
            f"    TRACKID {key}",
        ]
        lines.append("    <FXCHAIN")
        for slot in range(PLUGINS):
            chunk = base64.b64encode(chance.randbytes(PLUGIN_BYTES)).decode()
            lines += [
                "      BYPASS 0 0 0",
                '      <VST "VST: Unknown (Nobody)" unknown.dll 0 "" 12345<00> ""',
            ]
            lines += [f"        {chunk[at : at + 128]}" for at in range(0, len(chunk), 128)]
            lines += ["      >", f"      FXID {{{number:08X}-{slot:04X}-0000-0000-000000000000}}"]
        lines.append("    >")
        for place in range(ITEMS):
            lines += [
                "    <ITEM",
                f"      POSITION {place * 0.25}",
                "      LENGTH 0.25",
                f"      SOFFS {place * 0.25}",
            ]
            lines += [
                "      FADEIN 1 0.01 0 1 0 0 0",
                "      <SOURCE WAVE",
                f'        FILE "{file.as_posix()}"',
            ]
            lines += ["      >", "    >"]
        lines.append("  >")
    path.write_text("\n".join([*lines, ">", ""]), encoding="utf-8")
    return path


def seconds(call: Callable[[], object]) -> float:
    """How long a call takes, in s."""
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun


def bare(path: Path) -> None:
    """What the `rpp` package needs to read a project and write it again, without a file."""
    rpp.dumps(rpp.loads(path.read_text(encoding="utf-8")))


def main() -> int:
    """Run the benchmark; the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as name:
        os.environ["MIXBRIDGE_CACHE"] = str(Path(name) / "cache")
        exported = time_exports(Path(name), rounds)
        read = time_session(Path(name), rounds)
    return 0 if exported <= EXPORT_TARGET_S and read <= SESSION_TARGET_S else 1


def time_exports(folder: Path, rounds: int) -> float:
    """Print how long each format takes, and all together; the latter in s."""
    session = replace(load_session([stems(folder / "stems", TRACKS)]), name="song")
    mix = full_mix(session)
    names = tuple(EXPORTERS)
    print(f"{TRACKS} tracks to every format")
    for formats in (*((one,) for one in names), names):
        request = ExportRequest(mix, session, formats, folder / "out", force=True)
        export_mix(request)
        took = statistics.median(seconds(lambda asked=request: export_mix(asked)) for _ in range(rounds))
        print(f"  {'all' if formats == names else formats[0]:12} {took:6.2f} s")
    return took


def time_session(folder: Path, rounds: int) -> float:
    """Print how long a project takes to become a session, beside the bare parse; the former in s."""
    path = big_project(stems(folder / "media", PROJECT_TRACKS), folder / "song.rpp")
    print(f"{PROJECT_TRACKS} tracks, {path.stat().st_size / 1e6:.1f} MB, {ITEMS} items a track")
    first = seconds(lambda: load_session([path]))
    print(f"  first session, every track's items joined {first:6.2f} s")
    parts: dict[str, Callable[[], object]] = {
        "rpp: parse and dump": lambda: bare(path),
        "project": lambda: open_project(path),
        "session": lambda: load_session([path]),
    }
    took: dict[str, list[float]] = {part: [] for part in parts}
    for _ in range(rounds):
        for part, call in parts.items():
            took[part].append(seconds(call))
    session = load_session([path])
    took["faders and pans as they stand"] = [seconds(lambda: start_mix(session)) for _ in range(rounds)]
    base = statistics.median(took["rpp: parse and dump"])
    for part, times in took.items():
        print(f"  {part:41} {statistics.median(times):6.2f} s  ratio {statistics.median(times) / base:5.2f}")
    return statistics.median(took["session"])


if __name__ == "__main__":
    raise SystemExit(main())
