"""What the demonstration reads of payment batches; fields it does not need are left out."""

from datetime import date, datetime

from deploy.demo.replies import Amount, _Read


class Part(_Read):
    """What one kind of transfers comes to."""

    part: str
    count: int
    amount: Amount


class Item(_Read):
    """One provider's line."""

    id: str
    no: int
    payee: str
    state: str
    parts: list[Part]
    set_off: Amount
    amount: Amount
    account: str | None
    failure: str | None

    @property
    def end_to_end_id(self) -> str:
        """How the bank's files name it."""
        return self.id.replace("-", "")


class Step(_Read):
    """What was done, by whom and when."""

    action: str
    by: str
    at: datetime


class Batch(_Read):
    """One batch; a list of batches tells less about each."""

    id: str
    state: str
    through: date
    retry_of: str | None
    digest: str | None
    payable: Amount = 0
    payable_words: str = ""
    payable_count: int = 0
    steps: tuple[Step, ...] = ()


class Export(_Read):
    """A batch as it goes to the bank."""

    message_id: str
    digest: str
    items: int
    amount: Amount
    files: list[str]
