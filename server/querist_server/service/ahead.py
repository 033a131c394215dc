"""Work that goes on while its caller is told of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import TypeVar

T = TypeVar("T")


class _End(Exception):  # noqa: N818 - no error: there is no more
    """What comes after the last item."""


@asynccontextmanager
async def ahead(source: AsyncGenerator[T, None]) -> AsyncIterator[AsyncIterator[T]]:
    """Give the same items, and let the source work on the next ones meanwhile.

    It is never more than two items ahead of whoever takes them, so what nobody takes does not pile up. Its errors come in their place.
    """
    items: asyncio.Queue[T | Exception] = asyncio.Queue(maxsize=1)
    task = asyncio.create_task(_produce(source, items))
    try:
        yield _taken(items)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _produce(source: AsyncGenerator[T, None], items: asyncio.Queue[T | Exception]) -> None:
    try:
        async with aclosing(source):
            async for item in source:
                await items.put(item)
        await items.put(_End())
    except Exception as error:  # noqa: BLE001 - handed to whoever takes the items
        await items.put(error)


async def _taken(items: asyncio.Queue[T | Exception]) -> AsyncIterator[T]:
    while not isinstance(item := await items.get(), _End):
        if isinstance(item, Exception):
            raise item
        yield item
