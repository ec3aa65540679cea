"""Files of weights: found by name or path, held against their card each time, refused when anything is strange."""

import json
from pathlib import Path

import pytest
from controller_cases import SIZES, random_controller, write_weights

from bridge.networks import PROVIDERS, OnnxNetwork
from bridge.training.weights import export_run
from console.errors import ParamError, RenderError
from console.training.checkpoint import save_state
from presets.training import dump_config
from presets.weights import (
    FOLDER_VARIABLE,
    WeightsCard,
    dump_card,
    find_weights,
    parse_card,
    read_weights,
    weight_names,
)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of weights, `mine`, in the folder that is looked in first; its bytes are no model."""
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    return write_weights(tmp_path, name="mine", data=b"no model at all" * 10)


def test_weights_have_a_name_or_a_path(place: Path) -> None:
    assert "mine" in weight_names()
    assert find_weights("mine") == find_weights(place)
    assert read_weights("mine") == place.read_bytes()
    assert find_weights("mine").card.objective == "controller"


def test_the_users_folder_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = weight_names()
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    for name in shipped:
        place = write_weights(tmp_path, name=name, data=b"mine")
        assert find_weights(name).data == place.read_bytes() == b"mine"


@pytest.mark.parametrize("damage", [b"", b"another" * 21 + b"xyz", b"no model at all" * 9])
def test_another_file_is_refused(place: Path, damage: bytes) -> None:
    place.write_bytes(damage)
    with pytest.raises(ParamError, match="by its card; it is damaged"):
        find_weights("mine")


def test_a_flipped_bit_is_seen(place: Path) -> None:
    data = bytearray(place.read_bytes())
    data[7] ^= 1
    place.write_bytes(bytes(data))
    with pytest.raises(ParamError, match="has the hash"):
        find_weights("mine")


def test_weights_without_a_card_are_refused(place: Path) -> None:
    place.with_suffix(".json").unlink()
    with pytest.raises(ParamError, match="put it beside them"):
        find_weights("mine")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema": "mixbridge.weights/9"}, "this version reads 'mixbridge.weights/1'"),
        ({"sha265": "x"}, "did you mean 'sha256'"),
        ({"sha256": "x"}, "sha256 is 'x'"),
        ({"bytes": True}, "bytes is 'True'"),
        ({"bytes": -1}, "bytes is '-1'"),
        ({"limits": "none"}, "limits is 'none'"),
        ({"data": []}, "data is"),
    ],
)
def test_a_strange_card_is_refused(place: Path, change: dict[str, object], message: str) -> None:
    card = place.with_suffix(".json")
    card.write_text(json.dumps(json.loads(card.read_text("utf-8")) | change), encoding="utf-8")
    with pytest.raises(ParamError, match=message.replace(".", r"\.")):
        find_weights("mine")


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 100_000])
def test_a_card_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ParamError):
        parse_card(text, "the card")


def test_a_card_comes_back_as_it_was() -> None:
    card = WeightsCard("roles", "0" * 64, 3, {"width": 2}, data={"credits": ["Ä & Ö"]}, limits=("None.",))
    assert parse_card(dump_card(card), "the card") == card


def test_unknown_weights_say_how_to_get_some(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    with pytest.raises(ParamError, match=r"mixbridge train.*weights export"):
        find_weights("nobody")
    with pytest.raises(ParamError, match="no file"):
        find_weights(tmp_path / "nobody.onnx")


def test_a_name_leads_nowhere_else(place: Path) -> None:
    for name in ("../mine", f"{place.parent.name}/mine", ""):
        with pytest.raises(ParamError, match="no weights"):
            find_weights(name)


def test_what_is_no_model_is_told(place: Path) -> None:
    with pytest.raises(ParamError, match="no ONNX model that can be run"):
        OnnxNetwork(find_weights("mine"))


def test_a_truncated_model_is_told(weights_folder: Path, tmp_path: Path) -> None:
    whole = (weights_folder / "controller.onnx").read_bytes()
    cut = write_weights(tmp_path, data=whole[: len(whole) // 2])
    with pytest.raises(ParamError, match="export them again"):
        OnnxNetwork(find_weights(cut))


def test_the_wrong_inputs_are_told(network: OnnxNetwork) -> None:
    with pytest.raises(ParamError, match="do not take what they are given"):
        network({})


def _run_folder(folder: Path, objective: str = "controller") -> Path:
    """A training run as `mixbridge train` leaves it."""
    from console.training.settings import make_config

    sizes = {name: getattr(SIZES, name) for name in SIZES.__dataclass_fields__}
    config = make_config({"objective": objective, "run": {"steps": 1}, objective: {"sizes": sizes}}, "config")
    folder.mkdir()
    (folder / "config.toml").write_text(dump_config(config), encoding="utf-8")
    told = {"credits": ["A song by nobody"], "store": {"train": 3}, "reached": {"steps": 1}}
    (folder / "card.json").write_text(json.dumps(told), encoding="utf-8")
    save_state(folder / "best" / "weights.npz", random_controller(), {"step": 1, "figures": {"score": 2.5}})
    return folder


def test_a_run_becomes_weights(tmp_path: Path) -> None:
    made, difference = export_run(
        _run_folder(tmp_path / "run"), tmp_path / "out", "mine", limits=["Untrained."]
    )
    assert difference < 1e-4
    assert find_weights(tmp_path / "out" / "mine.onnx") == made
    card = made.card
    assert (card.objective, card.limits) == ("controller", ("Untrained.",))
    assert card.metrics == {"step": 1, "figures": {"score": 2.5}}
    assert card.data["credits"] == ["A song by nobody"]
    assert card.sizes["width"] == SIZES.width
    assert OnnxNetwork(made).candidates == SIZES.candidates
    with pytest.raises(RenderError, match="--force"):
        export_run(tmp_path / "run", tmp_path / "out", "mine")


def test_weights_of_songs_that_may_not_be_given_away_say_so_first(tmp_path: Path) -> None:
    run = _run_folder(tmp_path / "run")
    told = json.loads((run / "card.json").read_text("utf-8"))
    told["store"]["private"] = 2
    (run / "card.json").write_text(json.dumps(told), encoding="utf-8")
    made, _ = export_run(run, tmp_path / "out", "mine", limits=["Untrained."])
    assert made.card.limits[0].startswith("Not to be given away: they learned from 2 songs")
    assert made.card.limits[1:] == ("Untrained.",)


def test_a_folder_that_is_no_run_is_told(tmp_path: Path) -> None:
    with pytest.raises(ParamError, match=r"config\.toml"):
        export_run(tmp_path, tmp_path / "out", "mine")
    with pytest.raises(ParamError, match="'diff-mst' are not exported"):
        export_run(_run_folder(tmp_path / "run", "diff-mst"), tmp_path / "out", "mine")
    with pytest.raises(ParamError, match="no name of weights"):
        export_run(_run_folder(tmp_path / "other"), tmp_path / "out", "../mine")
    assert not (tmp_path / "out").exists()


def test_a_provider_that_cannot_be_had_is_passed_over_in_silence(
    weights_folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """ONNX Runtime for GPUs names CUDA among what it has, on machines without it too."""
    network = OnnxNetwork(find_weights(weights_folder / "controller.onnx"))
    assert network.provider in PROVIDERS
    assert capfd.readouterr() == ("", "")
