"""The payment file for the bank: ISO 20022 customer credit transfer initiation, pain.001.001.09. Pure.

Made from stored data only, so the same batch gives the same bytes. Elements in the order of the standard's
schema; account numbers go into Othr (China has no IBAN), banks are named by their CNAPS number where known.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final, NamedTuple
from xml.etree import ElementTree as ET

from shared.money import Fen, format_yuan

NAMESPACE: Final = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
MAX_REMITTANCE = 140


class Party(NamedTuple):
    """Somebody's account at a bank."""

    holder: str
    account_no: str
    bank_name: str
    bank_code: str | None


class Payment(NamedTuple):
    """One transfer to be made by the bank; ``end_to_end_id`` is unique and at most 35 characters."""

    end_to_end_id: str
    payee: Party
    amount_fen: Fen


class Order(NamedTuple):
    """A whole batch as the bank is to carry it out."""

    message_id: str
    made_at: datetime
    execute_on: date
    payer: Party
    purpose: str
    payments: Sequence[Payment]

    @property
    def amount_fen(self) -> Fen:
        """The control sum."""
        return sum(payment.amount_fen for payment in self.payments)


def write(order: Order) -> bytes:
    """The file, in UTF-8."""
    document = ET.Element("Document", {"xmlns": NAMESPACE})
    message = ET.SubElement(document, "CstmrCdtTrfInitn")
    header = ET.SubElement(message, "GrpHdr")
    _text(header, "MsgId", order.message_id)
    _text(header, "CreDtTm", order.made_at.isoformat(timespec="seconds"))
    _counts(header, order)
    _text(ET.SubElement(header, "InitgPty"), "Nm", order.payer.holder)
    payment = ET.SubElement(message, "PmtInf")
    _text(payment, "PmtInfId", order.message_id)
    _text(payment, "PmtMtd", "TRF")
    _counts(payment, order)
    _text(ET.SubElement(payment, "ReqdExctnDt"), "Dt", order.execute_on.isoformat())
    _party(payment, "Dbtr", order.payer)
    _account(payment, "DbtrAcct", order.payer, currency=True)
    _bank(payment, "DbtrAgt", order.payer)
    for each in order.payments:
        _transfer(payment, each, order.purpose)
    ET.indent(document)
    body: bytes = ET.tostring(document, encoding="UTF-8", xml_declaration=True)
    return body + b"\n"


def _transfer(parent: ET.Element, payment: Payment, purpose: str) -> None:
    transfer = ET.SubElement(parent, "CdtTrfTxInf")
    _text(ET.SubElement(transfer, "PmtId"), "EndToEndId", payment.end_to_end_id)
    amount = ET.SubElement(ET.SubElement(transfer, "Amt"), "InstdAmt", {"Ccy": "CNY"})
    amount.text = format_yuan(payment.amount_fen)
    _bank(transfer, "CdtrAgt", payment.payee)
    _party(transfer, "Cdtr", payment.payee)
    _account(transfer, "CdtrAcct", payment.payee)
    _text(ET.SubElement(transfer, "RmtInf"), "Ustrd", purpose[:MAX_REMITTANCE])


def _counts(parent: ET.Element, order: Order) -> None:
    _text(parent, "NbOfTxs", str(len(order.payments)))
    _text(parent, "CtrlSum", format_yuan(order.amount_fen))


def _party(parent: ET.Element, name: str, party: Party) -> None:
    _text(ET.SubElement(parent, name), "Nm", party.holder)


def _account(parent: ET.Element, name: str, party: Party, *, currency: bool = False) -> None:
    account = ET.SubElement(parent, name)
    _text(ET.SubElement(ET.SubElement(account, "Id"), "Othr"), "Id", party.account_no)
    if currency:
        _text(account, "Ccy", "CNY")


def _bank(parent: ET.Element, name: str, party: Party) -> None:
    institution = ET.SubElement(ET.SubElement(parent, name), "FinInstnId")
    if party.bank_code:
        member = ET.SubElement(institution, "ClrSysMmbId")
        _text(ET.SubElement(member, "ClrSysId"), "Cd", "CNAPS")
        _text(member, "MmbId", party.bank_code)
    _text(institution, "Nm", party.bank_name)


def _text(parent: ET.Element, name: str, text: str) -> None:
    # What XML cannot carry would make the whole file unreadable for the bank.
    clean = "".join(sign for sign in text if sign.isprintable())
    ET.SubElement(parent, name).text = clean
