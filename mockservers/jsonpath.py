"""JSONPath expressions that come in a request (RFC 9535, TMF630 part 6): no more work than the data is large.

An expression is read by the library and then taken apart: what could visit a node many times over, or run a
regular expression that backtracks, is refused before anything is evaluated.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from jsonpath import JSONPath, JSONPathEnvironment, JSONPathError
from jsonpath.filter import (
    BaseExpression,
    FilterExpressionLiteral,
    FunctionExtension,
    InfixExpression,
    Nil,
    PrefixExpression,
    RelativeFilterQuery,
    StringLiteral,
)
from jsonpath.function_extensions import Count, ExpressionType, FilterFunction, Length, Value
from jsonpath.lex import Lexer
from jsonpath.parse import Parser
from jsonpath.segments import JSONPathRecursiveDescentSegment, JSONPathSegment
from jsonpath.selectors import (
    Filter,
    IndexSelector,
    JSONPathSelector,
    NameSelector,
    SliceSelector,
    WildcardSelector,
)
from jsonpath.stream import TokenStream
from jsonpath.token import TOKEN_RE_FLAGS

from tmfrig.mockservers.errors import ApiError
from tmfrig.mockservers.exchange import DEEPEST_BODY
from tmfrig.mockservers.patterns import MOST_PATTERNS, Pattern, compiled, too_many

LONGEST_EXPRESSION = 1000
MOST_FILTERS = 10
"""Filters in one expression: each may look at all of the data once."""

Place = tuple[int | str, ...]
"""Where a value is: the names and indices that lead to it."""

_OPERATORS = frozenset({"==", "!=", "<", "<=", ">", ">=", "=~", "&&", "||"})
_SIMPLE_SELECTORS = (NameSelector, IndexSelector, SliceSelector, WildcardSelector)


class JsonPathError(ValueError):
    """An expression that cannot be read, or that would cost too much; one line."""


class Expression:
    """A JSONPath that can be evaluated as often as one likes."""

    def __init__(self, path: JSONPath, patterns: int = 0) -> None:
        self._path = path
        self.patterns = patterns
        """How many regular expressions there are in it."""

    @property
    def begins_with_filter(self) -> bool:
        """Whether it chooses among the elements of a list, as `$[?(@.a==1)]` does."""
        segments = self._path.segments
        return bool(segments) and all(isinstance(each, Filter) for each in segments[0].selectors)

    @property
    def descends(self) -> bool:
        """Whether it looks at all levels, by `..`."""
        return ".." in str(self._path)

    @property
    def last_name(self) -> str | None:
        """The attribute that it ends with; None where it ends with anything else."""
        match self._path.segments:
            case (*_, JSONPathSegment(selectors=(NameSelector(name=name),))):
                return str(name)
        return None

    @property
    def parent(self) -> Expression:
        """The expression without its last step."""
        return Expression(JSONPath(env=_ENVIRONMENT, segments=self._path.segments[:-1]), self.patterns)

    def selects(self, value: Any) -> bool:
        """Whether anything in a list or an object is selected."""
        return next(iter(self._path.finditer(value)), None) is not None

    def places(self, value: Any) -> Iterable[Place]:
        """Where the selected values of a list or an object are, in document order."""
        return (each.parts for each in self._path.finditer(value))


@lru_cache(maxsize=256)
def expression(text: str) -> Expression:
    """An expression; the leading `$` may be missing. JsonPathError for one that is not usable here."""
    if len(text) > LONGEST_EXPRESSION:
        raise JsonPathError(f"an expression may have {LONGEST_EXPRESSION} characters, not {len(text)}")
    try:
        path = _ENVIRONMENT.compile(text.strip())
    except JSONPathError as error:
        raise JsonPathError(str(error.args[0] if error.args else "it is no JSONPath")) from None
    except (ValueError, OverflowError, RecursionError) as error:
        raise JsonPathError(f"it is no JSONPath ({error})") from None
    if not isinstance(path, JSONPath) or path.pseudo_root:
        raise JsonPathError("unions, intersections and ^ are no part of JSONPath")
    inspection = _Inspection()
    inspection.path(path)
    return Expression(path, inspection.patterns)


class _Inspection:
    """Refuses what is outside RFC 9535 and what visits a node more often than once for each step."""

    def __init__(self) -> None:
        self.patterns = 0
        self._descents = 0
        self._filters = 0

    def path(self, path: JSONPath) -> None:
        for segment in path.segments:
            if isinstance(segment, JSONPathRecursiveDescentSegment):
                self._descents += 1
            if self._descents > 1:
                raise JsonPathError(".. may be used once")
            self._selectors(segment.selectors)

    def _selectors(self, selectors: tuple[JSONPathSelector, ...]) -> None:
        if len(selectors) > 1:
            names = [each.name for each in selectors if isinstance(each, NameSelector)]
            if len(set(names)) < len(selectors):
                raise JsonPathError("only different names may stand side by side in brackets")
        for each in selectors:
            if isinstance(each, Filter):
                self._filters += 1
                if self._filters > MOST_FILTERS:
                    raise JsonPathError(f"more than {MOST_FILTERS} filters in one expression")
                self._test(each.expression.expression)
            elif not isinstance(each, _SIMPLE_SELECTORS):
                raise JsonPathError(f"{each} is no selector of JSONPath")

    def _test(self, test: BaseExpression) -> None:
        match test:
            case InfixExpression(operator=operator, left=left, right=right) if operator in _OPERATORS:
                if operator == "=~" and not isinstance(right, _RegexLiteral):
                    raise JsonPathError("=~ takes a /pattern/")
                self._test(left)
                self._test(right)
            case PrefixExpression(right=right):
                self._test(right)
            case RelativeFilterQuery(path=path):
                self.path(path)
            case FunctionExtension(name=name, args=arguments):
                if name in ("match", "search"):
                    if not isinstance(arguments[1], StringLiteral):
                        raise JsonPathError("a regular expression must be written out")
                    self._pattern(arguments[1].value)
                for each in arguments:
                    self._test(each)
            case _RegexLiteral(value=literal):
                self._pattern(literal.text)
                _pattern(literal.whole)
            case FilterExpressionLiteral() | Nil():
                return
            case _:
                raise JsonPathError(f"{test} cannot be used in a filter here")

    def _pattern(self, text: str) -> None:
        self.patterns += 1
        if self.patterns > MOST_PATTERNS:
            raise JsonPathError(too_many().message)
        _pattern(text)


def _pattern(text: str) -> Pattern:
    try:
        return compiled(text)
    except ApiError as error:
        raise JsonPathError(error.message) from None


@dataclass(frozen=True, slots=True)
class _Literal:
    """A regular expression as it is written between slashes."""

    text: str
    flags: str

    @property
    def whole(self) -> str:
        """What has to match from the beginning to the end."""
        return f"^(?{self.flags}:{self.text})$"


class _RegexLiteral(FilterExpressionLiteral[_Literal]):
    __slots__ = ()

    def __str__(self) -> str:
        return f"/{self.value.text}/{self.value.flags}"


class _Parser(Parser):
    def parse_regex(self, stream: TokenStream) -> BaseExpression:
        """A regular expression, which Python's engine does not get to see: that one compiles for seconds."""
        text, flags = stream.current().value, ""
        if stream.peek().kind == TOKEN_RE_FLAGS:
            stream.next()
            # "a" is how texts are compared anyway
            flags = "".join(sorted(set(stream.next().value) - {"a"}))
        return _RegexLiteral(value=_Literal(text, flags))


class _Lexer(Lexer):
    # RFC 9535 wants @['@type'] for what every client of TM Forum writes as @.@type
    key_pattern = "@?" + Lexer.key_pattern


class _RegularExpression(FilterFunction):
    """`match` and `search` on the engine that does not backtrack."""

    arg_types: list[ExpressionType] = [ExpressionType.VALUE, ExpressionType.VALUE]  # noqa: RUF012
    return_type = ExpressionType.LOGICAL

    def __init__(self, form: str) -> None:
        self._form = form

    def __call__(self, value: object, pattern: object) -> bool:
        return isinstance(value, str) and _pattern(self._form.format(pattern)).found_in(value)


class _Environment(JSONPathEnvironment):
    lexer_class = _Lexer
    parser_class = _Parser
    max_recursion_depth = DEEPEST_BODY + 2

    def setup_function_extensions(self) -> None:
        self.function_extensions = {
            "length": Length(),
            "count": Count(),
            "value": Value(),
            "match": _RegularExpression("^(?:{})$"),
            "search": _RegularExpression("{}"),
        }

    def compare(self, left: object, operator: str, right: object) -> bool:
        if operator == "=~" and isinstance(right, _Literal):
            return isinstance(left, str) and _pattern(right.whole).found_in(left)
        return super().compare(left, operator, right)


_ENVIRONMENT = _Environment(filter_caching=False)
