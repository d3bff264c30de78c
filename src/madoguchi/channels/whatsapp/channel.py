"""WhatsApp Business Platform (Cloud API on Meta's Graph API)."""

from collections.abc import Sequence

from madoguchi.channels import base
from madoguchi.channels.base import Event, Handshake, InboxConfig, RawRequest, Refused, Verified
from madoguchi.channels.whatsapp.parse import parse
from madoguchi.channels.whatsapp.verify import verify


class Channel(base.Channel):
    def verify(self, request: RawRequest, inbox: InboxConfig) -> Verified | Handshake | Refused:
        return verify(request, inbox)

    def parse(self, request: RawRequest) -> Sequence[Event]:
        return parse(request)
