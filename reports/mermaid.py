"""A sequence as Mermaid text, for documentation that is kept as Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from tmfrig.reports.sequence import Diagram, Message

# What Mermaid reads as text wherever it stands. Everything else becomes an entity: separators and comments
# (; # %), markup (< & ` $ and the like), and whatever a target comes up with.
_PLAIN = frozenset(" /?=.,-_+*()[]{}'\":!→…×@")


def mermaid(diagram: Diagram) -> str:
    """The diagram as the text of a Mermaid `sequenceDiagram`, without a fence around it.

    A solid arrow is a call, a dotted one a call between other roles, an open one a notification, and one that
    ends in a cross had no response.
    """
    return "\n".join(["sequenceDiagram", *(f"    {line}" for line in _lines(diagram))]) + "\n"


def _lines(diagram: Diagram) -> Iterator[str]:
    names = {name: f"P{number}" for number, name in enumerate(diagram.participants, start=1)}
    for name, short in names.items():
        yield f"participant {short} as {_text(name)}"
    if not names:
        return
    everybody = ",".join(dict.fromkeys((names[diagram.participants[0]], names[diagram.participants[-1]])))
    for section in diagram.sections:
        yield f"Note over {everybody}: {_text(section.caption)}"
        for message in section.messages:
            yield f"{names[message.caller]}{_arrow(message)}{names[message.callee]}: {_text(message.label)}"
        if section.left_out:
            yield f"Note over {everybody}: … {section.left_out} more"


def _arrow(message: Message) -> str:
    if message.status is None:
        return "--x" if message.aside else "-x"
    if message.is_event:
        return "--)" if message.aside else "-)"
    return "-->>" if message.aside else "->>"


def _text(text: str) -> str:
    shown = "".join(
        character if character.isalnum() or character in _PLAIN else f"#{ord(character)};"
        for character in text
    )
    return shown.strip() or "–"
