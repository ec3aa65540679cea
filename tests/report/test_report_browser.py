"""A real browser shows the report without a complaint, without a request, and without sideways scrolling."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from bridge.report import ReportData, render_report
from console.session import Role

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")

PROBE = """<script>addEventListener("load", () => {
  const root = document.documentElement;
  parent.postMessage(JSON.stringify({
    inner: innerWidth, scroll: root.scrollWidth, requests: performance.getEntriesByType("resource").length,
    clipped: [...document.querySelectorAll("h1, h2, h3, td, th, p, dd")].filter((item) =>
      !item.closest(".scroll") && item.getBoundingClientRect().right > innerWidth + 1).length,
  }), "*");
});</script>"""

#: A window of a browser is never as narrow as a telephone; a frame in it is.
WINDOW = """<!DOCTYPE html><title>window</title><body><script>
addEventListener("message", (event) => {{ document.body.dataset.probe = event.data; }});
</script><iframe src="report.html" width="{width}" height="900" style="border:0"></iframe></body>"""


def browse(page: Path, folder: Path, width: int) -> tuple[str, str]:
    """The document after it was shown, and what the browser said."""
    done = subprocess.run(
        [
            str(CHROMIUM),
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            f"--user-data-dir={folder}",
            f"--window-size={width},900",
            "--enable-logging=stderr",
            "--virtual-time-budget=4000",
            "--dump-dom",
            page.as_uri(),
        ],
        capture_output=True,
        timeout=90,
        check=True,
    )
    return done.stdout.decode("utf-8"), done.stderr.decode("utf-8", "replace")


def test_policy_lets_style_and_script_work_and_console_stays_silent(band: ReportData, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    page.write_text(render_report(band), encoding="utf-8", newline="\n")
    shown, said = browse(page, tmp_path / "profile", 1280)
    assert "CONSOLE" not in said
    assert re.search(r'<button type="button" id="theme">', shown)
    assert shown.count('<th scope="col"><button type="button">Track</button></th>') == 1
    assert "<details>" in shown


@pytest.mark.parametrize("width", [400, 1280])
def test_nothing_overflows_and_nothing_is_requested(
    make_report_data: Callable[..., ReportData],
    band_rows: tuple[tuple[str, Role, float, float, float, int], ...],
    tmp_path: Path,
    width: int,
) -> None:
    hostile = (("x" * 255, Role.KEYS, -20.0, 500.0, 0.2, 2), ("名" * 85, Role.PAD, -25.0, 700.0, -0.2, 1))
    rendered = render_report(make_report_data((*band_rows, *hostile), name="y" * 255))
    # The probe is no part of the report: the policy has to go for it to run.
    rendered = re.sub(r"<meta http-equiv=.*?>", "", rendered).replace("</body>", PROBE + "</body>")
    page = tmp_path / "report.html"
    page.write_text(rendered, encoding="utf-8", newline="\n")
    window = tmp_path / "window.html"
    window.write_text(WINDOW.format(width=width), encoding="utf-8")
    shown, _ = browse(window, tmp_path / "profile", 1400)
    probe = re.search(r'data-probe="([^"]*)"', shown)
    assert probe is not None
    found = json.loads(probe.group(1).replace("&quot;", '"'))
    assert found["inner"] == width
    assert found["scroll"] <= width
    assert found["clipped"] == 0
    assert found["requests"] == 0
