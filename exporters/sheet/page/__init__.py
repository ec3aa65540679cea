"""The template and the style of the recall sheet as a page."""
