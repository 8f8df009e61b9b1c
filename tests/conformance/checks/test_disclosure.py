"""Internals in errors are noticed in whatever language, and plain words and echoes are left alone."""

from __future__ import annotations

import pytest
from made_exchanges import exchange, verdict

CHECK = "disclosure.internals"
LEAKS = [
    'Traceback (most recent call last):\n  File "/app/views.py", line 3, in get\nKeyError: 1',
    "java.lang.NullPointerException\n\tat com.acme.Orders.get(Orders.java:12)",
    "   at Acme.Orders.Get(String id) in C:\\src\\Orders.cs:line 12",
    "System.InvalidOperationException: Sequence contains no elements",
    "TypeError: x is undefined\n    at get (/srv/orders/index.js:10:5)",
    "Error\n    at node:internal/process/task_queues:95:5",
    "Fatal error: Uncaught Error in /var/www/html/order.php on line 12",
    "Stack trace:\n#0 [internal function]: get()",
    "panic: runtime error: index out of range",
    "goroutine 1 [running]:",
    "app/models/order.rb:12:in `find'",
    "ORA-00001: unique constraint (X.Y) violated",
    "SQLSTATE[42P01]: Undefined table",
    'duplicate key value violates unique constraint "orders_pkey"',
    'near "\'": syntax error',
    "You have an error in your SQL syntax; check the manual",
    "select failed: SELECT * FROM orders WHERE id = 'x'",
    "com.fasterxml.jackson.databind.exc.MismatchedInputException: Cannot deserialize",
    "psycopg2.errors.UniqueViolation and sqlalchemy.exc.IntegrityError",
    "cannot open /usr/src/app/data",
]
PLAIN = [
    "the body cannot be read",
    "not JSON: unexpected character at line 1 column 15",
    "productOrderItem[0].action should be one of add, modify, delete",
    "A ValidationException occurred",
    "select the id from the list where it is shown",
    "see https://acme.example/docs/errors/40.html",
    "the path /tmf-api/productOrderingManagement/v4/productOrder/42 does not exist",
    "at least one item is needed; the order (42:1) has none",
    "send application/json or application/merge-patch+json",
    "the quantity violates a constraint of the catalogue",
    "no such product offering",
]


@pytest.mark.parametrize("message", LEAKS)
def test_internals_are_noticed(message: str) -> None:
    assert verdict(CHECK, exchange(400, {"code": "1", "reason": "no", "message": message})) == "wrong"
    assert verdict(CHECK, exchange(500, f"<pre>{message}</pre>".encode())) == "wrong"


@pytest.mark.parametrize("message", PLAIN)
def test_plain_words_are_left_alone(message: str) -> None:
    assert verdict(CHECK, exchange(400, {"code": "1", "reason": message})) == "right"


def test_an_echo_of_what_was_sent_is_left_alone() -> None:
    text = "java.lang.NullPointerException"
    answer = exchange(400, {"reason": f"{text} is no name"}, method="POST", sent={"name": text})

    assert verdict(CHECK, answer) == "right"


def test_only_errors_are_looked_at() -> None:
    assert verdict(CHECK, exchange(200, {"description": LEAKS[0]})) == "nothing"
