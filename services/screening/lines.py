"""The refusal of one line of a batch, beside lines that were accepted."""

from shared.fields import Reply
from shared.problems import Problem, render


class LineProblem(Reply):
    """Why a line was refused, in the caller's language, and what to do about it."""

    code: str
    title: str


def line_problem(problem: Problem, language: str) -> LineProblem:
    """A refusal as part of a batch's reply."""
    body = render(problem, language)
    return LineProblem(code=body["code"], title=body["title"])
