"""Makes files of weights of training runs: the best weights as an ONNX model, and the card that goes with it."""

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bridge.files import whole_file
from bridge.training.exporters import MOST_DIFFERENCE, find_exporter
from bridge.version import tool_version
from console.errors import ParamError, RenderError
from console.training.folder import BEST_FILE, CARD_FILE, CONFIG_FILE
from presets.training import load_config
from presets.weights import Weights, WeightsCard, dump_card
from presets.weights.reading import CARD_SUFFIX, WEIGHTS_SUFFIX

#: All files of weights together are to stay below this.
_MOST_BYTES = 25_000_000


def export_run(
    run: Path, output: Path, name: str, *, limits: Sequence[str] = (), force: bool = False
) -> tuple[Weights, float]:
    """Write NAME.onnx and NAME.json into a folder.

    Args:
        run: the folder of a training run.
        output: where the files go; it is made where it is missing.
        name: of the weights; "" names them as their objective.
        limits: what the weights cannot do, in sentences, for the card.
        force: replace files that are there.

    Returns:
        The weights, and the largest difference between PyTorch and ONNX Runtime on inputs by chance.

    Raises:
        ParamError: no run, one whose objective is not exported, or one whose network ONNX Runtime does not run alike.
        RenderError: the files are there already, or cannot be written.
    """
    config = load_config(run / CONFIG_FILE)
    exporter = find_exporter(config.objective)
    name = name or config.objective
    if not name or Path(name).name != name or name.startswith("."):
        raise ParamError(f"{name!r} is no name of weights; give letters and digits, no folders")
    places = (output / f"{name}{WEIGHTS_SUFFIX}", output / f"{name}{CARD_SUFFIX}")
    for place in places:
        if place.exists() and not force:
            raise RenderError(
                f"{place} exists already; give another name or folder, or --force to replace it"
            )
    told = _told(run / CARD_FILE)
    exported = exporter(run / BEST_FILE, config.section)
    if not exported.difference <= MOST_DIFFERENCE:
        raise ParamError(
            f"PyTorch and ONNX Runtime differ by {exported.difference:.1e} on these weights, and {MOST_DIFFERENCE:g} "
            "is the most; train on, or report this"
        )
    if len(exported.data) > _MOST_BYTES:
        raise ParamError(
            f"the model has {len(exported.data) / 1e6:.1f} MB, and {_MOST_BYTES / 1e6:g} MB is the most; train a "
            "smaller network"
        )
    card = WeightsCard(
        objective=config.objective,
        sha256=hashlib.sha256(exported.data).hexdigest(),
        bytes=len(exported.data),
        sizes=exported.sizes,
        data={key: told[key] for key in ("store", "credits") if key in told},
        recipe={
            "seed": config.seed,
            "section": config.section,
            **{
                key: told[key]
                for key in ("run", "reached", "processes", "device", "torch", "objective")
                if key in told
            },
        },
        metrics={key: exported.extra[key] for key in ("step", "figures") if key in exported.extra},
        limits=(*_kept_private(told), *limits),
        tool=tool_version(),
        date=datetime.now(UTC).date().isoformat(),
    )
    text = dump_card(card)
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RenderError(f"cannot make {output}: {error.strerror}; give another folder") from None
    with whole_file(places[0]) as model, whole_file(places[1]) as beside:
        model.write_bytes(exported.data)
        beside.write_text(text, encoding="utf-8", newline="\n")
    return Weights(name, card, exported.data), exported.difference


def _kept_private(told: dict[str, Any]) -> tuple[str, ...]:
    """What the card says first where the weights learned from songs under licences that let none be given away."""
    count = told.get("store", {}).get("private", 0)
    if not count:
        return ()
    return (
        f"Not to be given away: they learned from {count} songs whose licences do not let weights be given away.",
    )


def _told(path: Path) -> dict[str, Any]:
    """What the run says of itself.

    Raises:
        ParamError: it says nothing.
    """
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ParamError(
            f"{str(path)!r} cannot be read ({error}); give the folder of a training run"
        ) from None
    if not isinstance(told, dict):
        raise ParamError(f"{str(path)!r} is no card of a run; give the folder of a training run")
    return told
