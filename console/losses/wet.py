"""What an FX bus makes of energies: its impulse response counted in half critical bands."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from console.dsp.bus import BusProcessor
from console.losses.bands import BANDS, bin_edges
from console.mix import Bus, Compressor, Equalizer

Array = NDArray[np.float64]

_LONGEST_RESPONSE_S = 6.0


def wet_response(bus: Bus, sample_rate_hz: int) -> Array:
    """How an FX bus turns products of its inputs into products of its outputs, (BANDS, 3, 2, 2).

    Of the bands' mean products LL, RR and LR that come out, the share of each product (p, q) that goes in; from the
    impulse responses of the bus at 0 dB, its equalizer and compressor aside.
    """
    plain = replace(bus, equalizer=Equalizer(), compressor=Compressor(), fader_db=0.0)
    seconds = 0.5
    if bus.reverb:
        seconds += bus.reverb.decay_s + bus.reverb.predelay_ms / 1000.0
    if bus.delay:
        seconds += bus.delay.time_ms / 1000.0 * (2.0 + 4.0 * bus.delay.feedback)
    samples = fft.next_fast_len(round(min(seconds, _LONGEST_RESPONSE_S) * sample_rate_hz), real=True)
    spectra = []
    for side in range(2):
        impulse = np.zeros((2, samples))
        impulse[side, 0] = 1.0
        spectra.append(fft.rfft(BusProcessor(plain, sample_rate_hz).process(impulse), axis=-1))
    response = np.stack(spectra, axis=1)  # (output, input, bins)
    edges = bin_edges(sample_rate_hz, samples)
    out = np.zeros((BANDS, 3, 2, 2))
    for band in range(BANDS):
        part = response[:, :, edges[band] : edges[band + 1]]
        if part.shape[2]:
            for index, (a, c) in enumerate(((0, 0), (1, 1), (0, 1))):
                out[band, index] = (part[a] @ part[c].conj().T).real / part.shape[2]
    return out
