"""The report of a real job: what the pipeline measured and decided stands in it."""

import re
from html import unescape
from pathlib import Path

import numpy as np
import pytest
import soundfile

from bridge.jobs.mixing import mix_session
from bridge.jobs.request import MixOutcome, MixRequest

RATE_HZ = 44100
SECONDS = 6


def write_session(folder: Path) -> None:
    """A snare with an inverted bottom microphone, a bass, a voice, and a track without sound."""
    noise = np.random.default_rng(1)
    time_s = np.arange(SECONDS * RATE_HZ) / RATE_HZ
    hits = np.exp(-((time_s % 0.5) * 30.0)) * noise.normal(0.0, 0.2, len(time_s))
    rattle = np.exp(-((time_s % 0.5) * 12.0)) * noise.normal(0.0, 0.03, len(time_s))
    swell = 0.6 + 0.4 * np.sin(2 * np.pi * 0.4 * time_s)
    voice = swell * sum(np.sin(2 * np.pi * 220.0 * k * time_s) / k for k in range(1, 12)) * 0.1
    tracks = {
        "Snare Top": hits,
        "Snare Bottom": -0.6 * hits + rattle,
        "Bass": 0.3 * np.sin(2 * np.pi * 55.0 * time_s) + 0.05 * np.sin(2 * np.pi * 110.0 * time_s),
        "Lead Vox": voice,
        "Spare": np.zeros_like(time_s),
    }
    folder.mkdir()
    for name, sound in tracks.items():
        soundfile.write(folder / f"{name}.wav", sound.clip(-1, 1), RATE_HZ, subtype="PCM_24")


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> tuple[MixOutcome, str]:
    root = tmp_path_factory.mktemp("job")
    write_session(root / "session")
    outcome = mix_session(MixRequest((root / "session",), root / "out", cache=False, threads=1))
    return outcome, (root / "out" / "report.html").read_text(encoding="utf-8")


def spoken(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.split("<main>")[1])).split())


def test_every_track_and_every_reason_of_the_mix_is_told(job: tuple[MixOutcome, str]) -> None:
    outcome, page = job
    words = spoken(page)
    reasons = [
        r.text for s in (*outcome.mix.tracks, *outcome.mix.buses, outcome.mix.master) for r in s.reasons
    ]
    assert len(reasons) > 10
    for text in (*reasons, *(strip.id for strip in outcome.mix.tracks)):
        assert " ".join(text.split()) in words


def test_levels_of_the_master_are_those_of_the_job(job: tuple[MixOutcome, str]) -> None:
    outcome, page = job
    before, after = outcome.levels_before, outcome.levels_after
    told = f"Loudness {before.integrated_lufs:.1f} LUFS {after.integrated_lufs:.1f} LUFS".replace("-", "−")
    assert told in spoken(page).replace("\u00a0", " ")


def test_planted_problems_stand_with_what_was_done(job: tuple[MixOutcome, str]) -> None:
    outcome, page = job
    words = spoken(page[: page.index('id="tracks"')])
    inverted = [strip.id for strip in outcome.mix.tracks if strip.input.invert_polarity]
    assert len(inverted) == 1
    assert f"{inverted[0]}: Polarity inverted." in words
    assert outcome.mix.track("Spare").muted
    assert "silent" in words
    assert "Left out of the mix" in words


def test_measured_gain_reduction_is_drawn_for_every_compressor(job: tuple[MixOutcome, str]) -> None:
    outcome, page = job
    for index, strip in enumerate(outcome.mix.tracks):
        drawn = f'aria-labelledby="t{index + 1}-compressor-time-t' in page
        assert drawn == (strip.compressor.enabled and not strip.muted)
