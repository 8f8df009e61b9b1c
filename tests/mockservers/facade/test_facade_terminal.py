"""The terminal against a PROVEX that is down, slow or out of its mind."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from tmfrig.mockservers.facade.copybook import WIDTH, Card, Operation, RecordError, Reply
from tmfrig.mockservers.facade.terminal import LegacyDownError, Terminal

CARD = Card(operation=Operation.ENQUIRE, order="TM000001")
REPLY = Reply(operation=Operation.ENQUIRE, order="TM000001", state="10")
Answers = Callable[[bytes], bytes | None]


def talk(answers: Answers, conversation: Callable[[Terminal], Awaitable[None]]) -> None:
    """Let a terminal talk to a PROVEX that answers so; None means never."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while card := await reader.read(WIDTH):
            answer = answers(card)
            if answer is not None:
                writer.write(answer)
                if len(answer) < WIDTH:
                    break
        writer.close()

    async def play() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with server:
            terminal = Terminal("127.0.0.1", server.sockets[0].getsockname()[1], timeout=0.3)
            await conversation(terminal)
            terminal.close()

    asyncio.run(play())


def test_one_connection_carries_many_cards() -> None:
    async def conversation(terminal: Terminal) -> None:
        for _ in range(3):
            assert await terminal.send(CARD) == REPLY

    talk(lambda _: REPLY.encoded(), conversation)


@pytest.mark.parametrize(
    "nonsense",
    [
        b"",
        b"half a card",
        b"\xff" * WIDTH,
        replace(REPLY, order="TM000002").encoded(),
        replace(REPLY, state="77").encoded(),
        None,
    ],
)
def test_nonsense_is_no_reply_and_the_next_card_gets_its_own(nonsense: bytes | None) -> None:
    answers = iter([nonsense, REPLY.encoded()])

    async def conversation(terminal: Terminal) -> None:
        with pytest.raises(LegacyDownError):
            await terminal.send(CARD)
        assert await terminal.send(CARD) == REPLY

    talk(lambda _: next(answers), conversation)


def test_nobody_there() -> None:
    async def ask() -> None:
        server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        server.close()
        await server.wait_closed()
        with pytest.raises(LegacyDownError):
            await Terminal("127.0.0.1", port).send(CARD)

    asyncio.run(ask())


def test_a_card_that_cannot_be_punched_is_not_sent() -> None:
    async def conversation(terminal: Terminal) -> None:
        with pytest.raises(RecordError):
            await terminal.send(replace(CARD, order="TOO LONG A NUMBER"))

    talk(lambda _: None, conversation)
