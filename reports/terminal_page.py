"""Lines on a terminal, on which no text of a target can act; plain ones where it is none."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from tmfrig.reports.result import Outcome, Verdict

OUTCOME_MARKS = {
    Outcome.passed: ("✓", "green"),
    Outcome.failed: ("✗", "bold red"),
    Outcome.error: ("?", "bold magenta"),
    Outcome.warned: ("!", "yellow"),
    Outcome.waived: ("~", "cyan"),
    Outcome.skipped: ("-", "dim"),
}
VERDICT_STYLES = {
    Verdict.conformant: "bold green",
    Verdict.nonconformant: "bold red",
    Verdict.inconclusive: "bold yellow",
}
_PLAIN_MARKS = {"✗": "x", "✓": "+", "·": "|", "…": "...", "→": "->", "–": "-", "×": "x"}


class TerminalPage:
    """Lines as they are: nothing in them is markup, none is wrapped (a copied curl line stays one line)."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.unicode = console.encoding.lower().startswith("utf")

    def line(self, content: Text | str = "") -> None:
        text = Text(content) if isinstance(content, str) else content
        if not self.unicode:
            text = self._encodable(text)
        self.console.print(text, soft_wrap=True, markup=False, highlight=False, emoji=False)

    def edges(self, left: Text, right: str) -> Text:
        """The two texts at the two edges of the terminal, or beside each other where that does not fit."""
        gap = self.console.width - left.cell_len - cell_len(right)
        space = " " * (gap if self.console.is_terminal and gap > 2 else 2)
        return Text.assemble(left, space, (right, "dim"))

    def _encodable(self, text: Text) -> Text:
        plain = Text()
        for part in text.render(self.console):
            content = part.text
            for mark, substitute in _PLAIN_MARKS.items():
                content = content.replace(mark, substitute)
            plain.append(
                content.encode(self.console.encoding, "replace").decode(self.console.encoding), part.style
            )
        return plain


def aligned(rows: Sequence[Sequence[str]], left: int = 1) -> list[str]:
    """The rows with their columns at the same places: the first `left` begin there, the others end there."""
    widths = [max(cell_len(row[column]) for row in rows) for column in range(len(rows[0]))] if rows else []
    lines = []
    for row in rows:
        gaps = [" " * (width - cell_len(cell)) for width, cell in zip(widths, row, strict=True)]
        lines.append(
            "  ".join(
                cell + gap if column < left else gap + cell
                for column, (gap, cell) in enumerate(zip(gaps, row, strict=True))
            )
        )
    return lines
