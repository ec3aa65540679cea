"""The values that links speak in: controls, knobs, channels, and what a desk says by itself."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from bridge.live.parameters import Meaning, meaning
from console.errors import ParamError
from console.frozen import FrozenMap
from console.params import Scale

#: Two floats of a desk that differ by less than this share of their size are one number sent as float32.
_FLOAT32 = 2e-6


@dataclass(frozen=True, slots=True, order=True)
class Control:
    """One knob of a desk: the key of its channel (`Channel.key`) and the parameter's name."""

    channel: str
    parameter: str

    @property
    def meaning(self) -> Meaning:
        """What the parameter is."""
        return meaning(self.parameter)


@dataclass(frozen=True, slots=True)
class Knob:
    """What a desk can do with one parameter of a channel, in the console's unit.

    `low` … `high` is the desk's own range. A knob with few settings lists them in `choices`. One that is coarser than
    float32 gives its `resolution` in the unit (as a share of the value where the parameter moves by logarithm), or,
    where its steps are of unequal size, as a share of its travel with `position`, which maps a value to 0 … 1.
    """

    parameter: str
    low: float
    high: float
    resolution: float = 0.0
    choices: tuple[float, ...] = ()
    position: Callable[[float], float] | None = field(default=None, compare=False, repr=False)
    #: Whether the desk can be asked where the knob stands.
    readable: bool = True
    #: Whether the desk says by itself when the knob moves.
    told: bool = True

    def __post_init__(self) -> None:
        meaning(self.parameter)

    def nearest(self, value: float) -> float:
        """The value that the knob can take nearest to a wanted one (its resolution left aside)."""
        if self.choices:
            return min(self.choices, key=lambda choice: self.distance(choice, value))
        return min(max(value, self.low), self.high)

    def distance(self, one: float, other: float) -> float:
        """How far two values lie apart on the scale that the parameter moves on."""
        if self.position is not None:
            return abs(self.position(one) - self.position(other))
        if meaning(self.parameter).scale is Scale.LOG and one > 0.0 and other > 0.0:
            return abs(math.log(one / other))
        return abs(one - other)

    def agree(self, one: float, other: float) -> bool:
        """Whether two values are the same setting of this knob, as far as the desk can tell them apart."""
        if one == other:
            return True
        if not (math.isfinite(one) and math.isfinite(other)):
            return False
        size = 1.0 if self.position is not None else max(abs(one), abs(other), 1.0)
        return self.distance(one, other) <= max(self.resolution, _FLOAT32 * size)


def check_value(control: Control, knob: Knob | None, value: float) -> None:
    """Refuse what must not go to a desk.

    Raises:
        ParamError: no such knob, or a value that is not finite or outside its range.
    """
    where = f"{control.parameter} of channel {control.channel}"
    if knob is None:
        raise ParamError(f"{where} is no knob of this desk; ask its channels for what there is")
    if not math.isfinite(value) or not knob.low <= value <= knob.high:
        raise ParamError(
            f"{where} is {value:g}, outside the desk's range; give a value from {knob.low:g} to {knob.high:g} "
            f"{control.meaning.unit}".rstrip()
        )


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel of a desk: its key while the link stands, its name, and its knobs by parameter.

    `kind` is "track", "group", "fx" or "master". `sends` names the target of each send: `{"send.0": "Reverb"}`;
    `band_types` the types (indices of `BAND_TYPES`) that a band of the equalizer can be, by number, where it is not
    said by an `equalizer.N.type` knob.
    """

    key: str
    name: str
    kind: str = "track"
    knobs: FrozenMap[Knob] = field(default_factory=FrozenMap)
    sends: FrozenMap[str] = field(default_factory=FrozenMap)
    band_types: FrozenMap[int] = field(default_factory=FrozenMap)

    def control(self, parameter: str) -> Control:
        """The control of one of its parameters."""
        return Control(self.key, parameter)


@dataclass(frozen=True, slots=True)
class LinkTraits:
    """What a link can do, and how fast: its tick, the messages a second that its peer takes, and what comes back."""

    name: str
    #: The shortest time between two values of one control.
    tick_s: float
    #: What the peer takes without losing any.
    messages_per_s: float
    #: How long a written value may take until it can be read or comes back.
    settle_s: float = 0.2
    #: Whether the peer says back what we write. Where it does not, what it says is always somebody's hand.
    echoes: bool = True
    #: Whether the peer says where the transport stands.
    transport: bool = False
    #: Whether the peer keeps the keys of channels when tracks are moved.
    lasting_keys: bool = False
    #: What the engineer has to know about this link, one sentence each.
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Moved:
    """The desk says where a knob stands: an echo of ours, or somebody's hand."""

    control: Control
    value: float


@dataclass(frozen=True, slots=True)
class Touched:
    """Somebody's finger is on a knob (surfaces with touch only)."""

    control: Control
    down: bool = True


@dataclass(frozen=True, slots=True)
class Relisted:
    """Tracks were added, removed, renamed or reordered: what is known of the channels is void."""

    text: str


@dataclass(frozen=True, slots=True)
class Lost:
    """The peer does not answer any more."""

    text: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The peer said that it could not do something."""

    text: str


@dataclass(frozen=True, slots=True)
class Transport:
    """Where the song stands, in seconds, and whether it plays."""

    position_s: float
    playing: bool


Event = Moved | Touched | Relisted | Lost | Refused | Transport
