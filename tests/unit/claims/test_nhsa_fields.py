"""Fields, ids, codes and texts of the national interface."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from services.claims.nhsa import problems
from services.claims.nhsa.catalogue import Listed, read_catalogue
from services.claims.nhsa.codes import codes
from services.claims.nhsa.envelope import Envelope, digest, said
from services.claims.nhsa.fields import Amount, Price, Quantity, Rate, yuan
from services.claims.nhsa.ids import long, msgid_fault, short
from services.claims.nhsa.inputs import FeeNamesInput, FeesInput
from services.claims.nhsa.service import faults
from services.claims.nhsa.settings import NhsaSettings
from services.claims.nhsa.signature import sign
from services.claims.nhsa.translation import in_fields
from services.claims.nhsa.vault import Known, Vault
from shared import strict_json
from shared.crypto import BlindIndex, FieldCipher
from shared.money import MAX_FEN
from shared.problems import FieldError, Problem, ProblemSpec
from shared.strict_json import BadJson, ExactNumber

HOSPITAL = "H99010100001"
SPECS = [value for value in vars(problems).values() if isinstance(value, ProblemSpec)]
AMOUNT: TypeAdapter[int] = TypeAdapter(Amount)


@given(st.uuids())
def test_ids_are_short_enough_and_come_back(id_: UUID) -> None:
    assert len(short(id_)) == 26
    assert long(short(id_)) == id_


@given(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567=a1 ", max_size=30))
def test_what_is_no_id_is_none(text: str) -> None:
    found = long(text)
    assert found is None or short(found) == text


def test_an_id_has_one_spelling() -> None:
    text = short(UUID(int=0))
    assert long(text.lower()) is None
    assert long(text[:-1] + "B") is None


@given(st.integers(-MAX_FEN, MAX_FEN))
def test_an_amount_comes_back_to_the_fen(fen: int) -> None:
    written = f"{yuan(fen):f}"
    assert AMOUNT.validate_python(written) == fen
    assert AMOUNT.validate_python(ExactNumber(written)) == fen


@given(st.text(max_size=20))
def test_whatever_is_written_as_an_amount_is_read_or_refused(text: str) -> None:
    try:
        fen = AMOUNT.validate_python(text)
    except ValidationError:
        return
    assert abs(fen) <= MAX_FEN


@pytest.mark.parametrize(
    ("kind", "written", "read"),
    [
        (Quantity, "2.5000", 2_500),
        (Quantity, 3, 3_000),
        (Quantity, "-1", -1_000),
        (Quantity, "0.0001", None),
        (Price, "12.340000", 123_400),
        (Price, "0.000010", None),
        (Price, "1234567890", None),
        (Rate, "0.1", 1_000),
        (Rate, 1, 10_000),
        (Rate, "1.0001", None),
        (Rate, "-0.1", None),
        (Amount, True, None),
        (Amount, None, None),
        (Amount, [], None),
    ],
)
def test_numbers_are_exact_or_refused(kind: Any, written: Any, read: int | None) -> None:
    adapter: TypeAdapter[int] = TypeAdapter(kind)
    if read is None:
        with pytest.raises(ValidationError):
            adapter.validate_python(written)
    else:
        assert adapter.validate_python(written) == read


def test_a_fraction_never_passes_through_a_float() -> None:
    found = strict_json.loads(b'{"a": 90071992547409.93, "b": 1e400, "c": 7}', exact=True)
    assert (found["a"].text, found["b"].text, found["c"]) == ("90071992547409.93", "1e400", 7)
    with pytest.raises(BadJson):
        strict_json.loads(b"0." + b"1" * 500, exact=True)
    with pytest.raises(BadJson):
        strict_json.loads(b'{"a": NaN}', exact=True)


@pytest.mark.parametrize(
    ("msgid", "right"),
    [
        (HOSPITAL + "20260309080000" + "0001", True),
        (HOSPITAL + "20260309080000" + "001", False),
        (HOSPITAL + "20260229080000" + "0001", False),
        (HOSPITAL + "20260309240000" + "0001", False),
        ("H99010100002" + "20260309080000" + "0001", False),
        (HOSPITAL + "20260309080000" + "00A1", False),
    ],
)
def test_a_msgid_is_institution_time_and_number(msgid: str, right: bool) -> None:
    assert (msgid_fault(msgid, HOSPITAL) is None) is right


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.code)
def test_a_refusal_begins_in_chinese_and_names_its_code(spec: ProblemSpec) -> None:
    @dataclass
    class Anything:
        def __format__(self, _: str) -> str:
            return "x"

    names = "infno known reason_zh reason_en institution seconds mdtrt_id care_zh care_en number med_type"
    more = (
        "which setl_id field found expected by omsgid oinfno instead_zh instead_en count clr_type stated code"
    )
    people = "mdtrt_cert_type psn_cert_type days"
    values: dict[str, Any] = dict.fromkeys(f"{names} {more} {people}".split(), Anything())
    text = said(Problem(spec, **values))
    zh, _, rest = text.partition("[")
    assert rest.startswith(f"{spec.code}] ")
    assert any("\u4e00" <= letter <= "\u9fff" for letter in zh)
    assert not any("\u4e00" <= letter <= "\u9fff" for letter in rest)


def test_a_refusal_names_the_paths_of_its_fields() -> None:
    problem = Problem(problems.CERTIFICATE, pointer="/input/data/certno")
    assert "（input.data.certno） [nhsa.certificate]" in said(problem)


def test_a_refusal_says_how_many_faults_it_does_not_list() -> None:
    fields = [FieldError(f"/input/data/f{no}", problems.BAD_YEAR) for no in range(7)]
    text = said(Problem(problems.MESSAGE_INVALID, errors=fields, count=7))
    assert "；其余 2 处未列出）" in text
    assert "; 2 more are not listed)" in text
    assert "未列出" not in said(Problem(problems.MESSAGE_INVALID, errors=fields[:5], count=5))


def test_a_refusal_of_a_message_that_is_no_object_points_at_the_message() -> None:
    refused = Problem(problems.MESSAGE_INVALID, errors=[FieldError("", problems.BAD_YEAR)], count=1)
    assert "（整个报文：" in said(refused)


@pytest.mark.parametrize(
    ("transaction", "pointer", "field"),
    [
        ("2401", "/admitted_on", "/input/mdtrtinfo/begntime"),
        ("2401", "/visit_no", "/input/mdtrtinfo/ipt_no"),
        ("2201", "/admitted_on", "/input/data/begntime"),
        ("2201", "/visit_no", "/input/data/ipt_otp_no"),
        ("2203", "/visit_type", "/input/mdtrtinfo/med_type"),
        ("2402", "/discharged_on", "/input/dscginfo/endtime"),
        ("2304", "/discharged_on", "/input/data/dscg_time"),
        ("2304", "/charges/3/quantity", "/input/feedetail/3/cnt"),
        ("2304", "/somewhere/else", "/somewhere/else"),
    ],
)
def test_a_refusal_names_the_field_where_the_transaction_has_it(
    transaction: str, pointer: str, field: str
) -> None:
    refused = in_fields(Problem(problems.CERTIFICATE, pointer=pointer), transaction)
    assert [error.pointer for error in refused.errors] == [field]


def test_sm3_and_its_keyed_form_are_the_standard_s() -> None:
    plain = hashes.Hash(hashes.SM3())
    plain.update(b"abc")
    # GM/T 0004-2012, appendix A.1
    assert plain.finalize().hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"

    def sm3(data: bytes) -> bytes:
        hashed = hashes.Hash(hashes.SM3())
        hashed.update(data)
        return hashed.finalize()

    key = b"k" * 20
    inner, outer = (bytes(byte ^ pad for byte in key.ljust(64, b"\0")) for pad in (0x36, 0x5C))
    assert sign(b"message", key) == sm3(outer + sm3(inner + b"message")).hex()


def envelope(**changes: Any) -> Envelope:
    from services.claims.nhsa.document import message

    return Envelope.model_validate({**message("2304", {"data": {"a": ExactNumber("1.50")}}), **changes})


def test_what_is_renewed_when_a_message_is_sent_again_does_not_count_as_its_content() -> None:
    index = BlindIndex(b"k" * 32)
    first = digest(envelope(), index)
    renewed = {"inf_time": "2026-03-09", "cainfo": "00", "sign_no": "x", "opter": "2", "opter_name": "别人"}
    assert digest(envelope(**renewed), index) == first
    assert digest(envelope(infno="2304A"), index) == first
    assert digest(envelope(infno="2303"), index) != first
    assert digest(envelope(input={"data": {"a": ExactNumber("1.51")}}), index) != first
    assert digest(envelope(), BlindIndex(b"x" * 32)) != first


def test_what_is_sealed_opens_for_its_own_row_only() -> None:
    vault = Vault(FieldCipher({"k1": b"k" * 32}, "k1"))
    known = Known("990101197005170010", "张三")
    sealed = vault.seal_known(known, "row 1")
    assert vault.known(sealed, "row 1") == known
    assert b"990101197005170010" not in sealed
    reply = vault.seal_reply(b"reply", "m" * 30)
    assert vault.reply(reply, "m" * 30) == b"reply"
    with pytest.raises(InvalidTag):
        vault.known(sealed, "row 2")


def test_every_code_table_is_read_and_visit_types_come_back() -> None:
    found = codes()
    for med_type in found.med_types.values():
        assert found.med_type_of(med_type.visit_type) is med_type
    assert [found.level_of(item_class) for item_class in "ABC"] == ["01", "02", "03"]
    assert found.charge_type_of("bed") == "01"
    assert found.charge_type_of("rounds") == "14"
    assert found.charge_type(None, "XA01AB") == "09"
    assert found.charge_type("03", "XA01AB") == "03"


def test_a_catalogue_is_read_from_csv(tmp_path: Any) -> None:
    file = tmp_path / "catalogue.csv"
    file.write_text(
        "med_list_codg,chrgitm_lv,selfpay_prop,pric_uplmt_amt,med_chrgitm_type\n"
        "XA01AB,02,0.1,12.5,09\n"
        "110200001,01,,,\n"
    )
    assert read_catalogue(file) == {
        "XA01AB": Listed("02", 1_000, 125_000, "09"),
        "110200001": Listed("01", 0, None, None),
    }
    assert read_catalogue(None) == {}


def test_a_signature_that_is_asked_for_without_secrets_refuses_to_start(tmp_path: Any) -> None:
    with pytest.raises(ValueError, match="SECRETS_FILE"):
        NhsaSettings(signature="sm3").secrets()
    file = tmp_path / "secrets.json"
    file.write_text('{"H99010100001": "c2hvcnQ="}')
    with pytest.raises(ValueError, match="16 bytes"):
        NhsaSettings(signature="sm3", secrets_file=file).secrets()


@pytest.mark.parametrize(
    ("changes", "refused", "told"),
    [
        (
            {"feedetl_sn": "9" * 31},
            "nhsa.field_too_long",
            "input.feedetail.0.feedetl_sn：文本太长，最多 30 个字符",
        ),
        ({"med_list_codg": "Ｘ１"}, "nhsa.message_invalid", "只能含字母、数字和 _.:/-"),
        ({"feedetl_sn": "9" * 31, "cnt": "1e3"}, "nhsa.message_invalid", "文本太长，最多 30 个字符"),
        ({"cnt": "1.0001"}, "nhsa.message_invalid", "数量应为最多三位小数的数值"),
    ],
)
def test_a_faulty_field_is_told_with_what_to_write(changes: dict[str, str], refused: str, told: str) -> None:
    fee = {"feedetl_sn": "1", "mdtrt_id": "M", "psn_no": "P", "med_list_codg": "X1"}
    amounts = {"det_item_fee_sumamt": "1", "cnt": "1", "pric": "1"}
    with pytest.raises(ValidationError) as raised:
        FeesInput.model_validate({"feedetail": [{**fee, **amounts, **changes}]})
    text = said(faults(raised.value, "/input"))
    assert f"[{refused}]" in text
    assert told in text


def test_one_line_to_be_withdrawn_is_a_list_of_one() -> None:
    named = {"feedetl_sn": "1", "mdtrt_id": "M", "psn_no": "P"}
    assert FeeNamesInput.model_validate({"data": named}) == FeeNamesInput.model_validate({"data": [named]})
    with pytest.raises(ValidationError) as raised:
        FeeNamesInput.model_validate({"data": {**named, "psn_no": ""}})
    assert "（input.data.0.psn_no：" in said(faults(raised.value, "/input"))
