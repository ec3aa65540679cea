"""Several mixes of one session, where whoever decides has several answers: a whole output folder for each."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from bridge.jobs.layout import layout_of
from bridge.jobs.mixing import mix_session
from bridge.jobs.output import refuse_existing, refuse_sources
from bridge.jobs.request import MixOutcome, MixRequest
from bridge.sessions import exporter_of
from console.mix import Mix, diff
from console.progress import Progress, no_progress

#: The folder of a candidate in the output, by its number from 1 on.
FOLDER = "candidate-{number}"


@dataclass(frozen=True, slots=True)
class Apart:
    """How far two mixes are from each other.

    `parameters` differ; over the tracks, faders differ by `fader_db` and pans by `pan` on average.
    """

    parameters: int
    fader_db: float
    pan: float


def how_far(first: Mix, second: Mix) -> Apart:
    """How far a mix is from another one of the same session."""
    pairs = [(strip, second.track(strip.id)) for strip in first.tracks if not strip.muted]
    count = max(len(pairs), 1)
    return Apart(
        len(diff(first, second)),
        sum(abs(one.fader_db - other.fader_db) for one, other in pairs) / count,
        sum(abs(one.pan - other.pan) for one, other in pairs) / count,
    )


def candidate_requests(request: MixRequest, count: int) -> tuple[MixRequest, ...]:
    """One request a candidate, each with its own folder in the output; of one alone, the request as it is."""
    if count == 1:
        return (request,)
    as_file = exporter_of(request.output) is not None
    requests = []
    for number in range(count):
        name = FOLDER.format(number=number + 1)
        place = request.output.parent / name / request.output.name if as_file else request.output / name
        requests.append(replace(request, candidate=number, output=place))
    return tuple(requests)


def mix_candidates(
    requests: tuple[MixRequest, ...], progress: Progress = no_progress
) -> Iterator[MixOutcome]:
    """Do the whole job for each; see `mix_session`. What is in the way of any is found out before the first."""
    for request in requests:
        layout = layout_of(request)
        refuse_sources(layout.root, layout.goals, request.inputs, request.session)
        refuse_existing(layout.root, layout.goals, force=request.force)
    for request in requests:
        yield mix_session(request, progress)
