"""A mix through real plugins: what is predicted is what is heard; a plugin that fails costs its strip nothing else."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from mixed_stems import instruments, random_mix, write_session
from numpy.typing import NDArray

from bridge.host.catalogue import Catalogue
from bridge.host.chainfile import ChainFile, PluginUse, Slots
from bridge.host.faults import Fault
from bridge.host.probing import Probe, probe
from bridge.host.process import PluginProcess
from bridge.host.rack import Rack
from bridge.host.values import Limits, PluginRef
from bridge.render import render
from bridge.render.through import PluginRender, render_through
from console.errors import ParamError, PluginError
from console.frozen import FrozenMap
from console.mix import Bus, Compressor, Mix
from console.session import Session
from presets.plugins import PLUGIN_PROFILES
from presets.plugins.dump import dump_profile

pytestmark = pytest.mark.plugin

RATE_HZ = 22_050
LIMITS = Limits(load_s=3.0, block_s=1.0)
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def catalogue(plugin: Callable[..., Path], zam: Callable[[str], Path]) -> Catalogue:
    """The test plugins as if each had passed the scan, and ZamCompX2."""
    with PluginProcess() as process:
        good = probe(PluginRef(plugin("good")), process)
        real = [probe(PluginRef(zam("ZamCompX2")), process), good]
    assert good.facts is not None
    bad = []
    for name in ("crashes", "hangs", "gives_nan", "goes_silent", "runs_away", "late"):
        ref = PluginRef(plugin(name))
        bad.append(Probe(ref, replace(good.facts, ref=ref, name=name)))
    return Catalogue({item.ref.path: (item,) for item in [*real, *bad]})


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return write_session(tmp_path / "stems", instruments(3.0))


def hard(mix: Mix) -> Mix:
    """The mix with knees of 0 dB, which is where ZamCompX2 has the console's law."""
    tracks = tuple(replace(track, compressor=_hard(track.compressor)) for track in mix.tracks)
    return replace(mix, tracks=tracks)


def _hard(compressor: Compressor) -> Compressor:
    makeup_db = max(compressor.makeup_db, 0.0)
    return replace(compressor, knee_db=0.0, release_ms=min(compressor.release_ms, 500.0), makeup_db=makeup_db)


def heard(result: object) -> NDArray[np.float32]:
    return np.concatenate(list(result.work.blocks())).T  # type: ignore[attr-defined]


def through(
    session: Session, mix: Mix, chains: ChainFile, catalogue: Catalogue, folder: Path
) -> PluginRender:
    rack = Rack(chains, catalogue, folder)
    return render_through(session, mix, rack, work_folder=folder, limits=LIMITS)


def own(session: Session, mix: Mix, folder: Path) -> NDArray[np.float32]:
    with render(session, mix, work_folder=folder) as rendered:
        return heard(rendered)


def null_db(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    difference = one.astype(np.float64) - other
    return float(10.0 * np.log10(np.mean(difference**2) / np.mean(other.astype(np.float64) ** 2) + 1e-30))


def with_bus(mix: Mix) -> Mix:
    """The mix with its first two tracks in a group that compresses, and a compressor on the master."""
    comp = Compressor(True, -24.0, 3.0, 12.0, 150.0, 0.0, 2.0)
    group = Bus("group", compressor=comp, fader_db=-1.5)
    first = tuple(replace(track, output="group") for track in mix.tracks[:2])
    return replace(
        mix,
        tracks=(*first, *mix.tracks[2:]),
        buses=(*mix.buses, group),
        master=replace(mix.master, compressor=replace(comp, threshold_db=-18.0)),
    )


@pytest.mark.parametrize("seed", [1, 4])
def test_a_compressor_of_the_same_law_is_heard_as_predicted_on_every_strip(
    seed: int, session: Session, catalogue: Catalogue, tmp_path: Path
) -> None:
    mix = with_bus(hard(random_mix(seed)))
    slots = Slots(compressor="ZamCompX2")
    chains = ChainFile(every=slots, every_bus=slots, master=slots)
    with through(session, mix, chains, catalogue, tmp_path) as done:
        keys = {item.key for item in done.prints}
        assert {"group", "master"} < keys
        assert not done.faults
        assert null_db(heard(done.rendered), own(session, mix, tmp_path)) < -90.0
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".mixbridge")]


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("crashes", Fault.CRASHED),
        ("hangs", Fault.HUNG),
        ("gives_nan", Fault.NOT_FINITE),
        ("goes_silent", Fault.SILENT),
        ("runs_away", Fault.RUNAWAY),
    ],
)
def test_a_plugin_that_fails_is_named_and_replaced(
    name: str, fault: Fault, session: Session, catalogue: Catalogue, tmp_path: Path
) -> None:
    mix = random_mix(2)
    victim, other = mix.tracks[1].id, mix.tracks[2].id
    chains = ChainFile(
        tracks=FrozenMap({victim: Slots(before=(name,)), other: Slots(after=("late", "good"))})
    )
    with through(session, mix, chains, catalogue, tmp_path) as done:
        assert [(key, item.fault, item.plugin) for key, item in done.faults] == [(victim, fault, name)]
        assert null_db(heard(done.rendered), own(session, mix, tmp_path)) < -130.0


def test_a_plugin_that_crashes_again_and_again_is_not_asked_any_more(
    session: Session, catalogue: Catalogue, tmp_path: Path
) -> None:
    mix = random_mix(3)
    with through(session, mix, ChainFile(every=Slots(after=("crashes",))), catalogue, tmp_path) as done:
        assert {key for key, _ in done.faults} == {track.id for track in mix.tracks}
        assert sum("not asked again" in str(fault) for _, fault in done.faults) >= len(mix.tracks) - 3
        assert null_db(heard(done.rendered), own(session, mix, tmp_path)) < -130.0


def test_a_profile_lies_beside_the_chain_file(session: Session, catalogue: Catalogue, tmp_path: Path) -> None:
    folder = tmp_path / "chains"
    folder.mkdir()
    profile = replace(PLUGIN_PROFILES.load("zamcompx2"), fixed=FrozenMap({"slew": 7.0}))
    (folder / "own.toml").write_text(dump_profile(profile), encoding="utf-8")
    use = PluginUse("ZamCompX2", profile="own.toml")
    chains = ChainFile(plugins=FrozenMap({"mine": use}), every=Slots(compressor="mine"))
    stages = [Rack(chains, catalogue, folder).stages(track) for track in random_mix(1).tracks]
    inserts = [stage.insert for row in stages for stage in row if stage.insert]
    assert inserts
    assert all(("slew", 7.0) in insert.setting.values for insert in inserts)
    with pytest.raises(ParamError, match=r"own\.toml cannot be read"):
        Rack(chains, catalogue, tmp_path).check(random_mix(1))


def test_any_order_and_number(session: Session, catalogue: Catalogue, tmp_path: Path) -> None:
    mix = random_mix(5, compress=False)
    victim = mix.tracks[0].id
    gain = PluginUse("good", values=FrozenMap({"gain_db": 6.0}))
    cut = PluginUse("good", values=FrozenMap({"gain_db": -6.0}))
    order = ("up", "late", "equalizer", "down", "highpass", "lowpass", "gate", "compressor", "late", "good")
    chains = ChainFile(
        plugins=FrozenMap({"up": gain, "down": cut}), tracks=FrozenMap({victim: Slots(chain=order)})
    )
    with through(session, mix, chains, catalogue, tmp_path) as done:
        assert not done.faults
        assert len(done.prints[0].real.played) == 5
        assert all(item.state.startswith(b"VST3") for item in done.prints[0].real.played)
        assert null_db(heard(done.rendered), own(session, mix, tmp_path)) < -120.0


@pytest.mark.parametrize(
    ("chains", "error", "says"),
    [
        (ChainFile(every=Slots(compressor="nothing")), PluginError, "no plugin 'nothing'"),
        (ChainFile(tracks=FrozenMap({"trakc 1": Slots()})), ParamError, "did you mean"),
        (ChainFile(every=Slots(chain=("equalizer", "gate"))), ParamError, "lacks the"),
        (ChainFile(every=Slots(compressor="ZamCompX2", after=("ZamCompX2",))), ParamError, "twice"),
        (ChainFile(every=Slots(gate="ZamCompX2")), ParamError, "twice"),
        (ChainFile(every=Slots(after=("x",)), plugins=FrozenMap({"x": PluginUse("good", role="gate")})),
         ParamError, "nothing is known"),
        (ChainFile(every=Slots(after=("x",)), plugins=FrozenMap({"x": PluginUse("good", preset="no.vstpreset")})),
         ParamError, "cannot be read"),
    ],
)  # fmt: skip
def test_chains_that_cannot_be_are_told(
    chains: ChainFile,
    error: type[Exception],
    says: str,
    session: Session,
    catalogue: Catalogue,
    tmp_path: Path,
) -> None:
    with pytest.raises(error, match=says):
        through(session, random_mix(1), chains, catalogue, tmp_path)
