"""Which of a mix's groups may take a group that an earlier mix of ours made."""

from collections.abc import Collection

from console.mix import BusKind, Mix


def is_anothers(names: Collection[str], bus_id: str, mix: Mix) -> bool:
    """Whether a group of these names is that of another bus of the mix, whatever tracks it holds now."""
    return any(bus.kind is BusKind.GROUP and bus.id != bus_id and bus.id in names for bus in mix.buses)
