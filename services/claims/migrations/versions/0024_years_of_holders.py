"""All accumulators of a holder and year in one row, which is what is locked, read and written together.

A settlement locked and changed some four rows of a person and one of the household, and opened another for
each day with a daily limit. ``accumulators`` is now a view of the rows, one line for each kind, as before.
The own payment stands in a column as well, because people and households are looked for by it.

``lock_years`` opens the rows that are missing and locks all, in the order of their keys; those that the
caller does not see are left out. In a volatile function each statement sees what was committed before it
began: the lock sees what its earlier holders left.

Processes of the version before go on settling: ``open_and_lock`` and updates of the view work on the rows,
by the difference. Whatever else of theirs reads accumulators (previews, reversals, re-adjudications) fails
for certain, because the type that they ask with is gone: waiting for a lock through the view, they would be
shown the amounts of before. ``open_and_lock``, ``update_accumulator`` and the types ``new_accumulator`` and
``used_amount`` may go with the next version.

Revision ID: 0024
"""

from alembic import op

from shared.migrations import grant, protect

revision = "0024"
down_revision = "0023"

_TABLE = """
LOCK TABLE accumulators IN ACCESS EXCLUSIVE MODE;

ALTER TABLE accumulators NO FORCE ROW LEVEL SECURITY;

CREATE TABLE accumulator_years (
  holder_id uuid NOT NULL,
  year smallint NOT NULL,
  holder text NOT NULL CONSTRAINT ck_accumulator_years_holder
    CHECK (holder IN ('person', 'household', 'county')),
  division_code text NOT NULL,
  used json NOT NULL,
  own_payment_fen bigint GENERATED ALWAYS AS (
    CASE holder
      WHEN 'person' THEN used ->> 'own_payment'
      WHEN 'household' THEN used ->> 'household.own_payment'
    END::bigint) STORED,
  CONSTRAINT pk_accumulator_years PRIMARY KEY (holder_id, year),
  CONSTRAINT ck_accumulator_years_used
    CHECK (used::text NOT LIKE '%:-%' AND used::text NOT LIKE '%: -%')
) WITH (fillfactor = 80);

INSERT INTO accumulator_years (holder_id, year, holder, division_code, used)
SELECT person_id, year,
       CASE WHEN bool_or(kind ^@ 'fund.') THEN 'county'
            WHEN bool_or(kind ^@ 'household.') THEN 'household' ELSE 'person' END,
       min(division_code), json_object_agg(kind, used_fen)
FROM accumulators GROUP BY person_id, year;

DROP TABLE accumulators;

CREATE INDEX ix_accumulator_years_burden ON accumulator_years (year, division_code) WHERE holder <> 'county';

ALTER TABLE accumulator_years ALTER COLUMN holder_id SET STATISTICS 20,
  ALTER COLUMN year SET STATISTICS 20, ALTER COLUMN holder SET STATISTICS 20,
  ALTER COLUMN division_code SET STATISTICS 20, ALTER COLUMN used SET STATISTICS 0,
  ALTER COLUMN own_payment_fen SET STATISTICS 20;

CREATE VIEW accumulators WITH (security_invoker = true) AS
SELECT holder_id AS person_id, year, kind, division_code, fen::bigint AS used_fen
FROM accumulator_years CROSS JOIN LATERAL json_each_text(used) AS held (kind, fen)
"""
# A household may have members in two counties; each county settles for its own, so each sees what the
# household has borne. The first half decides nearly always, and then nothing is looked up.
_HOUSEHOLDS = """
ALTER POLICY jurisdiction ON accumulator_years USING (
  division_code ^@ ANY ((SELECT NULLIF(current_setting('app.jurisdiction', true), ''))::text[])
  OR (holder = 'household' AND EXISTS (
    SELECT 1 FROM insured_persons AS member WHERE member.household_id = accumulator_years.holder_id)))
"""
# Nearly all are there: looking first costs less than trying to insert. Two may still open one at once.
_LOCK = """
CREATE TYPE new_accumulator_year AS (holder_id uuid, year smallint, holder text, division_code text);

CREATE TYPE used_in_year AS (holder_id uuid, year smallint, used text);

CREATE FUNCTION lock_years(wanted new_accumulator_year[]) RETURNS TABLE (place bigint, used text)
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  INSERT INTO accumulator_years (holder_id, year, holder, division_code, used)
  SELECT key.holder_id, key.year, key.holder, key.division_code, '{}' FROM unnest(wanted) AS key
  WHERE NOT EXISTS (
    SELECT FROM accumulator_years AS stored
    WHERE (stored.holder_id, stored.year) = (key.holder_id, key.year)
  )
  ORDER BY key.holder_id, key.year
  ON CONFLICT DO NOTHING;
  RETURN QUERY
    SELECT key.place, stored.used::text
    FROM unnest(wanted) WITH ORDINALITY AS key (holder_id, year, holder, division_code, place)
    JOIN accumulator_years AS stored ON (stored.holder_id, stored.year) = (key.holder_id, key.year)
    ORDER BY stored.holder_id, stored.year FOR UPDATE OF stored;
END $$
"""
_FOR_THE_VERSION_BEFORE = """
CREATE OR REPLACE FUNCTION open_and_lock(wanted new_accumulator[]) RETURNS bigint[]
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  years new_accumulator_year[] := ARRAY(
    SELECT DISTINCT (
      person_id, year, CASE WHEN kind ^@ 'fund.' THEN 'county' WHEN kind ^@ 'household.' THEN 'household'
                            ELSE 'person' END, division_code)::new_accumulator_year
    FROM unnest(wanted));
BEGIN
  IF (SELECT count(*) FROM lock_years(years)) < cardinality(years) THEN
    RETURN NULL;
  END IF;
  UPDATE accumulator_years AS stored SET used = (missing.kinds || stored.used::jsonb)::json
  FROM (
    SELECT person_id, year, jsonb_object_agg(kind, 0) AS kinds FROM unnest(wanted) GROUP BY 1, 2
  ) AS missing
  WHERE (stored.holder_id, stored.year) = (missing.person_id, missing.year);
  RETURN (
    SELECT array_agg(COALESCE((stored.used ->> key.kind)::bigint, 0) ORDER BY key.place)
    FROM unnest(wanted) WITH ORDINALITY AS key (person_id, year, kind, division_code, place)
    JOIN accumulator_years AS stored ON (stored.holder_id, stored.year) = (key.person_id, key.year)
  );
END $$;

CREATE FUNCTION update_accumulator() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE accumulator_years AS stored
  SET division_code = NEW.division_code,
      used = CASE WHEN NEW.used_fen = OLD.used_fen THEN stored.used ELSE (
        stored.used::jsonb || jsonb_build_object(
          NEW.kind, COALESCE((stored.used ->> NEW.kind)::bigint, 0) + NEW.used_fen - OLD.used_fen))::json END
  WHERE (stored.holder_id, stored.year) = (OLD.person_id, OLD.year);
  RETURN NEW;
END $$;

CREATE TRIGGER update_accumulator INSTEAD OF UPDATE ON accumulators
FOR EACH ROW EXECUTE FUNCTION update_accumulator();

DROP TYPE accumulator_key
"""


def upgrade() -> None:
    """The rows filled from what there was, who sees them, and the functions."""
    for part in (_TABLE, _LOCK, _FOR_THE_VERSION_BEFORE):
        for statement in part.split(";\n\n"):
            op.execute(statement)
    protect("accumulator_years", "claims")
    op.execute(_HOUSEHOLDS)
    grant("accumulator_years", "claims", api="SELECT, INSERT, UPDATE", worker="SELECT, UPDATE")
    grant("accumulators", "claims", api="SELECT, UPDATE", worker="SELECT, UPDATE")
