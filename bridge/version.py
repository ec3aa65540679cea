"""The name and version that every artefact carries."""

from importlib import metadata


def tool_version() -> str:
    """Name and version of this tool, for instance "mixbridge 0.1.0"."""
    try:
        return f"mixbridge {metadata.version('mixbridge')}"
    except metadata.PackageNotFoundError:
        return "mixbridge (not installed)"
