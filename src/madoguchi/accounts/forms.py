"""The forms of an account: its key pair, and publishing one of ours with the address that answers it."""

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from madoguchi.accounts.desk import Desk, asking, note_now
from madoguchi.accounts.security import keep_secret, open_secrets
from madoguchi.accounts.webhook import address_of
from madoguchi.channels.forms import Form
from madoguchi.core.errors import NotFound
from madoguchi.forms.exchange import EDGE, KEY
from madoguchi.forms.handlers import handlers

_BITS = 2048


async def do_publish(desk: Desk, name: str) -> Form:
    """Makes the key pair where there is none, uploads its public half, makes and publishes the form. Raises NotFound."""
    if name not in handlers():
        raise NotFound(f"There is no form {name}.")
    public = await _public_key(desk)
    url, _ = await address_of(desk)
    with asking(desk):
        # Anew each time: a number that was registered again has lost it.
        await desk.account.upload_key(public)
        form = await desk.account.publish_form(name, f"{url}/{EDGE}/{name}")
    await note_now(desk, "account.form_published", name=name, form_id=form.id)
    return form


async def _public_key(desk: Desk) -> str:
    box, workspace_id, inbox_id = desk.context.secrets, desk.principal.workspace_id, desk.inbox.id
    async with desk.context.db.workspace(workspace_id) as tx:
        text = (await open_secrets(tx, box, workspace_id, inbox_id)).get(KEY)
        if text is None:
            made = rsa.generate_private_key(public_exponent=65537, key_size=_BITS)
            text = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
            await keep_secret(tx, box, workspace_id, inbox_id, {KEY: text})
    key = load_pem_private_key(text.encode(), None)
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
