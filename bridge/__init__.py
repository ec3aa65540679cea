"""The outside world: command line, sessions, renderer, report."""
