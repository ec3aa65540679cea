"""The controller on audio: songs through the differentiable console, for what energies cannot tell: crest and spread.

Method 1 and method 2 of Diff-MST (Vanka et al., ISMIR 2024) on this console: a console by chance in one half of a song
is the reference for the other half, or a master of another song is the reference and only the sound counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from console.analysis.values import BARK_BANDS
from console.dsp.differentiable.backends import console_by_name
from console.dsp.differentiable.layout import ConsoleLayout
from console.dsp.differentiable.parameters import ConsoleParameters, from_mix
from console.errors import MixbridgeError
from console.frozen import FrozenMap
from console.losses.features import features
from console.losses.levels import loudness_lufs
from console.losses.sound import LEVEL_S, LOUDNESS_LUFS, SPREAD_PERCENTILES, measure_sound
from console.mix import (
    Band,
    Bus,
    BusKind,
    Compressor,
    Equalizer,
    Highpass,
    Limiter,
    Master,
    Mix,
    Reverb,
    TrackStrip,
)
from console.models.controller.conditions import CONDITIONS, condition
from console.models.controller.dynamics import followed_db
from console.models.controller.hearing import Reader, hear
from console.models.controller.knobs import SHELF_Q, SLOTS, TABLES, index
from console.params import spec
from console.training.controller.consoles import ROLES, master_console, track_consoles
from console.training.controller.examples import Batch, Example, collate, offset_db, song_of
from console.training.material import TrainingSong

Float32 = NDArray[np.float32]

_KNEE_DB = 6.0
#: Windows that an excerpt is joined of, and how they are faded.
_WINDOW_S, _FADE_S = 2.0, 0.005
#: Of the loudest window's energy; a window with less has a hole.
_HOLE = 1e-2
_REVERB = "reverb"
#: The squashed values never reach a parameter's end; what the console may not have at all is clamped here.
_TINY = 1e-9


@dataclass(frozen=True)
class AudioSong:
    """One song with its audio: a batch of one, its stems behind their trims (tracks, 2, samples), its channels."""

    batch: Batch
    stems: Tensor
    channels: tuple[int, ...]
    sample_rate_hz: int


def draw_audio(
    songs: Sequence[TrainingSong],
    references: Float32,
    rng: np.random.Generator,
    *,
    seconds: float,
    most_tracks: int,
    candidates: int,
    halves: float,
) -> AudioSong | None:
    """A song's excerpt, by method 1 with the chance `halves`, else by method 2; None where nothing sounds.

    The excerpt is joined of windows from the whole song, as its levels vary over the song and not within a phrase. Of
    method 1 the reference is the first half through a console by chance; the windows are of the second half.
    """
    song = songs[int(rng.integers(len(songs)))]
    paired = rng.random() < halves or not len(references)
    half = song.samples // 2
    chosen = np.sort(rng.permutation(len(song.tracks))[:most_tracks])
    try:
        audio = _windows(song, chosen, half if paired else 0, song.samples, seconds, rng)
    except MixbridgeError:
        return None
    length = audio.shape[2]
    channels = [song.tracks[int(at)].channels for at in chosen]
    readers = [_reader(row[:count]) for row, count in zip(audio, channels, strict=True)]
    heard = hear(readers, channels, length, song.sample_rate_hz)
    keep = np.flatnonzero(heard.heard)
    if not len(keep):
        return None
    channels = [channels[int(at)] for at in keep]
    roles = np.zeros((len(keep), len(ROLES)), np.float32)
    for row, at in zip(roles, keep, strict=True):
        track = song.tracks[int(chosen[int(at)])]
        row[ROLES.index(track.role)] = track.role_confidence * (rng.random() < 0.8)
    example = song_of(heard, keep, roles)
    gains = (10.0 ** (heard.gain_db[keep].clip(-48.0, 48.0) / 20.0))[:, None, None].astype(np.float32)
    stems = torch.from_numpy(audio[keep] * gains)
    if paired:
        example.labels, example.counts = track_consoles(roles, example.stereo, example.levels, rng)
        example.master_labels, example.master_counts = master_console(rng)
        example.labelled = 1.0
        before = torch.from_numpy(_windows(song, chosen, 0, half, seconds, rng)[keep] * gains)
        made = _reference(example, before, channels, song.sample_rate_hz)
        if made is None:
            return None
        example.condition = made
    else:
        example.condition = references[int(rng.integers(len(references)))].copy()
    return AudioSong(collate([example], candidates), stems, tuple(channels), song.sample_rate_hz)


def _windows(
    song: TrainingSong,
    chosen: NDArray[np.int64],
    first: int,
    last: int,
    seconds: float,
    rng: np.random.Generator,
) -> Float32:
    """Windows by chance of what lies between two samples of a song, joined in their order, (tracks, 2, samples).

    Where hardly anything of the chosen tracks sounds another window is drawn, once: a master has no such holes.
    """
    length = min(round(_WINDOW_S * song.sample_rate_hz), last - first)
    count = max(1, round(min(seconds * song.sample_rate_hz, last - first) / length))

    def drawn(number: int) -> list[tuple[int, Float32]]:
        starts = rng.integers(first, last - length + 1, number)
        return [(int(start), song.read(int(start), length)[chosen]) for start in np.sort(starts)]

    windows = drawn(count)
    power = [float(np.square(audio).sum()) for _, audio in windows]
    heard = [pair for pair, one in zip(windows, power, strict=True) if one > _HOLE * max(power)]
    windows = sorted([*heard, *drawn(count - len(heard))], key=lambda pair: pair[0])
    ramp = np.minimum(np.arange(length) / (_FADE_S * song.sample_rate_hz), 1.0).astype(np.float32)
    return np.concatenate([audio * (ramp * ramp[::-1]) for _, audio in windows], axis=2)


def _reader(audio: Float32) -> Reader:
    return lambda start, samples: audio[:, start : start + samples]


def _reference(example: Example, stems: Tensor, channels: list[int], sample_rate_hz: int) -> Float32 | None:
    """The sound of the console that was drawn, over the first half, its faders at the mix's loudness."""
    tracks = torch.from_numpy(example.labels).clone()
    master = torch.from_numpy(example.master_labels)
    levels = torch.from_numpy(example.levels)
    tracks[:, index("tracks", "level_db")] += offset_db(example)
    with torch.no_grad():
        mix = render(stems, tuple(channels), tracks, master, levels, sample_rate_hz)
    try:
        return condition(measure_sound(mix.numpy(), sample_rate_hz))
    except MixbridgeError:
        return None


def render(
    stems: Tensor,
    channels: tuple[int, ...],
    tracks: Tensor,
    master: Tensor,
    levels_db: Tensor,
    sample_rate_hz: int,
    *,
    backend: str = "fast",
) -> Tensor:
    """Stems behind their trims through the console at an answer's values, (2, samples), with gradients.

    Args:
        stems: (tracks, 2, samples).
        channels: of each track.
        tracks: values on the knobs' scales, (tracks, knobs).
        master: those of the master, (knobs,).
        levels_db: of a Hearing, (tracks, 4).
        sample_rate_hz: the rate.
        backend: of console.dsp.differentiable.backends; "dasp" takes mono tracks, and leaves out what it has not.
    """
    mix = _template(len(stems), sample_rate_hz)
    console = console_by_name(backend, ConsoleLayout(mix, channels))
    return console.render(stems, _parameters(from_mix(mix), tracks, master, levels_db))


def _template(tracks: int, sample_rate_hz: int) -> Mix:
    equalizer = Equalizer(True, tuple(Band(kind, rest_hz) for kind, _, rest_hz, _ in SLOTS))
    compressor = Compressor(True, knee_db=_KNEE_DB)
    strips = tuple(
        TrackStrip(
            f"track {number}",
            highpass=Highpass(True),
            equalizer=equalizer,
            compressor=compressor,
            sends=FrozenMap({_REVERB: -30.0}),
        )
        for number in range(tracks)
    )
    bus = Bus(_REVERB, BusKind.FX, reverb=Reverb())
    master = Master(equalizer=equalizer, compressor=compressor, limiter=Limiter(True))
    return Mix(sample_rate_hz, strips, (bus,), master)


def _parameters(
    base: ConsoleParameters, tracks: Tensor, master: Tensor, levels_db: Tensor
) -> ConsoleParameters:
    values: dict[str, Tensor] = {
        "tracks.strip.fader_db": tracks[:, index("tracks", "level_db")],
        "tracks.strip.pan": tracks[:, index("tracks", "pan")],
        "tracks.strip.width": tracks[:, index("tracks", "width")],
        "tracks.strip.send_db": tracks[:, index("tracks", "send_db")].unsqueeze(1),
        "tracks.highpass.frequency_hz": 2.0 ** tracks[:, index("tracks", "highpass_hz")],
        # The response is measured, not differentiated, by decay: the energies teach that knob.
        "effects.reverb.decay_s": 2.0 ** master[index("master", "decay_s")].detach().reshape(1),
        "effects.reverb.low_cut_hz": 2.0 ** master[index("master", "low_cut_hz")].reshape(1),
        "master.limiter.ceiling_dbtp": (LOUDNESS_LUFS + master[index("master", "headroom_db")])
        .clamp(spec("limiter.ceiling_dbtp").low, 0.0)
        .reshape(1),
    }
    for place, table in (("tracks", tracks), ("master", master.unsqueeze(0))):
        values |= _equalizer(place, table) | _compressor(place, table)
    attack, release = (tracks[:, index("tracks", name)] for name in ("attack_ms", "release_ms"))
    reduction = static_gain_db(
        followed_db(levels_db[:, 2], levels_db[:, 3], attack, release),
        values["tracks.compressor.threshold_db"],
        values["tracks.compressor.ratio"],
    )
    values["tracks.compressor.makeup_db"] = -reduction
    return base.with_values(values)


def _equalizer(place: str, table: Tensor) -> dict[str, Tensor]:
    names = {knob.name for knob in TABLES[place]}
    gain = torch.stack([table[:, index(place, f"eq{slot}.gain_db")] for slot in range(len(SLOTS))], dim=1)
    octave = torch.stack(
        [table[:, index(place, f"eq{slot}.frequency_hz")] for slot in range(len(SLOTS))], dim=1
    )
    q = torch.stack(
        [
            2.0 ** table[:, index(place, f"eq{slot}.q")]
            if f"eq{slot}.q" in names
            else torch.full_like(table[:, 0], SHELF_Q)
            for slot in range(len(SLOTS))
        ],
        dim=1,
    )
    return {
        f"{place}.equalizer.gain_db": gain,
        f"{place}.equalizer.frequency_hz": 2.0**octave,
        f"{place}.equalizer.q": q,
    }


def _compressor(place: str, table: Tensor) -> dict[str, Tensor]:
    return {
        f"{place}.compressor.threshold_db": table[:, index(place, "threshold_db")],
        **{
            f"{place}.compressor.{name}": 2.0 ** table[:, index(place, name)]
            for name in ("ratio", "attack_ms", "release_ms")
        },
    }


def static_gain_db(
    level_db: Tensor, threshold_db: Tensor, ratio: Tensor, knee_db: float = _KNEE_DB
) -> Tensor:
    """What a compressor with a soft knee takes off a steady level, at most 0 dB, without make-up."""
    over = level_db - threshold_db
    inside = torch.clamp(over + knee_db / 2.0, 0.0, knee_db) ** 2 / (2.0 * knee_db)
    return (1.0 / ratio - 1.0) * torch.where(over > knee_db / 2.0, over, inside)


def audio_terms(mix: Tensor, wanted: Tensor, sample_rate_hz: int) -> dict[str, Tensor]:
    """How far a mix is from a condition (CONDITIONS,), in dB: all six terms of console.losses.sound.

    Crest and spread are 0 where the condition does not tell them.
    """
    # With its gradient: what makes the whole mix softer is to change no term.
    gain_db = (LOUDNESS_LUFS - loudness_lufs(mix, sample_rate_hz)).to(mix.dtype)
    level = mix * 10.0 ** (gain_db / 20.0)
    found = features(level, sample_rate_hz)
    told = wanted[CONDITIONS - 1]
    bark = BARK_BANDS
    # Features have M = (L + R) / 2; the sound has it over the root of two.
    to_sound = 10.0 * np.log10(2.0)
    mid, side = 10.0 * found.mid + to_sound, 10.0 * found.side + to_sound
    frame = round(LEVEL_S * sample_rate_hz)
    whole = level.shape[1] // frame * frame
    power = (level[:, :whole] ** 2).mean(dim=0).reshape(-1, frame).mean(dim=1)
    levels = 10.0 * torch.log10(power + 1e-10)
    low, high = (torch.quantile(levels, share / 100.0) for share in SPREAD_PERCENTILES)
    return {
        "crest": (found.crest - wanted[2 * bark + 2]).abs() * told,
        "width": (10.0 * torch.log10(found.width + _TINY) - wanted[2 * bark]).abs(),
        "balance": (_ratio_db(level) - wanted[2 * bark + 1]).abs(),
        "mid": (mid - wanted[:bark]).abs().mean(),
        "side": (torch.clamp(side, min=-77.0) - wanted[bark : 2 * bark]).abs().mean(),
        "spread": (high - low - wanted[2 * bark + 3]).abs() * told,
    }


def _ratio_db(audio: Tensor) -> Tensor:
    left, right = (audio**2).mean(dim=1)
    return 10.0 * torch.log10((right + _TINY) / (left + _TINY))
