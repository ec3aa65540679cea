"""Takes a track name apart: the words an engineer meant, without numbering and the song's name."""

import unicodedata
from collections.abc import Iterator, Sequence

from presets.roles import RoleTable, fold

#: An index in front of a name has so many digits at most.
_INDEX_DIGITS = 3
_SHORTEST_PIECE = 2
_SHORTEST_COMPOUND = 5
_FEWEST_NAMES_WITH_PREFIX = 3


def tokens_of(name: str) -> tuple[str, ...]:
    """The words and numbers of a name, folded: at separators, CamelCase humps and between letters and digits.

    "03_SnareTop-SM57" becomes snare, top, sm, 57 with "03" in front of it; never raises.
    """
    pieces: list[str] = []
    current = ""
    text = unicodedata.normalize("NFKC", name)
    for index, letter in enumerate(text):
        if not letter.isalnum() and not unicodedata.combining(letter):
            pieces.append(current)
            current = ""
            continue
        if current and _boundary(current[-1], letter, text[index + 1 : index + 2]):
            pieces.append(current)
            current = ""
        current += letter
    pieces.append(current)
    return tuple(folded for folded in map(fold, pieces) if folded)


def without_index(tokens: Sequence[str], table: RoleTable) -> tuple[str, ...]:
    """The tokens without the track's number in front, unless the number is a name itself, such as 808."""
    kept = tuple(tokens)
    while (
        len(kept) > 1
        and kept[0].isdecimal()
        and len(kept[0]) <= _INDEX_DIGITS
        and kept[0] not in table.aliases
    ):
        kept = kept[1:]
    return kept


def common_prefix(names: Sequence[Sequence[str]]) -> int:
    """How many tokens in front are the same in all names of a session, so that they say nothing."""
    if len(names) < _FEWEST_NAMES_WITH_PREFIX:
        return 0
    shortest = min(map(len, names))
    count = 0
    while count < shortest - 1 and len({name[count] for name in names}) == 1:
        count += 1
    return count


def split_compounds(tokens: Sequence[str], table: RoleTable) -> tuple[str, ...]:
    """The tokens with words such as "snaretop" split into the known words they are made of."""
    return tuple(piece for token in tokens for piece in _split(token, table))


def _boundary(before: str, letter: str, after: str) -> bool:
    if before.isdecimal() != letter.isdecimal():
        return True
    if before.islower() and letter.isupper():
        return True
    return before.isupper() and letter.isupper() and after.islower()


def _split(token: str, table: RoleTable) -> tuple[str, ...]:
    if len(token) < _SHORTEST_COMPOUND or token.isdecimal() or _known(token, table):
        return (token,)
    for first in range(len(token) - _SHORTEST_PIECE, _SHORTEST_PIECE - 1, -1):
        pieces = (token[:first], token[first:])
        if all(_known(piece, table) for piece in pieces) and max(map(len, pieces)) > _SHORTEST_PIECE:
            return pieces
    return (token,)


def _known(word: str, table: RoleTable) -> bool:
    return (
        word in table.aliases or word in table.details or any(word in words for words in table.words.values())
    )


def windows(tokens: Sequence[str], longest: int) -> Iterator[tuple[int, int, str]]:
    """Every run of tokens written together, as (first, end, text), up to a length in letters."""
    for first in range(len(tokens)):
        text = ""
        for end in range(first + 1, len(tokens) + 1):
            text += tokens[end - 1]
            if len(text) > longest:
                break
            yield first, end, text
