"""PROVEX by itself: what it answers, by day and after the night."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tmfrig.mockservers.facade import copybook as codes
from tmfrig.mockservers.facade.copybook import WIDTH, Card, LineState, Operation, OrderState, Reply
from tmfrig.mockservers.facade.provex import HIGHEST_RATE, Provex

INSTALL = Card(operation=Operation.INSTALL, order="GS000001", product="VOICE", subscriber="BEER")


def say(provex: Provex, card: Card) -> Reply:
    return Reply.decoded(provex.answer(card.encoded()))


def enquire(provex: Provex, order: str = INSTALL.order) -> Reply:
    return say(provex, Card(operation=Operation.ENQUIRE, order=order))


def at_exchange(provex: Provex, card: Card = INSTALL) -> int:
    line = say(provex, card).line
    for _ in range(3):
        provex.work_by_day()
    return line


def test_an_order_moves_by_day_and_is_carried_out_by_night() -> None:
    provex = Provex()
    states = [say(provex, INSTALL).state]
    for _ in range(4):
        provex.work_by_day()
        states.append(enquire(provex).state)
    assert states == ["00", "10", "20", "30", "30"]
    (line,) = provex.work_by_night().lines
    assert (line.order, line.state) == (INSTALL.order, LineState.IN_SERVICE)
    assert enquire(provex).code == codes.ARCHIVED


def test_a_card_that_is_sent_again_makes_no_second_line() -> None:
    provex = Provex()
    assert say(provex, INSTALL) == say(provex, INSTALL)
    assert len(provex.lines) == 1
    assert say(provex, replace(INSTALL, product="DATA")).code == codes.NUMBER_IN_USE
    at_exchange(provex)
    provex.work_by_night()
    assert say(provex, INSTALL).code == codes.ARCHIVED
    assert len(provex.lines) == 1


def test_a_line_is_barred_unbarred_and_ceased() -> None:
    provex = Provex()
    line = at_exchange(provex)
    provex.work_by_night()
    steps = [
        Card(operation=Operation.CHANGE, bar="B"),
        Card(operation=Operation.CHANGE, bar="U", rate=100),
        Card(operation=Operation.CEASE),
    ]
    seen = []
    for number, card in enumerate(steps):
        at_exchange(provex, replace(card, order=f"GS1{number}", line=line))
        (record,) = provex.work_by_night().lines
        seen.append((record.state, record.rate))
    assert seen == [("50", 0), ("60", 100), ("70", 100)]
    assert say(provex, Card(operation=Operation.CEASE, order="GS2", line=line)).code == codes.LINE_UNKNOWN


@pytest.mark.parametrize(
    ("card", "code"),
    [
        (replace(INSTALL, product=""), codes.NO_PRODUCT),
        (replace(INSTALL, rate=HIGHEST_RATE + 1), codes.RATE_TOO_HIGH),
        (replace(INSTALL, order=""), codes.UNREADABLE),
        (Card(operation=Operation.CEASE, order="GS3", line=1), codes.LINE_UNKNOWN),
        (Card(operation=Operation.ENQUIRE, order="GS3"), codes.ORDER_UNKNOWN),
        (Card(operation=Operation.WITHDRAW, order="GS3"), codes.ORDER_UNKNOWN),
        (Card(operation="99", order="GS3"), codes.UNKNOWN_OPERATION),
    ],
)
def test_refusals_have_numbers(card: Card, code: int) -> None:
    reply = say(Provex(), card)
    assert (reply.code, reply.text, reply.state) == (code, codes.TEXTS[code], "")


def test_garbage_is_answered_with_a_number_too() -> None:
    for raw in (b"\xff" * WIDTH, b"GET / HTTP/1.1".ljust(WIDTH)):
        assert Reply.decoded(Provex().answer(raw)).code == codes.UNREADABLE


def test_one_line_takes_one_order_at_a_time() -> None:
    provex = Provex()
    line = say(provex, INSTALL).line
    assert say(provex, Card(operation=Operation.CHANGE, order="GS4", line=line)).code == codes.LINE_BUSY


def test_an_exchange_without_ports_refuses_later() -> None:
    provex = Provex(ports=0)
    assert say(provex, INSTALL).code == codes.ACCEPTED
    provex.work_by_day()
    provex.work_by_day()
    reply = enquire(provex)
    assert (reply.state, reply.code) == (OrderState.REFUSED, codes.NO_PORT)
    assert not provex.work_by_night().lines


def test_an_order_can_be_withdrawn_until_the_night() -> None:
    provex = Provex()
    at_exchange(provex)
    withdraw = Card(operation=Operation.WITHDRAW, order=INSTALL.order)
    assert say(provex, withdraw).state == say(provex, withdraw).state == OrderState.WITHDRAWN
    assert not provex.work_by_night().lines
    at_exchange(provex, replace(INSTALL, order="GS5"))
    provex.work_by_night()
    assert say(provex, replace(withdraw, order="GS5")).code == codes.TOO_LATE
