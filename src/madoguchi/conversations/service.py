"""The door of this domain for others: loading here, lists in `lists`, who writes in `assignment`, the rest in `changes`."""

from madoguchi.conversations.load import load_conversations, load_messages

__all__ = ["load_conversations", "load_messages"]
