"""High-pass by each track's own spectrum: below where its sound begins there is only what blurs the mix."""

import numpy as np

from console.dsp.chain import cut_sections
from console.estimators.rules.parts import Part
from console.mix import Highpass, Lowpass
from console.params import PARAMS

#: How far below its strongest region a track's sound still counts as its body, in dB per 1/6 octave.
_BODY_DB = 15.0
#: The corner lies this far below the body.
_MARGIN = 0.72
#: What lies below the corner and is this close to the body is rumble, and calls for the steep slope.
_RUMBLE_DB = 24.0
#: A DC offset worth a word, as a share of full scale.
DC_OFFSET = 1e-3


def set_highpass(part: Part) -> None:
    """Set the high-pass of one track, if its role has any use for one."""
    if part.is_locked("highpass"):
        return
    low_hz, high_hz = part.profile.highpass_hz
    hz, level = part.analysis.spectrum_hz.astype(np.float64), part.analysis.spectrum_db.astype(np.float64)
    region = hz >= part.profile.body_hz
    strongest = float(level[region].max(initial=-200.0))
    if strongest <= -150.0:
        return
    inside = np.flatnonzero(region & (level > strongest - _BODY_DB))
    body_hz = float(hz[inside[0]])
    corner_hz = PARAMS["highpass.frequency_hz"].quantise(min(max(_MARGIN * body_hz, low_hz), high_hz))
    below = level[hz < 0.5 * corner_hz]
    rumble_db = float(below.max(initial=-200.0)) - strongest
    slope = 24 if rumble_db > -_RUMBLE_DB else 12
    offset = max((abs(value) for value in part.analysis.dc_offset), default=0.0)
    figures = {"body_hz": body_hz, "below_db": rumble_db, "dc_offset": offset}
    text = f"Its sound begins at {body_hz:.0f} Hz; "
    if slope == 24 and rumble_db > 0.0:
        text += f"rumble or bleed below {corner_hz:.0f} Hz is even stronger, hence 24 dB/octave."
    elif slope == 24:
        text += (
            f"an octave below {corner_hz:.0f} Hz there still is rumble or bleed {-rumble_db:.0f} dB under it, "
            "hence 24 dB/octave."
        )
    else:
        text += f"nothing that belongs to it lies below {corner_hz:.0f} Hz."
    if offset >= DC_OFFSET:
        text += f" The filter takes out a DC offset of {100.0 * offset:.2f} % of full scale, too."
    settings = Highpass(True, corner_hz, slope)
    part.set("highpass.frequency_hz", text, figures, highpass=settings)
    part.filter_by(cut_sections(settings, Lowpass(), part.analysis.sample_rate_hz))
