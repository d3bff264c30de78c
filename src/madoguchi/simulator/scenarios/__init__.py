"""The scenario library: things that go wrong, or are rare, each at one click."""

from madoguchi.simulator.scenarios import account, media, messages, people, templates, wire
from madoguchi.simulator.scenarios.registry import LIBRARY, Scenario, Stage

__all__ = ["LIBRARY", "Scenario", "Stage", "account", "media", "messages", "people", "templates", "wire"]
