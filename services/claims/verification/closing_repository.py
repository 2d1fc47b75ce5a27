"""Statements that look for day closes whose chain does not hold."""

from collections.abc import Mapping
from typing import Final

CLOSING_CHECKS: Final[Mapping[str, str]] = {
    "a closed transfer is what it was when it was closed": """
SELECT transfer_no AS no, close_no FROM (
  SELECT transfer_no, close.no AS close_no, link, ledger_link(
    coalesce(lag(link) OVER (PARTITION BY close_id ORDER BY transfer_no), previous_hash), ledger_line(entry)
  ) AS expected
  FROM closed_transfers JOIN day_closes AS close ON close.id = close_id
  LEFT JOIN transfers AS entry ON entry.no = transfer_no
) AS linked
WHERE link IS DISTINCT FROM expected ORDER BY 1
""",
    "a close carries the hash of its records and of the close before": """
SELECT county_code, no FROM (
  SELECT county_code, no, hash, ledger_link(last_link, day_close_line(entry)) AS expected,
    previous_hash, lag(hash, 1, sha256(convert_to(county_code, 'UTF8'))) OVER by_number AS before,
    row_number() OVER by_number AS place, last_link, coalesce((
      SELECT link FROM closed_transfers WHERE close_id = entry.id ORDER BY transfer_no DESC LIMIT 1
    ), previous_hash) AS end_link
  FROM day_closes AS entry WINDOW by_number AS (PARTITION BY county_code ORDER BY no)
) AS chained
WHERE (hash, previous_hash, last_link, no) IS DISTINCT FROM (expected, before, end_link, place) ORDER BY 1, 2
""",
    "no transfer is behind every close": """
SELECT no, county_code FROM transfers JOIN (
  SELECT county_code, max(last_no) FILTER (WHERE swept_at < newest - interval '1 hour') AS horizon FROM (
    SELECT county_code, last_no, swept_at, max(swept_at) OVER (PARTITION BY county_code) AS newest
    FROM day_closes
  ) AS timed GROUP BY county_code
) AS passed USING (county_code)
WHERE no <= horizon AND NOT EXISTS (SELECT 1 FROM closed_transfers WHERE transfer_no = no) ORDER BY 1
""",
}
