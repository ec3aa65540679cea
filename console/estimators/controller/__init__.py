"""The estimator `controller`: a trained network sets every strip in one pass, and says how sure it is of each knob.

It hears windows from the whole song, behind a gain that brings each track to one loudness, so that neither levels nor
order nor number of tracks matter; it knows the roles where somebody does; it aims at the sound of a reference or of a
style. The network itself comes from outside, as arrays in and arrays out. NumPy alone.
"""

from console.estimators.controller.answer import confidence
from console.estimators.controller.estimate import make_controller
from console.estimators.controller.network import Network

__all__ = ["Network", "confidence", "make_controller"]
