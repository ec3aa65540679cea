"""What plugins do wrong, and the error that names it."""

from enum import StrEnum

from console.errors import PluginError


class Fault(StrEnum):
    """The ways in which a plugin fails."""

    CANNOT_LOAD = "cannot-load"
    CRASHED = "crashed"
    HUNG = "hung"
    REFUSED = "refused"
    NOT_FINITE = "not-finite"
    RUNAWAY = "runaway"
    SILENT = "silent"
    LATENCY = "latency"
    NOT_REPEATABLE = "not-repeatable"


class PluginFault(PluginError):
    """A plugin failed; `fault` says how and `plugin` names it.

    It can be pickled, since it comes from another process.
    """

    def __init__(self, fault: Fault, plugin: str, text: str) -> None:
        super().__init__(f"{plugin} {text}")
        self.fault, self.plugin, self.text = fault, plugin, text

    def __reduce__(self) -> tuple[type["PluginFault"], tuple[Fault, str, str]]:
        return type(self), (self.fault, self.plugin, self.text)
