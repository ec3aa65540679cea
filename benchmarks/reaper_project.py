"""Times the round trip of a large REAPER project, opened, patched and written, over the `rpp` package's parse and dump.

The project has 200 tracks in folders, items, a reverb return, and plugins with states of a sampler's size: 10 MB.
"""

import base64
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import rpp

from console.frozen import FrozenMap
from console.mix import (
    Band,
    Bus,
    BusKind,
    Compressor,
    Equalizer,
    Highpass,
    Master,
    Mix,
    Reverb,
    TrackStrip,
)
from console.session import AudioFile, Session, SessionTrack
from exporters.reaper.identity import guid
from exporters.reaper.opening import open_project
from exporters.reaper.patching import patch_project

TRACKS = 200
RATE_HZ = 48000
TARGET_S = 2.0
ROUNDS = 3

#: Lines of 96 bytes in a plugin's state, so that the whole comes to 10 MB.
STATE_LINES = 348


def project_text() -> str:
    """The project as text, the same every time."""
    chance = random.Random(1)  # noqa: S311
    lines = [
        '<REAPER_PROJECT 0.1 "7.38/win64" 1700000000',
        "  PANLAW 1",
        "  PANMODE 3",
        "  SAMPLERATE 48000 1 0",
    ]
    lines += ["  TEMPO 120 4 4", "  MASTER_VOLUME 1 0 -1 -1 1", "  MASTER_FX 1"]
    for index in range(TRACKS):
        lines += track_lines(index, chance)
    return "\n".join([*lines, ">", ""])


def track_lines(index: int, chance: random.Random) -> list[str]:
    """A track: eight in a folder, five items, a plugin."""
    folder = ("1 1", "0 0", "2 -1")[0 if index % 8 == 0 else 2 if index % 8 == 7 else 1]
    key = guid("benchmark", str(index))
    lines = [f"  <TRACK {key}", f'    NAME "Track {index}"', "    PEAKCOL 16576", "    AUTOMODE 0"]
    lines += [
        "    VOLPAN 1 0 -1 -1 1",
        "    MUTESOLO 0 0 0",
        "    IPHASE 0",
        f"    ISBUS {folder}",
        "    NCHAN 2",
    ]
    lines += [
        "    FX 1",
        f"    TRACKID {key}",
        "    PERF 0",
        "    MIDIOUT -1",
        "    MAINSEND 1 0",
        "    <FXCHAIN",
    ]
    lines += ["      SHOW 0", "      LASTSEL 0", "      DOCKED 0", "      BYPASS 0 0 0"]
    lines += [f'      <VST "VST3: Sampler (Maker)" sampler.vst3 0 "" 123456{{{index:032X}}} ""']
    lines += [f"        {base64.b64encode(chance.randbytes(96)).decode()}" for _ in range(STATE_LINES)]
    lines += ["      >", "      FLOATPOS 0 0 0 0", f"      FXID {guid(key, 'fx')}", "      WAK 0 0", "    >"]
    for item in range(5):
        lines += ["    <ITEM", f"      POSITION {item * 10}", "      LENGTH 9.5", "      LOOP 0"]
        lines += [
            "      FADEIN 1 0.01 0 1 0 0",
            "      FADEOUT 1 0.01 0 1 0 0",
            "      MUTE 0 0",
            f"      NAME take{item}",
        ]
        lines += [
            "      VOLPAN 1 0 1 -1",
            "      SOFFS 0",
            "      PLAYRATE 1 1 0 -1 0 0.0025",
            "      CHANMODE 0",
        ]
        lines += ["      <SOURCE WAVE", f'        FILE "audio/{index} {item}.wav"', "      >", "    >"]
    return [*lines, "  >"]


def session_and_mix(project: Path) -> tuple[Session, Mix]:
    """Every track that plays, each with filters, equalizer, compressor, pan and a send."""
    plays = [track for track in open_project(project).tracks if track.kind == "audio"]
    file = AudioFile(project.with_name("a.wav"), RATE_HZ, 1, RATE_HZ, "00")
    tracks = tuple(SessionTrack(track.name, (file,), 1, RATE_HZ, key=track.key) for track in plays)
    strips = tuple(
        TrackStrip(
            track.id,
            highpass=Highpass(True, 80.0, 12),
            equalizer=Equalizer(True, (Band("bell", 400.0, -3.0, 1.2), Band("high_shelf", 8000.0, 2.0, 0.7))),
            compressor=Compressor(True, -20.0, 3.0),
            pan=0.1,
            fader_db=-6.0,
            sends=FrozenMap({"reverb": -18.0}),
        )
        for track in tracks
    )
    mix = Mix(RATE_HZ, strips, (Bus("reverb", BusKind.FX, reverb=Reverb()),), Master(fader_db=-1.0))
    return Session("benchmark", project.parent, RATE_HZ, tracks, project=project), mix


def best_of(run: Callable[[], object]) -> float:
    """Shortest of ROUNDS runs, in seconds."""
    times_s = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        run()
        times_s.append(time.perf_counter() - start)
    return min(times_s)


def main() -> int:
    """Print both times and their ratio; exit status 1 if the round trip takes more than TARGET_S."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "user.rpp"
        project.write_text(project_text(), encoding="utf-8")
        session, mix = session_and_mix(project)
        out = project.with_name("out.rpp")

        def ours() -> None:
            open_project(project)
            patch_project(mix, session, out, force=True)

        def theirs() -> None:
            with project.open(encoding="utf-8") as file:
                tree = rpp.load(file)
            with out.with_suffix(".txt").open("w", encoding="utf-8") as file:
                rpp.dump(tree, file)

        size_mb = project.stat().st_size / 1e6
        theirs_s, ours_s = best_of(theirs), best_of(ours)
    print(
        f"{TRACKS} tracks, {size_mb:.1f} MB: open, patch and write {ours_s:.2f} s, "
        f"rpp's parse and dump {theirs_s:.2f} s, ratio {ours_s / theirs_s:.2f}"
    )
    return int(ours_s > TARGET_S)


if __name__ == "__main__":
    sys.exit(main())
