"""What an evaluation leaves in its folder beside the rows: the tables and the pictures."""

from pathlib import Path

from bridge.evaluation.evaluate import SUMMARY_JSON, TABLE_MD
from bridge.evaluation.plots import picture
from bridge.evaluation.summary import Summary
from bridge.evaluation.tables import markdown
from bridge.evaluation.terms import TITLES
from bridge.files import whole_file


def write_results(folder: Path, summary: Summary, summary_json: str) -> tuple[Path, ...]:
    """Write summary.json, table.md and a picture a group, each whole; those of an earlier run are replaced.

    Raises:
        RenderError: a file cannot be written.
    """
    texts = {SUMMARY_JSON: summary_json, TABLE_MD: markdown(summary)}
    for group in TITLES:
        if drawn := picture(summary, group):
            texts[f"{group}.svg"] = drawn
    made = []
    for name, text in texts.items():
        with whole_file(folder / name) as temporary:
            temporary.write_bytes(text.encode("utf-8", "backslashreplace"))
        made.append(folder / name)
    return tuple(made)
