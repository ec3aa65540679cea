"""One track or a hundred, no sound or ten minutes of it: the report stands, and stays small."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from bridge.report import ReportData, render_report
from console.analysis.masking import Masking
from console.frozen import FrozenMap
from console.session import Role

Rows = tuple[tuple[str, Role, float, float, float, int], ...]


def rows(count: int) -> Rows:
    roles = [role for role in Role if role is not Role.CLICK]
    return tuple(
        (
            f"{i:03d} track",
            roles[i % len(roles)],
            -16.0 - i % 20,
            60.0 * 1.05**i,
            (i % 21 - 10) / 10,
            1 + i % 2,
        )
        for i in range(count)
    )


def test_ten_minutes_of_a_hundred_tracks_stay_under_forty_kilobytes_a_track(
    make_report_data: Callable[..., ReportData],
) -> None:
    page = render_report(make_report_data(rows(100), seconds=600.0)).encode()
    assert page.count(b'<article class="strip') == 100 + 3 + 1
    assert len(page) / 104 < 40_000


@pytest.mark.parametrize("seconds", [0.0, 0.05, 0.1, 0.3, 1.0])
def test_a_very_short_session(make_report_data: Callable[..., ReportData], seconds: float) -> None:
    page = render_report(make_report_data(rows(2), seconds=seconds))
    assert "nan" not in page.split("<main>")[1].split("<script>")[0].lower()


def test_one_track(make_report_data: Callable[..., ReportData]) -> None:
    page = render_report(make_report_data(rows(1)))
    assert page.count('<article class="strip') == 1 + 3 + 1


def test_silent_tracks_only(make_report_data: Callable[..., ReportData]) -> None:
    page = render_report(
        make_report_data(tuple((f"dead {i}", Role.OTHER, -160.0, 400.0, 0.0, 1) for i in range(3)))
    )
    assert page.count("no signal") >= 3


def test_nothing_measured_behind_the_strips(band: ReportData) -> None:
    bare = replace(
        band,
        after={},
        gain_reduction={},
        gate_reduction={},
        masking_before=Masking(FrozenMap(), ()),
        masking_after=Masking(FrozenMap(), ()),
        exports=(),
        findings=(),
    )
    page = render_report(bare)
    assert "Gain reduction was not measured." in page
    assert 'id="handover"' not in page


def test_a_session_without_tracks(make_report_data: Callable[..., ReportData]) -> None:
    assert "0 in the mix" in render_report(make_report_data(()))
