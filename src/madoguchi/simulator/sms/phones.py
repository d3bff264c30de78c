# ruff: noqa: RUF001 - customers write in their own scripts.
"""The customers' side of short messages: what Twilio answers by itself, and what the people of the demo write."""

OURS = "+815012345678"
ACCOUNT = "ACdemo0minato0coffee"

_STOP = {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"}
_START = {"START", "YES", "UNSTOP"}
_HELP = {"HELP", "INFO"}
_ANSWERS = {
    "STOP": "You have successfully been unsubscribed. You will not receive any more messages from this number. Reply START "
    "to resubscribe.",
    "START": "You have successfully been re-subscribed to messages from this number. Reply HELP for help. Reply STOP to "
    "unsubscribe.",
    "HELP": "Reply STOP to unsubscribe. Msg&Data Rates May Apply.",
}

# Two of them write on WhatsApp as well, one by SMS alone.
MESSAGES: tuple[tuple[str, str, list[str]], ...] = (
    ("+819022220011", "はじめまして。駅前でチラシを見ました。ギフト用の豆は、いつまでに注文すればよいですか？", []),
    ("+447700900003", "Train is late, I will be at the shop around 18:30. Can you keep the two bags for me?", []),
    ("+819011110001", "土曜日の受け取り、11時に変更できますか？", []),
)


def answer_of(text: str) -> tuple[str, str] | None:
    """STOP, START or HELP, and Twilio's own words; None for any other text."""
    said = text.strip().upper()
    word = next((w for w, words in (("STOP", _STOP), ("START", _START), ("HELP", _HELP)) if said in words), None)
    return (word, _ANSWERS[word]) if word else None
