"""The example music: its score, its players, its microphones and its mix."""
