"""What an engineer sees and types while a live session runs: a screen with keys, or lines."""
