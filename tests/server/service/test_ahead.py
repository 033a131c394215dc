"""A source that works on while its items are taken: never far ahead, and with its errors in their place."""

import asyncio

import pytest
from querist_server.service.ahead import ahead


def test_items_come_in_order():
    assert asyncio.run(_all(_counting([], 5))) == [0, 1, 2, 3, 4]


def test_the_source_works_on_while_an_item_is_looked_at():
    async def main():
        begun = []
        async with ahead(_counting(begun, 10)) as items:
            first = await anext(items)
            await _settled()
            return first, list(begun)

    first, begun = asyncio.run(main())
    assert first == 0
    assert begun == [0, 1, 2]  # one waits to be taken, one waits for its place, and no more is begun


def test_an_error_comes_after_the_items_before_it():
    async def main():
        seen = []
        async with ahead(_failing(3)) as items:
            with pytest.raises(ValueError, match="after 3"):
                async for item in items:
                    seen.append(item)  # noqa: PERF401 - what came before the error is wanted
        return seen

    assert asyncio.run(main()) == [0, 1, 2]


def test_whoever_leaves_early_ends_the_source():
    async def main():
        ended = asyncio.Event()

        async def source():
            try:
                for item in range(100):
                    yield item
                    await asyncio.sleep(0)
            finally:
                ended.set()

        async with ahead(source()) as items:
            await anext(items)
        return ended.is_set(), [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]

    assert asyncio.run(main()) == (True, [])


async def _all(source):
    async with ahead(source) as items:
        return [item async for item in items]


async def _settled():
    for _ in range(20):
        await asyncio.sleep(0)


async def _counting(begun, count):
    for item in range(count):
        begun.append(item)
        yield item


async def _failing(count):
    for item in range(count):
        yield item
    raise ValueError(f"after {count}")
