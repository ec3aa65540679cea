"""What the controller learns from: labels that are true, references that fit them, audio that is measured right."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from training_songs import FADERS_DB, PANS, ROLES, NoiseSong  # noqa: E402

from console.dsp.dynamics import CompressorProcessor  # noqa: E402
from console.errors import ParamError  # noqa: E402
from console.losses.sound import measure_sound  # noqa: E402
from console.mix import Band, BandType, Compressor, Equalizer, Input, Mix  # noqa: E402
from console.models.controller.conditions import CONDITIONS, condition  # noqa: E402
from console.models.controller.knobs import TABLES, ends, index  # noqa: E402
from console.models.controller.network import ROLES as KNOWN_ROLES  # noqa: E402
from console.session import Role  # noqa: E402
from console.training.controller import make_objective  # noqa: E402
from console.training.controller.audio import (  # noqa: E402
    AudioSong,
    audio_terms,
    draw_audio,
    render,
    static_gain_db,
)
from console.training.controller.consoles import master_console, track_consoles  # noqa: E402
from console.training.controller.examples import Chances, Examples  # noqa: E402
from console.training.controller.heard import hear_references, hear_songs  # noqa: E402
from console.training.controller.losses import levelled_labels, losses, sound_distance  # noqa: E402
from console.training.material import Material  # noqa: E402

LEVEL, PAN = index("tracks", "level_db"), index("tracks", "pan")
SONGS = (NoiseSong("a", 1), NoiseSong("b", 2))
SMALL = {
    "batch": 4,
    "audio_from": 0,
    "audio_every": 1,
    "audio_seconds": 1.5,
    "sizes": {"width": 32, "latents": 4, "rounds": 2, "candidates": 3},
}


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Networks this small lose more by waiting for other threads than they gain."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def material(cache: Path) -> Material:
    return Material(SONGS, (NoiseSong("c", 3),), SONGS[:1], SONGS[1:], (), cache)


def test_an_authors_labels_make_his_mix(cache: Path) -> None:
    """His faders and pans on the tracks as they are heard give the sound of his mix of the same excerpt."""
    (song,) = hear_songs(SONGS[:1], cache)
    assert song.told[:, (LEVEL, PAN)].all()
    objective = make_objective(SMALL, Material(SONGS[:1], (), (), (), (), cache), 0)
    heard, labels = song.excerpts[1], song.level_labels(1)
    assert labels[:, PAN] == pytest.approx(PANS)
    # Behind the gain that brings a track to one level, the fader is lower by it.
    assert labels[:, LEVEL] + heard.gain_db == pytest.approx(FADERS_DB, abs=1e-4)
    rest = ends("tracks")[1]
    values = np.where(song.told, labels, rest).astype(np.float32)
    # The reverb is off, and no high-pass is in the way.
    values[:, index("tracks", "send_db")] = -60.0
    values[:, index("tracks", "highpass_hz")] = ends("tracks")[0][index("tracks", "highpass_hz")]
    master = torch.from_numpy(ends("master")[1]).float()[None]
    balance = objective.module.console(
        torch.from_numpy(heard.power)[None],
        torch.from_numpy((heard.channels == 2).astype(np.float32))[None],
        torch.from_numpy(heard.heard.astype(np.float32))[None],
        torch.from_numpy(values)[None],
        master,
    )
    wanted = torch.from_numpy(song.mixes[1])[None]
    assert float(sound_distance(balance, wanted)) < 1.5
    moved = values.copy()
    moved[2, LEVEL] += 8.0
    other = objective.module.console(
        torch.from_numpy(heard.power)[None],
        torch.from_numpy((heard.channels == 2).astype(np.float32))[None],
        torch.ones((1, len(ROLES))),
        torch.from_numpy(moved)[None],
        master,
    )
    assert float(sound_distance(other, wanted)) > 2.5


def test_the_level_of_a_recovered_strip_is_that_it_comes_out_at(cache: Path) -> None:
    """A shelf below everything that plays is a gain; so is a trim, which a fader of the author's has with it."""

    @dataclass(frozen=True)
    class Recovered(NoiseSong):
        def strips(self) -> Mix | None:
            mix = super().strips()
            shelf = Equalizer(True, (Band(BandType.HIGH_SHELF, 20.0, 6.0, 0.71),))
            first, *rest = mix.tracks
            return replace(mix, tracks=(replace(first, equalizer=shelf, input=Input(gain_db=3.0)), *rest))

    plain, recovered = (hear_songs([kind("r", 1)], cache)[0] for kind in (NoiseSong, Recovered))
    more = recovered.level_labels(1) - plain.level_labels(1)
    wanted = np.zeros_like(more)
    wanted[0, LEVEL] = 9.0
    assert more == pytest.approx(wanted, abs=0.15)


def drawn_song() -> AudioSong:
    song = draw_audio(
        SONGS, hear_references(SONGS[:1], None), np.random.default_rng(0),
        seconds=5.0, most_tracks=5, candidates=3, halves=0.0,
    )  # fmt: skip
    assert song is not None
    return song


def test_what_was_heard_is_kept_and_the_same_again(cache: Path) -> None:
    first = hear_songs(SONGS[:1], cache)[0]
    again = hear_songs(SONGS[:1], cache)[0]
    fresh = hear_songs(SONGS[:1], None)[0]
    for other in (again, fresh):
        for one, two in zip(first.excerpts, other.excerpts, strict=True):
            np.testing.assert_array_equal(one.power, two.power)
        np.testing.assert_array_equal(first.mixes, other.mixes)
    for file in (cache / "heard").iterdir():
        file.write_bytes(file.read_bytes()[:100])
    np.testing.assert_array_equal(hear_songs(SONGS[:1], cache)[0].mixes, first.mixes)


def test_a_song_of_one_track_teaches_nothing() -> None:
    assert hear_songs([NoiseSong("d", silent=(0, 1, 2, 3))], None) == ()


def test_consoles_by_chance_are_plausible_and_count_where_they_work() -> None:
    rng = np.random.default_rng(0)
    roles = np.eye(len(KNOWN_ROLES), dtype=np.float32)[[KNOWN_ROLES.index(role) for role in ROLES] * 200]
    stereo = (np.arange(len(roles)) % 5 == 4).astype(np.float32)
    levels = np.tile(np.array((-6.0, -22.0, -19.0, -15.0), np.float32), (len(roles), 1))
    values, counts = track_consoles(roles, stereo, levels, rng)
    low, _, high = ends("tracks")
    assert (values >= low.astype(np.float32)).all()
    assert (values <= high.astype(np.float32)).all()
    pan, vocal = values[:, PAN], np.arange(len(roles)) % 5 == 3
    assert np.abs(pan[vocal]).max() < 0.3 < np.abs(pan[~vocal]).max()
    assert values[vocal, LEVEL].mean() - values[~vocal, LEVEL].mean() > 2.0
    gain, hz = (index("tracks", f"eq2.{name}") for name in ("gain_db", "frequency_hz"))
    assert (counts[values[:, gain] == 0.0, hz] == 0.0).all()
    assert (counts[np.abs(values[:, gain]) > 3.0, hz] == 1.0).all()
    ratio, attack = index("tracks", "ratio"), index("tracks", "attack_ms")
    assert (counts[:, attack] == (values[:, ratio] > 0.0)).all()
    assert (counts[stereo == 0.0, index("tracks", "width")] == 0.0).all()
    threshold = values[:, index("tracks", "threshold_db")]
    pressed = values[:, ratio] > 0.0
    assert pressed[vocal].mean() > 0.7
    assert not pressed[np.arange(len(roles)) % 5 == 4].any()  # pads
    assert (threshold[pressed] < levels[0, 0]).mean() > 0.95
    steady, _ = track_consoles(roles, stereo, np.full_like(levels, -18.0), rng)
    assert (steady[vocal, ratio] > 0.0).mean() < 0.5 * pressed[vocal].mean()
    assert (values[roles[:, KNOWN_ROLES.index(ROLES[0])] > 0.0, index("tracks", "send_db")] == -60.0).all()
    master, counted = master_console(rng)
    assert master.shape == counted.shape == (len(TABLES["master"]),)


@pytest.mark.parametrize("halves", [0.0, 1.0])
def test_excerpts_are_from_the_whole_song(halves: float) -> None:
    """Of method 1 the reference is from its first half, the excerpt from its second."""

    @dataclass(frozen=True)
    class Watched(NoiseSong):
        def read(self, start: int = 0, samples: int | None = None, *, wet: bool = False) -> np.ndarray:
            asked.append((start, start + samples))
            return super().read(start, samples, wet=wet)

    asked: list[tuple[int, int]] = []
    song = Watched("w", 1, seconds=24.0)
    drawn = draw_audio(
        [song], np.zeros((1, CONDITIONS), np.float32), np.random.default_rng(3),
        seconds=10.0, most_tracks=5, candidates=3, halves=halves,
    )  # fmt: skip
    assert drawn is not None
    assert drawn.stems.shape[2] == 10 * song.sample_rate_hz
    excerpt, reference = asked[:5], asked[5:]
    assert sorted(excerpt) == excerpt
    assert len(reference) == (5 if halves else 0)
    half = song.samples // 2
    assert all(end <= half for _, end in reference)
    assert any(start >= half for start, _ in excerpt)
    assert any(start < half for start, _ in excerpt) == (halves == 0.0)


def test_the_reference_of_method_one_is_what_the_labels_sound_like(cache: Path) -> None:
    examples = Examples(
        hear_songs(SONGS, cache),
        np.zeros((0, CONDITIONS), np.float32),
        Chances(unpaired=0.0, halves=1.0, colour=0.0),
    )
    batch = examples.draw(np.random.default_rng(5), 12, 24, 3)
    assert (batch.labelled == 1.0).all()
    objective = make_objective(SMALL, Material(SONGS, (), (), (), (), cache), 0)
    network, inputs = objective.module, batch.inputs
    played = network.console(inputs.power, inputs.stereo, inputs.mask, batch.labels, batch.master_labels)
    close = sound_distance(played, inputs.condition)
    other = sound_distance(played, inputs.condition.roll(1, dims=0))
    assert float(close.median()) < 3.0 < float(other.median())
    # Labels have their mix at its loudness, so that they can be held against answers.
    levelled = levelled_labels(network, batch)
    again = network.console(inputs.power, inputs.stereo, inputs.mask, levelled, batch.master_labels)
    assert again.offset_db.abs().max() < 0.05


def test_an_instrument_may_be_said_to_be_the_lead_vocal(cache: Path) -> None:
    chances = Chances(unpaired=0.0, halves=1.0, drop=0.0, join=0.0, no_roles=0.0, no_role=0.0)
    lead, keys = (KNOWN_ROLES.index(role) for role in (Role.LEAD_VOCAL, Role.KEYS))
    for share, leads in ((0.0, 1), (1.0, 2)):  # there is a singer already
        examples = Examples(
            hear_songs(SONGS, cache), np.zeros((0, CONDITIONS), np.float32), replace(chances, lead=share)
        )
        batch = examples.draw(np.random.default_rng(2), 8, 24, 3)
        assert ((batch.inputs.roles[..., lead] > 0.5).sum(dim=1) == leads).all()
        assert ((batch.inputs.roles[..., keys] > 0.5).sum(dim=1) == 2 - leads).all()
        assert (batch.forward_db > 2.5).sum() == 8 * leads


def test_batches_follow_from_their_seed_and_grow(material: Material) -> None:
    objective = make_objective(SMALL | {"few_tracks": 2, "curriculum_steps": 10}, material, 0)
    one, two = (objective.draw(np.random.default_rng((1, 2)), 0) for _ in range(2))
    torch.testing.assert_close(one.batch.inputs.power, two.batch.inputs.power)
    torch.testing.assert_close(one.batch.inputs.condition, two.batch.inputs.condition)
    assert one.batch.inputs.mask.shape[1] <= 2
    sizes = [objective.draw(np.random.default_rng(seed), 10).batch.inputs.mask.shape[1] for seed in range(4)]
    assert max(sizes) > 5  # two songs as one


def test_a_few_steps_bring_the_sound_nearer(material: Material) -> None:
    objective = make_objective(SMALL | {"audio_songs": 0}, material, 0)
    batch = objective.draw(np.random.default_rng(3), 0).batch
    optimiser = torch.optim.Adam(objective.module.parameters(), lr=3e-3)

    def step() -> float:
        optimiser.zero_grad()
        terms = losses(objective.module, batch, objective.module(batch.inputs))
        terms["total"].backward()
        optimiser.step()
        return float(terms["total"].detach())

    found = [step() for _ in range(25)]
    assert found[-1] < 0.75 * found[0]
    figures = objective.validate()
    assert set(figures) == {"sound_db", "settings", "score"}
    assert np.isfinite(list(figures.values())).all()
    assert figures == objective.validate()


@pytest.mark.parametrize("halves", [0.0, 1.0])
def test_audio_counts_in_the_loss(material: Material, halves: float) -> None:
    objective = make_objective(SMALL | {"audio_halves": halves}, material, 0)
    drawn = objective.draw(np.random.default_rng(1), 0)
    assert len(drawn.audio) == 1
    assert float(drawn.audio[0].batch.labelled[0]) == halves
    terms = objective.losses(drawn, 0)
    heard = {name.removeprefix("audio_"): float(terms[name].detach()) for name in terms if "audio_" in name}
    assert {"crest", "width", "balance", "mid", "side", "spread"} <= heard.keys()
    assert ("settings" in heard) == (halves == 1.0)
    terms["total"].backward()
    assert float(objective.module.rounds[-1].move_master.weight.grad.abs().sum()) > 0.0


def test_audio_has_gradients_to_every_dynamic_knob() -> None:
    song = drawn_song()
    tracks = torch.from_numpy(np.tile(ends("tracks")[1], (len(song.stems), 1))).float()
    master = torch.from_numpy(ends("master")[1]).float()
    tracks[:, index("tracks", "threshold_db")] = -26.0
    tracks[:, index("tracks", "ratio")] = 1.5
    master[index("master", "threshold_db")], master[index("master", "ratio")] = -26.0, 1.0
    master[index("master", "headroom_db")] = 6.0
    tracks.requires_grad_()
    master.requires_grad_()
    mix = render(song.stems, song.channels, tracks, master, song.batch.inputs.levels[0], song.sample_rate_hz)
    terms = audio_terms(mix, song.batch.inputs.condition[0], song.sample_rate_hz)
    torch.stack(list(terms.values())).sum().backward()
    for name in ("threshold_db", "ratio", "attack_ms", "release_ms"):
        assert tracks.grad[:, index("tracks", name)].abs().max() > 0.0
        assert master.grad[index("master", name)].abs() > 0.0
    assert master.grad[index("master", "headroom_db")].abs() > 0.0


def test_audio_is_measured_as_sounds_are() -> None:
    """The terms with gradients against the measurement that everything else goes by."""
    song = drawn_song()
    tracks = torch.from_numpy(np.tile(ends("tracks")[1], (len(song.stems), 1))).float()
    mix = render(
        song.stems, song.channels, tracks, torch.from_numpy(ends("master")[1]).float(),
        song.batch.inputs.levels[0], song.sample_rate_hz,
    )  # fmt: skip
    own = condition(measure_sound(mix.numpy(), song.sample_rate_hz))
    terms = {
        name: float(value)
        for name, value in audio_terms(mix, torch.from_numpy(own), song.sample_rate_hz).items()
    }
    for name, most in {
        "crest": 0.1,
        "width": 0.1,
        "balance": 0.05,
        "mid": 0.7,
        "side": 1.0,
        "spread": 0.6,
    }.items():
        assert terms[name] < most, terms
    shifted = own.copy()
    shifted[48] += 3.0
    shifted[50] -= 2.0
    moved = audio_terms(mix, torch.from_numpy(shifted), song.sample_rate_hz)
    assert float(moved["width"]) == pytest.approx(3.0, abs=0.1)
    assert float(moved["crest"]) == pytest.approx(2.0, abs=0.1)


def test_how_loud_a_mix_is_changes_no_term_nor_its_gradient() -> None:
    song = drawn_song()
    gain = torch.tensor(0.5, requires_grad=True)
    terms = audio_terms(song.stems.sum(dim=0) * gain, song.batch.inputs.condition[0], song.sample_rate_hz)
    whole = audio_terms(song.stems.sum(dim=0), song.batch.inputs.condition[0], song.sample_rate_hz)
    for name, value in terms.items():
        assert float(value.detach()) == pytest.approx(float(whole[name]), abs=1e-3)
        (gradient,) = torch.autograd.grad(value, gain, retain_graph=True, allow_unused=True)
        assert gradient is None or abs(float(gradient)) < 0.02  # in dB for each share of the gain


def test_a_lower_ceiling_takes_crest_as_its_gradient_says() -> None:
    song = drawn_song()
    tracks = torch.from_numpy(np.tile(ends("tracks")[1], (len(song.stems), 1))).float()
    levels, wanted = song.batch.inputs.levels[0], song.batch.inputs.condition[0].clone()
    wanted[50] = 30.0  # a crest that no ceiling reaches: the term falls as the ceiling rises

    def crest(headroom_db: torch.Tensor) -> torch.Tensor:
        master = torch.from_numpy(ends("master")[1]).float()
        at = index("master", "headroom_db")
        master = torch.cat((master[:at], headroom_db.reshape(1), master[at + 1 :]))
        mix = render(song.stems, song.channels, tracks, master, levels, song.sample_rate_hz)
        return audio_terms(mix, wanted, song.sample_rate_hz)["crest"]

    for headroom_db in (12.0, 16.0):
        headroom = torch.tensor(headroom_db, requires_grad=True)
        (gradient,) = torch.autograd.grad(crest(headroom), headroom)
        difference = float(crest(headroom.detach() + 0.2) - crest(headroom.detach() - 0.2)) / 0.4
        assert difference < -0.1
        assert float(gradient) == pytest.approx(difference, rel=0.1)


def test_the_limiter_holds_the_crest_that_its_headroom_says() -> None:
    song = drawn_song()
    tracks = torch.from_numpy(np.tile(ends("tracks")[1], (len(song.stems), 1))).float()
    master = torch.from_numpy(ends("master")[1]).float()
    master[index("master", "headroom_db")] = 9.0
    mix = render(song.stems, song.channels, tracks, master, song.batch.inputs.levels[0], song.sample_rate_hz)
    assert 20.0 * np.log10(float(mix.abs().max())) <= -9.0 + 0.01


@pytest.mark.parametrize("level_db", [-30.0, -21.0, -18.0, -14.0, -6.0])
def test_the_static_curve_is_the_compressors(level_db: float) -> None:
    settings = Compressor(True, threshold_db=-20.0, ratio=4.0, attack_ms=1.0, release_ms=50.0, knee_db=6.0)
    processor = CompressorProcessor(settings, 48_000)
    out = np.full((1, 24_000), 10.0 ** (level_db / 20.0))
    processor.process(out)
    taken_db = 20.0 * np.log10(out[0, -1]) - level_db
    found = static_gain_db(torch.tensor(level_db), torch.tensor(-20.0), torch.tensor(4.0))
    assert float(found) == pytest.approx(taken_db, abs=0.01)


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ({"bach": 3}, "controller.bach"),
        ({"sizes": {"widht": 3}}, "controller.sizes.widht"),
        ({"chances": {"unpair": 0.3}}, "controller.chances.unpair"),
    ],
)
def test_settings_that_are_none(section: dict[str, object], message: str, material: Material) -> None:
    with pytest.raises(ParamError, match=message):
        make_objective(section, material, 0)


def test_no_songs_at_all() -> None:
    with pytest.raises(ParamError, match="0 songs for train"):
        make_objective({}, Material((), ()), 0)
