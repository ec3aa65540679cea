"""Writes the Ableton hand-over: the set, a rack per strip, and a preset per device."""

import gzip
from pathlib import Path

from console.errors import ExportError
from console.filenames import distinct_names, safe_name
from console.mix import Mix
from console.session import Session
from exporters.ableton.device import TITLES, Device
from exporters.ableton.document import set_document
from exporters.ableton.plan import Plan, make_plan
from exporters.ableton.racks import preset_document, rack_document
from exporters.ableton.schema import DEFAULT_VERSION, Schema, schema_named
from exporters.files import write_files
from exporters.report import ExportReport, gather

RACKS_FOLDER, PRESETS_FOLDER = "racks", "presets"
#: Quick enough for many files, and close to what Live's own reach.
_PACKING = 6


def write_project(
    mix: Mix,
    session: Session,
    destination: Path,
    *,
    live_version: str = DEFAULT_VERSION,
    home: Path | None = None,
    force: bool = False,
) -> ExportReport:
    """Write `<session>.als`, `racks/<strip>.adg` and `presets/<strip> <device>.adv` into a folder.

    The set refers to the session's files where they are, relative to the folder and absolutely. Either all files
    are written or none. Equal input gives equal bytes.

    Args:
        mix: what to write; its track ids are the session's.
        session: the files, their starts and lengths.
        destination: the folder; made when it is missing.
        live_version: the format: "10.1", "11" or "12"; newer Lives open older ones.
        home: where the folder will lie once it is moved; paths to the audio count from there.
        force: overwrite files of an earlier hand-over.

    Raises:
        ExportError: a file exists (and no force), the folder cannot be written, mix and session do not match, or
            the version is unknown.
    """
    schema = schema_named(live_version)
    plan = make_plan(mix, session, schema)
    stem = safe_name(session.name, "mix")
    contents = {
        destination / f"{stem}.als": packed(
            set_document(plan, mix.sample_rate_hz, home or destination, schema)
        )
    }
    contents |= _racks(plan, schema, destination)
    audio = {file.path.absolute() for track in session.tracks for file in track.files}
    for path in contents:
        if path.absolute() in audio:
            raise ExportError(f"{path} is a file of the session itself; give another folder")
    write_files(contents, force=force)
    return ExportReport("ableton", tuple(contents), gather(plan.ledgers))


def packed(document: bytes) -> bytes:
    """A document as Live keeps it: packed by gzip, here without a time."""
    return gzip.compress(document, _PACKING, mtime=0)


def _racks(plan: Plan, schema: Schema, destination: Path) -> dict[Path, bytes]:
    """A rack for every strip with devices, the master's among them, and a preset for each of its devices."""
    strips = [(track.name, track.devices) for track in plan.tracks if track.devices]
    if plan.master_devices:
        strips.append(("master", plan.master_devices))
    stems = distinct_names([name for name, _ in strips])
    contents = {
        destination / RACKS_FOLDER / f"{stem}.adg": packed(rack_document(name, devices, schema))
        for stem, (name, devices) in zip(stems, strips, strict=True)
    }
    named = [
        (f"{stem} {_title(device)}", device)
        for stem, (_, devices) in zip(stems, strips, strict=True)
        for device in devices
    ]
    files = distinct_names([name for name, _ in named])
    return contents | {
        destination / PRESETS_FOLDER / f"{stem}.adv": packed(preset_document(device, schema))
        for stem, (_, device) in zip(files, named, strict=True)
    }


def _title(device: Device) -> str:
    """What a device's preset is called: the device, and which Utility it is."""
    part = device.name.rsplit(" ", 1)[-1]
    return f"{TITLES[device.tag]} {part}" if device.tag == "StereoGain" else TITLES[device.tag]
