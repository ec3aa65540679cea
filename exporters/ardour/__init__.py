"""The Ardour hand-over: sessions on the stems, and the strips of any session set in a copy."""
