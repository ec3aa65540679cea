"""Checks what is to be set on a plugin against the parameters that it has, before anything is played."""

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from bridge.host.chainfile import PluginUse
from bridge.host.values import Parameter, PluginFacts
from console.errors import PluginError
from presets.plugins.profile import PluginProfile

#: How many names of the plugin's own a message offers, and how like the missing one they have to be.
_OFFERED, _ALIKE = 3, 0.5
#: Of longer lists a scan keeps the first texts only.
_MOST_TEXTS = 100
_NEAR = 1e-6


def check_profile(profile: PluginProfile, facts: PluginFacts) -> None:
    """See to it that a plugin has what a profile sets.

    Raises:
        PluginError: it lacks a parameter, or a word or number is none of that parameter's.
    """
    remedy = "mend the profile, or measure one by `mixbridge plugins learn`"
    who = f"the profile {profile.name!r}"
    _check(facts, who, remedy, profile.keys, profile.words, profile.numbers)


def with_units(profile: PluginProfile, facts: PluginFacts) -> PluginProfile:
    """The profile with the keys that a plugin's parameters have when their units are told, where only those differ.

    Published lists of parameters have names alone; Pedalboard makes a key of name and unit.
    """
    known = {item.key for item in facts.parameters}
    told = {item.key: _key(item.unit) for item in facts.parameters if item.settable}
    renamed = {
        key: f"{key}_{unit}"
        for key in profile.keys
        if key not in known
        for unit in set(told.values())
        if unit and told.get(f"{key}_{unit}") == unit
    }
    return profile.renamed(renamed) if renamed else profile


def _key(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.casefold()).strip("_")


def check_use(use: PluginUse, facts: PluginFacts) -> None:
    """See to it that a plugin has what a chain file sets on it.

    Raises:
        PluginError: see `check_profile`.
    """
    keys = [*use.values, *use.words]
    _check(facts, "the chain file", "correct it there", keys, use.words.items(), use.values.items())


def _check(
    facts: PluginFacts,
    who: str,
    remedy: str,
    keys: Iterable[str],
    words: Iterable[tuple[str, str]],
    numbers: Iterable[tuple[str, float]],
) -> None:
    known = {item.key: item for item in facts.parameters}
    for key in keys:
        if key not in known:
            raise PluginError(
                f"{who} sets {key!r}, which {facts.name!r} has not{_nearest(key, known)}; {remedy}"
            )
        if not known[key].settable:
            raise PluginError(f"{who} sets {key!r}, which in {facts.name!r} cannot be set; {remedy}")
    for key, word in words:
        texts = [text.strip() for text in known[key].texts]
        if texts and len(texts) < _MOST_TEXTS and word.strip() not in texts:
            offered = ", ".join(map(repr, texts[:12]))
            raise PluginError(
                f"{who} sets {key!r} of {facts.name!r} to {word!r}, which it has not; it has {offered}; {remedy}"
            )
    for key, number in numbers:
        item = known[key]
        if item.low is None or item.high is None:
            continue
        margin = _NEAR * (item.high - item.low)
        if not item.low - margin <= number <= item.high + margin:
            raise PluginError(
                f"{who} sets {key!r} of {facts.name!r} to {number:g}, which goes from {item.low:g} to "
                f"{item.high:g} {item.unit}".rstrip()
                + f"; {remedy}"
            )


def _nearest(key: str, known: Mapping[str, Parameter]) -> str:
    """The plugin's own names that are most like one; those that only end in a unit come first."""
    settable = [item.key for item in known.values() if item.settable]
    longer = [name for name in settable if name.startswith(f"{key}_") or key.startswith(f"{name}_")]
    like = [*longer, *get_close_matches(key, settable, n=_OFFERED, cutoff=_ALIKE)]
    offered = list(dict.fromkeys(like))[:_OFFERED]
    return f"; its nearest are {', '.join(map(repr, offered))}" if offered else "; it has none like it"
