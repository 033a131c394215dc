"""A channel that is made anew when certificates change, which gRPC's own channels cannot take in, and that adds the token to each call."""

from __future__ import annotations

import asyncio
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import grpc
import grpc.aio

from querist._credentials import Shown
from querist._options import Options


class _Link:
    """One channel of gRPC, and how many calls run on it."""

    def __init__(self, channel: Any) -> None:
        self.channel = channel
        self.calls = 0


class _Renewed(ABC):
    """To stubs it is a channel. Calls that run on an old channel of gRPC finish there; it is closed when the last of them has ended."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._credentials = options.credentials()
        self._lock = threading.RLock()  # a call can end while another begins on the same thread
        self._shown = self._credentials.current()
        self._link = _Link(self._made(self._shown))
        self._old: set[_Link] = set()
        self._version = 0

    def version(self) -> int:
        """Return a number that grows when other credentials hold than before; files that have changed are read again."""
        with self._lock:
            shown, before = self._credentials.current(), self._shown
            if shown == before:
                return self._version
            self._shown = shown
            self._version += 1
            if shown.pem != before.pem:
                old, self._link = self._link, _Link(self._made(shown))
                self._old.add(old)
                self._close_if_unused(old)
            return self._version

    def unary_unary(self, method: str, *codecs: Any, **more: Any) -> Callable[..., Any]:
        """Return a callable for a method, as channels do."""
        return self._callable("unary_unary", method, codecs, more)

    def unary_stream(self, method: str, *codecs: Any, **more: Any) -> Callable[..., Any]:
        """Return a callable for a method, as channels do."""
        return self._callable("unary_stream", method, codecs, more)

    def stream_unary(self, method: str, *codecs: Any, **more: Any) -> Callable[..., Any]:
        """Return a callable for a method, as channels do."""
        return self._callable("stream_unary", method, codecs, more)

    def stream_stream(self, method: str, *codecs: Any, **more: Any) -> Callable[..., Any]:
        """Return a callable for a method, as channels do."""
        return self._callable("stream_stream", method, codecs, more)

    def _callable(self, kind: str, method: str, codecs: tuple[Any, ...], more: dict[str, Any]) -> Callable[..., Any]:
        def call(request: Any, **arguments: Any) -> Any:
            with self._lock:
                self.version()
                link, metadata = self._link, self._shown.metadata
                link.calls += 1
            ended = _Once(lambda: self._one_less(link))
            try:
                begin = getattr(link.channel, kind)(method, *codecs, **more)
                return self._begun(begin(request, metadata=metadata, **arguments), ended)
            except BaseException:
                ended()
                raise

        return call

    def _one_less(self, link: _Link) -> None:
        with self._lock:
            link.calls -= 1
            self._close_if_unused(link)

    def _close_if_unused(self, link: _Link) -> None:
        if link in self._old and not link.calls:
            self._old.discard(link)
            self._shut(link.channel)

    def _links(self) -> list[_Link]:
        with self._lock:
            return [self._link, *self._old]

    @abstractmethod
    def _made(self, shown: Shown) -> Any:
        """Return a new channel of gRPC."""

    @abstractmethod
    def _begun(self, answer: Any, ended: _Once) -> Any:
        """Return what a call returned, having seen to it that `ended` is called when the call is over."""

    @abstractmethod
    def _shut(self, channel: Any) -> None:
        """Close a channel on which nothing runs any more."""


class _Once:
    """Something to be done at most once."""

    def __init__(self, do: Callable[[], None]) -> None:
        self._do: Callable[[], None] | None = do

    def __call__(self, *_: Any) -> None:
        do, self._do = self._do, None
        if do is not None:
            do()


class Channel(_Renewed):
    """The synchronous client's channel; thread-safe."""

    def close(self) -> None:
        """Close it, and cancel what runs."""
        for link in self._links():
            link.channel.close()

    def _made(self, shown: Shown) -> grpc.Channel:
        options, credentials = self._options.channel_options, shown.channel_credentials
        if credentials is None:
            return grpc.insecure_channel(self._options.address, options)
        return grpc.secure_channel(self._options.address, credentials, options)

    def _begun(self, answer: Any, ended: _Once) -> Any:
        if not isinstance(answer, grpc.RpcContext) or not answer.add_callback(ended):  # the call is over
            ended()
        return answer

    def _shut(self, channel: grpc.Channel) -> None:
        # The end of a call is told on a thread of its channel, on which the channel cannot be closed.
        threading.Thread(target=channel.close, name="querist-close", daemon=True).start()


class AsyncChannel(_Renewed):
    """The asynchronous client's channel; for one event loop."""

    def __init__(self, options: Options) -> None:
        self._closing: set[asyncio.Task[None]] = set()
        super().__init__(options)

    async def close(self) -> None:
        """Close it, and cancel what runs."""
        for link in self._links():
            await link.channel.close()
        await asyncio.gather(*self._closing)

    def _made(self, shown: Shown) -> grpc.aio.Channel:
        options, credentials = self._options.channel_options, shown.channel_credentials
        if credentials is None:
            return grpc.aio.insecure_channel(self._options.address, options)
        return grpc.aio.secure_channel(self._options.address, credentials, options)

    def _begun(self, answer: Any, ended: _Once) -> Any:
        answer.add_done_callback(ended)
        return answer

    def _shut(self, channel: grpc.aio.Channel) -> None:
        task = asyncio.get_running_loop().create_task(channel.close())
        self._closing.add(task)  # loops hold their tasks weakly
        task.add_done_callback(self._closing.discard)
