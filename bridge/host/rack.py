"""Lays out the chain of every strip of a mix: what the console does itself, and what plugins do for it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from bridge.host.catalogue import Catalogue
from bridge.host.chainfile import ChainFile, PluginUse, Slots
from bridge.host.fitting import check_profile, check_use, with_units
from bridge.host.probing import Probe
from bridge.host.values import PluginFacts, PluginRef, Setting
from console.codec import did_you_mean
from console.dsp.inserts import InsertModule
from console.errors import ParamError, PluginError
from console.mix import Bus, Equalizer, Highpass, Lowpass, Master, Mix, TrackStrip
from presets.plugins import PLUGIN_PROFILES, profiles_for
from presets.plugins.mapping import Deviation, Link, Mapped, Tone, map_processor, map_tone
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

    `tunable` are the keys that hold what the Mix says, and may be moved to come nearer to how the Mix sounds; `links`
    tell which other knobs then follow.
    """

    ref: PluginRef
    name: str
    setting: Setting
    maker: str = ""
    role: PluginRole | None = None
    profile: PluginProfile | None = None
    deviations: tuple[Deviation, ...] = ()
    tunable: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()

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
    _known: dict[tuple[str, str], _Named] = field(default_factory=dict)

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
        words = [(word, "") for word in slots.chain] or self._order(strip, slots)
        steps = [
            _Step(word, None if word in MODULES[type(strip)] else self._plugin(word, role))
            for word, role in words
        ]
        stages = tuple(self._lay_out(strip, steps))
        return stages if any(stage.insert for stage in stages) else ()

    def _slots(self, strip: Strip) -> Slots:
        if isinstance(strip, Master):
            return self.file.master
        if isinstance(strip, Bus):
            return self.file.buses.get(strip.id, Slots()).over(self.file.every_bus)
        of_role = self.file.roles.get(strip.role, Slots())
        return self.file.tracks.get(strip.id, Slots()).over(of_role).over(self.file.every)

    def _order(self, strip: Strip, slots: Slots) -> list[tuple[str, str]]:
        """The modules in the console's order, plugins standing in for those that a slot names, each with its role."""
        words = [(word, "") for word in slots.before]
        for module in MODULES[type(strip)]:
            name = getattr(slots, module, "") if module in set(PluginRole) else ""
            words.append((name, module) if name and name != OWN else (module, ""))
        return [*words, *((word, "") for word in slots.after)]

    def _lay_out(self, strip: Strip, steps: Sequence["_Step"]) -> Iterable[Stage]:
        modules = {name: getattr(strip, name) for name in MODULES[type(strip)]}
        left = {name: module for name, module in modules.items() if module is not None}
        self._check_roles(strip, steps, left)
        # A filter that the equalizer's plugin can hold goes there, unless a gate that is on lies between the two.
        gate = left.get("gate")
        cuts_may_move = not (gate is not None and gate.enabled)
        holds_cuts = cuts_may_move and any(step.has_cuts for step in steps)
        for step in steps:
            if step.plugin is not None:
                yield from self._plugin_stages(step.plugin, left, holds_cuts)
            elif step.word in left and not (holds_cuts and step.word in ("highpass", "lowpass")):
                yield Stage((left.pop(step.word),))

    def _check_roles(self, strip: Strip, steps: Sequence["_Step"], left: dict[str, InsertModule]) -> None:
        """See to it that every module that the mix has on is played by somebody, and by one only."""
        name = getattr(strip, "id", "the master")
        roles = [step.plugin.role for step in steps if step.plugin is not None and step.plugin.role]
        own = [step.word for step in steps if step.plugin is None and step.word in left]
        places = own + [str(role) for role in roles]
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
            cut = module in ("highpass", "lowpass") and any(step.has_cuts for step in steps)
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

    def _plugin(self, word: str, role: str) -> _Named:
        if (word, role) not in self._known:
            self._known[word, role] = self._look_up(word, role)
        return self._known[word, role]

    def _look_up(self, word: str, role: str) -> _Named:
        use = self.file.plugins.get(word) or PluginUse(word)
        probe = self.catalogue.find(use.plugin)
        if probe.facts is None or not probe.usable:
            raise PluginError(f"the plugin {use.plugin!r} was set aside: {_why(probe)}; take another one")
        check_use(use, probe.facts)
        profile = None if use.role == "none" else _profile(use, probe.facts, self.folder, use.role or role)
        if use.role not in ("", "none") and (profile is None or profile.role != use.role):
            raise ParamError(
                f"nothing is known of {use.plugin!r} as a {use.role}; `mixbridge plugins learn` makes a profile"
            )
        if profile is not None:
            profile = with_units(profile, probe.facts)
            check_profile(profile, probe.facts)
        return _Named(word, probe.facts, use, profile, _preset(use, self.folder))


@dataclass(frozen=True, slots=True)
class _Step:
    """A word of a chain: a module of the console, or a plugin."""

    word: str
    plugin: _Named | None

    @property
    def has_cuts(self) -> bool:
        """Whether it is a plugin that can hold the strip's filters."""
        return bool(self.plugin and self.plugin.profile and self.plugin.profile.cuts)


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
        links=tuple(link for link in mapped.links if link.second.key not in plugin.use.values),
    )


def _profile(use: PluginUse, facts: PluginFacts, folder: Path, role: str) -> PluginProfile | None:
    """The profile that the chain file names, or the shipped one: in the role of the slot, where there are several."""
    if use.profile:
        is_file = use.profile.endswith(PLUGIN_PROFILES.suffix)
        return PLUGIN_PROFILES.load(folder / use.profile if is_file else use.profile)
    fitting = profiles_for(facts.name, facts.manufacturer)
    if len(fitting) <= 1:
        return next(iter(fitting), None)
    if not role:
        roles = ", ".join(sorted(profile.role for profile in fitting))
        raise ParamError(
            f'{use.plugin!r} can stand for several modules: {roles}; give its [plugins] entry a role, or "none"'
        )
    return next((profile for profile in fitting if profile.role == role), None)


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
