"""What the engineer wants to be heard through: a TOML file that names plugins for strips, roles, buses and master."""

from dataclasses import dataclass, field, fields, replace
from pathlib import Path

from console.errors import ParamError
from console.frozen import FrozenMap
from console.session.roles import Role
from presets.plugins.profile import PluginRole
from presets.shelf import Shelf


@dataclass(frozen=True, slots=True)
class PluginUse:
    """A plugin as it is used: `plugin` is its name or path.

    `profile` is a shipped profile's name, or a file beside the chain file; without it the one for the plugin's name is
    taken, if there is one. `preset` is a .vstpreset beside the chain file; `values` and `words` are set after it, by
    the plugin's keys. `role` "none" makes it an insert of its own even where it has a profile.
    """

    plugin: str
    profile: str = ""
    preset: str = ""
    values: FrozenMap[float] = field(default_factory=FrozenMap)
    words: FrozenMap[str] = field(default_factory=FrozenMap)
    role: str = ""

    def __post_init__(self) -> None:
        roles = ["none", *PluginRole]
        if self.role and self.role not in roles:
            raise ParamError(f"role is {self.role!r}; give one of {', '.join(roles)}")


@dataclass(frozen=True, slots=True)
class Slots:
    """Which plugins stand on a strip, each by the name of a [plugins] entry or of a plugin.

    A plugin in the place of a module does what the Mix says of that module; "console" is the console's own. `before`
    and `after` are further inserts around the modules. `chain`, when given, is the whole order instead: names of
    modules and of plugins.
    """

    equalizer: str = ""
    compressor: str = ""
    gate: str = ""
    limiter: str = ""
    reverb: str = ""
    delay: str = ""
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    chain: tuple[str, ...] = ()

    def over(self, other: "Slots") -> "Slots":
        """These slots, and the other's where these say nothing."""
        return Slots(
            **{item.name: getattr(self, item.name) or getattr(other, item.name) for item in fields(self)}
        )


@dataclass(frozen=True, slots=True)
class ChainFile:
    """A whole chain file: what is said of every track, of a role's, of one track's, of a bus's, of the master's."""

    plugins: FrozenMap[PluginUse] = field(default_factory=FrozenMap)
    every: Slots = field(default_factory=Slots)
    roles: FrozenMap[Slots] = field(default_factory=FrozenMap)
    tracks: FrozenMap[Slots] = field(default_factory=FrozenMap)
    every_bus: Slots = field(default_factory=Slots)
    buses: FrozenMap[Slots] = field(default_factory=FrozenMap)
    master: Slots = field(default_factory=Slots)

    def __post_init__(self) -> None:
        unknown = [role for role in self.roles if role not in set(Role)]
        if unknown:
            raise ParamError(f"there is no role {unknown[0]!r}; `mixbridge presets` lists them")


_FILES = Shelf("presets.plugins", ChainFile, "mixbridge.chain/1", "chain file")


def read_chains(words: tuple[str, ...]) -> tuple[ChainFile, Path]:
    """The chains that words on the command line ask for, and the folder from which their presets count.

    Args:
        words: a chain file, or "compressor=NAME" and the like for every strip; several of the latter.

    Raises:
        ParamError: a file that cannot be read, or a word that is neither.
    """
    if len(words) == 1 and words[0].endswith(".toml"):
        return _FILES.load(words[0]), Path(words[0]).absolute().parent
    slots = Slots()
    for word in words:
        role, mark, name = word.partition("=")
        if not mark or role not in set(PluginRole) or not name:
            roles = ", ".join(PluginRole)
            raise ParamError(
                f"{word!r} names no plugin; give a chain file (.toml), or ROLE=NAME, ROLE of {roles}"
            )
        slots = replace(slots, **{role: name})  # type: ignore[arg-type]  # the roles are the text fields
    return ChainFile(every=slots, every_bus=slots, master=slots), Path()
