"""Requests and replies of referrals."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from services.claims.providers.schemas import FacilityCode, Level
from services.claims.settlements.schemas import DiagnosisCode, Patient
from shared.fields import Body, Day, Reply

ReferralNo = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$", examples=["ZZ99010120260301001"])]
Place = Annotated[
    Literal["in_city", "out_of_city"],
    Field(description="以患者参保县为准：in_city 县外市内，out_of_city 市外"),
]


class ReferralRequest(Body):
    """A referral as the referring provider files it: to one provider, or to any of a level or place."""

    referral_no: Annotated[ReferralNo, Field(description="转诊单号，全平台唯一")]
    patient: Patient
    from_facility_code: FacilityCode
    to_facility_code: FacilityCode | None = None
    to_level: Level | None = None
    to_place: Place | None = None
    diagnosis: DiagnosisCode
    filed_on: Annotated[Day, Field(description="登记（办理）日期，不晚于今天")]
    valid_until: Annotated[
        Day | None, Field(description="入院日不晚于此日有效；省略则按规则中的默认期限")
    ] = None


class ReferralReply(Reply):
    """A filed referral. ``state`` is that of today; ``standing`` what it is worth: compliant or filed."""

    referral_no: str
    patient: Annotated[str, Field(description="脱敏的身份号码")]
    from_facility_code: str
    to_facility_code: str | None
    to_level: int | None
    to_place: str | None
    diagnosis: str
    filed_on: date
    valid_until: date
    state: Annotated[str, Field(description="filed 有效，expired 已过期，withdrawn 已撤销")]
    standing: Annotated[str, Field(description="compliant 依规转诊，filed 仅备案")]
    rule: Annotated[str, Field(description="认定依规转诊的依据")]
    filed_at: datetime
    withdrawn_at: datetime | None
