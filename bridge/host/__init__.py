"""Plugins, hosted in processes of their own: whatever they do, the session goes on."""
