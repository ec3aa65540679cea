"""The main job from files in to files out: complete, repeatable, and harmless when it fails."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from scipy.signal import resample_poly

from bridge.jobs import MixOutcome, MixRequest, mix_session, read_session, render_mix
from bridge.sessions import SessionOptions
from console.errors import ParamError, RenderError, SessionError
from console.mix import load_mix

SONGS = ("MusicDelta_Rock_CC-BY-NC-SA", "DrumMics_MuldjordKit_Groove_CC-BY", "LMMS_SkiessiOnion_CC-BY-SA4")


@pytest.fixture(scope="module")
def done(example_session: Path, tmp_path_factory: pytest.TempPathFactory) -> MixOutcome:
    output = tmp_path_factory.mktemp("mixed") / "out"
    return mix_session(MixRequest((example_session,), output, stems=True))


def folder(outcome: MixOutcome) -> Path:
    (mix_json,) = (path for path in outcome.files if path.name == "mix.json")
    return mix_json.parent


def true_peak_dbtp(path: Path) -> float:
    """By eightfold oversampling with scipy, not with our own meter."""
    audio, _ = soundfile.read(path, dtype="float64", always_2d=True)
    return float(20.0 * np.log10(np.abs(resample_poly(audio, 8, 1, axis=0)).max()))


def contents(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }


def test_everything_is_there(done: MixOutcome) -> None:
    root = folder(done)
    names = set(contents(root))
    assert {
        "mix.wav",
        "mix.json",
        "report.html",
        "reaper/session.rpp",
        "reaper/mixbridge.RTrackTemplate",
    } <= names
    assert all(path.is_file() for path in done.files)
    listed = root / ".mixbridge.json"
    assert {path for path in root.rglob("*") if path.is_file()} == {*done.files, listed}
    info = soundfile.info(root / "mix.wav")
    assert (info.samplerate, info.channels, info.subtype) == (48000, 2, "PCM_24")
    assert load_mix((root / "mix.json").read_text(encoding="utf-8")) == done.mix


def test_the_headroom_is_left(done: MixOutcome) -> None:
    peak = true_peak_dbtp(folder(done) / "mix.wav")
    assert -3.6 <= peak <= -3.0
    assert peak == pytest.approx(done.levels_after.true_peak_dbtp, abs=0.2)
    assert -23.0 <= done.levels_after.integrated_lufs <= -18.0


def test_stems_add_up_to_the_mix_ahead_of_the_master(
    done: MixOutcome, example_session: Path, tmp_path: Path
) -> None:
    session, _ = read_session([example_session])
    plain = replace(done.mix, master=type(done.mix.master)(fader_db=-12.0))
    files, _ = render_mix(plain, session, tmp_path / "plain.wav", stems=tmp_path / "stems")
    mixed, _ = soundfile.read(files[0], dtype="float64")
    top = [path for path in (tmp_path / "stems").iterdir() if path.is_file()]
    total = sum(soundfile.read(path, dtype="float64")[0] for path in top)
    difference = mixed - 10.0 ** (-12.0 / 20.0) * total
    assert 20.0 * np.log10(np.abs(difference).max()) < -120.0


def test_the_same_again_gives_the_same_bytes(done: MixOutcome, example_session: Path) -> None:
    # The project refers to its stems by relative paths, so the second run lies beside the first.
    again = folder(done).parent / "again"
    mix_session(MixRequest((example_session,), again, stems=True, cache=False, threads=1))
    assert contents(again) == contents(folder(done))


def test_the_mix_file_renders_to_the_same_bytes(
    done: MixOutcome, example_session: Path, tmp_path: Path
) -> None:
    session, _ = read_session([example_session])
    mix = load_mix((folder(done) / "mix.json").read_text(encoding="utf-8"))
    (path,), _ = render_mix(mix, session, tmp_path / "again.wav")
    assert path.read_bytes() == (folder(done) / "mix.wav").read_bytes()


def test_nothing_is_overwritten_unasked(done: MixOutcome, example_session: Path) -> None:
    before = contents(folder(done))
    with pytest.raises(RenderError, match=r"mix\.wav.*--force"):
        mix_session(MixRequest((example_session,), folder(done)))
    assert contents(folder(done)) == before


def test_the_amount_dials_back(example_session: Path, tmp_path: Path, done: MixOutcome) -> None:
    request = MixRequest((example_session,), tmp_path / "half", amounts=0.5, report=False, to=())
    half = mix_session(request)
    for strip in half.mix.tracks:
        whole = done.mix.track(strip.id)
        assert strip.pan == pytest.approx(0.5 * whole.pan)
        if not strip.muted:
            assert strip.fader_db == pytest.approx(0.5 * whole.fader_db)
        assert strip.input.invert_polarity == whole.input.invert_polarity


@pytest.mark.parametrize("stage", ["analyse", "estimate", "render", "report"])
def test_an_interruption_leaves_nothing(stage: str, example_session: Path, tmp_path: Path) -> None:
    seen = []

    def interrupt(name: str, share: float) -> None:
        seen.append(name)
        if name == stage:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        mix_session(MixRequest((example_session,), tmp_path / "out", cache=False), interrupt)
    assert list(tmp_path.iterdir()) == [], seen


def test_a_failure_keeps_what_was_there(example_session: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    output.mkdir()
    (output / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(ParamError, match="magic"):
        mix_session(MixRequest((example_session,), output, estimator="magic"))
    with pytest.raises(SessionError):
        mix_session(MixRequest((tmp_path / "nowhere",), output))
    assert contents(tmp_path) == {"out/notes.txt": b"mine"}
    with pytest.raises(RenderError, match="is a file"):
        mix_session(MixRequest((example_session,), output / "notes.txt"))


def test_neutral_names_and_order_change_nothing(
    done: MixOutcome, example_session: Path, tmp_path: Path
) -> None:
    """Guitars under names that say as much, from a list in another order."""
    renamed = tmp_path / "renamed"
    renamed.mkdir()
    names = {}
    for path in sorted(example_session.glob("*.flac"), reverse=True):
        number, rest = path.stem.split("_", 1)
        name = f"{99 - int(number):02d}_{rest}"
        (renamed / f"{name}{path.suffix}").write_bytes(path.read_bytes())
        names[path.stem] = name
    request = MixRequest(tuple(sorted(renamed.glob("*.flac"))), tmp_path / "out", report=False, to=())
    again = mix_session(request)
    for strip in done.mix.tracks:
        found = again.mix.track(names.get(strip.id, strip.id.replace("07_", "92_")))
        plain = replace(found, id=strip.id, files=strip.files, reasons=())
        assert plain == replace(strip, reasons=())
    assert again.mix.master == done.mix.master


@pytest.mark.slow
@pytest.mark.parametrize("song", SONGS)
def test_real_stems(song: str, shared: Path, tmp_path: Path) -> None:
    """Real recordings run through, leave the stated headroom, and every track stays audible."""
    stems = shared / "audio" / "songs" / song
    options = (
        SessionOptions(leave_out=("_HUMAN_MIX",))
        if (stems / "_HUMAN_MIX.flac").exists()
        else SessionOptions()
    )
    done = mix_session(MixRequest((stems,), tmp_path / "out", session=options, to=(), cache=False))
    assert true_peak_dbtp(tmp_path / "out" / "mix.wav") <= -3.0
    assert done.levels_after.integrated_lufs <= -18.0
    # The target's floor, and 1 dB for what panning and compression do to the prediction.
    assert min(done.audibility_after.values()) >= -17.0
