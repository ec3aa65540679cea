"""The recall sheet: every setting of a mix as HTML, Markdown and CSV, for any desk or plugin."""
