"""The tree of errors; each kind has its exit code.

A message holds the offending value, the allowed range with its unit and one sentence on the remedy.
"""

from typing import ClassVar


class MixbridgeError(Exception):
    """Base of every error that mixbridge raises on purpose."""

    exit_code: ClassVar[int] = 1


class SessionError(MixbridgeError):
    """A session, or a file of it, cannot be read."""

    exit_code = 3


class ParamError(MixbridgeError):
    """A value outside its parameter's range, or a file that names an unknown parameter."""

    exit_code = 2


class RenderError(MixbridgeError):
    """The mix cannot be rendered or written."""

    exit_code = 1


class TrainingError(MixbridgeError):
    """A network cannot be trained further."""

    exit_code = 1


class PluginError(MixbridgeError):
    """A plugin cannot be loaded, or misbehaves."""

    exit_code = 6


class ExportError(MixbridgeError):
    """A hand-over file cannot be written or read."""

    exit_code = 4


class LinkError(MixbridgeError):
    """The live connection to a DAW or a desk is lost."""

    exit_code = 5
