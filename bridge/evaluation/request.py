"""What an evaluation is asked for."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class EvaluationRequest:
    """What is to be compared.

    Attributes:
        songs: each a session of its own: a folder of stems, or a project.
        references: finished songs, `song.flac@1:05-1:35` for a range.
        folders: of references.
        own: whether each human mix is a reference of its own song too.
        systems: names; none means all.
        baseline: the system that the others are held against, pair by pair.
        output: the folder that is filled; None keeps the rows in memory.
        seed: of all chance.
        threads: None means one per core.
        resume: go on with the rows that are there.
        force: start anew over the rows that are there.
        target: the style that estimators aim at.
        runs: training runs that are compared too, `NAME=FOLDER`.
    """

    songs: tuple[Path, ...]
    references: tuple[str, ...] = ()
    folders: tuple[Path, ...] = ()
    own: bool = False
    systems: tuple[str, ...] = ()
    baseline: str = "rules"
    output: Path | None = None
    seed: int = 0
    threads: int | None = None
    resume: bool = False
    force: bool = False
    target: str = "modern"
    runs: tuple[str, ...] = ()
