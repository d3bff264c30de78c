"""A stand-in for Meta's Graph API, its webhooks and its customers' phones.

It runs in its own process and shares no code with the rest of Madoguchi, so that a
misunderstanding in the connector cannot hide in the thing that tests it.
"""
