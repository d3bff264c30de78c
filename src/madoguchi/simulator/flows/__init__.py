"""Flows: the rules of their screens, running one on a customer's phone, talking to its endpoint."""
