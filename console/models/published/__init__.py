"""Diff-MST as published, built from its description: for comparison with ours."""
