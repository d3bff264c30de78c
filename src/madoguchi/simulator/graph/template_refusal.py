"""How Meta refuses a template: error 100 with a subcode and words for its author."""

from madoguchi.simulator.graph.errors import GraphError

FORMAT = 2388043


def refusal(subcode: int, words: str) -> GraphError:
    return GraphError(
        100,
        message="(#100) Invalid parameter",
        subcode=subcode,
        user_title="Message template not valid",
        user_message=words,
    )


def check_length(text: str, limit: int, where: str) -> None:
    if len(text) > limit:
        raise refusal(2388040, f"The {where} may be {limit} characters long at most.")
