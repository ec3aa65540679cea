"""What changed in an arrangement: tracks, items, groups, tempo and markers of two projects."""

from dataclasses import replace
from pathlib import Path

import pytest

from bridge.compare import arrangement_changes
from exporters.project import Fade, Item, Marker, Project, ProjectTrack, Tempo, TrackKind

TAKE = Item("take 1", Path("a/gtr.wav"), 1.0, 2.0)
GTR, VOX = ProjectTrack("{1}", "Gtr", items=(TAKE,)), ProjectTrack("{2}", "Vox")
SONG = Project(Path("a.rpp"), "reaper", (GTR, VOX), 48_000, (Tempo(0.0, 120.0),), (Marker(8.0, "Chorus"),))


def with_item(**about: object) -> Project:
    return replace(SONG, tracks=(replace(GTR, items=(replace(TAKE, **about),)), VOX))


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (SONG, ()),
        (with_item(position_s=1.5), ("Gtr: item 'take 1' at 1.000 s moved to 1.500 s",)),
        (with_item(position_s=1.00001), ()),
        (with_item(gain_db=-3.0), ("Gtr: item 'take 1' at 1.000 s gain 0.0 → −3.0 dB",)),
        (with_item(fade_in=Fade(0.5)), ("Gtr: item 'take 1' at 1.000 s has other fades",)),
        (with_item(muted=True), ("Gtr: item 'take 1' at 1.000 s muted",)),
        (
            with_item(length_s=1.0, offset_s=0.25),
            (
                "Gtr: item 'take 1' at 1.000 s trimmed: 2.000 s from 0.000 s of its file → "
                "1.000 s from 0.250 s",
            ),
        ),
        (
            with_item(file=Path("b/other.wav"), name="take 2"),
            ("Gtr: item 'take 1' at 1.000 s removed", "Gtr: item 'take 2' at 1.000 s added"),
        ),
        (with_item(file=Path("b/GTR.wav")), ()),
        (replace(SONG, tracks=(GTR,)), ("Vox: track removed (0 items)",)),
        (
            replace(SONG, tracks=(*SONG.tracks, ProjectTrack("{3}", "Choir", items=(TAKE,)))),
            ("Choir: track added (1 item)",),
        ),
        (replace(SONG, tracks=(VOX, GTR)), ("the tracks stand in another order",)),
        (replace(SONG, tracks=(replace(GTR, name="Guitar"), VOX)), ("Gtr: renamed to Guitar",)),
        (
            replace(SONG, tracks=(replace(GTR, plugins=("ReaEQ", "Saturn")), VOX)),
            ("Gtr: plugins none → ReaEQ, Saturn",),
        ),
        (
            replace(
                SONG,
                tracks=(replace(GTR, output="{9}"), VOX, ProjectTrack("{9}", "Band", TrackKind.GROUP)),
            ),
            ("Band: track added (0 items)", "Gtr: goes to Band, was master"),
        ),
        (replace(SONG, tempo=(Tempo(0.0, 124.0),)), ("tempo 120 bpm 4/4 → 124 bpm 4/4",)),
        (replace(SONG, markers=(Marker(9.0, "Chorus"),)), ("marker 'Chorus' at 8.000 s moved to 9.000 s",)),
        (replace(SONG, markers=()), ("marker 'Chorus' at 8.000 s removed",)),
        (
            replace(SONG, markers=(Marker(8.0, "Hook"),)),
            ("marker 'Chorus' at 8.000 s renamed to 'Hook'",),
        ),
        (
            replace(SONG, format="ableton", tracks=(replace(GTR, key="7"), replace(VOX, key="8"))),
            (),
        ),
    ],
)
def test_changes(now: Project, expected: tuple[str, ...]) -> None:
    assert arrangement_changes(SONG, now) == expected


def test_many_items_are_compared_quickly() -> None:
    items = tuple(replace(TAKE, position_s=float(place)) for place in range(20_000))
    tracks = (replace(GTR, items=items), VOX)
    later = (
        replace(GTR, items=tuple(replace(item, position_s=item.position_s + 0.5) for item in items)),
        VOX,
    )
    assert len(arrangement_changes(replace(SONG, tracks=tracks), replace(SONG, tracks=later))) == 20_000
