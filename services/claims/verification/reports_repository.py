"""Statements that look for sums of reports that are not what is settled."""

from collections.abc import Mapping
from typing import Final

_KEY: Final = (
    "county_code, month, payer, facility_code, visit_type, provider_level, place, referral, ceiling_bp,"
    " categories"
)
_SUMS: Final = (
    *("visits", "total_fen", "eligible_fen", "person_pays_fen", "ceiling_base_fen", "above_ceiling"),
    *("drug_fen", "herbal_fen", "paid_fen"),
)
_SETTLED: Final = (
    "substr(division_code, 1, 6) AS county_code, discharged_on - extract(day FROM discharged_on)::integer + 1"
    " AS month, facility_code, visit_type, provider_level, place, referral,"
    " coalesce(ceiling_bp, -1) AS ceiling_bp, categories"
)
_GROUPS: Final = "1, 2, 3, 4, 5, 6, 7, 8, 9"
REPORT_CHECKS: Final[Mapping[str, str]] = {
    "a bill says what of it is for drugs": """
SELECT id, medicine_fen, lines_fen, herbal_medicine_fen, herbal_lines_fen FROM settlements JOIN (
  SELECT settlement_id AS id, coalesce(sum(amount_fen) FILTER (
      WHERE category IN ('western_medicine', 'chinese_patent_medicine', 'herbal')), 0) AS lines_fen,
    coalesce(sum(amount_fen) FILTER (WHERE category = 'herbal'), 0) AS herbal_lines_fen
  FROM settlement_charges GROUP BY 1
) AS line USING (id)
WHERE (medicine_fen, herbal_medicine_fen) <> (lines_fen, herbal_lines_fen) ORDER BY 1
""",
    "reports count every settlement once, as it now stands": f"""
SELECT {_KEY}, {", ".join(f"counted.{name} AS counted_{name}, now.{name}" for name in _SUMS)}
FROM (
  SELECT {_KEY}, {", ".join(f"sum({name}) AS {name}" for name in _SUMS)}
  FROM current_report_sums GROUP BY {_KEY}
) AS counted FULL JOIN (
  SELECT {_SETTLED}, '' AS payer, count(*) AS visits, sum(total_fen) AS total_fen,
    sum(eligible_fen) AS eligible_fen, sum(person_pays_fen) AS person_pays_fen,
    sum(coalesce(ceiling_base_fen, 0)) AS ceiling_base_fen,
    count(*) FILTER (WHERE person_pays_fen > ceiling_base_fen * ceiling_bp / 10000) AS above_ceiling,
    sum(coalesce(drug_fen, 0)) AS drug_fen, sum(coalesce(herbal_fen, 0)) AS herbal_fen, 0 AS paid_fen
  FROM current_settlements LEFT JOIN (
    SELECT settlement_id AS id, sum(amount_fen) AS drug_fen,
      sum(amount_fen) FILTER (WHERE category = 'herbal') AS herbal_fen
    FROM settlement_charges WHERE category IN ('western_medicine', 'chinese_patent_medicine', 'herbal')
    GROUP BY 1
  ) AS drugs USING (id)
  WHERE status = 'settled' GROUP BY {_GROUPS}
  UNION ALL
  SELECT {_SETTLED}, payer, count(DISTINCT id), 0, 0, 0, 0, 0, 0, 0, sum(amount_fen)
  FROM current_settlements JOIN current_payers ON settlement_id = id
  WHERE status = 'settled' GROUP BY {_GROUPS}, payer
) AS now USING ({_KEY})
WHERE {" OR ".join(f"coalesce(counted.{name}, 0) <> coalesce(now.{name}, 0)" for name in _SUMS)}
ORDER BY {_KEY}
""",
}
