"""Whether the controller is as sure as it may be: its errors on held-out songs against the doubt that it tells.

    python benchmarks/calibration.py --store STORE [--run FOLDER | --weights NAME] [--batches 40]
        [--rendered 60] [--picture docs/controller-calibration.svg]

The settings that answers are held against are those of consoles by chance, heard in another part of the same song, and
those of songs' own authors, on the songs of the store's validation split; nothing is fitted to them. Energies say
nothing of dynamics: for compressors and the limiter --rendered songs by chance are played. Errors and doubts are
counted in usual moves; doubt is the mean absolute error that the network expects. Prints, by kind of knob, the error in
each tenth of the knobs by rising doubt, and the rank correlation of error and doubt.
"""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from markupsafe import Markup
from numpy.typing import NDArray
from scipy import stats

from bridge.networks import OnnxNetwork
from bridge.report import svg
from bridge.training.material import gather_material
from console.models.controller.conditions import CONDITIONS
from console.models.controller.knobs import TABLES, steps
from console.models.controller.network import Controller, Inputs, sizes_from
from console.models.controller.onnx import INPUTS, OUTPUTS, LastAnswer
from console.training.checkpoint import load_weights
from console.training.controller.audio import draw_audio
from console.training.controller.examples import Batch, Chances, Examples
from console.training.controller.heard import hear_references, hear_songs
from console.training.controller.losses import levelled_labels
from console.training.folder import BEST_FILE, CONFIG_FILE
from console.training.material import TrainingSong
from presets.training import load_config
from presets.weights import find_weights

Array = NDArray[np.float64]
Network = Callable[[Inputs], Mapping[str, NDArray[np.float32]]]
TENTHS = 10
SEED = 77
#: Which examples there are: settings by chance for any song, or what a song's author set.
KINDS = {
    "by chance": Chances(unpaired=0.0, halves=1.0),
    "authors'": Chances(unpaired=0.0, halves=0.0, drop=0.0),
}
#: Kinds of knobs by what their names end with; the first that fits counts.
FAMILIES = (
    ("level", "level_db", "tracks"),
    ("pan", "pan", "tracks"),
    ("width", "width", "tracks"),
    ("high-pass", "highpass_hz", "tracks"),
    ("equalizer, gain", ".gain_db", ""),
    ("equalizer, frequency", ".frequency_hz", ""),
    ("equalizer, q", ".q", ""),
    ("send", "send_db", "tracks"),
    ("reverb", "decay_s", "master"),
    ("reverb", "low_cut_hz", "master"),
    ("limiter", "headroom_db", "master"),
    ("compressor", "", ""),
)


@dataclass(frozen=True)
class Calibration:
    """Errors and doubts of the knobs of one kind, sorted into tenths by rising doubt."""

    errors: Array
    doubts: Array

    @property
    def tenths(self) -> tuple[Array, Array]:
        """Mean doubt and mean error of each tenth."""
        parts = np.array_split(np.argsort(self.doubts, kind="stable"), TENTHS)
        means = [(self.doubts[part].mean(), self.errors[part].mean()) for part in parts]
        doubt, error = np.array(means).T
        return doubt, error

    @property
    def correlation(self) -> float:
        """Spearman's; not a number where all doubts are alike."""
        if np.ptp(self.doubts) == 0.0 or np.ptp(self.errors) == 0.0:
            return float("nan")
        return float(stats.spearmanr(self.doubts, self.errors).statistic)


def main() -> int:
    """Print a table for each kind of examples; draw a picture of the first."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--run", type=Path)
    parser.add_argument("--weights", default="controller")
    parser.add_argument("--batches", type=int, default=40)
    parser.add_argument("--size", type=int, default=16)
    parser.add_argument("--tracks", type=int, default=24)
    parser.add_argument(
        "--cache", type=Path, help="where what was heard is kept; by default with the store's"
    )
    parser.add_argument("--rendered", type=int, default=60)
    parser.add_argument("--picture", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    network, candidates = of_run(options.run) if options.run else of_weights(options.weights)
    material = gather_material(options.store).material
    cache = options.cache or material.cache
    songs = hear_songs(material.validation, cache)
    references = hear_references(material.references_validation, cache)
    found: dict[str, dict[str, Calibration]] = {}
    for kind, chances in KINDS.items():
        examples = Examples(songs, references, chances)
        if kind == "authors'" and not has_authors(examples):
            print("no song of the validation split tells its author's settings\n")
            continue
        rng = np.random.default_rng(SEED)
        batches = [
            examples.draw(rng, options.size, options.tracks, candidates) for _ in range(options.batches)
        ]
        found[kind] = calibrations(network, batches)
        tell(kind, len(songs), found[kind])
    if options.rendered:
        batches = rendered(material.validation, options.rendered, candidates)
        found["rendered"] = calibrations(network, batches)
        tell("by chance, played", len(songs), found["rendered"])
    if options.picture is not None:
        shown = {**found.get("rendered", {}), **next(iter(found.values()))}
        order = [name for name in (*(family for family, _, _ in FAMILIES), "together") if name in shown]
        text = picture({name: shown[name] for name in dict.fromkeys(order)})
        options.picture.write_text(text, "utf-8", newline="\n")
    return 0


def rendered(songs: Sequence[TrainingSong], count: int, candidates: int) -> list[Batch]:
    """Songs whose reference is their first half through a console by chance, dynamics and all."""
    rng = np.random.default_rng(SEED)
    drawn = [
        draw_audio(
            songs,
            np.zeros((0, CONDITIONS), np.float32),
            rng,
            seconds=8.0,
            most_tracks=8,
            candidates=candidates,
            halves=1.0,
        )
        for _ in range(count)
    ]
    return [song.batch for song in drawn if song is not None]


def of_run(folder: Path) -> tuple[Network, int]:
    """The best weights of a training run, and how many answers they know."""
    config = load_config(folder / CONFIG_FILE)
    network = Controller(sizes_from(config.section.get("sizes", {}))).eval()
    load_weights(folder / BEST_FILE, network)
    model = LastAnswer(network)

    def run(inputs: Inputs) -> Mapping[str, NDArray[np.float32]]:
        with torch.no_grad():
            said = model(*(getattr(inputs, name) for name in INPUTS))
        return {name: value.numpy() for name, value in zip(OUTPUTS, said, strict=True)}

    return run, network.sizes.candidates


def of_weights(name: str) -> tuple[Network, int]:
    """Weights by their name or file, and how many answers they know."""
    network = OnnxNetwork(find_weights(name))
    return lambda inputs: network({key: getattr(inputs, key).numpy() for key in INPUTS}), network.candidates


def has_authors(examples: Examples) -> bool:
    """Whether a draw gives settings that do not touch the master: those of an author."""
    batch = examples.draw(np.random.default_rng(0), 4, 4, 1)
    return bool(batch.labelled.any()) and not bool(batch.master_counts.any())


def calibrations(network: Network, batches: Sequence[Batch]) -> dict[str, Calibration]:
    """By kind of knob and together: all errors in usual moves, and the doubts that were told."""
    levelling = Controller()
    errors: dict[str, list[Array]] = {}
    doubts: dict[str, list[Array]] = {}
    for batch in batches:
        said = network(batch.inputs)
        mask = (batch.inputs.mask * batch.labelled[:, None]).numpy() > 0.5
        wanted = {
            "tracks": levelled_labels(levelling, batch).numpy()[mask],
            "master": batch.master_labels.numpy(),
        }
        counts = {
            "tracks": batch.counts.numpy()[mask],
            "master": batch.master_counts.numpy() * batch.labelled.numpy()[:, None],
        }
        for place, table in TABLES.items():
            value, doubt = said[place], said[f"{place}_doubt"]
            if place == "tracks":
                value, doubt = value[mask], doubt[mask]
            off = np.abs(value - wanted[place]) / steps(place)
            for at, knob in enumerate(table):
                told = counts[place][:, at] > 0.5
                for name in (family_of(place, knob.name), "together"):
                    errors.setdefault(name, []).append(off[told, at])
                    doubts.setdefault(name, []).append(doubt[told, at].astype(np.float64))
    names = dict.fromkeys([family for family, _, _ in FAMILIES])
    return {
        name: Calibration(np.concatenate(errors[name]), np.concatenate(doubts[name]))
        for name in (*names, "together")
        if name in errors and sum(map(len, errors[name])) >= 10 * TENTHS
    }


def family_of(place: str, name: str) -> str:
    """The kind of a knob."""
    return next(
        family for family, ending, where in FAMILIES if name.endswith(ending) and where in ("", place)
    )


def tell(kind: str, songs: int, found: Mapping[str, Calibration]) -> None:
    """Print the table."""
    head = " | ".join(f"{at}" for at in range(1, TENTHS + 1))
    print(f"Settings {kind}, {songs} songs; errors in usual moves by tenths of rising doubt\n")
    print(f"| knobs | number | doubt | error | {head} | rank correlation |")
    print("|---" * (TENTHS + 5) + "|")
    for name, item in found.items():
        _, error = item.tenths
        cells = " | ".join(f"{value:.2f}" for value in error)
        print(
            f"| {name} | {len(item.errors)} | {item.doubts.mean():.2f} | {item.errors.mean():.2f} | {cells} | "
            f"{item.correlation:.2f} |"
        )
    print(flush=True)


STYLE = Markup(
    "<style>text{font:11px sans-serif;fill:#444}.title{font-size:16px;fill:#111}.axis{font-weight:bold;fill:#111}"
    ".frame{fill:#fbfaf8;stroke:#d6d4ce}.grid{stroke:#e7e5e0}.base{stroke:#868c95;stroke-dasharray:4 3}"
    ".curve{fill:none;stroke:#0b63a8;stroke-width:2}.mean{fill:#0b63a8}</style>"
)
COLUMNS, PANEL, LEFT, TOP, BOTTOM, HEAD = 4, 220.0, 40.0, 28.0, 34.0, 52.0


def picture(found: Mapping[str, Calibration]) -> str:
    """A panel a kind of knob: mean error over mean doubt of each tenth, and the line where they are one."""
    rows = -(-len(found) // COLUMNS)
    width, height = COLUMNS * PANEL + 20.0, HEAD + rows * PANEL
    parts = [
        STYLE,
        svg.text(12.0, 22.0, "Error over doubt, in usual moves", "title"),
        svg.text(12.0, 40.0, "A point is a tenth of the knobs; on the dashed line the error is as expected."),
    ]
    for number, (name, item) in enumerate(found.items()):
        down, across = divmod(number, COLUMNS)
        moved = Markup('<g transform="translate({} {})">').format(
            svg.px(10.0 + across * PANEL), svg.px(HEAD + down * PANEL)
        )
        parts.append(moved + panel(name, item) + Markup("</g>"))
    told = f"{len(found)} kinds of knobs on held-out songs."
    inner = svg.drawing(
        "calibration", width, height, parts, title="Calibration of the controller", description=told
    )
    opened = Markup('<svg xmlns="http://www.w3.org/2000/svg" width="{0}" height="{1}" viewBox="0 0 {0} {1}">')
    return str(opened.format(svg.px(width), svg.px(height)) + inner + Markup("</svg>\n"))


def panel(name: str, item: Calibration) -> Markup:
    """One kind of knob."""
    doubt, error = item.tenths
    most = 1.1 * max(float(doubt.max()), float(error.max()))
    frame = svg.Frame(
        svg.Axis(0.0, most, LEFT, PANEL - 12.0), svg.Axis(0.0, most, PANEL - TOP - BOTTOM + TOP, TOP)
    )
    ticks = [(share * most, f"{share * most:.1f}") for share in (0.0, 0.5, 1.0)]
    places = [(frame.x.at(float(a)), frame.y.at(float(b))) for a, b in zip(doubt, error, strict=True)]
    xs, ys = np.array(places).T
    return Markup("").join(
        [
            frame.grid(ticks, ticks),
            svg.text(LEFT, TOP - 8.0, name, "axis"),
            svg.text(LEFT + 6.0, TOP + 16.0, f"rank correlation {item.correlation:.2f}"),
            svg.line(frame.x.at(0.0), frame.y.at(0.0), frame.x.at(most), frame.y.at(most), "base"),
            svg.path(svg.path_data(xs, ys), "curve"),
            *(svg.circle(x, y, 3.0, "mean") for x, y in places),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
