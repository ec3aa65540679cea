"""Plugins ring on behind the end of the session until they have fallen by 60 dB, and the mix is as long as they do."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from mixed_stems import write_session
from numpy.typing import NDArray

from bridge.host.catalogue import Catalogue
from bridge.host.chainfile import ChainFile, PluginUse, Slots
from bridge.host.probing import probe
from bridge.host.process import PluginProcess
from bridge.host.rack import Rack
from bridge.host.values import PluginRef
from bridge.jobs.playing import PluginWish, played
from bridge.render import RenderSettings
from bridge.render.ringing import Ring
from bridge.render.through import PluginRender, render_through
from console.frozen import FrozenMap
from console.mix import Bus, Mix, Reverb, TrackStrip

RATE_HZ = 22_050
Audio = NDArray[np.float64]


def rung(
    effect: Callable[[Audio], Audio], longest: int, *, length: int = 3000, block: int = 700
) -> tuple[int, Audio]:
    """What comes of a burst at 1000 Hz through an effect that takes all audio so far and gives as much."""
    ring = Ring(1000, longest)
    sound = np.random.default_rng(3).uniform(-0.5, 0.5, (2, length))
    given: list[Audio] = []
    out = 0

    def pieces() -> Iterator[Audio]:
        yield from (sound[:, start : start + block] for start in range(0, length, block))

    def effected() -> Iterator[Audio]:
        nonlocal out
        for piece in ring.feed(pieces()):
            given.append(piece)
            whole = effect(np.concatenate(given, axis=1))
            yield whole[:, out:]
            out = whole.shape[1]

    kept = np.concatenate(list(ring.keep(effected())), axis=1)
    assert np.array_equal(kept, effect(np.concatenate(given, axis=1))[:, : kept.shape[1]])
    return ring.samples, kept


def echo(late: int, again: float) -> Callable[[Audio], Audio]:
    def effect(audio: Audio) -> Audio:
        out = audio.copy()
        for start in range(late, audio.shape[1]):
            out[:, start] += again * out[:, start - late]
        return out

    return effect


@pytest.mark.parametrize("block", [150, 700, 3000])
def test_an_echo_rings_until_it_has_fallen_by_60_db(block: int) -> None:
    samples, kept = rung(echo(400, 0.25), 20_000, block=block)
    assert kept.shape[1] == 3000 + samples
    assert 3 * 400 < samples <= 4 * 400  # 0.25 to the fifth is the first under a thousandth


def test_echoes_far_apart_are_waited_for() -> None:
    samples, _ = rung(echo(2300, 0.1), 20_000)
    assert 2 * 2300 < samples + 3000 <= 5 * 2300


def test_no_tail_adds_nothing() -> None:
    samples, kept = rung(lambda audio: audio * 0.5, 20_000)
    assert (samples, kept.shape[1]) == (0, 3000)


def test_a_bound_cuts() -> None:
    samples, kept = rung(echo(400, 0.9), 4000)
    assert 3600 < samples <= 4000
    assert kept.shape[1] == 3000 + samples


def test_what_does_not_fall_is_no_tail() -> None:
    def hums(audio: Audio) -> Audio:
        return audio + 0.1 * np.sin(np.arange(audio.shape[1]))

    ring_samples, kept = rung(hums, 6000)
    assert ring_samples == 0
    assert kept.shape[1] > 3000  # it is in the file, but does not count


def test_nothing_given_is_nothing_kept() -> None:
    ring = Ring(1000, 5000)
    assert list(ring.keep(ring.feed(iter([])))) == []
    assert (ring.length, ring.samples, ring.endless) == (0, 0, False)


SOUND = 1.0  # s; a burst to the very end
VALUES = FrozenMap(
    {"time_ms": 300.0, "feedback": 0.5, "dry_wet": 0.5, "lpf_hz": 8000.0, "output_gain_db": 0.0}
)
ECHO = PluginUse("ZamDelay", role="none", values=VALUES)


def through(mix: Mix, chains: ChainFile, path: Path, folder: Path, **settings: float) -> PluginRender:
    burst = np.random.default_rng(5).uniform(-0.3, 0.3, (2, round(SOUND * RATE_HZ))).astype(np.float32)
    session = write_session(folder / "stems", [burst, burst * np.float32(0.5)])
    with PluginProcess() as process:
        catalogue = Catalogue({path: (probe(PluginRef(path), process),)})
    chains = replace(chains, plugins=FrozenMap({"echo": ECHO}))
    return render_through(
        session,
        mix,
        Rack(chains, catalogue, folder),
        work_folder=folder,
        settings=RenderSettings(**settings),  # type: ignore[arg-type]
    )


def mix_of(**strip: object) -> Mix:
    verb = Bus("verb", "fx", reverb=Reverb(decay_s=0.4, predelay_ms=0.0))  # type: ignore[arg-type]
    tracks = (TrackStrip("track 0", **strip), TrackStrip("track 1"))  # type: ignore[arg-type]
    return Mix(RATE_HZ, tracks, (verb, Bus("group")))


def level(audio: NDArray[np.float32], start_s: float, end_s: float) -> float:
    part = audio[:, round(start_s * RATE_HZ) : round(end_s * RATE_HZ)].astype(np.float64)
    return float(np.sqrt(np.mean(part**2)))


@pytest.mark.plugin
@pytest.mark.parametrize(
    ("place", "strip"),
    [
        (ChainFile(tracks=FrozenMap({"track 0": Slots(after=("echo",))})), {}),
        (ChainFile(buses=FrozenMap({"group": Slots(after=("echo",))})), {"output": "group"}),
        (ChainFile(buses=FrozenMap({"verb": Slots(after=("echo",))})), {"sends": FrozenMap({"verb": 0.0})}),
        (ChainFile(master=Slots(after=("echo",))), {}),
    ],
)
def test_the_mix_is_as_long_as_an_insert_rings(
    place: ChainFile, strip: dict[str, object], zam: Callable[[str], Path], tmp_path: Path
) -> None:
    path = zam("ZamDelay")
    with through(mix_of(**strip), place, path, tmp_path) as done:
        assert not done.faults
        heard = np.concatenate(list(done.rendered.work.blocks())).T
    # ten echoes of 0.3 s at half the level each are 60 dB, the effect's own level taken in
    assert SOUND + 2.0 < heard.shape[1] / RATE_HZ < SOUND + 4.5
    first, last = level(heard, SOUND, SOUND + 0.3), level(heard, heard.shape[1] / RATE_HZ - 0.3, 1e9)
    assert -70.0 < 20.0 * np.log10(last / first) < -35.0
    assert level(heard, SOUND + 1.2, SOUND + 1.5) < 0.2 * first


@pytest.mark.plugin
def test_a_given_tail_is_kept_to(zam: Callable[[str], Path], tmp_path: Path) -> None:
    chains = ChainFile(every=Slots(after=("echo",)), master=Slots(after=("echo",)))
    with through(mix_of(), chains, zam("ZamDelay"), tmp_path, tail_s=0.5) as done:
        assert done.rendered.samples == round(1.5 * RATE_HZ)


@pytest.mark.plugin
def test_figures_are_told_of_a_mix_that_rings_on(zam: Callable[[str], Path], tmp_path: Path) -> None:
    burst = np.random.default_rng(5).uniform(-0.3, 0.3, (2, RATE_HZ)).astype(np.float32)
    session = write_session(tmp_path / "stems", [burst, burst])
    chain = (
        'schema = "mixbridge.chain/1"\n[plugins.echo]\nplugin = "ZamDelay"\nrole = "none"\n'
        'values = { feedback = 0.5 }\n[every]\nafter = ["echo"]\n'
    )
    (tmp_path / "chain.toml").write_text(chain, encoding="utf-8")
    wish = PluginWish((str(tmp_path / "chain.toml"),), (zam("ZamDelay"),))
    with played(session, mix_of(), wish, work_folder=tmp_path) as heard:
        assert heard.plugins is not None
        assert heard.plugins.mix is not None
        assert heard.plugins.mix.lag_samples == 0
        assert heard.rendered.samples > session.samples
        assert all(strip.fidelity is not None and not strip.deviations for strip in heard.plugins.strips)
