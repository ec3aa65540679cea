"""From names to roles: single names, whole sessions, and thousands of real ones."""

import csv
import tomllib
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.sessions import name_roles
from bridge.sessions.roles import GUIDE, MIXDOWN
from bridge.sessions.tokens import common_prefix, tokens_of
from console.session import Role
from console.session.roles import DRUM_ROLES, VOCAL_ROLES

NAMES = {
    "01_Kick": "kick", "BD": "kick", "bass drum": "kick", "BassDrum_In": "kick", "Drum_Bass": "kick", "k": "kick",
    "SubKick": "kick", "Kick Click": "kick", "Grosse Caisse": "kick", "Bombo": "kick", "Drums-Kick-U47": "kick",
    "03_Snare Top": "snare", "SN_bot": "snare", "snaretop": "snare", "Caisse Claire": "snare", "SD 1": "snare",
    "Snare Room": "snare", "HH": "hihat", "Hi-Hat": "hihat", "OpenHat_2": "hihat", "Open HH": "hihat",
    "T1": "tom", "Floor Tom": "tom", "FT": "tom", "RackTom2": "tom", "Drums T2": "tom",
    "OH": "overhead", "OverHeads_C414": "overhead", "07_OHs": "overhead", "Ovh.1": "overhead",
    "Room": "room", "Drum Room Mono": "room", "DrumsRoom": "room", "Rm": "room",
    "Ride": "cymbals", "Crash 2": "cymbals", "Becken": "cymbals", "Tamb": "percussion", "Hand Claps": "percussion",
    "Shaker_01": "percussion", "Congas": "percussion", "DrumLoop": "drums", "Schlagzeug": "drums", "Drums": "drums",
    "Bass": "bass", "BassDI": "bass", "Sub": "bass", "Synth Bass": "bass", "Upright Bass": "bass", "E-Bass": "bass",
    "808 Bass": "bass", "Bajo": "bass", "Bass Gtr": "bass", "Moog Bass": "bass",
    "EGtr L": "electric_guitar", "ElecGtr3DT": "electric_guitar", "Lead Gtr": "electric_guitar",
    "Gtr Lead": "electric_guitar", "Rhy Gtr": "electric_guitar", "E-Gitarre": "electric_guitar",
    "GTR": "electric_guitar",
    "AcGtr": "acoustic_guitar", "Gtr Acoustic 2": "acoustic_guitar", "Acoustic_12str_Gtr": "acoustic_guitar",
    "AG1": "acoustic_guitar", "Ukulele": "acoustic_guitar", "Violão": "acoustic_guitar",
    "Pno": "keys", "Electric Piano": "keys", "Rhodes": "keys", "Klavier": "keys", "Wurli": "keys", "EP": "keys",
    "Hammond B3": "organ", "Vox Organ": "organ", "Orgel": "organ",
    "Lead Synth": "synth", "Synth Lead 3": "synth", "Arp": "synth", "Lead": "synth", "Pluck": "synth",
    "Pad": "pad", "String Pad": "pad", "Vox Pad": "pad", "Strings": "strings", "Vln 1": "strings", "Cordes": "strings",
    "Trumpet": "brass", "Bass Trombone": "brass", "Posaune": "brass", "Bass Clarinet": "woodwind",
    "Alto Sax": "woodwind", "Soprano Saxophone": "woodwind", "Soprano Recorder": "woodwind", "Soprano Cornet": "brass",
    "Soprano Ukulele": "acoustic_guitar", "Soprano": "lead_vocal", "Mezzo-Soprano 1": "lead_vocal",
    "Lead Vox": "lead_vocal", "LV": "lead_vocal", "LdVox": "lead_vocal", "leadvox_comp": "lead_vocal",
    "Vox": "lead_vocal", "Gesang": "lead_vocal", "Voix": "lead_vocal", "ボーカル": "lead_vocal",
    "BV 1": "backing_vocal", "BGVs": "backing_vocal", "Vox Harm High": "backing_vocal", "Vox DBL": "backing_vocal",
    "AdLibs": "backing_vocal", "Choir": "backing_vocal", "Lead Vox DBL": "backing_vocal", "Coros": "backing_vocal",
    "Riser": "fx", "SFX 3": "fx", "Synth SFX": "fx", "Reverse Cymbal": "fx",
    "Click": "click", "Metronome": "click", "Klick": "click",
    "Audio 1": "other", "Track_07": "other", "": "other", "___": "other", "123": "other",
}  # fmt: skip


@pytest.mark.parametrize(("name", "role"), NAMES.items())
def test_single_names(name: str, role: str) -> None:
    assert name_roles([name])[0].role == role


@pytest.mark.parametrize("name", [name for name, role in NAMES.items() if role == "other"])
def test_what_says_nothing_is_uncertain(name: str) -> None:
    assert name_roles([name])[0].confidence < 0.6


@pytest.mark.parametrize(
    "name", ["Kick", "Snare Top", "Lead Vox", "EGtr", "AcGtr", "Bass DI", "Overheads", "Click"]
)
def test_what_is_plain_is_sure(name: str) -> None:
    assert name_roles([name])[0].confidence >= 0.9


@pytest.mark.parametrize(
    ("name", "detail"),
    [
        ("Snare Top", "top"), ("SnareDown", "bottom"), ("Kick In", "in"), ("KickOut", "out"), ("Sub Kick", "sub"),
        ("SubKick", "sub"), ("Bass DI", "di"), ("BassAmp", "amp"), ("Kick Sample", "trigger"), ("EGtr L", "left"),
        ("Tom_R", "right"), ("Lead Vox DT", "double"), ("Kick", ""), ("Bass Up", ""), ("Gtr In", ""),
        ("Snare Room", "room"), ("Guide Vox", GUIDE), ("Scratch Gtr", GUIDE), ("Scratch", ""), ("Scratch Beat", ""),
        ("Rough Mix", MIXDOWN), ("_HUMAN_MIX", MIXDOWN), ("Master 2", MIXDOWN), ("Drum Mix", ""), ("Stereo", ""),
    ],
)  # fmt: skip
def test_details(name: str, detail: str) -> None:
    assert name_roles([name])[0].detail == detail


def roles(*names: str) -> list[Role]:
    return [found.role for found in name_roles(names)]


def test_the_song_s_name_in_front_says_nothing() -> None:
    assert roles("Bass Face_Kick", "Bass Face_Lead Vox", "Bass Face_EGtr") == [
        "kick",
        "lead_vocal",
        "electric_guitar",
    ]
    assert roles("Song_01_Kick", "Song_02_Keys", "Song_03_Pad") == ["kick", "keys", "pad"]


def test_a_front_part_that_is_needed_counts() -> None:
    assert roles("Vox Lead", "Vox Harm", "Vox Dbl") == ["lead_vocal", "backing_vocal", "backing_vocal"]
    assert roles("Bass 1", "Bass 2", "Bass 3") == ["bass"] * 3


def test_oh_beside_a_closed_hat_is_an_open_one() -> None:
    assert roles("BD", "SD", "CH", "OH")[3] == "hihat"
    assert roles("BD", "SD", "HH", "OH")[3] == "overhead"


def test_who_leads() -> None:
    assert roles("Vox", "BV 1") == ["lead_vocal", "backing_vocal"]
    assert roles("Vox", "Lead Vox") == ["backing_vocal", "lead_vocal"]
    assert roles("Vox 2", "Vox 1", "Vox 3") == ["backing_vocal", "lead_vocal", "backing_vocal"]
    assert roles("Male Singer", "Female Singer") == ["lead_vocal", "lead_vocal"]


def test_order_does_not_matter() -> None:
    names = list(NAMES)
    forward = dict(zip(names, name_roles(names), strict=True))
    backward = dict(zip(names[::-1], name_roles(names[::-1]), strict=True))
    assert forward == backward


@settings(max_examples=300, deadline=None)
@given(st.lists(st.text(max_size=30), max_size=6))
def test_any_text_is_fine(names: list[str]) -> None:
    found = name_roles(names)
    assert len(found) == len(names)
    assert all(0.0 <= item.confidence <= 1.0 for item in found)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.text(alphabet="aAbBkKoOhHtT019 _-.éß", max_size=12), max_size=6))
def test_tokens_are_folded_and_lose_nothing(names: list[str]) -> None:
    for name in names:
        tokens = tokens_of(name)
        assert all(token and (token.isdecimal() or not any(map(str.isdecimal, token))) for token in tokens)
    assert common_prefix([tokens_of(name) for name in names] or [()]) >= 0


#: What an engineer's group label allows; labels that do not name an instrument are missing.
TABLE = tomllib.loads((Path(__file__).parents[2] / "benchmarks" / "roles.toml").read_text(encoding="utf-8"))
ACCEPTED = {word: set(map(Role, row["roles"])) for row in TABLE["labels"] for word in row["words"].split()}


@pytest.fixture(scope="module")
def judged(shared: Path) -> list[tuple[str, str, Role]]:
    """Group label, name and the role found, of every track of every session."""
    sessions: dict[str, list[dict[str, str]]] = defaultdict(list)
    with (shared / "tracknames.tsv").open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE):
            sessions[row["song"]].append(row)
    found = []
    for rows in sessions.values():
        named = name_roles([Path(row["name"]).stem for row in rows])
        found += [(row["group"], row["name"], item.role) for row, item in zip(rows, named, strict=True)]
    return found


def test_real_names(judged: list[tuple[str, str, Role]]) -> None:
    right, total = Counter(), Counter()
    for group, _, role in judged:
        if group in ACCEPTED:
            total[group] += 1
            right[group] += role in ACCEPTED[group]
    assert total.total() > 7_000
    assert right.total() / total.total() >= 0.98
    large = {group: right[group] / count for group, count in total.items() if count >= 100}
    assert {group: share for group, share in large.items() if share < 0.88} == {}


def test_real_lead_vocals(judged: list[tuple[str, str, Role]]) -> None:
    labels = {"LV", "LeadVox", "LeadVox1", "LeadVox2"}
    leads = [(name, role) for group, name, role in judged if group in labels]
    assert len(leads) > 350
    assert [(name, role) for name, role in leads if role not in VOCAL_ROLES] == []
    second = ("dt", "harm", "double", "dbl")
    plain = [role for name, role in leads if not any(word in name.lower() for word in second)]
    assert plain.count(Role.LEAD_VOCAL) / len(plain) >= 0.97


@pytest.mark.parametrize(
    ("word", "accepted"),
    [
        ("kick", {Role.KICK}),
        ("snare", {Role.SNARE}),
        ("hihat", {Role.HIHAT}),
        ("overhead", {Role.OVERHEAD}),
        ("tom", {Role.TOM}),
        ("ride", {Role.CYMBALS, Role.OVERHEAD}),
    ],
)
def test_real_drums(judged: list[tuple[str, str, Role]], word: str, accepted: set[Role]) -> None:
    found = [
        role
        for group, name, role in judged
        if ACCEPTED.get(group) == set(DRUM_ROLES) and word in name.lower()
    ]
    assert len(found) > 20
    assert sum(role in accepted for role in found) / len(found) >= 0.95
