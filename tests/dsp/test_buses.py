"""Group buses and the master: equalizer, compressor, fader, transparency and exactness in blocks."""

import numpy as np
import pytest
from scipy import signal

from console.dsp.bus import BusProcessor, MasterProcessor
from console.dsp.design import design_bell
from console.dsp.dynamics import CompressorProcessor
from console.errors import RenderError
from console.mix import Band, Bus, Compressor, Delay, Equalizer, Master, Reverb

EQUALIZER = Equalizer(True, (Band("bell", 300.0, 3.0, 0.8),))
COMPRESSOR = Compressor(True, -20.0, 2.0, 30.0, 200.0, 6.0, 1.0)


def noise(samples):
    return np.random.default_rng(0).uniform(-0.5, 0.5, (2, samples))


def run(processor, audio, size):
    return np.concatenate(
        [processor.process(audio[:, i : i + size]) for i in range(0, audio.shape[1], size)], axis=1
    )


@pytest.mark.parametrize("rate", [44100, 96000])
def test_group_and_master_are_equalizer_then_compressor(rate):
    audio = noise(20000)
    expected = signal.sosfilt(design_bell(300, 3, 0.8, rate)[None], audio)
    CompressorProcessor(COMPRESSOR, rate).process(expected)
    master = MasterProcessor(Master(equalizer=EQUALIZER, compressor=COMPRESSOR, fader_db=-2.0), rate)
    np.testing.assert_allclose(run(master, audio, 4096), expected, atol=1e-9)
    assert master.fader_gain == pytest.approx(10 ** (-2 / 20))
    assert master.compressor_gain_db().min() < -1
    group = BusProcessor(Bus("drums", equalizer=EQUALIZER, compressor=COMPRESSOR, fader_db=-3.0), rate)
    np.testing.assert_allclose(run(group, audio, 4096), expected * 10 ** (-3 / 20), atol=1e-9)


def test_neutral_group_and_master_change_no_bit():
    audio = noise(10000)
    np.testing.assert_array_equal(run(BusProcessor(Bus("drums"), 48000), audio, 3000), audio)
    np.testing.assert_array_equal(run(MasterProcessor(Master(), 48000), audio, 3000), audio)


BUSES = {
    "group": Bus("g", equalizer=EQUALIZER, compressor=COMPRESSOR, fader_db=-3.0),
    "reverb": Bus("r", "fx", reverb=Reverb(0.5, 3.3, 0.2, 0.4, 180.0, 9000.0), equalizer=EQUALIZER),
    "delay": Bus("d", "fx", delay=Delay(11.0, 0.6, 200.0, 6000.0, True), fader_db=-1.0),
    "tiny": Bus("d", "fx", delay=Delay(1.0, 0.95, 200.0, 6000.0)),
}


@pytest.mark.parametrize("name", sorted(BUSES))
@pytest.mark.parametrize("size", [1, 7, 512, 65536])
@pytest.mark.parametrize("rate", [8000, 48000])
def test_buses_give_the_same_bits_in_any_block_size(name, size, rate):
    audio = noise(3000 if size == 1 else 20000)
    whole = BusProcessor(BUSES[name], rate).process(audio)
    assert whole.any()
    np.testing.assert_array_equal(run(BusProcessor(BUSES[name], rate), audio, size), whole)


def test_bad_audio_is_refused():
    with pytest.raises(RenderError, match="bus 'drums' got audio of shape"):
        BusProcessor(Bus("drums"), 48000).process(np.zeros((1, 10)))
    with pytest.raises(RenderError, match="the master: sample 3 of channel 1 is nan"):
        MasterProcessor(Master(), 48000).process(np.where(np.arange(10) == 3, np.nan, np.zeros((2, 10))))
