"""Tracker modules: one stem per instrument, with the composer's own pan."""

import re
from collections.abc import Sequence

import numpy as np

from bridge.datasets.build.items import Item, Rendered, Stem
from bridge.datasets.build.openmpt import Module, version
from bridge.datasets.build.workbench import Workbench, one_signal, peak_of
from bridge.sessions.roles import name_roles
from console.errors import SessionError
from console.frozen import FrozenMap
from console.mix import Mix, TrackStrip

_RATE_HZ = 44_100
_LONGEST_S = 600.0
_SHORTEST_S = 5.0
_SILENT = 1e-3
_FEWEST_STEMS = 2
_MOST_INSTRUMENTS = 256
_NUMBER = re.compile(r"\d+[a-z]?$")
_FEWEST_LETTERS = 2


def render(item: Item, bench: Workbench) -> Rendered:
    """Play each instrument alone; those that differ by a number in their name are one.

    A stem whose two sides carry one signal becomes mono, and its pan a label; the others stay stereo at pan 0. What
    the composer balanced is in the stems' levels, so that every fader stands at 0 dB. The mix is the sum of the stems.

    Raises:
        SessionError: the module is too short, or has fewer than two instruments that play.
        RenderError: the library is missing or cannot read the module.
    """
    data = item.origin.path.read_bytes()
    with Module(data, _RATE_HZ) as module:
        facts = module.facts
        names = facts.instruments[:_MOST_INSTRUMENTS]
        samples = module.play(_LONGEST_S).shape[1]
    if samples < _SHORTEST_S * _RATE_HZ:
        raise SessionError(
            f"{item.title!r} lasts {samples / _RATE_HZ:.1f} s; taken are songs of 5 s and more"
        )
    groups = _grouped(names)
    roles = name_roles([title for title, _ in groups])
    stems, strips = list[Stem](), list[TrackStrip]()
    mix = np.zeros((2, samples), np.float32)
    for (title, members), role in zip(groups, roles, strict=True):
        with Module(data, _RATE_HZ) as module:
            module.solo(members, len(facts.instruments))
            audio = module.play(_LONGEST_S)
        if peak_of(audio) < _SILENT:
            continue
        length = min(samples, audio.shape[1])
        mix[:, :length] += audio[:, :length]
        mono = one_signal(audio)
        pan = 0.0 if mono is None else mono[1]
        key = f"stem{len(stems):03d}"
        bench.put(key, audio if mono is None else mono[0])
        labels = FrozenMap({"instruments": float(len(members)), "pan": pan})
        stems.append(Stem(title, key, "", role.role, role.confidence, labels))
        strips.append(TrackStrip(key, role=str(role.role), role_confidence=role.confidence, pan=pan))
    if len(stems) < _FEWEST_STEMS:
        raise SessionError(f"{item.title!r} has {len(stems)} instruments that play; taken are 2 and more")
    bench.put("mix", mix)
    return Rendered(
        version(), _RATE_HZ, tuple(stems), "mix", Mix(_RATE_HZ, tuple(strips), estimator="author")
    )


def _grouped(names: Sequence[str]) -> list[tuple[str, tuple[int, ...]]]:
    """Instruments by name, those that differ by a number only ("chord1", "chord 2") as one.

    A composer keeps each chord of a piano as a sample of its own; to who mixes, that is one track.
    """
    groups: dict[str, tuple[str, list[int]]] = {}
    for number, name in enumerate(names):
        word = _NUMBER.sub("", name).strip(" ._-#")
        plain = len([letter for letter in word if letter.isalpha()]) >= _FEWEST_LETTERS
        key = word.casefold() if plain else f"#{number}"
        title = name.strip() or f"instrument {number + 1}"
        groups.setdefault(key, (title, []))[1].append(number)
    return [(title, tuple(members)) for title, members in groups.values()]
