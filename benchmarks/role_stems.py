"""Sorts sounds into one folder per role, as the section [roles.stems] of a training configuration takes them.

Usage: python benchmarks/role_stems.py OUT [--packages UNPACKED] [--songs FOLDER…]

UNPACKED: where `dpkg -x` has put the Debian packages hydrogen-drumkits, sonic-pi-samples, klettres-data and
ktuberling-data; OUT gets drumkits/, samples/ and speech/. FOLDER: stems of one song whose names say what they are; OUT
gets a folder of its name. Files are copied.
"""

import argparse
import re
import shutil
from collections import Counter
from pathlib import Path

from bridge.sessions import load_session
from console.session import Role

SUFFIXES = {".wav", ".flac", ".ogg"}
#: Set, and where a package keeps its sounds.
PLACES = (
    ("drumkits", "usr/share/hydrogen/data/drumkits"),
    ("samples", "usr/share/sonic-pi/samples"),
    ("speech", "usr/share/klettres"),
    ("speech", "usr/share/ktuberling/sounds"),
)
#: What a sound's name says, the first that fits; what fits nothing is left out.
RULES: tuple[tuple[str, Role], ...] = (
    (r"revers|fx|scratch|noise|glitch|vinyl|robot|phone|misc_|swash|swoosh|till|door|impact", Role.FX),
    (r"ambi_(dark|soft|lunar|sauna)", Role.FX),
    (r"ambi_choir", Role.BACKING_VOCAL),
    (r"tamb|clap|bongo|conga|djembe|maraca|cow_?bell|shaker|cabasa|triangle|wood|block", Role.PERCUSSION),
    (r"guiro|snap|tabla|perc|stick|cajon|timbale|agogo|clave|bell|^hand|dun", Role.PERCUSSION),
    (r"kick|^bd|[_-]bd|bassdrum|bass_drum|^k_", Role.KICK),
    (r"snare|^sn|^sd|^rs_|rim|side", Role.SNARE),
    (r"hat|^hh|cymbal_(closed|pedal|open)|^ho|^hc|ohh|chh", Role.HIHAT),
    (r"tom", Role.TOM),
    (r"crash|ride|splash|china|cymbal|flink|cym", Role.CYMBALS),
    (r"loop|beat|drum_roll", Role.DRUMS),
    (r"^bass_", Role.BASS),
)  # fmt: skip
SURE = 0.6


def main() -> None:
    """Sort what is asked for, and count it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--packages", type=Path)
    parser.add_argument("--songs", type=Path, nargs="*", default=[])
    arguments = parser.parse_args()
    counts: Counter[str] = Counter()
    for kind, place in PLACES if arguments.packages else ():
        root = arguments.packages / place
        for path in sorted(file for file in root.rglob("*") if file.suffix in SUFFIXES):
            role = Role.LEAD_VOCAL if kind == "speech" else said(path.stem)
            if role is not None:
                name = "_".join((root.name, *path.relative_to(root).parts)).replace(" ", "_")
                copy(path, arguments.out / kind / role / name)
                counts[f"{kind}/{role}"] += 1
    for song in arguments.songs:
        for track in load_session([song]).tracks:
            if (
                track.role not in (Role.OTHER, Role.CLICK)
                and track.role_confidence >= SURE
                and track.included
            ):
                for file in track.files:
                    copy(file.path, arguments.out / song.name / track.role / file.path.name)
                counts[f"{song.name}/{track.role}"] += 1
    for name, count in sorted(counts.items()):
        print(f"{count:6d} {name}")


def said(name: str) -> Role | None:
    """What the name of a sound says that it is."""
    plain = re.sub(r"^\d+__\w+?__", "", name.lower())
    return next((role for pattern, role in RULES if re.search(pattern, plain)), None)


def copy(path: Path, to: Path) -> None:
    """Copy a file, with its folder."""
    to.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, to)


if __name__ == "__main__":
    main()
