"""Agents, their tokens and sessions, as the API shows them."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from madoguchi.agents.preferences import PreferencesOut
from madoguchi.core.principal import Role
from madoguchi.core.times import Timestamp

Name = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S")]
Email = Annotated[str, Meta(min_length=3, max_length=254, pattern=r"^[^@\s]+@[^@\s]+$", examples=["aoi@example.com"])]
Locale = Annotated[str, Meta(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", examples=["ja"])]
Password = Annotated[str, Meta(max_length=200)]
Status = Literal["active", "disabled"]


Availability = Literal["available", "away", "offline"]


class AgentOut(Struct):
    """A person of the business. `availability` is offline while no console of theirs is connected, whatever they said."""

    id: UUID
    name: str
    email: str
    role: Role
    locale: str | None
    status: Status
    availability: Availability
    created_at: Timestamp
    updated_at: Timestamp


class AgentCreated(AgentOut):
    """`initial_password` is there once, when none was given: hand it over."""

    initial_password: str | None = None


class NewAgent(Struct, forbid_unknown_fields=True):
    name: Name
    email: Email
    role: Role = "agent"
    locale: Locale | None = None
    password: Password | None = None


class AgentPatch(Struct, forbid_unknown_fields=True):
    """What is absent stays. `current_password` is needed to set one's own new password."""

    name: Name | UnsetType = UNSET
    email: Email | UnsetType = UNSET
    role: Role | UnsetType = UNSET
    locale: Locale | UnsetType | None = UNSET
    status: Status | UnsetType = UNSET
    password: Password | UnsetType = UNSET
    current_password: Password | UnsetType = UNSET


class AvailabilityIn(Struct, forbid_unknown_fields=True):
    availability: Availability


class TokenOut(Struct):
    """An API token; its text is not kept."""

    id: UUID
    name: str
    scopes: list[str]
    created_at: Timestamp
    last_used_at: Timestamp | None = None


class TokenCreated(TokenOut):
    token: str = ""


class NewToken(Struct, forbid_unknown_fields=True):
    """No scopes = everything its agent may."""

    name: Name
    scopes: Annotated[list[str], Meta(max_length=50, examples=[["messages:write", "contacts:read"]])] = []


class SignIn(Struct, forbid_unknown_fields=True):
    email: Annotated[str, Meta(max_length=254, examples=["aoi@example.com"])]
    password: Password
    totp: Annotated[str, Meta(max_length=20)] | None = None
    """The code of the authenticator app, or a recovery code."""
    workspace_id: UUID | None = None


class SignedIn(Struct):
    """The token that unsafe methods send back as X-CSRF-Token; also in a cookie that the console can read."""

    csrf_token: str


class WorkspaceOut(Struct):
    id: UUID
    name: str
    time_zone: str
    locale: str
    logo: str | None = None
    """Its path on this server."""


class Me(Struct):
    """Who is signed in, where, and the newest number of the workspace's events."""

    agent: AgentOut
    workspace: WorkspaceOut
    seq: int
    now: Timestamp
    csrf_token: str | None
    preferences: PreferencesOut
