"""The vocabulary as a table for readers: `python -m tmfrig.features.listing` prints it as in `README.md`."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator
from dataclasses import dataclass

from pytest_bdd.steps import step_function_context_registry

from tmfrig.features import vocabulary

_FIRST = (
    "browsing",
    "qualifying",
    "checking",
    "ordering",
    "tracking",
    "orchestrating",
    "fulfilling",
    "feedback",
)
_KEYWORDS = ("given", "when", "then", "step")
_LAST = ("recording", "cancelling", "reconciling", "journals")


@dataclass(frozen=True)
class ListedStep:
    """One step: "given", "the customer wants a bundle", what it does, and which fixture it leaves."""

    chapter: str
    keyword: str
    text: str
    does: str
    leaves: str | None
    place: int


def steps() -> Iterator[ListedStep]:
    """Every step of the vocabulary, chapter by chapter, in the order in which they are written."""
    for chapter in (*_FIRST, *_LAST):
        yield from sorted(_of(chapter), key=lambda step: (step.place, step.keyword))


def chapters() -> dict[str, str]:
    """The chapters of the vocabulary, each with the sentence that introduces it."""
    found = {}
    for chapter in (*_FIRST, *_LAST):
        module = importlib.import_module(f"{vocabulary.__name__}.{chapter}")
        found[chapter] = (module.__doc__ or "").partition("\n")[0]
    return found


def markdown() -> str:
    """All chapters as Markdown."""
    lines: list[str] = []
    listed = list(steps())
    for chapter, sentence in chapters().items():
        lines += [f"### {chapter.capitalize()}", "", sentence, ""]
        for each in listed:
            if each.chapter == chapter:
                leaves = f" Leaves `{each.leaves}`." if each.leaves else ""
                lines += [f"- *{each.keyword}* `{each.text}` — {each.does}{leaves}"]
        lines += [""]
    return "\n".join(lines)


def _of(chapter: str) -> Iterator[ListedStep]:
    name = f"{vocabulary.__name__}.{chapter}"
    found = [
        context
        for context in list(step_function_context_registry.values())
        if context.step_func.__module__ == name
    ]
    for text, function in {each.parser.name: each.step_func for each in found}.items():
        same = [each for each in found if each.parser.name == text]
        yield ListedStep(
            chapter,
            ", ".join(sorted({each.type or "step" for each in same}, key=_KEYWORDS.index)),
            text,
            " ".join((inspect.getdoc(function) or "").split()),
            same[0].target_fixture,
            function.__code__.co_firstlineno,
        )


if __name__ == "__main__":
    print(markdown())
