"""Which code answers which form: one class per form, ours below and others by the entry point group `madoguchi.forms`."""

from collections.abc import Mapping
from functools import cache
from importlib.metadata import entry_points
from typing import Any, Protocol

from madoguchi.channels.forms import FormAnswer, FormRequest
from madoguchi.forms.contact_form import ContactForm


class FormHandler(Protocol):
    """Called for each screen; quick, since the customer waits. What it keeps between screens travels in their data."""

    def answer(self, request: FormRequest) -> FormAnswer: ...

    def attributes(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """What of the finished form is kept with the contact, each as the attribute `<form>_<field>`."""
        ...


@cache
def handlers() -> Mapping[str, FormHandler]:
    found: dict[str, FormHandler] = {"contact_form": ContactForm()}
    for point in entry_points(group="madoguchi.forms"):
        found[point.name] = point.load()()
    return found
