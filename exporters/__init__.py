"""Writers and readers of DAW files: a Mix goes out, and comes back."""
