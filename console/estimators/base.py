"""What every estimator is: a session and its analysis in, a Mix with its reasons out."""

from collections.abc import Callable, Collection, Sequence
from typing import Protocol

from console.analysis.values import SessionAnalysis
from console.codec import did_you_mean
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
    """An estimator by its name, or a chain, `rules+match`: each starts from the mix of the one before it.

    Raises:
        ParamError: there is none of that name.
    """
    return chained([_LOADERS[part]() for part in chain_of(name)])


def chain_of(name: str) -> tuple[str, ...]:
    """The names in a chain.

    Raises:
        ParamError: there is none of that name.
    """
    parts = tuple(part.strip() for part in name.split("+"))
    for part in parts:
        if part not in _LOADERS:
            known = list(estimator_names())
            raise ParamError(
                f"there is no estimator {part!r} among {', '.join(known)}{did_you_mean(part, known)}"
            )
    return parts


def chained(estimators: Sequence[Estimator]) -> Estimator:
    """Estimators as one, each of which starts from the mix of the one before it."""
    if len(estimators) == 1:
        return estimators[0]

    def estimate(
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
        mix = start
        for estimator in estimators:
            mix = estimator(
                session, analysis, target, mix, seed=seed, groups=groups, threads=threads, progress=progress
            )
        return mix

    return estimate


def _load_rules() -> Estimator:
    from console.estimators.rules import estimate

    return estimate


def _load_match() -> Estimator:
    from console.estimators.match import estimate

    return estimate


register("rules", _load_rules)
register("match", _load_match)
