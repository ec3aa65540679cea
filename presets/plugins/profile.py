"""What is known of a plugin: its role, and which of its knobs are which parameters of the console."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any, TypeVar

from console.errors import ParamError
from console.frozen import FrozenMap
from console.mix.strip import BandType
from console.params import spec
from presets.plugins.laws import Knob

T = TypeVar("T")


class PluginRole(StrEnum):
    """What a plugin does on a strip; an equalizer may hold the filters too."""

    EQUALIZER = "equalizer"
    COMPRESSOR = "compressor"
    GATE = "gate"
    LIMITER = "limiter"
    REVERB = "reverb"
    DELAY = "delay"


class Status(StrEnum):
    """Where a profile comes from: measured on the plugin, or only from published lists of its parameters."""

    MEASURED = "measured"
    PUBLISHED = "published"


@dataclass(frozen=True, slots=True)
class Switch:
    """A plugin's parameter with positions: the console's word → the number, or the word, that is set."""

    key: str
    numbers: FrozenMap[float] = field(default_factory=FrozenMap)
    words: FrozenMap[str] = field(default_factory=FrozenMap)
    raw: bool = False

    def __post_init__(self) -> None:
        if bool(self.numbers) == bool(self.words):
            raise ParamError(f"the switch {self.key!r} has numbers and words, or neither; give one of them")

    def position(self, word: str) -> float | str | None:
        """What is set for a word, None where the plugin has no such position."""
        return self.words.get(word) if self.words else self.numbers.get(word)


@dataclass(frozen=True, slots=True)
class BandMap:
    """A band of an equalizer: the shapes that it can have, and its knobs. `enabled` has the words "on" and "off"."""

    types: tuple[BandType, ...]
    frequency_hz: Knob
    gain_db: Knob
    q: Knob | None = None
    type: Switch | None = None
    enabled: Switch | None = None

    def __post_init__(self) -> None:
        if not self.types or (len(self.types) > 1 and self.type is None):
            raise ParamError("a band has no types, or several and no switch between them; give both")


class CutKind(StrEnum):
    """The filters of a strip."""

    HIGHPASS = "highpass"
    LOWPASS = "lowpass"


@dataclass(frozen=True, slots=True)
class CutMap:
    """A filter: its kind, its knobs, and the slopes it has, in dB per octave ("12", "24" on the switch).

    off, off_raw: the number, or the position 0 … 1, of the frequency's knob at which the filter is out of the way.
    """

    kind: CutKind
    frequency_hz: Knob
    slopes: tuple[int, ...] = (12,)
    slope: Switch | None = None
    enabled: Switch | None = None
    off: float | None = None
    off_raw: float | None = None


@dataclass(frozen=True, slots=True)
class PluginProfile:
    """A plugin's profile.

    - `names`: what the plugin calls itself; `makers`, when given, narrow that down;
    - `versions`: those that were measured;
    - `law`: in words, what the plugin does where it differs from the console, or that it does not;
    - `error_db`: the worst difference from the console's law that was measured over the map's ranges: of the
      response for an equalizer, of the median gain for dynamics, of a third octave of the echoes for a delay; None
      where nobody measured;
    - `knobs`: by parameter of the console ("compressor.ratio");
    - `also`: by such a parameter, a second knob that has to go with the first, refined or not;
    - `held`: parameters that refinement leaves where the map has put them, beside those of `HELD`;
    - `assumes`: values that the plugin has built in, by parameter of the console (a knee of 0 dB);
    - `fixed`, `fixed_words`, `fixed_raw`: what is always set, in the plugin's numbers, words and positions 0 … 1.
    """

    name: str
    role: PluginRole
    status: Status
    names: tuple[str, ...]
    source: str
    law: str = ""
    makers: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()
    error_db: float | None = None
    knobs: FrozenMap[Knob] = field(default_factory=FrozenMap)
    also: FrozenMap[Knob] = field(default_factory=FrozenMap)
    held: tuple[str, ...] = ()
    assumes: FrozenMap[float] = field(default_factory=FrozenMap)
    fixed: FrozenMap[float] = field(default_factory=FrozenMap)
    fixed_words: FrozenMap[str] = field(default_factory=FrozenMap)
    fixed_raw: FrozenMap[float] = field(default_factory=FrozenMap)
    bands: tuple[BandMap, ...] = ()
    cuts: tuple[CutMap, ...] = ()

    def __post_init__(self) -> None:
        prefix = f"{self.role}."
        for name in (*self.knobs, *self.assumes):
            spec(name)
            if not name.startswith(prefix):
                raise ParamError(
                    f"{name!r} is no parameter of a {self.role}; give one that begins with {prefix!r}"
                )
        alone = next((name for name in self.also if name not in self.knobs), None)
        if alone:
            raise ParamError(f"also has {alone!r}, knobs has not; give the first knob there")
        strange = next((name for name in self.held if name not in self.knobs), None)
        if strange:
            raise ParamError(f"held has {strange!r}, knobs has not; name parameters that the profile maps")
        for name, value in self.assumes.items():
            spec(name).check(value, where=f"assumes.{name}")
        if (self.role is PluginRole.EQUALIZER) != bool(self.bands or self.cuts):
            raise ParamError("bands and cuts belong to an equalizer, which needs some; give them there only")
        if not self.names:
            raise ParamError("names is empty; give what the plugin calls itself")

    def fits(self, name: str, maker: str = "") -> bool:
        """Whether this is the profile of a plugin of that name and maker, whatever the case."""
        wanted = {item.casefold() for item in self.names}
        makers = {item.casefold() for item in self.makers}
        return name.casefold() in wanted and (not makers or not maker or maker.casefold() in makers)

    def renamed(self, keys: Mapping[str, str]) -> "PluginProfile":
        """The same with other keys for some of the plugin's parameters."""

        def name(key: str) -> str:
            return keys.get(key, key)

        def part(item: Knob | Switch) -> Any:
            return replace(item, key=name(item.key))

        def place(item: BandMap | CutMap) -> Any:
            parts = {field.name: getattr(item, field.name) for field in fields(item)}
            turned = {key: part(value) for key, value in parts.items() if isinstance(value, Knob | Switch)}
            return replace(item, **turned)

        def table(values: FrozenMap[T]) -> FrozenMap[T]:
            return FrozenMap({name(key): value for key, value in values.items()})

        return replace(
            self,
            knobs=FrozenMap({key: part(knob) for key, knob in self.knobs.items()}),
            also=FrozenMap({key: part(knob) for key, knob in self.also.items()}),
            fixed=table(self.fixed),
            fixed_words=table(self.fixed_words),
            fixed_raw=table(self.fixed_raw),
            bands=tuple(place(band) for band in self.bands),
            cuts=tuple(place(cut) for cut in self.cuts),
        )

    @property
    def all_knobs(self) -> tuple[Knob, ...]:
        """Every knob, those of bands and filters too."""
        found: list[Knob | None] = [*self.knobs.values(), *self.also.values()]
        for band in self.bands:
            found += [band.frequency_hz, band.gain_db, band.q]
        found += [cut.frequency_hz for cut in self.cuts]
        return tuple(knob for knob in found if knob is not None)

    @property
    def switches(self) -> tuple[Switch, ...]:
        """Every switch of bands and filters."""
        found = [switch for band in self.bands for switch in (band.type, band.enabled)]
        found += [switch for cut in self.cuts for switch in (cut.slope, cut.enabled)]
        return tuple(switch for switch in found if switch is not None)

    @property
    def keys(self) -> tuple[str, ...]:
        """The plugin's parameters that the profile may set, each once."""
        turned = [knob.key for knob in self.all_knobs] + [switch.key for switch in self.switches]
        return tuple(dict.fromkeys([*turned, *self.fixed, *self.fixed_words, *self.fixed_raw]))

    @property
    def words(self) -> tuple[tuple[str, str], ...]:
        """(key, word) of every word that the profile may set."""
        switched = [(switch.key, word) for switch in self.switches for word in switch.words.values()]
        return (*switched, *self.fixed_words.items())

    @property
    def numbers(self) -> tuple[tuple[str, float], ...]:
        """(key, number) of every number in the plugin's own units that the profile may set as it stands."""
        found = [
            (switch.key, number)
            for switch in self.switches
            if not switch.raw
            for number in switch.numbers.values()
        ]
        found += [(cut.frequency_hz.key, cut.off) for cut in self.cuts if cut.off is not None]
        return (*found, *self.fixed.items())


#: What is never refined, whatever the profile says: a ceiling is a promise about peaks, not a matter of likeness.
HELD: MappingProxyType[PluginRole, tuple[str, ...]] = MappingProxyType(
    {PluginRole.LIMITER: ("limiter.ceiling_dbtp",)}
)

#: Parameters of the console by role, in the order of the strip; an equalizer's come by band.
PARAMETERS: MappingProxyType[PluginRole, tuple[str, ...]] = MappingProxyType(
    {
        PluginRole.COMPRESSOR: (
            "compressor.threshold_db", "compressor.ratio", "compressor.attack_ms", "compressor.release_ms",
            "compressor.knee_db", "compressor.makeup_db",
        ),
        PluginRole.GATE: (
            "gate.threshold_db", "gate.range_db", "gate.ratio", "gate.attack_ms", "gate.hold_ms", "gate.release_ms",
        ),
        PluginRole.LIMITER: ("limiter.ceiling_dbtp", "limiter.release_ms"),
        PluginRole.REVERB: (
            "reverb.decay_s", "reverb.predelay_ms", "reverb.size", "reverb.damping", "reverb.low_cut_hz",
            "reverb.high_cut_hz",
        ),
        PluginRole.DELAY: ("delay.time_ms", "delay.feedback", "delay.low_cut_hz", "delay.high_cut_hz"),
    }
)  # fmt: skip
