"""What a fault is: a class that takes the place of the one that does it right, wherever a site is assembled.

So nothing that is right knows of any fault, and what nobody asked for is not even loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar, cast

Right = TypeVar("Right")
Wrong = TypeVar("Wrong")


class FaultError(Exception):
    """A fault that nobody knows was asked for; one line."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One way of a `role` to be wrong. `sentence` says what it does and what should be.

    `role` is the API ("TMF622") or the part of the rig at which it shows. `kind` does it: a subclass of what
    does it right. `rule` is the rule of the book (`specs/rules.yaml`) that is broken, empty for what only the
    roles together can do wrong; `family` says what it is about, and `line` in which major version it shows.
    """

    name: str
    role: str
    sentence: str
    kind: type
    rule: str = ""
    family: str = "orchestration"
    line: int = 4

    @property
    def right(self) -> type:
        """The class whose place it takes: the nearest one above `kind` that is not of this package."""
        package = f"{__package__}."
        return next(each for each in self.kind.__mro__[1:] if not each.__module__.startswith(package))


@dataclass(frozen=True, slots=True)
class Faults:
    """The faults of a site; those of the same class are made together."""

    chosen: tuple[Fault, ...] = ()

    def __iter__(self) -> Iterator[Fault]:
        return iter(self.chosen)

    def instead_of(self, kind: type[Right]) -> type[Right]:
        """What a site uses in place of a class: the class itself where no fault is about it."""
        wrong = [each.kind for each in self.chosen if issubclass(kind, each.right)]
        return cast("type[Right]", type(kind.__name__, (*wrong, kind), {})) if wrong else kind


NO_FAULTS = Faults()


def fault(
    name: str, role: str, sentence: str, *, rule: str = "", family: str = "orchestration", line: int = 4
) -> Callable[[type[Wrong]], type[Wrong]]:
    """Declare a fault: the decorated class, a subclass of the one that does it right."""

    def declare(kind: type[Wrong]) -> type[Wrong]:
        if name in _declared:
            raise ValueError(f"there are two faults called {name}")
        _declared[name] = Fault(name, role, sentence, kind, rule, family, line)
        return kind

    return declare


def declared() -> tuple[Fault, ...]:
    """The faults of all modules that are loaded; `catalogue` loads all of them."""
    return tuple(_declared.values())


_declared: dict[str, Fault] = {}
