"""Sums behind the reports, and how far settlements are in them.

``added_in`` is the transaction that wrote a row. Rows of transactions that had ended when a snapshot was
taken are folded into ``report_sums`` exactly once; ``current_report_sums`` adds the rows that are not yet in
them, so that it is exact at every moment. Rows of before have 0, which is below every transaction. A database
loaded into another cluster counts its transactions anew: sums made under another ``system_identifier`` count
for nothing, and are made again.

``report_entries`` is what each row adds: a settlement its figures, an adjustment its own less those it
replaces, a reversal nothing less those it takes back. An entry without a payer holds the bill, one with a
payer what that payer paid of it.

Revision ID: 0015
"""

from alembic import op

from shared.migrations import append_only, grant, protect

revision = "0015"
down_revision = "0014"

_COLUMNS = """
ALTER TABLE settlements ADD COLUMN added_in bigint NOT NULL DEFAULT 0;

ALTER TABLE settlements ALTER COLUMN added_in SET DEFAULT pg_current_xact_id()::text::bigint;

ALTER TABLE settlement_revisions ADD COLUMN added_in bigint NOT NULL DEFAULT 0;

ALTER TABLE settlement_revisions ALTER COLUMN added_in SET DEFAULT pg_current_xact_id()::text::bigint;

CREATE INDEX ix_settlements_added_in ON settlements (added_in);

CREATE INDEX ix_settlement_revisions_added_in ON settlement_revisions (added_in);

CREATE INDEX ix_transfers_financing ON transfers (county_code, year) WHERE settlement_id IS NULL
"""
_TABLES = """
CREATE TABLE report_sums (
  county_code text NOT NULL,
  month date NOT NULL,
  payer text NOT NULL,
  facility_code text NOT NULL,
  visit_type text NOT NULL,
  provider_level smallint NOT NULL,
  place text NOT NULL,
  referral text NOT NULL,
  ceiling_bp integer NOT NULL,
  categories text[] NOT NULL,
  visits bigint NOT NULL,
  total_fen bigint NOT NULL,
  eligible_fen bigint NOT NULL,
  person_pays_fen bigint NOT NULL,
  ceiling_base_fen bigint NOT NULL,
  above_ceiling bigint NOT NULL,
  drug_fen bigint NOT NULL,
  herbal_fen bigint NOT NULL,
  paid_fen bigint NOT NULL,
  CONSTRAINT pk_report_sums PRIMARY KEY (
    county_code, month, payer, facility_code, visit_type, provider_level, place, referral, ceiling_bp,
    categories)
) WITH (fillfactor = 80);

CREATE TABLE report_progress (
  only_row boolean CONSTRAINT pk_report_progress PRIMARY KEY DEFAULT true,
  folded_below bigint NOT NULL,
  system_identifier bigint NOT NULL,
  folded_at timestamptz,
  CONSTRAINT ck_report_progress_only_row CHECK (only_row)
);

INSERT INTO report_progress (folded_below, system_identifier)
SELECT 0, system_identifier FROM pg_control_system();

CREATE TABLE report_head_counts (
  county_code text NOT NULL,
  year smallint NOT NULL,
  enrolled bigint NOT NULL,
  plan_version bigint NOT NULL,
  recorded_at timestamptz NOT NULL,
  CONSTRAINT pk_report_head_counts PRIMARY KEY (county_code, year)
);

CREATE TABLE report_populations (
  county_code text NOT NULL,
  year smallint NOT NULL,
  version integer NOT NULL,
  population bigint NOT NULL,
  name text NOT NULL,
  source text NOT NULL,
  counted_on date NOT NULL,
  recorded_at timestamptz NOT NULL,
  recorded_by text NOT NULL,
  CONSTRAINT pk_report_populations PRIMARY KEY (county_code, year, version),
  CONSTRAINT ck_report_populations_population CHECK (population > 0)
)
"""

_KEY = (
    "left(settlement.division_code, 6) AS county_code,"
    " date_trunc('month', discharged_on::timestamp)::date AS month,"
    " {payer} AS payer, settlement.facility_code, visit_type, provider_level, place, referral,"
    " COALESCE({row}.ceiling_bp, -1) AS ceiling_bp, {row}.categories"
)
_BILL = (
    "{sign} AS visits, {sign} * {row}.total_fen AS total_fen, {sign} * {row}.eligible_fen AS eligible_fen,"
    " {sign} * {row}.person_pays_fen AS person_pays_fen,"
    " {sign} * COALESCE({row}.ceiling_base_fen, 0) AS ceiling_base_fen,"
    " CASE WHEN {row}.person_pays_fen > {row}.ceiling_base_fen * {row}.ceiling_bp / 10000"
    " THEN {sign} ELSE 0 END AS above_ceiling,"
    " {sign} * drug_fen AS drug_fen, {sign} * herbal_fen AS herbal_fen, 0::bigint AS paid_fen"
)
_SHARE = (
    "{sign} AS visits, 0::bigint AS total_fen, 0::bigint AS eligible_fen, 0::bigint AS person_pays_fen,"
    " 0::bigint AS ceiling_base_fen, 0 AS above_ceiling, 0::bigint AS drug_fen, 0::bigint AS herbal_fen,"
    " {sign} * share.paid_fen AS paid_fen"
)
_DRUGS = """
CROSS JOIN LATERAL (
  SELECT COALESCE(sum(amount_fen) FILTER (
           WHERE category IN ('western_medicine', 'chinese_patent_medicine', 'herbal')), 0)::bigint
           AS drug_fen,
         COALESCE(sum(amount_fen) FILTER (WHERE category = 'herbal'), 0)::bigint AS herbal_fen
  FROM settlement_charges AS charge WHERE charge.settlement_id = settlement.id
) AS drugs
"""
_LINES = """
CROSS JOIN LATERAL (
  SELECT payer, sum(amount_fen)::bigint AS paid_fen FROM settlement_payers AS line
  WHERE line.settlement_id = settlement.id GROUP BY payer
) AS share
"""
_PARTS = """
CROSS JOIN LATERAL (
  SELECT payer, sum(amount_fen)::bigint AS paid_fen
  FROM unnest({row}.payers, {row}.payer_fen) AS part (payer, amount_fen) GROUP BY payer
) AS share
"""
_REVISED = (
    "settlement_revisions AS revised JOIN settlements AS settlement ON settlement.id = revised.settlement_id"
)
_FIRST = f"{_REVISED} AND revised.revision = 1"
_LATER = (
    f"{_REVISED} JOIN settlement_revisions AS earlier"
    " ON (earlier.settlement_id, earlier.revision) = (revised.settlement_id, revised.revision - 1)"
)


def _entries(source: str, added: str, row: str, sign: int, joined: str, where: str, *, bill: bool) -> str:
    """One arm of the view: what rows of a source add (+1) or take away (-1)."""
    key = _KEY.format(payer="''::text" if bill else "share.payer", row=row)
    figures = (_BILL if bill else _SHARE).format(sign=sign, row=row)
    found = f"{added}.added_in, settlement.division_code, discharged_on, {key}, {figures}"
    return f"SELECT {found} FROM {source} {joined.format(row=row)} {where}"


def _pair(source: str, added: str, row: str, sign: int, shares: str, where: str = "") -> list[str]:
    return [
        _entries(source, added, row, sign, _DRUGS, where, bill=True),
        _entries(source, added, row, sign, shares, where, bill=False),
    ]


_NOT_REVERSED = "WHERE revised.kind <> 'reversal'"
ENTRIES = "\nUNION ALL\n".join(
    [
        *_pair("settlements AS settlement", "settlement", "settlement", 1, _LINES),
        *_pair(_REVISED, "revised", "revised", 1, _PARTS, _NOT_REVERSED),
        *_pair(_FIRST, "revised", "settlement", -1, _LINES),
        *_pair(_LATER, "revised", "earlier", -1, _PARTS),
    ]
)
_SUMS = (
    "county_code, month, payer, facility_code, visit_type, provider_level, place, referral, ceiling_bp,"
    " categories, visits, total_fen, eligible_fen, person_pays_fen, ceiling_base_fen, above_ceiling,"
    " drug_fen, herbal_fen, paid_fen"
)
_VIEWS = f"""
CREATE VIEW report_entries WITH (security_invoker = true) AS {ENTRIES};

CREATE VIEW report_watermark WITH (security_invoker = true) AS
SELECT CASE WHEN progress.system_identifier = here.system_identifier THEN folded_below ELSE 0 END
         AS folded_below,
       progress.system_identifier = here.system_identifier AS counts, folded_at
FROM report_progress AS progress CROSS JOIN pg_control_system() AS here;

CREATE VIEW current_report_sums WITH (security_invoker = true) AS
SELECT {_SUMS} FROM report_sums WHERE (SELECT counts FROM report_watermark)
UNION ALL
SELECT {_SUMS} FROM report_entries WHERE added_in >= (SELECT folded_below FROM report_watermark)
"""
_RIGHTS = [
    ("report_sums", "SELECT", "SELECT, INSERT, UPDATE, DELETE"),
    ("report_progress", "SELECT", "SELECT, UPDATE"),
    ("report_head_counts", "SELECT", "SELECT, INSERT, UPDATE"),
    ("report_populations", "SELECT, INSERT", "SELECT"),
    ("report_entries", "SELECT", "SELECT"),
    ("report_watermark", "SELECT", "SELECT"),
    ("current_report_sums", "SELECT", "SELECT"),
]


def upgrade() -> None:
    """Note who wrote which row; create the sums and the views that keep them exact."""
    for part in (_COLUMNS, _TABLES, _VIEWS):
        for statement in part.split(";\n\n"):
            op.execute(statement)
    for table, api, worker in _RIGHTS:
        grant(table, "claims", api=api, worker=worker)
    for table in ("report_sums", "report_head_counts", "report_populations"):
        protect(table, "claims", column="county_code")
    for statement in ("ENABLE ROW LEVEL SECURITY", "FORCE ROW LEVEL SECURITY"):
        op.execute(f"ALTER TABLE report_progress {statement}")
    op.execute("CREATE POLICY readable ON report_progress FOR SELECT TO claims_api USING (true)")
    op.execute("CREATE POLICY worker ON report_progress TO claims_worker USING (true) WITH CHECK (true)")
    append_only("report_populations")
