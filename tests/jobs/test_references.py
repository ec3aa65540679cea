"""A reference from the command's words to the mix: taken, refused, saved as a style."""

import shutil
from pathlib import Path

import pytest

from bridge.jobs import MixRequest, suggest
from bridge.jobs.references import make_profile
from console.errors import ParamError, SessionError
from console.mix.blend import GROUPS


@pytest.fixture
def few(example_session: Path, tmp_path: Path) -> Path:
    """Three stems of the example: enough to match, and quick."""
    folder = tmp_path / "few"
    folder.mkdir()
    for name in ("09_Bass DI.flac", "12_AcGtr.flac", "15_Lead Vox.flac"):
        shutil.copy(example_session / name, folder / name)
    return folder


@pytest.fixture
def reference(example_session: Path) -> Path:
    return example_session.parent / "reference" / "reference.flac"


@pytest.mark.slow
def test_a_reference_brings_the_match_and_its_reasons(few: Path, reference: Path, tmp_path: Path) -> None:
    words = (f"{reference}@2-18",)
    _, _, target, mix = suggest(MixRequest((few,), tmp_path / "out", references=words))
    assert target.reference is not None
    assert mix.estimator == "match"
    (told,) = (reason for reason in mix.master.reasons if reason.parameter == "match")
    assert "away from the reference" in told.text


@pytest.mark.slow
def test_only_keeps_the_other_groups_neutral(few: Path, reference: Path, tmp_path: Path) -> None:
    amounts = {name: float(name == "fader") for name in GROUPS}
    request = MixRequest((few,), tmp_path / "out", references=(str(reference),), amounts=amounts)
    _, _, _, mix = suggest(request)
    assert any(track.fader_db != 0.0 for track in mix.tracks)
    for track in mix.tracks:
        assert (track.pan, track.equalizer.enabled, track.highpass.enabled, dict(track.sends)) == (
            0.0,
            False,
            False,
            {},
        )


def test_a_style_is_saved_and_taken_by_name(few: Path, reference: Path, tmp_path: Path) -> None:
    style = tmp_path / "mine.toml"
    profile = make_profile((str(reference),), style)
    assert (profile.name, profile.sources) == ("mine", ("reference.flac",))
    with pytest.raises(ParamError, match="--force"):
        make_profile((str(reference),), style)
    request = MixRequest((few,), tmp_path / "out", estimator="rules", references=(str(style),))
    _, _, target, mix = suggest(request)
    assert target.reference is not None
    assert target.reference.width_db == pytest.approx(profile.sound.width_db, abs=0.01)
    assert mix.estimator == "rules"


def test_what_is_no_reference(few: Path, tmp_path: Path) -> None:
    stem = few / "15_Lead Vox.flac"
    for words, kind in ((str(stem), ParamError), (str(tmp_path / "none.flac"), (ParamError, SessionError))):
        with pytest.raises(kind):
            suggest(MixRequest((few,), tmp_path / "out", references=(words,)))
    with pytest.raises(ParamError, match="--reference"):
        suggest(MixRequest((few,), tmp_path / "out", estimator="match"))
