"""Profiles of plugins as TOML files: which of their knobs are which parameters of the console."""

from presets.plugins.profile import PluginProfile
from presets.shelf import Shelf

PLUGIN_PROFILES = Shelf("presets.plugins", PluginProfile, "mixbridge.plugin-profile/1", "plugin profile")


def profiles_for(name: str, maker: str = "") -> tuple[PluginProfile, ...]:
    """The shipped profiles of a plugin that calls itself so; a channel strip has one for each of its roles."""
    shipped = (PLUGIN_PROFILES.load(item) for item in PLUGIN_PROFILES.names())
    return tuple(profile for profile in shipped if profile.fits(name, maker))


def profile_for(name: str, maker: str = "", role: str = "") -> PluginProfile | None:
    """The shipped profile of a plugin in a role, or in any; None where there is none."""
    fitting = profiles_for(name, maker)
    return next((profile for profile in fitting if role in ("", profile.role)), None)
