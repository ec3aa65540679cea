"""The estimator `recover`: the strips that best explain a finished mix, from its stems.

Robust steps first, fine ones after: alignment; gains, pans and filters by regression in narrow bands; sends;
compressors by trial on the waveform; a damped Gauss–Newton descent over all knobs at once; fader moves; and, where the
waveform cannot be met, a descent on spectra through the differentiable console. PyTorch is imported only when it runs.
"""

from console.estimators.recover.estimate import recover
from console.estimators.recover.values import Alignment, RecoverSettings, Recovery, Residual, Step

__all__ = ["Alignment", "RecoverSettings", "Recovery", "Residual", "Step", "recover"]
