"""A letter to several people, some of whose servers take it now, some later, some never: nobody gets it twice."""

from collections.abc import Mapping
from typing import Any

import aiosmtplib
import msgspec
from msgspec import Struct, field

from madoguchi.channels.base import Accepted, Failed, Part, SendResult
from madoguchi.channels.email.compose import Letter
from madoguchi.channels.events import ProviderError

# With pauses of 1, 4 and 16 minutes: as long as greylisting lasts. Who is not reached by then is named to the agent.
_MOST_TRIES = 4
_PAUSE_SECONDS = 60.0


class Progress(Struct, frozen=True):
    """What came of the tries so far; the queue keeps it between two (`Failed.begun`). The words are the servers'."""

    given: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    later: dict[str, str] = field(default_factory=dict)
    tries: int = 0

    def after(self, letter: Letter, refused: Mapping[str, aiosmtplib.SMTPResponse]) -> "Progress":
        """One more try: whoever is not in `refused` has it."""
        asked = self.missing(letter)
        said = {address: f"{answer.code} {answer.message}"[:300] for address, answer in refused.items()}
        passing = {address for address, answer in refused.items() if 400 <= answer.code < 500}
        return Progress(
            given=[*self.given, *(each for each in asked if each not in refused)],
            refused=self.refused | {address: said[address] for address in said if address not in passing},
            later={address: said[address] for address in said if address in passing},
            tries=self.tries + 1,
        )

    def missing(self, letter: Letter) -> list[str]:
        return [each for each in letter.recipients if each not in self.given and each not in self.refused]

    def result(self, letter: Letter) -> SendResult:
        """Once somebody has it, the letter is out: it never fails as a whole any more."""
        if self.later and self.tries < _MOST_TRIES:
            (first, answer) = next(iter(self.later.items()))
            error = ProviderError("mail_server_busy", answer.split(" ")[0], "Not all have it yet", f"{first}: {answer}")
            return Failed("retry_after", error, _PAUSE_SECONDS, begun=msgspec.to_builtins(self))
        refused = self.refused | self.later
        return Accepted(letter.message_id, data={"shown": {"refused": refused}} if refused else {})


def progress_of(part: Part) -> Progress:
    given: Any = part.data.get("begun")
    return msgspec.convert(given, Progress) if given else Progress()
