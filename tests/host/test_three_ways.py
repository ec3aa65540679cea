"""The differentiable console, the built-ins and the real chain, compared three ways on strips and on the mix."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from mixed_stems import RATE_HZ, instruments, random_mix, write_session
from numpy.typing import NDArray

from bridge.jobs import MixRequest, mix_session
from bridge.jobs.playing import PluginWish, played
from bridge.render.fidelity import Fidelity, Modelled
from bridge.render.modelled import PASSAGE_S, RUN_UP_S, loudest
from bridge.render.played import PlayedPlugins
from bridge.report.plugins import plugin_rows
from console.dsp.differentiable.inserts import play_modules
from console.dsp.inserts import InsertModule, InsertProcessor
from console.mix import Compressor, Delay, Equalizer, Gate, Highpass, Limiter, Lowpass, Mix, Reverb
from console.mix.strip import Band

BANDS = (Band("low_shelf", 120.0, 4.0, 0.71), Band("bell", 2500.0, -5.0, 1.5))
TONE = Equalizer(True, BANDS)
GATE = Gate(True, -30.0, -24.0, 4.0, 1.0, 20.0, 80.0)
COMPRESSOR = Compressor(True, -26.0, 4.0, 5.0, 120.0, 6.0, 3.0)
FILTERS = (Highpass(True, 90.0, 24), Lowpass(True, 9000.0))


def by_renderer(modules: Sequence[InsertModule], audio: NDArray[np.float32]) -> NDArray[np.float64]:
    processor = InsertProcessor(modules, RATE_HZ, audio.shape[0])
    return np.concatenate([processor.process(audio), processor.flush()], axis=1)


@pytest.mark.parametrize(
    "modules",
    [
        (*FILTERS, GATE, TONE, COMPRESSOR),
        (COMPRESSOR, TONE, *FILTERS, COMPRESSOR, GATE),
        (Equalizer(False, BANDS), Compressor(False), Limiter(False)),
        (TONE, COMPRESSOR, Limiter(True, -6.0, 80.0)),
        (Reverb(decay_s=0.7), TONE),
        (Delay(time_ms=130.0, feedback=0.5, ping_pong=True), COMPRESSOR),
        (),
    ],
)
def test_modules_in_any_order_play_as_the_renderer_plays_them(modules: tuple[InsertModule, ...]) -> None:
    audio = instruments(3.0)[2] * np.float32(1.5)
    wanted = by_renderer(modules, audio)
    difference = play_modules(modules, audio, RATE_HZ) - wanted
    assert 10.0 * np.log10(np.mean(difference**2) / np.mean(wanted**2) + 1e-30) < -120.0


@pytest.mark.parametrize("blocks", [1, 7])
def test_the_loudest_passage_has_a_run_up(blocks: int) -> None:
    audio = np.full((1, 90 * 100), 0.1)
    audio[:, 40 * 100 : 60 * 100] = 1.0
    found = loudest(np.array_split(audio, blocks, axis=1), 100)
    assert found is not None
    assert (found.begin, found.start, found.end) == (3000, 4000, 6000)
    assert (PASSAGE_S, RUN_UP_S) == (20.0, 10.0)


def test_what_is_short_is_taken_whole_and_silence_not_at_all() -> None:
    found = loudest([np.ones((2, 2999))], 100)
    assert found is not None
    assert (found.begin, found.start, found.end) == (0, 0, 2999)
    assert loudest([np.zeros((2, 500))], 100) is None
    assert loudest([], 100) is None


def test_many_tracks_get_a_shorter_passage() -> None:
    found = loudest([np.ones((1, 9000))], 100, 6.0)
    assert found is not None
    assert found.end - found.begin <= 600
    assert found.end > found.start


def compressed(seed: int) -> Mix:
    mix = random_mix(seed)
    tracks = [
        replace(track, compressor=replace(track.compressor, enabled=True, knee_db=0.0))
        for track in mix.tracks
    ]
    early = replace(tracks[0], input=replace(tracks[0].input, delay_ms=-3.0, gain_db=2.0))
    return replace(
        mix,
        tracks=(early, replace(tracks[1], muted=True), *tracks[2:]),
        master=replace(mix.master, limiter=Limiter(True, -3.0, 60.0)),
    )


@pytest.mark.plugin
@pytest.mark.parametrize("seconds", [4.0, 36.0])
def test_three_ways_through_a_mix(seconds: float, zam: Callable[[str], Path], tmp_path: Path) -> None:
    session = write_session(tmp_path / "stems", instruments(seconds))
    wish = PluginWish(("compressor=ZamCompX2",), (zam("ZamCompX2"),))
    with played(session, compressed(3), wish, work_folder=tmp_path) as heard:
        plugins = heard.plugins
    assert plugins is not None
    assert plugins.notes == ()
    assert {strip.key for strip in plugins.strips} == {"track 0", "track 2", "track 3"}
    models = [*(strip.modelled for strip in plugins.strips), plugins.mix_modelled]
    for model in models:
        assert model is not None
        assert model.builtins is not None
        assert model.plugins is not None
        assert model.builtins.null_db < -120.0
        assert model.plugins.null_db < -90.0
        assert (model.builtins.lag_samples, model.plugins.lag_samples) == (0, 0)
        assert model.seconds >= min(seconds, PASSAGE_S)
        assert model.start_s + model.seconds <= seconds + 1.0
    told = plugins.to_dict()
    assert told["strips"][0]["modelled"]["builtins"]["null_db"] < -120.0
    assert told["mix_modelled"]["plugins"]["gain_95_db"] < 0.01
    rows = plugin_rows(plugins)
    assert [len(row.figures) for row in rows] == [3] * 4
    assert rows[-1].figures[1].pair.startswith("plugins – differentiable, ")


@pytest.mark.plugin
def test_without_torch_it_says_so(
    zam: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = write_session(tmp_path / "stems", instruments(1.0))
    wish = PluginWish(("compressor=ZamCompX2",), (zam("ZamCompX2"),))
    monkeypatch.setitem(sys.modules, "console.dsp.differentiable.inserts", None)
    with played(session, compressed(3), wish, work_folder=tmp_path) as heard:
        plugins = heard.plugins
    assert plugins is not None
    assert all(strip.modelled is None and strip.fidelity is not None for strip in plugins.strips)
    assert "PyTorch is not installed" in plugin_rows(plugins)[-1].sentences[0]


@pytest.mark.plugin
def test_the_report_has_all_three(zam: Callable[[str], Path], tmp_path: Path) -> None:
    write_session(tmp_path / "stems", instruments(2.0))
    wish = PluginWish(("compressor=ZamCompX2", "equalizer=ZamEQ2"), (zam("ZamCompX2"), zam("ZamEQ2")))
    done = mix_session(MixRequest((tmp_path / "stems",), tmp_path / "out", plugins=wish))
    assert done.plugins is not None
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    rows = len(done.plugins.strips) + 1
    assert page.count("<td>plugins – built-ins</td>") == rows
    assert page.count("<td>built-ins – differentiable, ") == rows
    assert page.count("<td>plugins – differentiable, ") == rows


def test_a_pair_without_figures_has_dashes() -> None:
    fidelity = Fidelity(-50.0, 0.1, 0.2, 1000.0, 0.1, 0.3, 2)
    (row,) = plugin_rows(PlayedPlugins((), fidelity, Modelled(None, fidelity, 3.0, 20.0)))
    assert [figure.null for figure in row.figures][2] == "–"
    assert row.sentences == ("late by 2 samples against the prediction",)
