"""PROVEX: the provisioning system of 1984 that nobody dares to touch.

Terminals send it cards over TCP, it designs and reserves by day, and switches at night. Then it writes the
night file and archives what it carried out, so that only this file tells how an order ended.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count

from tmfrig.mockservers.facade import copybook as codes
from tmfrig.mockservers.facade.copybook import (
    Card,
    LineRecord,
    LineState,
    Operation,
    OrderState,
    RecordError,
    Reply,
    century_day,
)
from tmfrig.mockservers.facade.night_file import NightFile

HIGHEST_RATE = 25_000_000
"""2.5 Gbit/s, in the unit of the card: hundreds of bit/s."""
FIRST_LINE = 40000001
NEXT_BY_DAY = {
    OrderState.RECEIVED: OrderState.DESIGNED,
    OrderState.DESIGNED: OrderState.PORT_RESERVED,
    OrderState.PORT_RESERVED: OrderState.AT_EXCHANGE,
}
OPEN = frozenset({*NEXT_BY_DAY, OrderState.AT_EXCHANGE})


@dataclass(slots=True)
class Order:
    """A card that was accepted, the line that it is about, and how far it has come."""

    card: Card
    line: int
    state: OrderState = OrderState.RECEIVED
    code: int = codes.ACCEPTED


@dataclass(slots=True)
class Provex:
    """Its orders and lines outlast its terminals' connections. `ports` is what its exchange has."""

    ports: int = 9999
    orders: dict[str, Order] = field(default_factory=dict)
    archive: set[str] = field(default_factory=set)
    lines: dict[int, LineRecord] = field(default_factory=dict)
    run: int = 0
    _numbers: Iterator[int] = field(default_factory=lambda: count(FIRST_LINE))

    def answer(self, raw: bytes) -> bytes:
        """The reply to one card."""
        try:
            card = Card.decoded(raw)
        except RecordError:
            return _reply(Card(), codes.UNREADABLE).encoded()
        match card.operation:
            case Operation.INSTALL | Operation.CHANGE | Operation.CEASE:
                reply = self._order(card)
            case Operation.ENQUIRE:
                reply = self._enquiry(card)
            case Operation.WITHDRAW:
                reply = self._withdrawal(card)
            case _:
                reply = _reply(card, codes.UNKNOWN_OPERATION)
        return reply.encoded()

    def work_by_day(self) -> None:
        """Bring every open order one state on."""
        for order in self.orders.values():
            if order.state is OrderState.DESIGNED and self._lacks_port(order):
                order.state, order.code = OrderState.REFUSED, codes.NO_PORT
                self._free(order)
            else:
                order.state = NEXT_BY_DAY.get(order.state, order.state)

    def work_by_night(self) -> NightFile:
        """Carry out what waits at the exchange, archive it, and tell the state of all lines."""
        for number, order in list(self.orders.items()):
            if order.state is OrderState.AT_EXCHANGE:
                self.lines[order.line] = _carried_out(self.lines[order.line], order.card)
                self.archive.add(number)
                del self.orders[number]
        self.run = self.run % 999999 + 1
        return NightFile(self.run, tuple(self.lines.values()))

    def _order(self, card: Card) -> Reply:
        known = self.orders.get(card.order)
        if known is not None:  # a card that is sent again is answered again, and does no more harm
            return self._enquiry(card) if known.card == card else _reply(card, codes.NUMBER_IN_USE)
        code = self._objection(card)
        if code != codes.ACCEPTED:
            return _reply(card, code)
        line = card.line
        if card.operation == Operation.INSTALL:
            line = next(self._numbers)
            self.lines[line] = LineRecord(
                line=line, product=card.product, state=LineState.PLANNED, rate=card.rate, since=_today()
            )
        self.orders[card.order] = Order(card, line)
        return self._enquiry(card)

    def _objection(self, card: Card) -> int:
        if not card.order:
            return codes.UNREADABLE
        if card.order in self.archive:
            return codes.ARCHIVED
        if card.rate > HIGHEST_RATE:
            return codes.RATE_TOO_HIGH
        if card.operation == Operation.INSTALL:
            return codes.ACCEPTED if card.product else codes.NO_PRODUCT
        line = self.lines.get(card.line)
        if line is None or line.state == LineState.CEASED:
            return codes.LINE_UNKNOWN
        busy = any(each.line == card.line and each.state in OPEN for each in self.orders.values())
        return codes.LINE_BUSY if busy else codes.ACCEPTED

    def _enquiry(self, card: Card) -> Reply:
        order = self.orders.get(card.order)
        if order is None:
            return _reply(card, codes.ARCHIVED if card.order in self.archive else codes.ORDER_UNKNOWN)
        return replace(_reply(card, order.code), line=order.line, state=order.state)

    def _withdrawal(self, card: Card) -> Reply:
        order = self.orders.get(card.order)
        if order is None or order.state is OrderState.REFUSED:
            known = order is not None or card.order in self.archive
            return _reply(card, codes.TOO_LATE if known else codes.ORDER_UNKNOWN)
        if order.state is not OrderState.WITHDRAWN:
            order.state = OrderState.WITHDRAWN
            self._free(order)
        return self._enquiry(card)

    def _lacks_port(self, order: Order) -> bool:
        if order.card.operation != Operation.INSTALL:
            return False
        taken = sum(each.state != LineState.CEASED for each in self.lines.values())
        return taken > self.ports

    def _free(self, order: Order) -> None:
        if order.card.operation == Operation.INSTALL:
            self.lines.pop(order.line, None)


def _carried_out(line: LineRecord, card: Card) -> LineRecord:
    done = replace(line, order=card.order, since=_today())
    if card.operation == Operation.INSTALL:
        return replace(done, state=LineState.IN_SERVICE)
    if card.operation == Operation.CEASE:
        return replace(done, state=LineState.CEASED)
    state = {"B": LineState.BARRED, "U": LineState.IN_SERVICE}.get(card.bar, line.state)
    return replace(done, state=state, rate=card.rate or line.rate)


def _reply(card: Card, code: int = codes.ACCEPTED) -> Reply:
    return Reply(
        operation=card.operation, order=card.order, line=card.line, code=code, text=codes.TEXTS[code]
    )


def _today() -> int:
    return century_day(datetime.now(UTC).date())
