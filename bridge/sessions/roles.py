"""From track names to roles: the longest known name wins, and the session settles what a name leaves open."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bridge.sessions.collect import natural_key
from bridge.sessions.tokens import common_prefix, split_compounds, tokens_of, windows, without_index
from console.session import Role
from console.session.roles import DRUM_ROLES, VOCAL_ROLES
from presets.roles import GUITAR, VOCAL, RoleTable, Strength, fold, load_roles

#: Confidence by what the name offers; below 0.6 a role counts as uncertain.
_CONFIDENCE = {Strength.NAME: 0.95, Strength.WEAK: 0.7, Strength.HINT: 0.5}
_UNKNOWN, _SIMILAR, _OPEN = 0.2, 0.5, 0.75
_CONFLICT = 0.12
_SHORT = 0.1

_GUITAR_ROLES = frozenset({Role.ELECTRIC_GUITAR, Role.ACOUSTIC_GUITAR})
_SPLIT_ROLES = _GUITAR_ROLES | {Role.BASS, Role.KEYS, Role.ORGAN, Role.SYNTH}

#: Of which roles each detail can be said. What is missing here can be said of every role.
_DETAIL_ROLES = {
    "top": DRUM_ROLES,
    "bottom": DRUM_ROLES,
    "in": frozenset({Role.KICK}),
    "out": frozenset({Role.KICK}),
    "sub": frozenset({Role.KICK, Role.BASS}),
    "di": _SPLIT_ROLES,
    "amp": _SPLIT_ROLES,
    "trigger": DRUM_ROLES,
    "room": frozenset(Role) - {Role.ROOM},
    "double": VOCAL_ROLES | _GUITAR_ROLES,
    "harmony": VOCAL_ROLES,
}

#: What is played to rather than heard when it is called "scratch"; elsewhere that is a record being scratched.
_GUIDE_ROLES = VOCAL_ROLES | _GUITAR_ROLES | {Role.BASS, Role.KEYS, Role.ORGAN}

GUIDE, MIXDOWN = "guide", "mixdown"


@dataclass(frozen=True, slots=True)
class NamedRole:
    """What a name says: role, confidence 0 … 1, and a detail such as "top" or "di".

    The details "guide" and "mixdown" mark what is not to be mixed. `plain_vocal`: the name says voice, but not
    which.
    """

    role: Role
    confidence: float
    detail: str = ""
    plain_vocal: bool = False


@dataclass(frozen=True, slots=True)
class _Match:
    first: int
    end: int
    text: str
    kind: str
    strength: Strength
    rank: int


def name_roles(names: Sequence[str], table: RoleTable | None = None) -> tuple[NamedRole, ...]:
    """The roles of all tracks of a session by their names, in the same order; never raises.

    A name that only says "voice" is the lead when no other is; OH is an open hat beside a closed one.
    """
    table = table or load_roles()
    parsed = [split_compounds(without_index(tokens_of(name), table), table) for name in names]
    prefix = common_prefix(parsed)
    drum_machine = any(table.words["open_hat"] & set(tokens) for tokens in parsed)
    roles = []
    for tokens in parsed:
        full = _name_role(tokens, table)
        rest = without_index(tokens[prefix:], table)
        own = _name_role(rest, table) if prefix else full
        best = own if own.confidence >= 0.8 or own.confidence > full.confidence else full
        if best.role is Role.OVERHEAD and drum_machine and "oh" in tokens:
            best = NamedRole(Role.HIHAT, _OPEN, "open")
        roles.append(best)
    return _settle_vocals(names, roles)


def _name_role(tokens: Sequence[str], table: RoleTable) -> NamedRole:
    words = {token for token in tokens if not token.isdecimal()}
    told = words - table.words["ignored"]
    if told and told <= table.words["mixdown"] and told & table.words["mixdown_core"]:
        return NamedRole(Role.OTHER, _CONFIDENCE[Strength.NAME], MIXDOWN)
    matches = _matches(tokens, table) or _similar(tokens, table)
    if not matches:
        return NamedRole(Role.OTHER, _UNKNOWN, GUIDE if words & table.words["guide"] - {"scratch"} else "")
    best = _best(matches)
    found = _resolve(best, matches, set(words), table)
    detail = _detail(tokens, best, found.role, table)
    if words & table.words["guide"] and found.role in _GUIDE_ROLES and best.strength is Strength.NAME:
        detail = GUIDE
    return replace(found, detail=detail)


def _matches(tokens: Sequence[str], table: RoleTable) -> list[_Match]:
    """The aliases in a name, longest first, none overlapping another; one letter counts only when alone."""
    words = [token for token in tokens if not token.isdecimal() and token not in table.words["ignored"]]
    found = []
    for first, end, text in windows(tokens, table.longest):
        alias = table.aliases.get(text) or (table.aliases.get(text[:-1]) if text.endswith("s") else None)
        if alias and (len(text) > 1 or len(words) == 1):
            found.append(_Match(first, end, text, alias.kind, alias.strength, alias.rank))
    found.sort(key=lambda match: (-len(match.text), -match.strength, match.first))
    taken: set[int] = set()
    kept = []
    for match in found:
        span = set(range(match.first, match.end))
        if not span & taken:
            taken |= span
            kept.append(match)
    return kept


def _similar(tokens: Sequence[str], table: RoleTable) -> list[_Match]:
    """What a misspelt word may have meant; the first letter is rarely the wrong one."""
    known = [
        text for text, alias in table.aliases.items() if alias.strength is Strength.NAME and len(text) > 4
    ]
    for index, token in enumerate(tokens):
        alike = [text for text in known if text[0] == token[0]] if len(token) > 4 else []
        near = difflib.get_close_matches(token, alike, n=1, cutoff=0.8)
        if near:
            alias = table.aliases[near[0]]
            return [_Match(index, index + 1, token, alias.kind, Strength.HINT, alias.rank)]
    return []


def _best(matches: Sequence[_Match]) -> _Match:
    """The match that names the track: the surest, then by precedence, then the last, as the noun is in English."""
    strongest = max(match.strength for match in matches)
    strong = [match for match in matches if match.strength is strongest]
    longer = [match for match in strong if len(match.text) > 2 and match.kind != Role.DRUMS]
    if longer:
        start = min(match.first for match in longer)
        strong = [match for match in strong if len(match.text) > 2 or match.first < start]
    best = min(strong, key=lambda match: (match.rank, -match.first))
    if best.kind == Role.DRUMS:
        nearer = [match for match in matches if match.kind in DRUM_ROLES - {Role.DRUMS}]
        best = min(nearer, key=lambda match: (match.rank, -match.first), default=best)
    return best


def _resolve(best: _Match, matches: Sequence[_Match], words: set[str], table: RoleTable) -> NamedRole:
    confidence = _CONFIDENCE[best.strength] - (_SHORT if len(best.text) <= 2 else 0.0)
    if best.kind in (VOCAL, Role.LEAD_VOCAL, Role.BACKING_VOCAL):
        return _vocal(confidence, matches, words, table)
    others = {match.kind for match in matches if match.strength is best.strength} - {best.kind}
    if best.kind in (GUITAR, Role.ELECTRIC_GUITAR, Role.ACOUSTIC_GUITAR):
        return _guitar(best, confidence, words, table)
    drum_family = best.kind in DRUM_ROLES and others <= {str(role) for role in DRUM_ROLES}
    if others and not drum_family:
        confidence -= _CONFLICT
    return NamedRole(Role(best.kind), confidence)


def _vocal(confidence: float, matches: Sequence[_Match], words: set[str], table: RoleTable) -> NamedRole:
    kinds = {match.kind for match in matches if match.strength > Strength.HINT}
    backing = Role.BACKING_VOCAL in kinds or bool(words & table.words["backing"])
    lead = Role.LEAD_VOCAL in kinds or bool(words & table.words["lead"])
    if backing:
        return NamedRole(Role.BACKING_VOCAL, confidence - (2 * _CONFLICT if lead else 0.0))
    return NamedRole(Role.LEAD_VOCAL, confidence, plain_vocal=not lead)


def _guitar(best: _Match, confidence: float, words: set[str], table: RoleTable) -> NamedRole:
    if best.kind == GUITAR:
        if words & table.words["acoustic"]:
            return NamedRole(Role.ACOUSTIC_GUITAR, confidence)
        electric = bool(words & table.words["electric"])
        return NamedRole(Role.ELECTRIC_GUITAR, confidence if electric else min(confidence, _OPEN))
    return NamedRole(Role(best.kind), confidence)


def _detail(tokens: Sequence[str], best: _Match, role: Role, table: RoleTable) -> str:
    whole_word = best.end - best.first == 1
    for index, token in enumerate(tokens):
        detail = table.details.get(token, "")
        if not detail or (whole_word and index == best.first and detail != "sub"):
            continue
        if role in _DETAIL_ROLES.get(detail, frozenset(Role)):
            return detail
    return ""


def _settle_vocals(names: Sequence[str], roles: Sequence[NamedRole]) -> tuple[NamedRole, ...]:
    """Say of the voices that are only called voices which is the lead."""
    plain = [index for index, found in enumerate(roles) if found.plain_vocal]
    has_lead = any(
        found.role is Role.LEAD_VOCAL and not found.plain_vocal and found.detail != GUIDE for found in roles
    )
    settled = list(roles)
    heads = {_without_numbers(names[index]): 0 for index in plain}
    for index in sorted(plain, key=lambda index: natural_key(names[index])):
        head = _without_numbers(names[index])
        first = heads[head] == 0
        heads[head] += 1
        if has_lead:
            settled[index] = replace(roles[index], role=Role.BACKING_VOCAL, confidence=_OPEN - 0.1)
        elif len(plain) == 1:
            settled[index] = replace(roles[index], confidence=min(roles[index].confidence, 0.85))
        elif first:
            settled[index] = replace(roles[index], confidence=0.65)
        else:
            settled[index] = replace(roles[index], role=Role.BACKING_VOCAL, confidence=0.55)
    return tuple(settled)


def _without_numbers(name: str) -> str:
    return "".join(letter for letter in fold(name) if not letter.isdecimal())
