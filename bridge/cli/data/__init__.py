"""The commands under `mixbridge data`."""
