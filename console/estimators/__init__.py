"""Minds that turn a session and its analysis into a Mix."""
