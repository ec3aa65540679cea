"""Play a part through a General MIDI soundfont with FluidSynth: dry, one part at a time."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import mido
import numpy as np
from numpy.typing import NDArray

from composition.audio import SAMPLE_RATE_HZ
from composition.score import Part

TICKS_PER_BEAT = 960
DRUM_CHANNEL = 9


def _midi_file(part: Part, tempo_bpm: float, duration_s: float) -> mido.MidiFile:
    channel = DRUM_CHANNEL if part.drums else 0
    events: list[tuple[int, int, mido.Message]] = []
    for note in part.notes:
        start = round(note.beat * TICKS_PER_BEAT)
        stop = max(start + 1, round((note.beat + note.length_beats) * TICKS_PER_BEAT))
        on = mido.Message("note_on", channel=channel, note=note.pitch, velocity=note.velocity)
        off = mido.Message("note_off", channel=channel, note=note.pitch)
        events += [(start, 1, on), (stop, 0, off)]
    events.sort(key=lambda event: event[:2])  # at one tick, notes end before notes begin
    track = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(tempo_bpm))])
    track.append(mido.Message("program_change", channel=channel, program=part.program))
    now = 0
    for tick, _, message in events:
        track.append(message.copy(time=tick - now))
        now = tick
    end = round((duration_s + 1.0) * tempo_bpm / 60.0 * TICKS_PER_BEAT)
    track.append(mido.MetaMessage("end_of_track", time=max(0, end - now)))
    return mido.MidiFile(type=0, ticks_per_beat=TICKS_PER_BEAT, tracks=[track])


def play(part: Part, soundfont: Path, tempo_bpm: float, duration_s: float) -> NDArray[np.float64]:
    """Render one part without reverb or chorus; float64 (2, samples) at 48 kHz.

    Raises RuntimeError, with FluidSynth's own words, when it does not render.
    """
    with tempfile.TemporaryDirectory() as folder:
        midi, raw = Path(folder, "part.mid"), Path(folder, "part.raw")
        _midi_file(part, tempo_bpm, duration_s).save(midi)
        command = ["fluidsynth", "-ni", "-q", "-R", "0", "-C", "0", "-g", "0.5", "-r", str(SAMPLE_RATE_HZ)]
        command += ["-o", "synth.dynamic-sample-loading=1", "-O", "float", "-T", "raw", "-E", "little"]
        command += ["-F", str(raw), str(soundfont), str(midi)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0 or not raw.is_file():
            raise RuntimeError(f"fluidsynth ended with code {done.returncode}: {done.stderr.strip()}")
        audio = np.fromfile(raw, dtype="<f4").astype(np.float64).reshape(-1, 2).T
    samples = round(duration_s * SAMPLE_RATE_HZ)
    out = np.zeros((2, samples))
    length = min(samples, audio.shape[1])
    out[:, :length] = audio[:, :length]
    return out
