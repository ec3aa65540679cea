"""What a plugin could do on a strip, by what it says of itself."""

import re
from types import MappingProxyType

from bridge.host.values import PluginFacts

#: Role → what tells of it: subcategories of VST3, and words in names of plugins.
_TELLS: MappingProxyType[str, tuple[frozenset[str], re.Pattern[str]]] = MappingProxyType(
    {
        "equalizer": (frozenset({"eq", "filter"}), re.compile(r"\beq|eq(?:\d|x|\b)|equali[sz]er", re.I)),
        "compressor": (frozenset(), re.compile(r"comp(?:ressor|x\d|\d|\b)|\b1176|la-?2a|\bpro-c\b", re.I)),
        "limiter": (frozenset({"mastering"}), re.compile(r"limit|maxim|\bpro-l\b|ceiling", re.I)),
        "gate": (frozenset(), re.compile(r"gate|expander", re.I)),
        "reverb": (frozenset({"reverb"}), re.compile(r"reverb|verb\b|\bhall\b|\bplate\b|\broom\b", re.I)),
        "delay": (frozenset({"delay"}), re.compile(r"delay|echo", re.I)),
    }
)

#: Parameters that only one kind of processor has.
_KNOBS: MappingProxyType[str, frozenset[str]] = MappingProxyType(
    {
        "compressor": frozenset({"threshold", "ratio", "attack", "release"}),
        "gate": frozenset({"threshold", "hold", "attack", "release"}),
        "reverb": frozenset({"decay", "size"}),
        "delay": frozenset({"feedback", "time"}),
    }
)


def likely_roles(facts: PluginFacts) -> tuple[str, ...]:
    """Roles that a plugin can probably take, the likeliest first; () where nothing tells.

    Its own name tells more than its category, and that more than its parameters' names.
    """
    categories = {part.strip().casefold() for part in facts.category.split("|")}
    knobs = {word for item in facts.parameters for word in item.name.casefold().split()}
    scores = {
        role: 4 * bool(pattern.search(facts.name))
        + 2 * bool(categories & words)
        + bool(role in _KNOBS and _KNOBS[role] <= knobs)
        for role, (words, pattern) in _TELLS.items()
    }
    return tuple(sorted((role for role in scores if scores[role]), key=lambda role: -scores[role]))
