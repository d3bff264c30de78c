"""Access tokens that end after an hour: renewed before they are used, by one worker at a time, and kept in the same breath."""

from msgspec.structs import replace

from madoguchi.channels import registry
from madoguchi.channels.base import InboxConfig
from madoguchi.channels.http import Http
from madoguchi.core import clock
from madoguchi.core.secrets import SecretBox
from madoguchi.db.pool import Database
from madoguchi.db.queries import load_queries
from madoguchi.inboxes.config import load_with_mark, seal_tokens

Q = load_queries(__file__, "renewal.sql")
ACCESS = "access_token"


async def renewed(
    db: Database, secrets: SecretBox, http: Http, inbox: InboxConfig, *, refused: str = ""
) -> InboxConfig:
    """The inbox with a token that is good for some minutes. `refused`: one that the provider took no longer.

    Raises Refusal when the account has to be signed in again, HttpFailure when nobody answered, NotFound.
    """
    if not _is_needed(inbox, refused):
        return inbox
    async with db.workspace(inbox.workspace_id) as tx:
        await tx.execute(Q.one_at_a_time, {"id": inbox.id})
        present, mark = await load_with_mark(tx, secrets, inbox.workspace_id, inbox.id)
        if not _is_needed(present, refused):
            return present  # another worker was first
        fresh = await registry.channel(inbox.channel).renew(present, http)
        sealed = seal_tokens(secrets, inbox.id, fresh, mark)
        await tx.execute(Q.keep, {"workspace_id": inbox.workspace_id, "id": inbox.id, "tokens": sealed})
    return replace(present, credentials={**present.credentials, **fresh})


def _is_needed(inbox: InboxConfig, refused: str) -> bool:
    if refused and inbox.credentials.get(ACCESS) == refused:
        return True
    return registry.channel(inbox.channel).is_stale(inbox, clock.now())
