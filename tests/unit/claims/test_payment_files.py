"""Files to the bank and from the bank: the standard's structure, exact sums, nothing that runs."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from xml.etree import ElementTree as ET

import pytest
from pydantic import ValidationError
from python_calamine import CalamineWorkbook

from services.claims.payments import pain001, sheet
from services.claims.payments.accounts_schemas import AccountLine
from services.claims.payments.bank_files import BankFile, Format, Outcome, Total, read
from services.claims.payments.pain001 import NAMESPACE, Order, Party, Payment
from services.claims.payments.sheet import Row
from shared.clock import SHANGHAI
from shared.problems import Problem

PAYER = Party("某县财政局社会保险基金专户", "6217000000000000001", "某某农村商业银行", "402999000018")
PAYEE = Party('=HYPERLINK("http://x","医院")', "001234567890123456", "某银行<支行>&", None)
ORDER = Order(
    "a" * 32,
    datetime(2026, 11, 2, 10, 0, tzinfo=SHANGHAI),
    date(2026, 11, 2),
    PAYER,
    "定点医疗机构医疗费用拨付 2026-10-31",
    [Payment("b" * 32, PAYEE, 1_234_567), Payment("c" * 32, PAYER, 1)],
)
# The order of elements in the schema of pain.001.001.09, as far as the file uses them.
STRUCTURE: Mapping[str, Sequence[str]] = {
    "Document": ["CstmrCdtTrfInitn"],
    "CstmrCdtTrfInitn": ["GrpHdr", "PmtInf"],
    "GrpHdr": ["MsgId", "CreDtTm", "NbOfTxs", "CtrlSum", "InitgPty"],
    "PmtInf": [
        *("PmtInfId", "PmtMtd", "NbOfTxs", "CtrlSum", "ReqdExctnDt"),
        *("Dbtr", "DbtrAcct", "DbtrAgt", "CdtTrfTxInf"),
    ],
    "ReqdExctnDt": ["Dt"],
    "CdtTrfTxInf": ["PmtId", "Amt", "CdtrAgt", "Cdtr", "CdtrAcct", "RmtInf"],
    "PmtId": ["EndToEndId"],
    "FinInstnId": ["ClrSysMmbId", "Nm"],
    "ClrSysMmbId": ["ClrSysId", "MmbId"],
    "DbtrAcct": ["Id", "Ccy"],
}
PATTERNS = {
    "MsgId": r".{1,35}",
    "PmtInfId": r".{1,35}",
    "EndToEndId": r".{1,35}",
    "NbOfTxs": r"[0-9]{1,15}",
    "CtrlSum": r"[0-9]{1,16}\.[0-9]{2}",
    "InstdAmt": r"[0-9]{1,16}\.[0-9]{2}",
    "PmtMtd": r"TRF",
    "Nm": r".{1,140}",
    "Ustrd": r".{1,140}",
    "CreDtTm": r"[0-9-]{10}T[0-9:]{8}\+08:00",
    "Dt": r"[0-9]{4}-[0-9]{2}-[0-9]{2}",
}


def local(element: ET.Element) -> str:
    assert element.tag.startswith(f"{{{NAMESPACE}}}")
    return element.tag.rpartition("}")[2]


def test_the_payment_file_has_the_structure_of_the_standard() -> None:
    root = ET.fromstring(pain001.write(ORDER))
    for element in root.iter():
        name, children = local(element), [local(child) for child in element]
        if name in STRUCTURE:
            allowed = STRUCTURE[name]
            assert [allowed.index(child) for child in children] == sorted(map(allowed.index, children))
        if name in PATTERNS:
            assert re.fullmatch(PATTERNS[name], element.text or ""), (name, element.text)


def test_counts_and_control_sums_are_those_of_the_transfers() -> None:
    root = ET.fromstring(pain001.write(ORDER))
    space = {"p": NAMESPACE}
    amounts = [Decimal(each.text or "") for each in root.iterfind(".//p:InstdAmt", space)]
    assert {each.get("Ccy") for each in root.iterfind(".//p:InstdAmt", space)} == {"CNY"}
    assert {each.text for each in root.iterfind(".//p:NbOfTxs", space)} == {str(len(amounts))}
    assert {Decimal(each.text or "") for each in root.iterfind(".//p:CtrlSum", space)} == {sum(amounts)}
    ends = [each.text for each in root.iterfind(".//p:EndToEndId", space)]
    assert len(set(ends)) == len(ends)
    assert [each.text for each in root.iterfind(".//p:Cdtr/p:Nm", space)] == [PAYEE.holder, PAYER.holder]


def test_the_same_batch_gives_the_same_bytes_in_both_files() -> None:
    rows = [Row("H99010100001", {"settlements": (3, 1_234_567)}, 0)] * 2
    assert pain001.write(ORDER) == pain001.write(ORDER)
    assert sheet.write("表", "2026-10-31", ORDER, rows) == sheet.write("表", "2026-10-31", ORDER, rows)


def test_the_list_shows_accounts_as_text_no_formula_and_the_total_in_words() -> None:
    rows = [
        Row("H99010100001", {"settlements": (3, 1_300_000), "deductions": (1, -65_433)}, 0),
        Row("H99010100002", {"settlements": (1, 2)}, 1),
    ]
    book = CalamineWorkbook.from_filelike(BytesIO(sheet.write("拨付", "2026-10-31", ORDER, rows)))
    cells = book.get_sheet_by_index(0).to_python()
    head = next(row for row in cells if row[0] == "序号")
    first = cells[cells.index(head) + 1]
    assert (first[head.index("账号")], first[head.index("户名")]) == (PAYEE.account_no, PAYEE.holder)
    assert (first[head.index("违规扣减")], first[head.index("实付金额")]) == (-654.33, 12345.67)
    total = next(row for row in cells if row[0] == "合计")
    assert (total[head.index("结算笔数")], total[head.index("实付金额")]) == (4, 12345.68)
    assert "合计金额（大写）：壹万贰仟叁佰肆拾伍元陆角捌分" in [row[0] for row in cells]


HEAD = '批次号,文件摘要,笔数,总金额\r\nM1,AB12,2,"1,000.50"\r\n付款明细号,金额,结果,原因,处理日期\r\n'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_the_banks_table_is_read_in_whatever_encoding_it_comes(encoding: str) -> None:
    body = (HEAD + "e1,1000.00,成功,,20261102\r\ne2,0.50,失败,账号不存在,\r\n").encode(encoding)
    assert read(body, "csv") == BankFile(
        "M1",
        "ab12",
        Total(2, 100_050),
        None,
        [
            Outcome("e1", 100_000, "paid", "", date(2026, 11, 2)),
            Outcome("e2", 50, "failed", "账号不存在", None),
        ],
    )


@pytest.mark.parametrize(
    ("body", "form"),
    [
        (b"", "csv"),
        ("批次号\n".encode(), "csv"),
        (HEAD.encode(), "csv"),
        ((HEAD + "e1,abc,成功,,").encode(), "csv"),
        ((HEAD + "e1,1.00,成功,,2026-13-01").encode(), "csv"),
        ((HEAD + "e1,1.00,成功,").encode(), "csv"),
        ((HEAD + 'e1,"1.00').encode(), "csv"),
        (b"\xff\xfe\xff", "csv"),
        (b"", "pain002"),
        (b"<a>", "pain002"),
        (b"<a/>", "pain002"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "pain002"),
        (b"<TxInfAndSts>" * 40 + b"</TxInfAndSts>" * 40, "pain002"),
        (b"<a><OrgnlGrpInfAndSts><OrgnlMsgId>x</OrgnlMsgId></OrgnlGrpInfAndSts></a>", "pain002"),
    ],
)
def test_what_cannot_be_read_is_refused_in_both_languages(body: bytes, form: Format) -> None:
    with pytest.raises(Problem) as refused:
        read(body, form)
    assert refused.value.spec.code == "claims.result_unreadable"
    assert set(refused.value.params) == {"reason_zh", "reason_en"}


@pytest.mark.parametrize("name", ["", "\u3000", "\u200b", "张\u0000三", "张\uffff三", "张" * 71])
def test_a_name_that_the_banks_file_cannot_carry_is_no_name_of_an_account(name: str) -> None:
    line = {"payee_kind": "county", "payee": "990101", "account_no": "622202", "bank_name": "某银行"}
    assert AccountLine.model_validate({**line, "holder": "买买提·\u3000某"}).holder
    with pytest.raises(ValidationError):
        AccountLine.model_validate({**line, "holder": name})
