"""Runs a real Ardour without a screen, a sound card or a network: opens sessions, renders them, saves them."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from lxml import etree
from numpy.typing import NDArray

#: Where Debian's package keeps the parts that a run needs, for each major version that has them.
PLACES = tuple(
    (Path(f"/usr/lib/ardour{major}"), Path(f"/usr/share/ardour{major}"), Path(f"/etc/ardour{major}"), major)
    for major in (7, 8)
)

#: Ardour's own format "BWAV 32float", in a preset of ours: its stock presets are of 16 bits.
_PRESET_ID = "6f1d5a52-5a0f-4f0a-9f3a-0f6c3b1f7a01"
_PRESET = f"""<?xml version="1.0" encoding="UTF-8"?>
<ExportPreset id="{_PRESET_ID}" name="float for tests">
  <ExportFormat id="20b4ab09-6452-4cb3-bd66-b921cdbd2942"/>
  <ExportFilename>
    <Folder relative="1" path="export"/>
    <Field name="label" enabled="0"/>
    <Field name="session" enabled="0"/>
    <Field name="snapshot" enabled="0"/>
    <Field name="timespan" enabled="1"/>
    <Field name="revision" enabled="0"/>
    <Field name="time" enabled="0" value="T_None"/>
    <Field name="date" enabled="0" value="D_None"/>
  </ExportFilename>
</ExportPreset>
"""

#: Triples of folder, name and what to do: "save", or the folder that gets mix.wav.
_SCRIPT = f"""
for i = 1, #arg, 3 do
  local s = load_session (arg[i], arg[i + 1])
  assert (s, "cannot be opened")
  if arg[i + 2] == "save" then
    assert (s:save_state ("", false, false, false, false, false) == 0)
  else
    local e = s:simple_export ()
    e:set_folder (arg[i + 2])
    e:set_name ("mix")
    assert (e:set_preset ("{_PRESET_ID}"))
    assert (e:check_outputs (), "the master has no outputs")
    assert (e:run_export ())
  end
  print ("DONE " .. arg[i])
  io.stdout:flush ()
  close_session ()
end
print ("ALL DONE")
io.stdout:flush ()
"""

#: A session of the tests is opened and rendered in a few seconds.
_PATIENCE_S = 60.0
_ATTEMPTS = 4

BUNDLES = ("a-comp", "a-delay", "a-eq", "a-exp", "a-reverb", "fil4", "dpl", "lsp-plugins")
_PACKAGES = "x42-plugins, lsp-plugins-lv2"
_LV2 = (Path("/usr/lib/lv2"), Path("/usr/local/lib/lv2"))

Audio = NDArray[np.float64]


def lv2_bundle(name: str) -> Path | None:
    """Where a bundle of LV2 plugins lies; None where it is not installed."""
    return next((folder / f"{name}.lv2" for folder in _LV2 if (folder / f"{name}.lv2").is_dir()), None)


def missing(*bundles: str) -> str:
    """Why no Ardour with these bundles of plugins can be run here, "" where one can."""
    if not any((place / "luasession").is_file() for place, *_ in PLACES):
        return "Ardour is not installed (Debian: ardour)"
    lacking = [name for name in bundles if lv2_bundle(name) is None]
    return f"the plugins {', '.join(lacking)} are not installed (Debian: {_PACKAGES})" if lacking else ""


@dataclass
class Ardour:
    """A real Ardour with a home of its own, which sees just these bundles of plugins.

    LSP's alone take two seconds of a processor to be looked at.
    """

    home: Path
    bundles: tuple[str, ...] = BUNDLES

    def __post_init__(self) -> None:
        self._program, self._data, self._config, self._major = next(
            place for place in PLACES if (place[0] / "luasession").is_file()
        )
        presets = self.home / f".config/ardour{self._major}/export"
        presets.mkdir(parents=True)
        (presets / "float.preset").write_text(_PRESET, encoding="utf-8")
        self._script = self.home / "run.lua"
        self._script.write_text(_SCRIPT, encoding="utf-8")
        (self.home / "run").mkdir(mode=0o700)
        plugins = self.home / "lv2"
        plugins.mkdir()
        for name in self.bundles:
            bundle = lv2_bundle(name)
            if bundle is not None:
                (plugins / bundle.name).symlink_to(bundle)
        self._environment = {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": str(self.home / ".config"),
            "XDG_CACHE_HOME": str(self.home / ".cache"),
            "XDG_RUNTIME_DIR": str(self.home / "run"),
            "ARDOUR_DATA_PATH": str(self._data),
            "ARDOUR_CONFIG_PATH": str(self._config),
            "ARDOUR_DLL_PATH": str(self._program),
            "LD_LIBRARY_PATH": str(self._program),
            "LV2_PATH": str(plugins),
            "VST_PATH": str(plugins),
            "LC_ALL": "C.UTF-8",
        }

    def run(self, jobs: Sequence[tuple[Path, str]]) -> str:
        """Open session files one after the other and do one thing with each; returns what Ardour said.

        Ardour sometimes crashes while it closes a session (one time in five, after the work is done), and rarely hangs
        while it opens one: what counts is that it said that a session was done, and what is not is tried again.
        """
        pending, said = list(jobs), ""
        for _ in range(_ATTEMPTS):
            said += self._attempt(pending)
            pending = [job for job in pending if f"DONE {job[0].parent}\n" not in said]
            if not pending:
                return said
            for _, what in pending:
                shutil.rmtree(what, ignore_errors=True)
        raise AssertionError(f"Ardour did not finish {pending[0][0]}:\n{said[-4000:]}")

    def _attempt(self, jobs: Sequence[tuple[Path, str]]) -> str:
        arguments = [part for file, what in jobs for part in (str(file.parent), file.stem, what)]
        command = [*_no_network(), str(self._program / "luasession"), str(self._script), *arguments]
        log = self.home / "log.txt"
        with log.open("wb") as out:
            process = subprocess.Popen(
                command,
                env=self._environment,
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
            )
            try:
                return self._wait(process, log)
            finally:
                process.kill()
                process.wait()

    def save(self, file: Path) -> etree._Element:
        """Let Ardour open a session and save it; returns the tree of what it saved."""
        self.run([(file, "save")])
        return etree.parse(str(file)).getroot()

    def render(self, *files: Path) -> list[tuple[Audio, int]]:
        """The master of each session file as (samples, channels) with its rate, as Ardour exports it."""
        outs = [self.home / f"out {index} {time.monotonic_ns()}" for index in range(len(files))]
        self.run([(file, str(out)) for file, out in zip(files, outs, strict=True)])
        audio = [soundfile.read(next(out.iterdir()), always_2d=True) for out in outs]
        for out in outs:
            shutil.rmtree(out)
        return audio

    def _wait(self, process: subprocess.Popen[bytes], log: Path) -> str:
        """What it says until all is done, it has ended, or it has been silent for too long."""
        said, since = "", time.monotonic()
        while time.monotonic() - since < _PATIENCE_S:
            ended = process.poll() is not None
            now = log.read_text(encoding="utf-8", errors="replace")
            if ended or "ALL DONE" in now:
                return now
            if now != said:
                said, since = now, time.monotonic()
            time.sleep(0.05)
        return said


def _no_network() -> list[str]:
    """What runs a command without a network, where this machine lets us."""
    unshare = shutil.which("unshare")
    if unshare is None:
        return []
    for command in ([unshare, "-n"], [unshare, "-r", "-n"]):
        if subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0:
            return command
    return []


def fan_out(file: Path, target: Path) -> list[str]:
    """A copy of a session in which every route but the master has a pair of the master's channels for itself.

    The master loses its plugins and its fader, and routes feed their groups as before, so that one render holds what
    comes out of every strip. Returns the routes' names in the order of the pairs; `target` is a folder.
    """
    root = etree.parse(str(file)).getroot()
    routes = root.find("Routes").findall("Route")
    master = next(route for route in routes if "MasterOut" in route.find("PresentationInfo").get("flags"))
    others = [route for route in routes if route is not master]
    for io in master.findall("IO"):
        for port in list(io):
            io.remove(port)
        side = "in" if io.get("direction") == "Input" else "out"
        for channel in range(2 * len(others)):
            etree.SubElement(io, "Port", type="audio", name=f"Master/audio_{side} {channel + 1}")
    for item in master.findall("Processor"):
        if item.get("type") in ("lv2", "luaproc"):
            master.remove(item)
        for gain in item.iterfind("Controllable[@name='gaincontrol']"):
            gain.set("value", "1")
    master.find(".//PannerShell").set("bypassed", "1")
    for index, route in enumerate(others):
        _connect(route, index)
    (target / "interchange" / target.name / "audiofiles").mkdir(parents=True)
    etree.ElementTree(root).write(
        str(target / f"{target.name}.ardour"), xml_declaration=True, encoding="UTF-8"
    )
    return [route.get("name") for route in others]


def _connect(route: etree._Element, index: int) -> None:
    io = next(io for io in route.findall("IO") if io.get("direction") == "Output")
    for channel, port in enumerate(io.findall("Port")):
        for link in list(port):
            if link.get("other").startswith("Master/"):
                port.remove(link)
        etree.SubElement(port, "Connection", other=f"Master/audio_in {2 * index + channel + 1}")


def pairs(audio: Audio, names: Iterable[str]) -> dict[str, Audio]:
    """What came out of each route, (samples, 2), by its name."""
    return {name: audio[:, 2 * index : 2 * index + 2] for index, name in enumerate(names)}
