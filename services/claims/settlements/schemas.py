"""Requests and replies of settlements. Amounts are strings in yuan."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from services.claims.providers.schemas import FacilityCode, VisitType
from services.claims.settlements.fields import MAX_CHARGES, BoundedCharges, Quantity, UnitPrice
from shared.fields import (
    Body,
    CodeText,
    Day,
    IdNumberText,
    Rate,
    Reply,
    ShortText,
    Yuan,
    YuanOut,
)

DiagnosisCode = Annotated[str, Field(pattern=r"^[A-Z][0-9][0-9A-Za-z.+*/-]{0,18}$", examples=["I63.900"])]
ChronicCode = Annotated[str, Field(pattern=r"^M[0-9]{5}$", examples=["M03900"])]
AmountText = Annotated[str, Field(pattern=r"^-?[0-9]{1,13}\.[0-9]{2}$", examples=["8766.00"])]
RateText = Annotated[str, Field(pattern=r"^[0-9]+\.[0-9]{4}$", examples=["0.0500"])]
ReasonText = Annotated[str, Field(min_length=2, max_length=500)]
LineText = Annotated[str, Field(min_length=1, max_length=200)]
MAX_DIAGNOSES = 50


class Patient(Body):
    """The patient, by citizen identity number (18 digits)."""

    id_number: IdNumberText


class Diagnosis(Body):
    """An ICD-10 code (医保版 2.0); exactly one of a visit is the main one."""

    code: DiagnosisCode
    main: bool = False


class ChargeLine(Body):
    """One line of the bill: amount = quantity × unit price, rounded half-up to the fen."""

    item_code: CodeText
    name: LineText
    category: CodeText
    item_class: Annotated[
        Literal["A", "B", "C"], Field(alias="class", description="A 甲类，B 乙类（先行自付），C 自费")
    ]
    self_pay_rate: Rate = 0
    quantity: Quantity
    unit_price: UnitPrice
    amount: Yuan
    price_limit: Annotated[
        UnitPrice | None, Field(description="医保支付单价上限，超出部分计入超限价自费；没有则省略")
    ] = None


class SettlementRequest(Body):
    """One visit with its bill, sent once the patient leaves."""

    facility_code: FacilityCode
    visit_no: ShortText
    visit_type: VisitType
    patient: Patient
    admitted_on: Day
    discharged_on: Day
    referral_no: Annotated[
        ShortText | None, Field(description="已登记的转诊单号；县外就医是否依规转诊由该转诊单决定")
    ] = None
    chronic_code: Annotated[
        ChronicCode | None, Field(description="门诊慢特病病种编码，仅用于 chronic_outpatient")
    ] = None
    diagnoses: Annotated[list[Diagnosis], Field(min_length=1, max_length=MAX_DIAGNOSES)]
    charges: Annotated[
        list[ChargeLine], BoundedCharges, Field(min_length=1, json_schema_extra={"maxItems": MAX_CHARGES})
    ]
    total: Yuan
    invoice_no: Annotated[
        ShortText | None, Field(description="发票号，同一机构内不能重复结算；没有则省略")
    ] = None
    replaces: Annotated[
        UUID | None,
        Field(description="撤销后以相同内容重新结算时，填被撤销结算的编号；其他情况省略"),
    ] = None


class ReferralReason(Reply):
    """Why the referral that was named counts for less than a compliant one."""

    code: str
    text: str


class PolicyRef(Reply):
    """The policy version that decided."""

    pack: str
    version: str


class ChronicReason(Reply):
    """Why a chronic disease did not count: the visit was decided as an ordinary outpatient visit."""

    code: str
    text: str


class PayerShare(Reply):
    """What one payer pays."""

    payer: str
    amount: AmountText


class SettlementReply(Reply):
    """eligible = total − non_covered − over_limit − upfront_copay; Σ payers + person_pays = total.

    ``id`` and ``settled_at`` are null in a preview. The figures are the current ones: those of the last
    ``revision``; of a reversed settlement they are zero.
    """

    id: UUID | None
    settled_at: datetime | None
    status: Annotated[Literal["settled", "reversed"], Field(description="settled 已结算，reversed 已撤销")]
    revision: Annotated[int, Field(description="0 为原结算，撤销或调整一次加一")]
    facility_code: str
    visit_no: str
    visit_type: str
    patient: Annotated[str, Field(description="脱敏的身份号码")]
    admitted_on: date
    discharged_on: date
    year: int
    place: str
    referral: str
    referral_reason: Annotated[
        ReferralReason | None, Field(description="所报转诊单未能作为依规转诊的原因；没有则为 null")
    ]
    chronic_reason: Annotated[
        ChronicReason | None, Field(description="所报门诊慢特病未按慢特病结算的原因；没有则为 null")
    ]
    designated_for: Annotated[list[str], Field(description="医疗机构在本次就诊中计为定点的救治病种目录")]
    categories: list[str]
    policy: PolicyRef
    total: AmountText
    non_covered: AmountText
    over_limit: AmountText
    upfront_copay: AmountText
    eligible: AmountText
    payers: list[PayerShare]
    person_pays: AmountText
    personal_share: RateText
    explanation: Annotated[str | None, Field(description="逐项说明的地址")]


class SourcedStep(Reply):
    """One amount and how it came about, complete enough to be worked out again from itself."""

    layer: str
    payer: str | None
    title: str
    amount: YuanOut
    sentences: list[str]
    detail: Annotated[
        dict[str, Any], Field(description="机器可读：基数、参数、规则、算式、累计额前后值（分）")
    ]


class ReversalRequest(Body):
    """Why a settlement is taken back (撤销原因); no personal data."""

    reason: ReasonText


class RevisionReply(Reply):
    """What a settlement was from one moment on; revision 0 is the settlement itself."""

    revision: int
    kind: Annotated[Literal["settlement", "reversal", "adjustment"], Field(description="原结算、撤销、调整")]
    recorded_at: datetime
    recorded_by: str
    reason: str | None
    readjudication_id: UUID | None
    categories: list[str]
    policy: PolicyRef
    total: AmountText
    eligible: AmountText
    payers: list[PayerShare]
    person_pays: AmountText
    person_difference: Annotated[AmountText, Field(description="个人负担比上一版多（负数为少）")]
    explanation: str


class Revisions(Reply):
    """The history of a settlement, oldest first; the last one is current."""

    items: list[RevisionReply]


class LayerLeftOut(Reply):
    """A payer of the pack that had no part in the settlement, and which conditions did not hold."""

    layer: str
    payer: str
    title: str
    sentence: str
    gates: Annotated[
        list[dict[str, Any]], Field(description="逐项条件：规则、条款、要求、本次情况（机器可读）")
    ]


class ExplanationReply(Reply):
    """Why every payer pays what it pays."""

    settlement_id: UUID
    revision: int
    policy: PolicyRef
    total: YuanOut
    person_pays: YuanOut
    steps: list[SourcedStep]
    sentences: list[str]
    left_out: Annotated[
        list[LayerLeftOut],
        Field(description="政策包中未参与本次支付的支付方及原因；无从说明时为空"),
    ]
