"""Requests and replies of open visits. Amounts are strings in yuan."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.claims.providers.schemas import FacilityCode, VisitType
from services.claims.settlements.fields import MAX_CHARGES, BoundedCharges
from services.claims.settlements.schemas import (
    ChargeLine,
    ChronicCode,
    ChronicReason,
    Diagnosis,
    Patient,
    PolicyRef,
    ReferralReason,
)
from shared.fields import Body, CodeText, Day, Reply, ShortText, Yuan, YuanOut

VisitNo = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$", examples=["ZY2026000123"])]
PartNo = Annotated[int, Field(strict=True, ge=1, le=9_999)]
Diagnoses = Annotated[list[Diagnosis], Field(min_length=1, max_length=50)]


class AdmissionRequest(Body):
    """A patient comes to stay, or begins a visit that is billed in parts."""

    facility_code: FacilityCode
    visit_no: VisitNo
    visit_type: VisitType
    patient: Patient
    admitted_on: Day
    diagnoses: Diagnoses
    referral_no: ShortText | None = None
    chronic_code: ChronicCode | None = None
    estimated_total: Annotated[
        Yuan | None, Field(description="预计总费用；给出时按待遇政策为各支付方预留额度")
    ] = None


class UploadedLine(ChargeLine):
    """A line of the bill with the hospital's own id of it, so that it is never taken twice."""

    line_id: Annotated[CodeText, Field(description="费用明细流水号，一次就诊内唯一")]


class ChargesRequest(Body):
    """One part of the bill. The parts of a visit hold as many lines together as one bill may."""

    part_no: PartNo
    charges: Annotated[
        list[UploadedLine], BoundedCharges, Field(min_length=1, json_schema_extra={"maxItems": MAX_CHARGES})
    ]


class PreviewRequest(Body):
    """Who asks for a pre-settlement; the day defaults to today, the diagnoses to those of the admission."""

    patient: Patient
    discharged_on: Day | None = None
    diagnoses: Diagnoses | None = None


class DischargeRequest(Body):
    """The end of a visit: its last day, its final diagnoses, and what the hospital's own sum is."""

    patient: Patient
    discharged_on: Day
    diagnoses: Diagnoses
    total: Annotated[Yuan, Field(description="应等于已上传各部分明细之和")]
    referral_no: Annotated[ShortText | None, Field(description="转诊单号；省略则用入院时所报")] = None
    invoice_no: Annotated[ShortText | None, Field(description="发票号，同一机构内不能重复结算")] = None


class PayerRef(Reply):
    """A payer whose rules apply to such a visit."""

    payer: str
    title: str


class Waiver(Reply):
    """The rule by which no deposit is asked for."""

    id: str
    title: str
    source: str
    verified: Annotated[bool, Field(description="依据是否已与原文核对")]


class ProgrammeRef(Reply):
    """A disease programme that the diagnosis belongs to. Which disease it is, is not repeated here."""

    programme: str
    title: str
    designated: Annotated[bool, Field(description="本机构当日是否为该目录的定点救治医疗机构")]


class Entitlements(Reply):
    """What the patient is entitled to on the day of admission."""

    on: date
    enrolled: Annotated[bool, Field(description="当日是否参加城乡居民基本医疗保险")]
    categories: list[str]
    place: str
    referral: str
    referral_reason: ReferralReason | None
    chronic_reason: Annotated[
        ChronicReason | None, Field(description="所报门诊慢特病不按慢特病结算的原因；没有则为 null")
    ] = None
    programmes: Annotated[
        list[ProgrammeRef],
        Field(default_factory=list, description="诊断所属的专项救治目录，及本机构是否为其定点"),
    ]
    policy: PolicyRef | None
    payers: Annotated[list[PayerRef], Field(description="适用其待遇规则的支付方，按支付顺序")]
    deposit_waived: bool
    waiver: Waiver | None


class Hold(Reply):
    """What is set aside of a payer's money until the visit ends."""

    payer: str
    amount: YuanOut


class Part(Reply):
    """An uploaded part of the bill."""

    part_no: int
    lines: int
    amount: YuanOut
    uploaded_at: datetime


class VisitReply(Reply):
    """An open visit, or what became of it. Holds are those in force: none once it is settled or cancelled."""

    facility_code: str
    visit_no: str
    visit_type: str
    patient: Annotated[str, Field(description="脱敏的身份号码")]
    admitted_on: date
    state: Annotated[str, Field(description="open 在院，settled 已结算，cancelled 已取消")]
    entitlements: Entitlements
    estimated_total: YuanOut | None
    holds: list[Hold]
    parts: list[Part]
    running_total: YuanOut
    opened_at: datetime
    closed_at: datetime | None
    settlement_id: UUID | None


class HeldFunds(Reply):
    """What open visits will probably cost a payer in a county and year."""

    county_code: str
    year: int
    payer: str
    visits: int
    amount: YuanOut


class HeldFundsReply(Reply):
    """Every payer's holds, largest county first by code."""

    items: list[HeldFunds]
