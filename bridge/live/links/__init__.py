"""The desks that can be moved, each with a link of its own."""
