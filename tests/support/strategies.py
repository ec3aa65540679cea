"""Hypothesis strategies for the values of the console: knobs, strips, buses and whole mixes."""

from typing import Any

from hypothesis import strategies as st

from console.frozen import FrozenMap
from console.mix import (
    Automation,
    Band,
    BandType,
    Bus,
    BusKind,
    Compressor,
    Delay,
    Equalizer,
    Gate,
    Highpass,
    Input,
    Limiter,
    Lowpass,
    Master,
    Mix,
    Reason,
    Reverb,
    TrackStrip,
)
from console.params import PARAMS, SLOPES_DB_PER_OCTAVE, ParamSpec
from console.session import Role

#: Names as file systems hold them: any script, quotes, newlines, and the halves of characters (U+DC80 …)
#: by which Python stands in for bytes that are not UTF-8.
names = st.text(
    st.one_of(
        st.characters(exclude_categories=("Cs",)),
        st.characters(min_codepoint=0xDC80, max_codepoint=0xDCFF, categories=("Cs",)),
    ),
    min_size=1,
    max_size=12,
).filter(lambda name: name != "master")

params = st.sampled_from(list(PARAMS.values()))


def knobs(name: str) -> st.SearchStrategy[float]:
    """Any value that the parameter `name` may hold."""
    return within(PARAMS[name])


def within(row: ParamSpec) -> st.SearchStrategy[float]:
    """Any value that a parameter may hold, its ends and default among them."""
    return st.one_of(st.sampled_from((row.low, row.high, row.default)), st.floats(row.low, row.high))


def _module(cls: type[Any], prefix: str, **others: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A module whose knobs are the rows `prefix.*` of the table."""
    rows = {name.split(".")[1]: knobs(name) for name in PARAMS if name.startswith(f"{prefix}.")}
    return st.builds(cls, **rows, **others)


_slopes = st.sampled_from(SLOPES_DB_PER_OCTAVE)
highpasses = _module(Highpass, "highpass", enabled=st.booleans(), slope_db_per_octave=_slopes)
lowpasses = _module(Lowpass, "lowpass", enabled=st.booleans(), slope_db_per_octave=_slopes)
inputs = _module(Input, "input", invert_polarity=st.booleans())
gates = _module(Gate, "gate", enabled=st.booleans())
compressors = _module(Compressor, "compressor", enabled=st.booleans())
limiters = _module(Limiter, "limiter", enabled=st.booleans())
reverbs = _module(Reverb, "reverb")
delays = _module(Delay, "delay", ping_pong=st.booleans())


def bands(kind: BandType) -> st.SearchStrategy[Band]:
    """A band of one shape."""
    return _module(Band, "equalizer", type=st.just(kind))


@st.composite
def equalizers(draw: st.DrawFn) -> Equalizer:
    """An equalizer with any permitted set of bands, in any order."""
    drawn = [
        *draw(st.lists(bands(BandType.LOW_SHELF), max_size=1)),
        *draw(st.lists(bands(BandType.BELL), max_size=4)),
        *draw(st.lists(bands(BandType.HIGH_SHELF), max_size=1)),
    ]
    return Equalizer(draw(st.booleans()), tuple(draw(st.permutations(drawn))))


@st.composite
def automations(draw: st.DrawFn) -> Automation:
    """Break points in rising order."""
    times = sorted(draw(st.sets(st.floats(0.0, 3600.0), max_size=4)))
    return Automation(tuple((time_s, draw(knobs("strip.fader_db"))) for time_s in times))


reasons = st.builds(
    Reason,
    parameter=st.sampled_from(("fader_db", "equalizer.bands.0", "compressor")),
    text=names,
    figures=st.dictionaries(names, st.floats(allow_nan=False, allow_infinity=False), max_size=2).map(
        FrozenMap
    ),
)
_reason_lists = st.lists(reasons, max_size=2).map(tuple)


@st.composite
def strips(draw: st.DrawFn, track_id: str, groups: tuple[str, ...], fx: tuple[str, ...]) -> TrackStrip:
    """A track that goes to one of the groups and sends to some of the FX buses."""
    level = knobs("strip.send_db")
    return TrackStrip(
        track_id,
        files=tuple(draw(st.lists(names, max_size=2))),
        role=draw(st.sampled_from(Role)),
        role_confidence=draw(st.floats(0.0, 1.0)),
        locked=tuple(
            draw(st.sets(st.sampled_from(("pan", "equalizer", "compressor.ratio", "all")), max_size=2))
        ),
        muted=draw(st.booleans()),
        input=draw(inputs),
        highpass=draw(highpasses),
        lowpass=draw(lowpasses),
        gate=draw(gates),
        equalizer=draw(equalizers()),
        compressor=draw(compressors),
        width=draw(knobs("strip.width")),
        pan=draw(knobs("strip.pan")),
        fader_db=draw(knobs("strip.fader_db")),
        sends=FrozenMap(draw(st.dictionaries(st.sampled_from(fx), level)) if fx else {}),
        output=draw(st.sampled_from(("master", *groups))),
        automation=draw(automations()),
        reasons=draw(_reason_lists),
    )


@st.composite
def buses(draw: st.DrawFn, bus_id: str, kind: BusKind) -> Bus:
    """A bus of one kind."""
    effect = draw(st.one_of(reverbs, delays)) if kind is BusKind.FX else None
    return Bus(
        bus_id,
        kind,
        reverb=effect if isinstance(effect, Reverb) else None,
        delay=effect if isinstance(effect, Delay) else None,
        equalizer=draw(equalizers()),
        compressor=draw(compressors),
        fader_db=draw(knobs("strip.fader_db")),
        reasons=draw(_reason_lists),
    )


@st.composite
def mixes(
    draw: st.DrawFn,
    *,
    track_ids: tuple[str, ...] | None = None,
    group_ids: tuple[str, ...] | None = None,
    fx_ids: tuple[str, ...] | None = None,
) -> Mix:
    """Any mix; with ids given, one of just these tracks and buses, so that two drawn mixes match."""

    def ids(given: tuple[str, ...] | None, most: int, taken: tuple[str, ...] = ()) -> tuple[str, ...]:
        if given is not None:
            return given
        fresh = names.filter(lambda name: name not in taken)
        return tuple(draw(st.lists(fresh, max_size=most, unique=True)))

    groups = ids(group_ids, 2)
    fx = ids(fx_ids, 2, groups)
    return Mix(
        sample_rate_hz=draw(st.sampled_from((8_000, 44_100, 48_000, 192_000))),
        tracks=tuple(draw(strips(name, groups, fx)) for name in ids(track_ids, 3)),
        buses=(
            *(draw(buses(name, BusKind.GROUP)) for name in groups),
            *(draw(buses(name, BusKind.FX)) for name in fx),
        ),
        master=Master(
            equalizer=draw(equalizers()),
            compressor=draw(compressors),
            limiter=draw(limiters),
            fader_db=draw(knobs("strip.fader_db")),
            reasons=draw(_reason_lists),
        ),
        estimator=draw(st.sampled_from(("none", "rules"))),
        seed=draw(st.integers(0, 2**63)),
        tool="mixbridge 0.1.0",
        inputs=draw(st.text("0123456789abcdef", max_size=8)),
    )
