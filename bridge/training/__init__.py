"""Training runs: songs of a store into an objective, and a folder that a later run can go on in."""
