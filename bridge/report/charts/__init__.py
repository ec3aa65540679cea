"""The pictures of the report, one module each; pure functions from values to inline SVG."""
