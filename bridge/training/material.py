"""The songs of a store as material to train on; those of the test split are left where they are."""

from dataclasses import dataclass
from pathlib import Path

from bridge.datasets.build.record import STORE_FILE
from bridge.datasets.build.workbench import file_hash
from bridge.datasets.store import open_store
from console.analysis.cache import default_folder
from console.errors import SessionError
from console.training.material import Material

TRAIN, VALIDATION = "train", "validation"


@dataclass(frozen=True, slots=True)
class Gathered:
    """Material, where it is from (the hash is that of the store's manifest), and whom its weights are to credit.

    `private`: how many of its songs have a licence that does not let weights be given away.
    """

    material: Material
    store: Path
    sha256: str
    credits: tuple[str, ...]
    private: int = 0

    def counts(self) -> dict[str, int]:
        """How many songs, masters and impulse responses there are."""
        material = self.material
        return {
            "train": len(material.train),
            "validation": len(material.validation),
            "references_train": len(material.references_train),
            "references_validation": len(material.references_validation),
            "impulses": len(material.impulses),
            **({"private": self.private} if self.private else {}),
        }


def gather_material(folder: Path) -> Gathered:
    """Everything of a store that may be trained on or chosen by.

    Raises:
        SessionError: there is no store, it is damaged, or it has no songs to train on.
    """
    digest = file_hash(folder / STORE_FILE) if (folder / STORE_FILE).is_file() else ""
    store = open_store(folder)
    material = Material(
        train=store.songs(TRAIN),
        validation=store.songs(VALIDATION),
        references_train=store.references(TRAIN),
        references_validation=store.references(VALIDATION),
        impulses=tuple(song for song in store.impulses() if song.split == TRAIN),
        cache=default_folder().parent / "training",
    )
    if not material.train:
        raise SessionError(
            f"the store {str(folder)!r} has no songs to train on; make some by mixbridge data build --store"
        )
    used = [entry for entry in store.entries if entry["split"] in (TRAIN, VALIDATION)]
    credited = tuple(sorted({f"{entry['credit']} ({entry['licence']})" for entry in used}))
    # What is not said to be free is not.
    private = sum(entry.get("may_train_weights") is not True for entry in used)
    return Gathered(material, folder, digest, credited, private)
