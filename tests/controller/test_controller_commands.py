"""The controller on the command line: chains, candidates, weights that are missing."""

import json
from pathlib import Path

import pytest
from controller_cases import write_weights

from bridge.cli import main
from bridge.estimators import find_estimator
from bridge.evaluation.consoles import by_estimators
from bridge.evaluation.systems import find_systems
from bridge.evaluation.values import AbsentError
from console.errors import ParamError
from console.mix import load_mix
from presets.weights import FOLDER_VARIABLE, read_card, weight_names


def test_suggest_by_the_controller(stems: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["suggest", str(stems), "--estimator", "controller", "-q"]) == 0
    mix = load_mix(capsys.readouterr().out)
    assert mix.estimator == "controller"
    assert mix.tool.startswith("mixbridge")


def test_it_goes_on_from_the_rules(stems: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["suggest", str(stems), "--estimator", "rules+controller", "--only", "fader", "-q"]) == 0
    chained = load_mix(capsys.readouterr().out)
    assert chained.estimator == "controller"


def test_candidates_lie_in_folders_of_their_own(
    stems: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [
        "mix",
        str(stems),
        "-o",
        str(tmp_path),
        "--estimator",
        "controller",
        "--no-report",
        "--no-reaper",
        "-q",
    ]
    assert main([*words, "--candidates", "2"]) == 0
    said = capsys.readouterr().out
    mixes = [load_mix((tmp_path / f"candidate-{n}" / "mix.json").read_text("utf-8")) for n in (1, 2)]
    assert mixes[0] != mixes[1]
    assert "candidate 2: " in said
    assert "Aims at a broad style" in said
    assert (tmp_path / "candidate-2" / "mix.wav").stat().st_size > 1000
    assert main([*words, "--candidates", "2"]) == 1
    assert "--force" in capsys.readouterr().err
    assert main([*words, "--candidates", "2", "--json", "--force"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["candidates"][0]["from_first"]["parameters"] == 0
    assert data["candidates"][1]["from_first"]["parameters"] > 10


def test_others_have_one_answer(stems: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["suggest", str(stems), "-o", str(tmp_path / "a.json"), "--candidates", "2", "-q"]) == 2
    assert "'rules' has one answer" in capsys.readouterr().err
    assert main(["suggest", str(stems), "--estimator", "controller", "--candidates", "2", "-q"]) == 2


def test_missing_weights_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    if "controller" in weight_names():
        pytest.skip("the controller's weights came with the package")
    with pytest.raises(ParamError, match=r"mixbridge train.*weights export"):
        find_estimator("controller")
    with pytest.raises(AbsentError, match="weights are not installed"):
        by_estimators("controller")(None)  # type: ignore[arg-type]


def test_weights_of_something_else_are_refused(
    weights_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for suffix in (".onnx", ".json"):
        data = (weights_folder / f"controller{suffix}").read_bytes()
        (tmp_path / f"controller{suffix}").write_bytes(data.replace(b'"controller"', b'"roles"'))
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    with pytest.raises(ParamError, match="were trained for 'roles'"):
        find_estimator("controller")


def test_a_stranger_in_a_chain_is_told() -> None:
    with pytest.raises(ParamError, match=r"no estimator 'mach'.*did you mean 'match'"):
        find_estimator("controller+mach")


def test_both_are_systems_to_evaluate() -> None:
    controller, chain = find_systems(["controller", "controller+match"])
    assert controller.by_reference
    assert chain.by_reference
    assert controller.content == chain.content == read_card("controller").sha256


def test_a_broken_card_hides_no_other_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_weights(tmp_path, name="mine")
    write_weights(tmp_path, name="broken").with_suffix(".json").write_text("{", "utf-8")
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    assert main(["weights", "list"]) == 1
    told = capsys.readouterr()
    assert "mine" in told.out
    assert "broken" not in told.out
    assert "broken: " in told.err
    assert main(["weights", "list", "--json"]) == 1
    rows = {row["name"]: row["fault"] for row in json.loads(capsys.readouterr().out)}
    assert rows["mine"] is None
    assert "broken.json" in rows["broken"]


def test_weights_are_listed_checked_and_shown(
    weights_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["weights", "list", "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["controller"]["objective"] == "controller"
    assert main(["weights", "check", "controller"]) == 0
    assert "as its card says" in capsys.readouterr().out
    broken = tmp_path / "controller.onnx"
    broken.write_bytes(b"x")
    broken.with_suffix(".json").write_bytes((weights_folder / "controller.json").read_bytes())
    assert main(["weights", "check", str(broken)]) == 1
    assert "1 bytes" in capsys.readouterr().out
    assert main(["weights", "card", "controller"]) == 0
    assert "It was never trained." in capsys.readouterr().out
