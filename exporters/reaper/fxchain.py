"""The plugins of an FX chain as units: the lines from one BYPASS to the next, whatever the plugin is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from exporters.reaper.identity import NAME, is_ours
from exporters.reaper.rpp import Node, split_words

#: What an element of a chain is called in the list of a track's plugins when its line does not say.
_KINDS = {
    "VST": "VST",
    "AU": "AU",
    "DX": "DX",
    "CLAP": "CLAP",
    "LV2": "LV2",
    "JS": "JS",
    "VIDEO_EFFECT": "Video processor",
    "CONTAINER": "Container",
}

#: Where the line of an element has the name that its instance was given; with the others that is the fifth word.
_LABELS = {"JS": 2, "CONTAINER": 2}

#: The beginnings of the names of plugins that make sound from MIDI.
_INSTRUMENTS = ("VSTi:", "VST3i:", "AUi:", "AUv3i:", "DXi:", "CLAPi:", "LV2i:")


@dataclass(slots=True)
class Unit:
    """One plugin with all lines that belong to it."""

    items: list[str | Node] = field(default_factory=list)

    @property
    def node(self) -> Node | None:
        """The plugin's element."""
        return next((item for item in self.items if isinstance(item, Node) and item.name in _KINDS), None)

    @property
    def fxid(self) -> str:
        """The plugin's GUID, "" where it has none."""
        return next(iter(self._words("FXID")), "")

    @property
    def label(self) -> str:
        """What the user, or we, have called the plugin; "" where it has no name of its own."""
        node = self.node
        words = node.words if node is not None else []
        place = _LABELS.get(words[0], 4) if words else 0
        return words[place] if len(words) > place > 0 else ""

    def is_ours(self, track_key: str) -> bool:
        """Whether we put the plugin on this track: by its GUID, or by the name that a copy of it keeps."""
        return is_ours(self.fxid, track_key) or f"{self.label} ".startswith(f"{NAME} ")

    @property
    def sounds(self) -> bool:
        """Whether it is neither bypassed nor offline."""
        return all(word == "0" for word in self._words("BYPASS")[:2])

    def _words(self, key: str) -> list[str]:
        for item in self.items:
            if isinstance(item, str) and item.split(maxsplit=1)[:1] == [key]:
                return split_words(item)[1:]
        return []


def split_chain(items: Sequence[str | Node]) -> tuple[list[str | Node], list[Unit]]:
    """What stands ahead of the first plugin of a chain, and its plugins."""
    head: list[str | Node] = []
    units: list[Unit] = []
    filled = True
    for item in items:
        plugin = isinstance(item, Node) and item.name in _KINDS
        if _starts(item, "BYPASS") or (plugin and filled):
            units.append(Unit())
            filled = False
        filled = filled or plugin
        (units[-1].items if units else head).append(item)
    return head, units


def sounding(items: Sequence[str | Node]) -> Iterator[Node]:
    """The plugins of a chain that sound, in order, those inside containers in the containers' places."""
    waiting = [iter(split_chain(items)[1])]
    while waiting:
        unit = next(waiting[-1], None)
        if unit is None:
            waiting.pop()
        elif unit.sounds and (node := unit.node) is not None:
            if node.name == "CONTAINER":
                waiting.append(iter(split_chain(node.items)[1]))
            else:
                yield node


def plugin_name(node: Node) -> str:
    """What REAPER's FX list calls a plugin: "VST: ReaEQ (Cockos)", "JS: loser/3BandEQ"."""
    words = node.words
    told = words[1] if len(words) > 1 else ""
    if node.name == "JS":
        return f"JS: {told}"
    return told or _KINDS.get(node.name, node.name)


def is_instrument(name: str) -> bool:
    """Whether a plugin of this name makes sound from MIDI."""
    return name.startswith(_INSTRUMENTS)


def _starts(item: str | Node, key: str) -> bool:
    return isinstance(item, str) and item.split(maxsplit=1)[:1] == [key]
