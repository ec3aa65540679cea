"""Measures of tracks, pairs and sums: what everything else decides by."""
