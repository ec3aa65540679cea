"""The estimators that commands can name: those of the console, and the controller with its weights; chains of them."""

from bridge.networks import OnnxNetwork
from console.errors import ParamError
from console.estimators.base import Estimator, chain_of, chained, estimator_names, load_estimator, register
from presets.profiles import load_profile
from presets.weights import find_weights, weight_names

CONTROLLER = "controller"
#: The style that the controller aims at where no reference is given.
STYLE = "broad"

__all__ = ["CONTROLLER", "STYLE", "estimator_names", "find_estimator", "has_weights"]


def find_estimator(name: str, *, candidate: int = 0) -> Estimator:
    """An estimator by its name, or a chain of several, `controller+match`.

    Args:
        name: one of `estimator_names()`, or several joined by +; each starts from the mix of the one before it.
        candidate: which of the controller's answers, from 0 on.

    Raises:
        ParamError: there is none of that name; a candidate is asked for that nobody gives; the controller's weights are
            missing or damaged.
    """
    parts = chain_of(name)
    if candidate and CONTROLLER not in parts:
        raise ParamError(
            f"{name!r} has one answer, and candidate {candidate + 1} is asked for; give --estimator {CONTROLLER}, or "
            "one candidate"
        )
    return chained([_controller(candidate) if part == CONTROLLER else load_estimator(part) for part in parts])


def has_weights() -> bool:
    """Whether the controller's weights are there."""
    return CONTROLLER in weight_names()


def _controller(candidate: int = 0) -> Estimator:
    from console.estimators.controller import make_controller

    return make_controller(_network(), style=load_profile(STYLE).sound, candidate=candidate)


#: The networks that were opened, by the hash of their weights.
_OPEN: dict[str, OnnxNetwork] = {}


def _network() -> OnnxNetwork:
    weights = find_weights(CONTROLLER)
    if weights.card.objective != CONTROLLER:
        raise ParamError(
            f"the weights {CONTROLLER!r} were trained for {weights.card.objective!r}; export a run of {CONTROLLER!r} "
            "under that name"
        )
    if weights.card.sha256 not in _OPEN:
        _OPEN[weights.card.sha256] = OnnxNetwork(weights)
    return _OPEN[weights.card.sha256]


register(CONTROLLER, _controller)
