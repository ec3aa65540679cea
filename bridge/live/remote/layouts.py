"""Writes the layouts of touch surfaces into a folder."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from bridge.files import check_target, whole_file
from presets.surfaces import SURFACES, surface_file
from presets.surfaces.addresses import PORT


def write_layouts(
    folder: Path,
    strips: Sequence[str],
    *,
    to: Iterable[str] = tuple(SURFACES),
    host: str = "127.0.0.1",
    port: int = PORT,
    force: bool = False,
) -> tuple[Path, ...]:
    """Write the layouts for some programs; returns the files.

    Args:
        folder: where to; made if it is not there.
        strips: the names of the strips, empty where they are not known; mixbridge fills them in while it runs.
        to: words of `presets.surfaces.SURFACES`.
        host: where mixbridge listens, as the program sees it.
        port: its port there.
        force: whether files that are there may be replaced.

    Raises:
        ParamError: there is no such program.
        RenderError: a file is there already, or cannot be written.
    """
    contents = {kind: surface_file(kind, strips, host, port) for kind in to}
    paths = {kind: folder / SURFACES[kind].file_name for kind in contents}
    for path in paths.values():
        check_target(path, force=force)
    for kind, path in paths.items():
        with whole_file(path) as temporary:
            temporary.write_bytes(contents[kind])
    return tuple(paths.values())
