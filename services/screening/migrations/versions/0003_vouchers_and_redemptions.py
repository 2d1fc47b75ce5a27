"""Vouchers from the printing press to the redemption.

Revision ID: 0003
"""

from alembic import op

from shared.migrations import append_only, grant, protect

revision = "0003"
down_revision: str | None = "0002"

# No serial is printed twice and none is in two hands: the database refuses overlapping ranges.
_APART = "EXCLUDE USING gist (int8range(first_serial, last_serial, '[]') WITH &&)"
_TABLES = [
    f"""
    CREATE TABLE voucher_batches (
      id uuid CONSTRAINT pk_voucher_batches PRIMARY KEY,
      programme text NOT NULL,
      division_code varchar(6) NOT NULL,
      year smallint NOT NULL,
      first_serial bigint NOT NULL,
      last_serial bigint NOT NULL,
      face_fen integer NOT NULL CONSTRAINT ck_voucher_batches_face CHECK (face_fen > 0),
      printed_on date NOT NULL,
      recorded_at timestamptz NOT NULL,
      recorded_by text NOT NULL,
      CONSTRAINT ck_voucher_batches_serials CHECK (0 < first_serial AND first_serial <= last_serial),
      CONSTRAINT ex_voucher_batches_serials {_APART}
    )""",
    "CREATE INDEX ix_voucher_batches_programme ON voucher_batches (programme, division_code, year)",
    f"""
    CREATE TABLE holdings (
      programme text NOT NULL,
      division_code varchar(12) NOT NULL,
      batch_id uuid NOT NULL CONSTRAINT fk_holdings_batch_id REFERENCES voucher_batches (id),
      year smallint NOT NULL,
      first_serial bigint CONSTRAINT pk_holdings PRIMARY KEY,
      last_serial bigint NOT NULL,
      CONSTRAINT ck_holdings_serials CHECK (0 < first_serial AND first_serial <= last_serial),
      CONSTRAINT ex_holdings_serials {_APART}
    )""",
    "CREATE INDEX ix_holdings_holder ON holdings (programme, division_code, first_serial)",
    """
    CREATE TABLE handovers (
      id uuid CONSTRAINT pk_handovers PRIMARY KEY,
      programme text NOT NULL,
      division_code varchar(12) NOT NULL,
      from_holder varchar(12) NOT NULL,
      to_holder varchar(12) NOT NULL,
      year smallint NOT NULL,
      first_serial bigint NOT NULL,
      last_serial bigint NOT NULL,
      receipt_no text NOT NULL,
      signed_by text NOT NULL,
      handed_over_on date NOT NULL,
      recorded_at timestamptz NOT NULL,
      recorded_by text NOT NULL,
      CONSTRAINT ck_handovers_serials CHECK (0 < first_serial AND first_serial <= last_serial),
      CONSTRAINT uq_handovers_programme_from_holder_receipt_no UNIQUE (programme, from_holder, receipt_no)
    )""",
    "CREATE INDEX ix_handovers_from_holder ON handovers (programme, from_holder, id)",
    "CREATE INDEX ix_handovers_to_holder ON handovers (programme, to_holder, id)",
    """
    CREATE TABLE redemptions (
      id uuid CONSTRAINT pk_redemptions PRIMARY KEY,
      programme text NOT NULL,
      programme_version date NOT NULL,
      person_id uuid NOT NULL,
      division_code varchar(12) NOT NULL,
      facility_code text NOT NULL,
      place_kind text NOT NULL,
      examined_on date NOT NULL,
      redeemed_on date NOT NULL,
      items text[] NOT NULL,
      amount_fen integer NOT NULL CONSTRAINT ck_redemptions_amount CHECK (amount_fen > 0),
      recorded_at timestamptz NOT NULL,
      recorded_by text NOT NULL
    )""",
    "CREATE INDEX ix_redemptions_programme ON redemptions (programme, id)",
    "CREATE INDEX ix_redemptions_facility_code ON redemptions (programme, facility_code, id)",
    """
    CREATE TABLE vouchers (
      serial bigint CONSTRAINT pk_vouchers PRIMARY KEY,
      programme text NOT NULL,
      batch_id uuid NOT NULL CONSTRAINT fk_vouchers_batch_id REFERENCES voucher_batches (id),
      year smallint NOT NULL,
      person_id uuid NOT NULL,
      division_code varchar(12) NOT NULL,
      issued_on date NOT NULL,
      receipt_no text NOT NULL,
      programme_version date NOT NULL,
      recorded_at timestamptz NOT NULL,
      recorded_by text NOT NULL,
      redemption_id uuid CONSTRAINT fk_vouchers_redemption_id REFERENCES redemptions (id),
      CONSTRAINT uq_vouchers_programme_person_id_year UNIQUE (programme, person_id, year)
    )""",
    "CREATE INDEX ix_vouchers_division_code ON vouchers (programme, division_code, serial)",
    "CREATE INDEX ix_vouchers_redemption_id ON vouchers (redemption_id)",
]
# A voucher is used once: nothing of it ever changes but the redemption it pays for, from none to one.
_USED_ONCE = """
CREATE FUNCTION refuse_second_use() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.redemption_id IS NOT NULL OR NEW.redemption_id IS NULL
     OR to_jsonb(OLD) - 'redemption_id' IS DISTINCT FROM to_jsonb(NEW) - 'redemption_id' THEN
    RAISE EXCEPTION 'a voucher changes once, when it is redeemed' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$
"""
_RIGHTS = {
    "voucher_batches": "SELECT, INSERT",
    "holdings": "SELECT, INSERT, DELETE",
    "handovers": "SELECT, INSERT",
    "vouchers": "SELECT, INSERT, UPDATE (redemption_id)",
}


def upgrade() -> None:
    """Create batches, holdings, hand-overs, vouchers and redemptions."""
    for statement in _TABLES:
        op.execute(statement)
    op.execute(_USED_ONCE)
    op.execute(
        "CREATE TRIGGER used_once BEFORE UPDATE ON vouchers FOR EACH ROW EXECUTE FUNCTION refuse_second_use()"
    )
    for table, api in _RIGHTS.items():
        protect(table, "screening")
        grant(table, "screening", api=api, worker="SELECT")
    protect("redemptions", "screening", facility="facility_code")
    grant("redemptions", "screening", api="SELECT, INSERT", worker="SELECT")
    for table in ("voucher_batches", "handovers", "redemptions"):
        append_only(table)
