"""The county's bank: reads the payment file, pays or does not, and says so; it keeps books of its own."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from random import Random
from typing import NamedTuple
from xml.etree import ElementTree as ET

from shared.money import Fen, format_yuan, parse_yuan

_HEAD, _LINES = "批次号,文件摘要,笔数,总金额", "付款明细号,金额,结果,原因,处理日期"
_FAILS = 0.25


class Instruction(NamedTuple):
    """One payment of a file."""

    number: str
    amount_fen: Fen


class File(NamedTuple):
    """A payment file as the bank reads it."""

    message_id: str
    instructions: Sequence[Instruction]


def read(content: bytes) -> File:
    """The file's own number and its payments; a file that does not add up is no file."""
    root = ET.fromstring(content)
    found = [
        Instruction(_text(each, "EndToEndId"), parse_yuan(_text(each, "InstdAmt")))
        for each in root.iter()
        if each.tag.endswith("}CdtTrfTxInf")
    ]
    assert int(_text(root, "NbOfTxs")) == len(found)
    assert parse_yuan(_text(root, "CtrlSum")) == sum(each.amount_fen for each in found)
    return File(_text(root, "MsgId"), found)


def _text(parent: ET.Element, name: str) -> str:
    return next(each.text or "" for each in parent.iter() if each.tag.endswith(f"}}{name}"))


@dataclass
class Bank:
    """What became of every payment it was ever told to make."""

    paid: dict[str, Fen] = field(default_factory=dict)
    refused: dict[str, Fen] = field(default_factory=dict)
    came_back: dict[str, Fen] = field(default_factory=dict)
    files: dict[str, File] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def take(self, file: File, rng: Random, *, may_fail: bool) -> None:
        """Carry out a file. The same file again is the same; a payment in two files is told twice."""
        known = self.files.setdefault(file.message_id, file)
        if known != file:
            self.wrong.append(f"the file {file.message_id} came in two forms")
        if known is not file:
            return
        for each in file.instructions:
            if each.number in {*self.paid, *self.refused, *self.came_back}:
                self.wrong.append(f"payment {each.number} was ordered in two files")
            fails = may_fail and rng.random() < _FAILS
            (self.refused if fails else self.paid)[each.number] = each.amount_fen

    def send_back(self, file: File, rng: Random) -> list[Instruction]:
        """The account that one of the payments went to is closed: days later the money is here again."""
        paid = [each for each in file.instructions if each.number in self.paid]
        chosen = rng.sample(paid, min(1, len(paid)))
        self.came_back |= {each.number: self.paid.pop(each.number) for each in chosen}
        return chosen

    def _outcome(self, number: str) -> str:
        if number in self.paid:
            return "成功,"
        return "退汇,收款账户已销户" if number in self.came_back else "失败,户名与账号不符"

    def says(self, file: File, digest: str, instructions: Sequence[Instruction], day: date) -> bytes:
        """Its answer about payments of a file."""
        total = format_yuan(sum(each.amount_fen for each in instructions))
        rows = [_HEAD, f"{file.message_id},{digest},{len(instructions)},{total}", _LINES]
        for each in instructions:
            rows.append(f"{each.number},{format_yuan(each.amount_fen)},{self._outcome(each.number)},{day}")
        return "\r\n".join(rows).encode("gb18030")
