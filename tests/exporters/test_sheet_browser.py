"""A real browser shows the recall sheet without a complaint, without a request, and without sideways scrolling."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from reaper_cases import RATE_HZ, audio, small_mix, small_session

from console.mix import Mix, TrackStrip
from console.session import Session, SessionTrack
from exporters.sheet.writer import write_project

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")

PROBE = """<script>addEventListener("load", () => {
  parent.postMessage(JSON.stringify({
    inner: innerWidth, scroll: document.documentElement.scrollWidth,
    requests: performance.getEntriesByType("resource").length,
    clipped: [...document.querySelectorAll("h1, h2, h3, td, th, p")].filter((item) =>
      !item.closest(".scroll") && item.getBoundingClientRect().right > innerWidth + 1).length,
  }), "*");
});</script>"""

#: A window of a browser is never as narrow as a telephone; a frame in it is.
WINDOW = """<!DOCTYPE html><title>window</title><body><script>
addEventListener("message", (event) => {{ document.body.dataset.probe = event.data; }});
</script><iframe src="sheet.html" width="{width}" height="900" style="border:0"></iframe></body>"""


def run(*options: str, profile: Path) -> tuple[str, str]:
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
            f"--user-data-dir={profile}",
            "--enable-logging=stderr",
            "--virtual-time-budget=4000",
            *options,
        ],
        capture_output=True,
        timeout=90,
        check=True,
    )
    return done.stdout.decode("utf-8"), done.stderr.decode("utf-8", "replace")


def page(mix: Mix, session: Session, folder: Path) -> str:
    return write_project(mix, session, folder, force=True).files[1].read_text(encoding="utf-8")


def test_the_policy_lets_the_style_work_and_the_console_stays_silent(tmp_path: Path) -> None:
    path = tmp_path / "sheet.html"
    path.write_text(page(small_mix(), small_session(tmp_path), tmp_path), encoding="utf-8", newline="\n")
    shown, said = run("--dump-dom", path.as_uri(), profile=tmp_path / "profile")
    assert "CONSOLE" not in said
    assert shown.count("<article") == 8


@pytest.mark.parametrize("width", [400, 1240])
def test_nothing_overflows_and_nothing_is_requested(tmp_path: Path, width: int) -> None:
    names = ("x" * 255, "名" * 85, *(strip.id for strip in small_mix().tracks))
    tracks = tuple(SessionTrack(name, (audio(tmp_path / f"{name}.wav"),), 2, RATE_HZ) for name in names)
    mix = small_mix()
    mix = Mix(
        RATE_HZ, (*mix.tracks, TrackStrip(names[0], (names[0],)), TrackStrip(names[1])), mix.buses, mix.master
    )
    text = page(mix, Session("y" * 100, tmp_path, RATE_HZ, tracks), tmp_path)
    # The probe is no part of the sheet: the policy has to go for it to run.
    text = re.sub(r"<meta http-equiv=.*?>", "", text).replace("</body>", PROBE + "</body>")
    (tmp_path / "sheet.html").write_text(text, encoding="utf-8", newline="\n")
    window = tmp_path / "window.html"
    window.write_text(WINDOW.format(width=width), encoding="utf-8")
    shown, _ = run("--window-size=1300,950", "--dump-dom", window.as_uri(), profile=tmp_path / "profile")
    found = re.search(r'data-probe="(.*?)"', shown)
    assert found is not None
    seen = json.loads(found[1].replace("&quot;", '"'))
    assert seen["scroll"] <= seen["inner"]
    assert (seen["clipped"], seen["requests"]) == (0, 0)


def test_it_prints_on_a4_landscape(tmp_path: Path) -> None:
    path = tmp_path / "sheet.html"
    path.write_text(page(small_mix(), small_session(tmp_path), tmp_path), encoding="utf-8", newline="\n")
    pdf = tmp_path / "sheet.pdf"
    run("--no-pdf-header-footer", f"--print-to-pdf={pdf}", path.as_uri(), profile=tmp_path / "profile")
    boxes = re.findall(rb"/MediaBox \[([\d. ]+)\]", pdf.read_bytes())
    assert boxes
    for box in boxes:
        width, height = (float(number) for number in box.split()[2:])
        # A4 is 297 by 210 mm, in points of 1/72 inch
        assert (width, height) == (
            pytest.approx(297 / 25.4 * 72, abs=1.0),
            pytest.approx(210 / 25.4 * 72, abs=1.0),
        )
