"""What a channel and its worker say to each other where mails or messages have to be fetched (`Channel.listen`)."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from madoguchi.channels.events import ProviderError


class Intake(Protocol):
    """Where a channel that fetches by itself (`listen`) puts what it found, and what it remembers between two starts."""

    async def cursor(self) -> dict[str, Any]:
        """What was kept last; empty at the first start."""

    async def store(self, requests: Sequence[tuple[Mapping[str, str], bytes]], cursor: dict[str, Any]) -> None:
        """Headers and bodies as `parse` will get them, and where to go on. Durable, both or neither, when it returns."""

    async def works(self, but: ProviderError | None = None, *, over: Sequence[str] = ()) -> None:
        """The account can be reached: whatever was wrong with it is over, and the codes `over` are, `but` for this."""


class ListenFailure(Exception):  # noqa: N818 - what to tell the inbox's owner, not a fault of ours
    """Why fetching does not work now; `error.code` has its words in the manifest. It is tried again after a while."""

    def __init__(self, error: ProviderError, *, passing: bool = False) -> None:
        super().__init__(error.code)
        self.error = error
        self.passing = passing  # nobody has to do anything, unless it lasts
