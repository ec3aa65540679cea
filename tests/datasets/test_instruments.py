"""From the labels of MedleyDB, MoisesDB and General MIDI to roles."""

import pytest

from bridge.datasets.instruments import settle_leads, told_by, told_by_program
from bridge.datasets.moisesdb import _told as told_in_stem
from console.session import Role

#: What the data sets call instruments, and what an engineer would say they are.
LABELS = {
    Role.KICK: ["kick drum", "bass drum", "kick_drum"],
    Role.SNARE: ["snare drum", "snare_drum"],
    Role.HIHAT: ["high hat", "hi_hat"],
    Role.TOM: ["toms"],
    Role.OVERHEAD: ["overheads"],
    Role.CYMBALS: ["cymbal", "cymbals"],
    Role.DRUMS: ["drum set", "drum machine", "full_acoustic_drumkit"],
    Role.PERCUSSION: ["auxiliary percussion", "tabla", "claps", "timpani", "rattle", "a-tonal_percussion_(claps, …)"],
    Role.BASS: ["electric bass", "double bass", "bass_guitar", "bass_synthesizer_(moog_etc)"],
    Role.ELECTRIC_GUITAR: ["clean electric guitar", "distorted_electric_guitar", "lap steel guitar"],
    Role.ACOUSTIC_GUITAR: ["acoustic guitar", "banjo", "mandolin", "oud", "zhongruan"],
    Role.KEYS: ["piano", "tack piano", "electric piano", "vibraphone", "grand_piano", "harpsichord"],
    Role.ORGAN: ["organ,_electric_organ", "pipe organ", "accordion"],
    Role.SYNTH: ["synthesizer", "synth_lead"],
    Role.PAD: ["synth_pad"],
    Role.STRINGS: ["violin", "cello section", "string_section", "erhu", "violin_(solo)"],
    Role.BRASS: ["trumpet", "french horn section", "tuba_(bass_of_brass)", "horn section"],
    Role.WOODWIND: ["soprano saxophone", "bass clarinet", "flute", "dizi", "reeds_(saxophone, …)"],
    Role.LEAD_VOCAL: ["lead_female_singer", "male singer", "female singer", "male rapper"],
    Role.BACKING_VOCAL: ["background_vocals", "human_choir", "vocalists"],
    Role.FX: ["fx/processed sound", "scratches"],
    Role.CLICK: ["click_track"],
    Role.OTHER: ["Main System", "Unlabeled", "", "zzyzx"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("role", "label"), [(role, label) for role, labels in LABELS.items() for label in labels]
)
def test_labels(role: Role, label: str) -> None:
    assert told_by(label).role is role


@pytest.mark.parametrize("label", ["", "zzyzx", "Unlabeled"])
def test_what_says_nothing_is_uncertain(label: str) -> None:
    assert told_by(label).confidence <= 0.2


@pytest.mark.parametrize(
    ("program", "role"),
    [
        (0, Role.KEYS),
        (15, Role.KEYS),
        (16, Role.ORGAN),
        (24, Role.ACOUSTIC_GUITAR),
        (26, Role.ELECTRIC_GUITAR),
        (30, Role.ELECTRIC_GUITAR),
        (32, Role.BASS),
        (39, Role.BASS),
        (40, Role.STRINGS),
        (47, Role.PERCUSSION),
        (48, Role.STRINGS),
        (56, Role.BRASS),
        (64, Role.WOODWIND),
        (73, Role.WOODWIND),
        (80, Role.SYNTH),
        (88, Role.PAD),
        (117, Role.PERCUSSION),
        (127, Role.FX),
    ],
)
def test_programs_of_general_midi(program: int, role: Role) -> None:
    assert told_by_program(program, "x", drums=False).role is role
    assert told_by_program(program, "x", drums=True).role is Role.DRUMS


@pytest.mark.parametrize("program", [None, -1, 128, 10_000])
def test_no_program_goes_by_the_name(program: int | None) -> None:
    assert told_by_program(program, "Trumpet", drums=False).role is Role.BRASS


def test_one_voice_leads_and_several_are_uncertain() -> None:
    voices = [told_by("male singer"), told_by("piano"), told_by("female singer")]
    one = settle_leads(voices[:2], [None, None])
    assert (one[0].role, one[0].confidence) == (Role.LEAD_VOCAL, 0.8)
    several = settle_leads(voices, [None] * 3)
    assert [told.confidence for told in several] == [0.5, voices[1].confidence, 0.5]
    led = settle_leads(voices, [False, None, True])
    assert [told.role for told in led] == [Role.BACKING_VOCAL, Role.KEYS, Role.LEAD_VOCAL]


@pytest.mark.parametrize(
    ("stem", "kind", "role", "most"),
    [
        ("vocals", "other_(vocoder,_beatboxing_etc)", Role.BACKING_VOCAL, 0.5),
        ("other_plucked", "banjo,_mandolin,_ukulele,_harp_etc", Role.ACOUSTIC_GUITAR, 0.5),
        ("bowed_strings", "", Role.STRINGS, 0.7),
        ("wind", "other_wind", Role.WOODWIND, 0.5),
        ("nothing", "nothing", Role.OTHER, 0.5),
    ],
)
def test_the_stem_helps_where_the_kind_is_vague(stem: str, kind: str, role: Role, most: float) -> None:
    told = told_in_stem(stem, kind)
    assert told.role is role
    assert told.confidence <= most
