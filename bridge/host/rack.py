"""Lays out the chain of every strip of a mix: what the console does itself, and what plugins do for it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from bridge.host.catalogue import Catalogue
from bridge.host.chainfile import ChainFile, PluginUse, Slots
from bridge.host.probing import Probe
from bridge.host.values import PluginFacts, PluginRef, Setting
from console.codec import did_you_mean
from console.dsp.inserts import InsertModule
from console.errors import ParamError, PluginError
from console.mix import Bus, Equalizer, Highpass, Lowpass, Master, Mix, TrackStrip
from presets.plugins import PLUGIN_PROFILES, profile_for
from presets.plugins.mapping import Deviation, Mapped, Tone, map_processor, map_tone
from presets.plugins.profile import PluginProfile, PluginRole

#: The word for the console's own module, where a wider entry names a plugin.
OWN = "console"

#: The modules of each kind of strip, in the console's order.
MODULES: MappingProxyType[type, tuple[str, ...]] = MappingProxyType(
    {
        TrackStrip: ("highpass", "lowpass", "gate", "equalizer", "compressor"),
        Bus: ("reverb", "delay", "equalizer", "compressor"),
        Master: ("equalizer", "compressor", "limiter"),
    }
)

#: What silences on purpose: a gate may close, a reverb may hear only what comes.
_MAY_BE_SILENT = frozenset({PluginRole.GATE})

Strip = TrackStrip | Bus | Master


@dataclass(frozen=True, slots=True)
class Insert:
    """A plugin on a strip: which one, how it is set, what it stands for and where it deviates from the Mix.

    `tunable` are the keys that hold what the Mix says, and may be moved to come nearer to how the Mix sounds.
    """

    ref: PluginRef
    name: str
    setting: Setting
    maker: str = ""
    role: PluginRole | None = None
    profile: PluginProfile | None = None
    deviations: tuple[Deviation, ...] = ()
    tunable: tuple[str, ...] = ()

    @property
    def may_be_silent(self) -> bool:
        """Whether silence may come out where sound goes in."""
        return self.role in _MAY_BE_SILENT


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of a strip: modules of the console, or a plugin in their place. With neither it changes nothing."""

    modules: tuple[InsertModule, ...] = ()
    insert: Insert | None = None


@dataclass(frozen=True, slots=True)
class _Named:
    """A plugin that can be put on strips."""

    name: str
    facts: PluginFacts
    use: PluginUse
    profile: PluginProfile | None
    preset: bytes = b""

    @property
    def role(self) -> PluginRole | None:
        return self.profile.role if self.profile else None


@dataclass(slots=True)
class Rack:
    """The plugins of a chain file, found, and the stages they make of strips."""

    file: ChainFile
    catalogue: Catalogue
    folder: Path
    _known: dict[str, _Named] = field(default_factory=dict)

    def check(self, mix: Mix) -> None:
        """Look up everything that the chain file names.

        Raises:
            ParamError: a track or bus that the mix has not, a module that no strip has, a preset that cannot be read.
            PluginError: a plugin that is not here, or was set aside.
        """
        _check_names("track", self.file.tracks, [track.id for track in mix.tracks])
        _check_names("bus", self.file.buses, [bus.id for bus in mix.buses])
        strips: list[Strip] = [*mix.tracks, *mix.buses, mix.master]
        for strip in strips:
            self.stages(strip)

    def stages(self, strip: Strip) -> tuple[Stage, ...]:
        """The steps of a strip, () where no plugin has a part in it.

        Raises:
            ParamError, PluginError: see `check`.
        """
        slots = self._slots(strip)
        words = slots.chain or self._order(strip, slots)
        stages = tuple(self._lay_out(strip, words))
        return stages if any(stage.insert for stage in stages) else ()

    def _slots(self, strip: Strip) -> Slots:
        if isinstance(strip, Master):
            return self.file.master
        if isinstance(strip, Bus):
            return self.file.buses.get(strip.id, Slots()).over(self.file.every_bus)
        of_role = self.file.roles.get(strip.role, Slots())
        return self.file.tracks.get(strip.id, Slots()).over(of_role).over(self.file.every)

    def _order(self, strip: Strip, slots: Slots) -> list[str]:
        """The modules in the console's order, plugins standing in for those that a slot names."""
        words = list(slots.before)
        for module in MODULES[type(strip)]:
            name = getattr(slots, module, "") if module in set(PluginRole) else ""
            words.append(name if name and name != OWN else module)
        return [*words, *slots.after]

    def _lay_out(self, strip: Strip, words: Sequence[str]) -> Iterable[Stage]:
        modules = {name: getattr(strip, name) for name in MODULES[type(strip)]}
        left = {name: module for name, module in modules.items() if module is not None}
        plugins = {word: self._plugin(word) for word in words if word not in modules}
        self._check_roles(strip, words, plugins, left)
        # A filter that the equalizer's plugin can hold goes there, unless a gate that is on lies between the two.
        gate = left.get("gate")
        cuts_may_move = not (gate is not None and gate.enabled)
        holds_cuts = cuts_may_move and any(item.profile and item.profile.cuts for item in plugins.values())
        for word in words:
            if word in plugins:
                yield from self._plugin_stages(plugins[word], left, holds_cuts)
            elif word in left and not (holds_cuts and word in ("highpass", "lowpass")):
                yield Stage((left.pop(word),))

    def _check_roles(
        self, strip: Strip, words: Sequence[str], plugins: dict[str, _Named], left: dict[str, InsertModule]
    ) -> None:
        """See to it that every module that the mix has on is played by somebody, and by one only."""
        name = getattr(strip, "id", "the master")
        roles = [role for word in words if word in plugins and (role := plugins[word].role)]
        places = [word for word in words if word in left] + [str(role) for role in roles]
        twice = next((place for place in places if places.count(place) > 1), None)
        if twice:
            raise ParamError(f"the chain of {name!r} has the {twice} twice; give it once")
        strange = next((role for role in roles if role not in MODULES[type(strip)]), None)
        if strange:
            raise ParamError(
                f"the chain of {name!r} has a {strange}, which such a strip has not; "
                f'set role = "none" to use it as an insert of its own'
            )
        for module, value in left.items():
            cut = module in ("highpass", "lowpass") and any(
                item.profile and item.profile.cuts for item in plugins.values()
            )
            if getattr(value, "enabled", True) and module not in places and not cut:
                raise ParamError(f"the chain of {name!r} lacks the {module}, which the mix has on; put it in")

    def _plugin_stages(
        self, plugin: _Named, left: dict[str, InsertModule], holds_cuts: bool
    ) -> Iterable[Stage]:
        if plugin.profile is None:
            yield Stage(insert=_insert(plugin, Mapped()))
            return
        ranges = plugin.facts.ranges
        if plugin.role is PluginRole.EQUALIZER:
            yield from _tone_stages(plugin, left, holds_cuts, ranges)
            return
        module = left.pop(str(plugin.role), None)
        if module is None or not getattr(module, "enabled", True):
            return
        mapped = map_processor(plugin.profile, module, ranges)  # type: ignore[arg-type]
        yield Stage((module,), _insert(plugin, mapped))

    def _plugin(self, word: str) -> _Named:
        if word not in self._known:
            self._known[word] = self._look_up(word)
        return self._known[word]

    def _look_up(self, word: str) -> _Named:
        use = self.file.plugins.get(word) or PluginUse(word)
        probe = self.catalogue.find(use.plugin)
        if probe.facts is None or not probe.usable:
            raise PluginError(f"the plugin {use.plugin!r} was set aside: {_why(probe)}; take another one")
        profile = None if use.role == "none" else _profile(use, probe.facts, self.folder)
        if use.role not in ("", "none") and (profile is None or profile.role != use.role):
            raise ParamError(
                f"nothing is known of {use.plugin!r} as a {use.role}; `mixbridge plugins learn` makes a profile"
            )
        return _Named(word, probe.facts, use, profile, _preset(use, self.folder))


def _tone_stages(
    plugin: _Named, left: dict[str, InsertModule], holds_cuts: bool, ranges: dict[str, tuple[float, float]]
) -> Iterable[Stage]:
    parts = {
        name: left.pop(name)
        for name in ("highpass", "lowpass", "equalizer")
        if name in left and (holds_cuts or name == "equalizer")
    }
    tone = Tone(**parts)  # type: ignore[arg-type]
    if not tone.active or plugin.profile is None:
        return
    mapped, rest = map_tone(plugin.profile, tone, ranges)
    if rest.active:
        yield Stage(_active(rest.highpass, rest.lowpass, rest.equalizer))
    taken = Equalizer(
        tone.equalizer.enabled,
        tuple(band for band in tone.equalizer.bands if band not in rest.equalizer.bands),
    )
    cuts = [
        cut
        for cut, remains in ((tone.highpass, rest.highpass), (tone.lowpass, rest.lowpass))
        if not remains.enabled
    ]
    yield Stage((*_active(*cuts), taken), _insert(plugin, mapped))


def _active(*modules: Highpass | Lowpass | Equalizer) -> tuple[Highpass | Lowpass | Equalizer, ...]:
    return tuple(module for module in modules if module.enabled)


def _insert(plugin: _Named, mapped: Mapped) -> Insert:
    values = {**mapped.values, **plugin.use.values, **plugin.use.words}
    return Insert(
        ref=plugin.facts.ref,
        name=plugin.facts.name,
        setting=Setting(tuple(values.items()), tuple(mapped.raw.items()), plugin.preset),
        maker=plugin.facts.manufacturer,
        role=plugin.role,
        profile=plugin.profile,
        deviations=tuple(mapped.deviations),
        tunable=tuple(key for key in mapped.turned if key not in plugin.use.values),
    )


def _profile(use: PluginUse, facts: PluginFacts, folder: Path) -> PluginProfile | None:
    if use.profile:
        is_file = use.profile.endswith(PLUGIN_PROFILES.suffix)
        return PLUGIN_PROFILES.load(folder / use.profile if is_file else use.profile)
    return profile_for(facts.name, facts.manufacturer)


def _preset(use: PluginUse, folder: Path) -> bytes:
    if not use.preset:
        return b""
    path = folder / use.preset
    try:
        return path.read_bytes()
    except OSError as error:
        raise ParamError(f"the preset {path} cannot be read: {error.strerror}; give a .vstpreset") from None


def _why(probe: Probe) -> str:
    return "; ".join(text for _, text in probe.faults) or "it cannot be used"


def _check_names(kind: str, named: Iterable[str], known: list[str]) -> None:
    for name in named:
        if name not in known:
            raise ParamError(
                f"the chain file has the {kind} {name!r}, the mix has not{did_you_mean(name, known)}"
            )
