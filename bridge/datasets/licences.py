"""Licences of songs as values, and whether weights that are given away may be trained on what they cover."""

import re
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence: its name, where it is to be read, whom to credit, and what it means for weights.

    `may_train_weights`: whether weights that are published with the program may be trained on the song. Only where
    the licence plainly allows use for every purpose and changes: neither "non-commercial" nor "no derivatives", nor
    silence, does. Measuring and private experiments are another matter, and the user's own.
    """

    name: str
    may_train_weights: bool = False
    url: str = ""
    credit: str = ""
    note: str = ""

    def crediting(self, credit: str) -> "Licence":
        """The same licence with the credit that it asks for."""
        return replace(self, credit=credit)


UNKNOWN = Licence("unknown", note="no licence is stated; ask who made it")

_CC = re.compile(
    r"(?:creativecommons\.org/licenses/|\bcc[\s_-]*)(by(?:[\s_-]*(?:nc|nd|sa))*)(?:[/\s_-]*v?(\d\.\d))?",
    re.IGNORECASE,
)
_CC_ZERO = re.compile(r"publicdomain/(?:zero|mark)|\bcc[\s_-]*(?:0|zero)\b|\bpublic domain\b", re.IGNORECASE)
_ART_LIBRE = re.compile(r"artlibre|art[\s_-]?libre|free[\s_-]art[\s_-]licen[cs]e", re.IGNORECASE)
_URL = re.compile(r"https?://[^\s<>\"')]+")
_CLAUSES = ("nc", "nd", "sa")

#: What Creative Commons' licences are called in full, and their clauses.
_IN_WORDS = {"noncommercial": "nc", "noderiv": "nd", "sharealike": "sa"}


def licence_of(text: str) -> Licence:
    """The licence that a text or an address names; `UNKNOWN` with the text as its note when it names none we know."""
    address = _URL.search(text)
    url = address[0] if address else ""
    found = _CC.search(text)
    if found:
        return _creative_commons(found[1], found[2] or "", url)
    if _CC_ZERO.search(text):
        return Licence("CC0 or public domain", may_train_weights=True, url=url)
    if _ART_LIBRE.search(text):
        return Licence("Free Art Licence", may_train_weights=True, url=url)
    plain = re.sub(r"[^a-z]", "", text.lower())
    if "creativecommons" in plain and "attribution" in plain:
        clauses = [short for word, short in _IN_WORDS.items() if word in plain]
        return _creative_commons("-".join(["by", *clauses]), "", url)
    return replace(UNKNOWN, url=url, note=text.strip()) if text.strip() else UNKNOWN


def _creative_commons(clauses: str, version: str, url: str) -> Licence:
    parts = [clause for clause in _CLAUSES if clause in re.split(r"[\s_-]+", clauses.lower())]
    name = " ".join(part for part in ("-".join(["CC BY", *map(str.upper, parts)]), version) if part)
    return Licence(name, may_train_weights=not {"nc", "nd"} & set(parts), url=url)
