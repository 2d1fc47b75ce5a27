"""What the rules may know about one visit. The caller builds it; the rules never look anything up.

Vocabulary (plain strings, so that they can be stored and read back):

``visit_type``  ``inpatient`` 住院, ``outpatient`` 普通门诊, ``chronic_outpatient`` 门诊慢特病,
                ``delivery`` 住院分娩.
``place``       where the provider lies, seen from the person's county: ``in_county``, ``in_city`` (same
                prefecture), ``out_of_city``.
``referral``    ``not_needed`` treated in the own county; ``compliant`` referred by the rule (依规转诊);
                ``filed`` went elsewhere and filed it (备案), without a referral; ``none`` neither (未备案).
``item_class``  ``A`` 甲类, ``B`` 乙类 (up-front copay at ``self_pay_rate_bp``), ``C`` 自费 (not covered).
``chronic_codes``  NHSA disease codes (``M03900``) this visit treats; where the pack asks for certificates,
                those for which the person holds a valid one on the day. Empty for other visits.
``categories``  assistance categories in force on the governing date (``dibao``, ``registered_poor`` …).
``designated_for``  ids of the pack's disease programmes for which the provider is designated on the governing
                date (定点救治医院).
``diagnoses``   ICD-10 codes, the main diagnosis first.
``sex``         ``1`` male, ``2`` female (GB/T 2261.1).

Units: amounts in fen, unit prices and price limits in 1/10,000 yuan (four decimals), quantities in
1/1,000, rates in basis points.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple

VISIT_TYPES: Final = ("inpatient", "outpatient", "chronic_outpatient", "delivery")
PLACES: Final = ("in_county", "in_city", "out_of_city")
REFERRALS: Final = ("not_needed", "compliant", "filed", "none")
ITEM_CLASSES: Final = ("A", "B", "C")
PROVIDER_LEVELS: Final = (0, 1, 2, 3)
"""0 village clinic, 1 township, 2 county, 3 city or province."""
CATEGORIES: Final = (
    "registered_poor",
    "extreme_poverty",
    "dibao",
    "dibao_margin",
    "orphan",
    "unstable_exited",
    "marginal_at_risk",
    "sudden_hardship",
    "illness_poverty",
    "severe_disability",
)


class Charge(NamedTuple):
    """One line of the bill. ``price_limit_e4`` is the highest covered unit price, if there is one."""

    item_code: str
    name: str
    category: str
    item_class: str
    self_pay_rate_bp: int
    quantity_milli: int
    unit_price_e4: int
    amount_fen: int
    price_limit_e4: int | None


@dataclass(slots=True)
class Facts:
    """One visit, ready to be decided. Valid facts: the words above, no negative number, total = Σ charges.

    Nobody changes them: not frozen only because that makes them four times as dear, for every visit.
    """

    visit_type: str
    admitted_on: date
    discharged_on: date
    settled_on: date
    provider_level: int
    place: str
    referral: str
    categories: frozenset[str]
    chronic_codes: frozenset[str]
    diagnoses: tuple[str, ...]
    age: int
    sex: str
    charges: tuple[Charge, ...]
    total_fen: int
    designated_for: frozenset[str] = frozenset()
