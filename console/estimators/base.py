"""What every estimator is: a session and its analysis in, a Mix with its reasons out."""

from collections.abc import Callable, Collection
from typing import Protocol

from console.analysis.values import SessionAnalysis
from console.errors import ParamError
from console.estimators.target import Target
from console.mix import Mix
from console.mix.blend import GROUPS
from console.progress import Progress, no_progress
from console.session import Session


class Estimator(Protocol):
    """Turns a session into a Mix. Same input, same seed, same Mix; what `start` has locked stays to the bit."""

    def __call__(
        self,
        session: Session,
        analysis: SessionAnalysis,
        target: Target,
        start: Mix,
        *,
        seed: int = 0,
        groups: Collection[str] = GROUPS,
        threads: int | None = None,
        progress: Progress = no_progress,
    ) -> Mix:
        """Set every strip.

        Args:
            session: the tracks, with their roles.
            analysis: what was measured of them.
            target: the style to aim at.
            start: the mix to depart from, with its locks.
            seed: of whatever chance the estimator uses.
            groups: of console.mix.blend.GROUPS: what the caller will take over; an estimator may leave the rest.
            threads: None means one per core.
            progress: told how far it is.
        """
        ...


_LOADERS: dict[str, Callable[[], Estimator]] = {}


def register(name: str, loader: Callable[[], Estimator]) -> None:
    """Make an estimator known; the loader imports what it needs only when it is asked for.

    Raises:
        ParamError: the name is taken.
    """
    if name in _LOADERS:
        raise ParamError(f"there already is an estimator {name!r}; give this one another name")
    _LOADERS[name] = loader


def estimator_names() -> tuple[str, ...]:
    """The names of all estimators."""
    return tuple(sorted(_LOADERS))


def load_estimator(name: str) -> Estimator:
    """An estimator by its name.

    Raises:
        ParamError: there is none of that name.
    """
    if name not in _LOADERS:
        raise ParamError(f"there is no estimator {name!r}; give one of {', '.join(estimator_names())}")
    return _LOADERS[name]()


def _load_rules() -> Estimator:
    from console.estimators.rules import estimate

    return estimate


def _load_match() -> Estimator:
    from console.estimators.match import estimate

    return estimate


register("rules", _load_rules)
register("match", _load_match)
