"""The estimator `match`: a mix in the sound of a reference, by gradient descent on the console's own parameters.

From the mix of the rules (or any other) it descends in three turns that alternate: through the energies of all
tracks in half critical bands, over the whole song (levels, equalizers, pans, widths, sends); through the exact master
dynamics (crest, spread); and, between them, by playing the mix on the real processors, which corrects the model and
tells what was truly gained. PyTorch is imported only when it runs.
"""

from console.estimators.match.estimate import estimate, match
from console.estimators.match.result import Match

__all__ = ["Match", "estimate", "match"]
