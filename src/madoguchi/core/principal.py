"""Who acts: an agent in the console, a program with a token, or the product itself."""

from typing import Literal
from uuid import UUID

from msgspec import Struct

Role = Literal["owner", "supervisor", "agent"]


class Principal(Struct, frozen=True):
    workspace_id: UUID
    kind: Literal["agent", "api", "system"]
    agent_id: UUID | None
    role: Role
    name: str
    scopes: tuple[str, ...] = ()

    @property
    def may_supervise(self) -> bool:
        """Take over a conversation, assign for others, see the set-aside events."""
        return self.role in {"owner", "supervisor"}
