"""REAPER: projects, FX chains and track templates, written and read without REAPER."""
