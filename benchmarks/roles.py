"""How often roles are right, by name, by sound and by both, as Markdown tables.

Usage: python benchmarks/roles.py [--names TRACKNAMES.tsv] [--audio FOLDER] [--held-out FOLDER]

TRACKNAMES.tsv has the columns song, group (the engineer's label) and name. FOLDER has a folder of stems per song in
songs/ and excerpts/. Songs of which the shipped weights have learnt are judged by weights of --held-out that have not:
those called A-B.onnx judge the songs whose folders have A or B in their names (docs/roles.md).
"""

import argparse
import csv
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from bridge.sessions import NamedRole, confirm_roles, load_session, name_roles
from bridge.sessions.hearing import WEIGHTS
from console.analysis import AnalysisCache, analyze
from console.models.roles import class_names, class_of
from console.session import Role, Session
from console.session.roles import DRUM_ROLES

TABLE = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
WRONG_FOR_A_VOICE = DRUM_ROLES | {Role.BASS}
#: What tracks are called so that no name says anything.
NAMELESS = "Audio {}"


@dataclass(frozen=True)
class Judged:
    """One track: its song, what it is called, what it is, and what it was taken for in each way."""

    song: str
    name: str
    truth: Role
    taken: dict[str, Role]
    sure: dict[str, float]


def accepted_labels() -> dict[str, frozenset[Role]]:
    """What each group label allows."""
    return {
        word: frozenset(map(Role, row["roles"])) for row in TABLE["labels"] for word in row["words"].split()
    }


def judged_names(path: Path) -> Iterator[tuple[str, str, NamedRole]]:
    """Label, name and what the name says, of every track of every session."""
    sessions: dict[str, list[dict[str, str]]] = defaultdict(list)
    with path.open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE):
            sessions[row["song"]].append(row)
    for rows in sessions.values():
        named = name_roles([Path(row["name"]).stem for row in rows])
        yield from ((row["group"], row["name"], item) for row, item in zip(rows, named, strict=True))


def judged_stems(folder: Path, held_out: Path | None, cache: AnalysisCache | None = None) -> Iterator[Judged]:
    """Every stem that has a role, judged by its name, by its sound, and by both."""
    songs = [*sorted((folder / "songs").iterdir()), *sorted((folder / "excerpts").iterdir())]
    there = [] if held_out is None else sorted(held_out.glob("*.onnx"))
    for song in songs:
        own = next((path for path in there if set(path.stem.split("-")) & set(song.name.split("_"))), None)
        yield from judge(load_session([song]), cache, own or WEIGHTS)


def judge(session: Session, cache: AnalysisCache | None, weights: str | Path) -> Iterator[Judged]:
    """The stems of one session that have a role."""
    analysis = analyze(session, cache=cache)
    names = {track.id: NAMELESS.format(index) for index, track in enumerate(session.tracks, 1)}
    nameless = replace(session, tracks=tuple(replace(track, id=names[track.id]) for track in session.tracks))
    renamed = replace(
        analysis, tracks=type(analysis.tracks)({names[a]: b for a, b in analysis.tracks.items()})
    )
    by_sound = confirm_roles(nameless, renamed, weights=weights)
    both = confirm_roles(session, analysis, weights=weights)
    for track in session.tracks:
        truth = TABLE["stems"].get(track.id, str(track.role))
        if not truth or truth == Role.OTHER or analysis.tracks[track.id].silent:
            continue
        found = {"names": track, "sound": by_sound.track(names[track.id]), "both": both.track(track.id)}
        yield Judged(
            session.name,
            track.id,
            Role(truth),
            {way: item.role for way, item in found.items()},
            {way: item.role_confidence for way, item in found.items()},
        )


def name_tables(path: Path) -> None:
    """The confusion of the name table against labels, and how often each confidence is right."""
    accepted = accepted_labels()
    rows: dict[str, Counter[str]] = defaultdict(Counter)
    sure: dict[float, list[bool]] = defaultdict(list)
    for label, _, item in judged_names(path):
        if label in accepted:
            right = item.role in accepted[label]
            first = (
                "lead vocal" if label.startswith(("LV", "LeadVox")) else " or ".join(_short(accepted[label]))
            )
            rows[first][_spoken(item.role)] += 1
            sure[round(item.confidence, 2)].append(right)
    print("\n## Names alone, against the engineers' labels\n")
    print("| the label allows | tracks | taken for |\n|---|---|---|")
    for label, taken in sorted(rows.items(), key=lambda row: -row[1].total()):
        print(f"| {label} | {taken.total()} | {_counts(taken)} |")
    print("\n| confidence | names | right |\n|---|---|---|")
    for confidence, right in sorted(sure.items(), reverse=True):
        print(f"| {confidence:.2f} | {len(right)} | {np.mean(right):.1%} |")
    leads = rows["lead vocal"]
    _accept("names alone", leads.total(), [role for role in leads if role in map(_spoken, WRONG_FOR_A_VOICE)])


def _short(roles: Iterable[Role]) -> list[str]:
    left = set(roles)
    words = ["drums"] if left >= DRUM_ROLES else []
    left -= DRUM_ROLES if words else set()
    return words + sorted(map(_spoken, left))


def stem_tables(stems: Sequence[Judged]) -> None:
    """The confusion over the stems, in classes of sound, for each way."""
    for way, title in (("sound", "Sound alone"), ("names", "Names alone"), ("both", "Both together")):
        print(f"\n## {title}, {len(stems)} stems\n")
        print("| is | stems | right | taken for |\n|---|---|---|---|")
        for kind, name in enumerate(class_names()):
            some = [item for item in stems if class_of(item.truth) == kind]
            if some:
                print(
                    f"| {name.replace('_', ' ')} | {len(some)} | {_share(some, way):.0%} | {_taken(some, way)} |"
                )
        print(f"| **all** | {len(stems)} | **{_share(stems, way):.0%}** | |")
        voices = [item for item in stems if item.truth is Role.LEAD_VOCAL]
        _accept(way, len(voices), [item.name for item in voices if item.taken[way] in WRONG_FOR_A_VOICE])
        others = [item for item in stems if item.truth is Role.BACKING_VOCAL]
        wrong = [f"{item.song}/{item.name}" for item in others if item.taken[way] in WRONG_FOR_A_VOICE]
        print(f"Backing vocals taken for drums or bass: {len(wrong)} of {len(others)} {', '.join(wrong)}")
    print("\n## By song\n\n| song | stems | sound | names | both |\n|---|---|---|---|---|")
    for song in dict.fromkeys(item.song for item in stems):
        some = [item for item in stems if item.song == song]
        print(
            f"| {song} | {len(some)} | "
            + " | ".join(f"{_share(some, way):.0%}" for way in ("sound", "names", "both"))
            + " |"
        )


def _share(stems: Sequence[Judged], way: str) -> float:
    return float(np.mean([class_of(item.taken[way]) == class_of(item.truth) for item in stems]))


def _taken(stems: Sequence[Judged], way: str) -> str:
    return _counts(Counter(_sound(item.taken[way]) for item in stems))


def _sound(role: Role) -> str:
    kind = class_of(role)
    return "nothing" if kind is None else class_names()[kind].replace("_", " ")


def _counts(taken: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in taken.most_common())


def _spoken(role: Role) -> str:
    return role.replace("_", " ")


def _accept(way: str, count: int, wrong: Sequence[str]) -> None:
    verdict = "none" if not wrong else f"{len(wrong)}: {', '.join(wrong)}"
    print(f"\nLead vocals taken for drums or bass ({way}, of {count}): {verdict}.")


def main() -> None:
    """Print what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--names", type=Path)
    parser.add_argument("--audio", type=Path)
    parser.add_argument("--held-out", type=Path)
    arguments = parser.parse_args()
    if arguments.names:
        name_tables(arguments.names)
    if arguments.audio:
        stem_tables(list(judged_stems(arguments.audio, arguments.held_out, AnalysisCache())))


if __name__ == "__main__":
    main()
