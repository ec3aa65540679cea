"""The console on energies against the renderer's own processors on noise: spectra, image, loudness and shares."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from scipy import signal  # noqa: E402

from console.dsp.bus import BusProcessor, MasterProcessor  # noqa: E402
from console.dsp.pan import output_matrix  # noqa: E402
from console.dsp.strip import StripProcessor  # noqa: E402
from console.losses.bands import PROBES_HZ, band_power  # noqa: E402
from console.losses.sound import measure_sound  # noqa: E402
from console.mix import Band, Bus, BusKind, Equalizer, Highpass, Master, Reverb, TrackStrip  # noqa: E402
from console.models.controller.energies import EnergyConsole  # noqa: E402
from console.models.controller.hearing import hear  # noqa: E402
from console.models.controller.knobs import SHELF_Q, SLOTS, ends, index, on_scale  # noqa: E402
from console.units import db_to_gain  # noqa: E402

RATE_HZ = 44_100
SAMPLES = 6 * RATE_HZ


@pytest.fixture(scope="module")
def console() -> EnergyConsole:
    return EnergyConsole()


def coloured(seed: int, channels: int, low_hz: float, high_hz: float) -> np.ndarray:
    noise = np.random.default_rng(seed).standard_normal((channels, SAMPLES))
    if channels == 2:
        noise[1] = 0.5 * noise[0] + noise[1]
    sos = signal.butter(1, (low_hz, high_hz), "bandpass", fs=RATE_HZ, output="sos")
    return (0.1 * signal.sosfilt(sos, noise, axis=-1)).astype(np.float32)


TRACKS = (coloured(1, 1, 60.0, 400.0), coloured(2, 1, 300.0, 3000.0), coloured(3, 2, 1000.0, 12000.0))
#: Level, pan, width, high-pass, band 2's gain and frequency, send of each track.
SETTINGS = (
    {"level_db": 2.0, "pan": 0.0, "highpass_hz": 40.0, "eq0.gain_db": 5.0, "send_db": -60.0},
    {"level_db": -4.0, "pan": -0.5, "highpass_hz": 250.0, "eq2.gain_db": -6.0, "send_db": -8.0},
    {"level_db": -1.0, "pan": 0.3, "width": 1.4, "eq5.gain_db": 4.0, "eq3.gain_db": 3.0, "send_db": -14.0},
)
MASTER = {"eq0.gain_db": -3.0, "eq4.gain_db": 2.5, "decay_s": 1.2, "low_cut_hz": 200.0}


def values(place: str, settings: dict[str, float]) -> np.ndarray:
    row = ends(place)[1].copy()
    for name, value in settings.items():
        row[index(place, name)] = on_scale(place, name, value)
    return row


def equalizer(settings: dict[str, float]) -> Equalizer:
    bands = [
        Band(kind, rest_hz, settings.get(f"eq{slot}.gain_db", 0.0), 1.0 if kind == "bell" else SHELF_Q)
        for slot, (kind, _, rest_hz, _) in enumerate(SLOTS)
    ]
    return Equalizer(True, tuple(bands))


def played() -> np.ndarray:
    """The same by the renderer's processors, on audio."""
    bus = Bus("reverb", BusKind.FX, reverb=Reverb(decay_s=1.2, low_cut_hz=200.0))
    total, fed = np.zeros((2, SAMPLES)), np.zeros((2, SAMPLES))
    heard = hear(
        [lambda s, n, a=a: a[:, s : s + n] for a in TRACKS], [len(a) for a in TRACKS], SAMPLES, RATE_HZ
    )
    for track, settings, gain_db in zip(TRACKS, SETTINGS, heard.gain_db, strict=True):
        strip = TrackStrip(
            "a",
            highpass=Highpass(True, settings.get("highpass_hz", 30.0)),
            equalizer=equalizer(settings),
        )
        out = StripProcessor(strip, RATE_HZ, len(track)).process(track.astype(np.float64))
        if len(track) == 1:
            out = out[:1] * np.sqrt(2.0)
        matrix = output_matrix(len(track), settings["pan"], settings.get("width", 1.0))
        out = matrix @ out * db_to_gain(settings["level_db"] + float(gain_db))
        total += out
        fed += out * db_to_gain(settings["send_db"])
    total += BusProcessor(bus, RATE_HZ).process(fed)
    return np.asarray(MasterProcessor(Master(equalizer=equalizer(MASTER)), RATE_HZ).process(total))


def predicted(console: EnergyConsole):  # type: ignore[no-untyped-def]
    heard = hear(
        [lambda s, n, a=a: a[:, s : s + n] for a in TRACKS], [len(a) for a in TRACKS], SAMPLES, RATE_HZ
    )
    tracks = torch.from_numpy(np.stack([values("tracks", s) for s in SETTINGS])).float()[None]
    return console(
        torch.from_numpy(heard.power)[None],
        torch.tensor([[0.0, 0.0, 1.0]]),
        torch.ones((1, 3)),
        tracks,
        torch.from_numpy(values("master", MASTER)).float()[None],
    )


def test_the_sound_of_a_mix_is_that_of_the_renderer(console: EnergyConsole) -> None:
    mix = played()
    sound, found = measure_sound(mix, RATE_HZ), predicted(console)
    # The lowest band is narrower than the transform resolves, the highest ones are where filters warp.
    assert found.mid_db[0].numpy()[1:] == pytest.approx(np.array(sound.mid_db)[1:], abs=0.6)
    assert found.side_db[0].numpy()[1:] == pytest.approx(np.array(sound.side_db)[1:], abs=0.8)
    assert float(found.width_db[0]) == pytest.approx(sound.width_db, abs=0.4)
    assert float(found.balance_db[0]) == pytest.approx(sound.balance_db, abs=0.3)
    assert float(found.offset_db[0]) == pytest.approx(-18.0 - sound.loudness_lufs, abs=0.3)


def test_shares_say_whose_a_band_is(console: EnergyConsole) -> None:
    shares = predicted(console).share_db[0].numpy()
    # 60 to 400 Hz is the first track's, what lies above 8 kHz the third's; a mono track in the middle has no side.
    assert shares[:, 1].argmax() == 0
    assert shares[:, 22].argmax() == 2
    assert shares[0, 24 + 8] == pytest.approx(-40.0)


@pytest.mark.parametrize("place", ["tracks", "master"])
def test_equalizers_are_the_cookbooks(console: EnergyConsole, place: str) -> None:
    settings = {"eq0.gain_db": 4.0, "eq1.gain_db": -5.0, "eq3.gain_db": 3.0, "eq5.gain_db": -2.0}
    rows = torch.from_numpy(values(place, settings)).float()[None]
    response = np.ones(len(PROBES_HZ))
    for slot, (kind, _, hz, _) in enumerate(SLOTS):
        gain_db = settings.get(f"eq{slot}.gain_db", 0.0)
        a, w = 10.0 ** (gain_db / 40.0), 2.0 * np.pi * hz / RATE_HZ
        alpha = np.sin(w) / (2.0 * (1.0 if kind == "bell" else SHELF_Q))
        cos, root = np.cos(w), 2.0 * np.sqrt(a) * alpha
        if kind == "bell":
            b, d = [1 + alpha * a, -2 * cos, 1 - alpha * a], [1 + alpha / a, -2 * cos, 1 - alpha / a]
        else:
            s = 1.0 if kind == "low_shelf" else -1.0
            b = [
                a * ((a + 1) - s * (a - 1) * cos + root),
                s * 2 * a * ((a - 1) - s * (a + 1) * cos),
                a * ((a + 1) - s * (a - 1) * cos - root),
            ]
            d = [
                (a + 1) + s * (a - 1) * cos + root,
                -s * 2 * ((a - 1) + s * (a + 1) * cos),
                (a + 1) + s * (a - 1) * cos - root,
            ]
        response = response * np.abs(signal.freqz(b, d, PROBES_HZ, fs=RATE_HZ)[1]) ** 2
    wanted = 10.0 * np.log10(band_power(10.0 * np.log10(response)))
    found = 10.0 * np.log10(console.equalizer_power(place, rows)[0].numpy())
    assert found == pytest.approx(wanted, abs=0.02)


def test_a_track_that_is_masked_changes_nothing(console: EnergyConsole) -> None:
    whole = predicted(console)
    power = torch.rand((1, 4, 3, 48))
    heard = hear(
        [lambda s, n, a=a: a[:, s : s + n] for a in TRACKS], [len(a) for a in TRACKS], SAMPLES, RATE_HZ
    )
    power[:, :3] = torch.from_numpy(heard.power)
    tracks = torch.from_numpy(np.stack([values("tracks", s) for s in (*SETTINGS, SETTINGS[0])])).float()[None]
    found = console(
        power,
        torch.tensor([[0.0, 0.0, 1.0, 1.0]]),
        torch.tensor([[1.0, 1.0, 1.0, 0.0]]),
        tracks,
        torch.from_numpy(values("master", MASTER)).float()[None],
    )
    for name in ("mid_db", "side_db", "width_db", "balance_db", "offset_db"):
        assert getattr(found, name) == pytest.approx(getattr(whole, name), abs=1e-4)
