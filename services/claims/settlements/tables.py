"""Tables of the settlements."""

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from shared.db import text_columns


def add_tables(metadata: MetaData) -> None:
    """Add this feature's tables to the service's metadata."""
    _add_visits(metadata)
    _add_settlements(metadata)
    _add_lines(metadata)
    _add_revisions(metadata)


def _add_visits(metadata: MetaData) -> None:
    # The natural key of a visit; claimed before anything is computed, so that only one request posts it.
    Table(
        "visits",
        metadata,
        Column("facility_code", Text, primary_key=True),
        Column("visit_no", Text, primary_key=True),
        Column("settlement_id", Uuid, nullable=False),
        Column("content_digest", LargeBinary, nullable=False),
        Column("division_code", Text, nullable=False),
        # A reversed visit may be settled anew with other content; what it was settled as before is kept, so
        # that a late resend of an old message is recognised.
        Column("reversed", Boolean, nullable=False),
        Column("earlier_settlements", ARRAY(Uuid)),
        Column("earlier_digests", ARRAY(LargeBinary)),
    )


def _add_settlements(metadata: MetaData) -> None:
    Table(
        "settlements",
        metadata,
        Column("id", Uuid, primary_key=True),
        *text_columns("facility_code", "visit_no", "division_code"),
        Column("person_id", Uuid, nullable=False),
        Column("household_id", Uuid, nullable=False),
        *text_columns("id_number_masked", "visit_type"),
        Column("admitted_on", Date, nullable=False),
        Column("discharged_on", Date, nullable=False),
        # Year of the accumulators and of the fund: that of the policy's governing date.
        Column("year", SmallInteger, nullable=False),
        Column("referral_no", Text),
        Column("chronic_code", Text),
        # Main diagnosis first.
        Column("diagnoses", ARRAY(Text), nullable=False),
        *text_columns("place", "referral"),
        Column("provider_level", SmallInteger, nullable=False),
        Column("categories", ARRAY(Text), nullable=False),
        *text_columns("policy_pack", "policy_version"),
        Column("settled_at", DateTime(timezone=True), nullable=False),
        *text_columns("settled_by"),
        *_fen("total_fen", "non_covered_fen", "over_limit_fen", "upfront_copay_fen", "eligible_fen"),
        *_fen("person_pays_fen"),
        Column("personal_share_bp", Integer, nullable=False),
        # The ceiling that a fund kept the person's share to, and the amount it is a share of; null without.
        Column("ceiling_bp", Integer),
        Column("ceiling_base_fen", BigInteger),
        # Explanation in short form; the words are in explanation_bases.
        Column("steps", JSON, nullable=False),
        *_parts(),
        # Why a referral that was named counts for less than a compliant one.
        Column("referral_reason", Text),
        # Programmes for which the provider counted as designated; why a chronic disease did not count.
        Column("designated_for", ARRAY(Text), nullable=False),
        Column("chronic_reason", Text),
        # Order of posting: drawn from posting_order while the person's accumulators are locked.
        Column("posting_no", BigInteger, nullable=False),
        # The transaction that wrote the row, for sums that are taken exactly once (reports).
        Column("added_in", BigInteger, nullable=False),
        *_settlement_indexes(),
    )
    _add_explanation_bases(metadata)


def _parts() -> list[Column[Any]]:
    """What never changes and is read with its settlement; null only where the version before stored rows."""
    return [
        # The lines of the bill, each an array in the order of Charge; the view settlement_charges shows rows.
        # What of them is for drugs is there for the reports.
        Column("charges", JSON),
        Column("medicine_fen", BigInteger),
        Column("herbal_medicine_fen", BigInteger),
        # Fen by holder and kind of accumulator, of the settlement's year; the view accumulator_movements
        # shows rows.
        Column("moved", JSON),
        # Who pays what of it, in the order of the policy; the view settlement_payers shows rows.
        Column("payers", ARRAY(Text)),
        Column("payer_fen", ARRAY(BigInteger)),
    ]


def _settlement_indexes() -> list[Index]:
    return [
        Index("ix_settlements_added_in", "added_in"),
        Index("ix_settlements_facility_code_id", "facility_code", "id"),
        Index("ix_settlements_discharged_on", "discharged_on"),
        Index("ix_settlements_person_id_year", "person_id", "year"),
        Index("ix_settlements_household_id_year", "household_id", "year"),
        Index("ix_settlements_settled_at", "settled_at", postgresql_using="brin"),
    ]


def _add_explanation_bases(metadata: MetaData) -> None:
    Table(
        "explanation_bases",
        metadata,
        Column("id", Text, primary_key=True),
        Column("content", JSONB, nullable=False),
    )


def _add_lines(metadata: MetaData) -> None:
    Table(
        "settlement_charge_rows",
        metadata,
        Column("settlement_id", Uuid, primary_key=True),
        Column("line_no", SmallInteger, primary_key=True, autoincrement=False),
        *text_columns("item_code", "name", "category", "item_class"),
        Column("self_pay_rate_bp", Integer, nullable=False),
        *_fen("quantity_milli", "unit_price_e4"),
        Column("price_limit_e4", BigInteger),
        *_fen("amount_fen"),
    )
    Table(
        "settlement_payer_rows",
        metadata,
        Column("settlement_id", Uuid, primary_key=True),
        Column("line_no", SmallInteger, primary_key=True, autoincrement=False),
        *text_columns("payer"),
        *_fen("amount_fen"),
    )


def _add_revisions(metadata: MetaData) -> None:
    # A settlement never changes: a reversal or an adjustment adds a revision, whose figures are then current.
    # The views current_settlements and current_payers show the last revision, else what was settled.
    Table(
        "settlement_revisions",
        metadata,
        Column("settlement_id", Uuid, primary_key=True),
        Column("revision", SmallInteger, primary_key=True, autoincrement=False),
        *text_columns("kind"),
        Column("posting_no", BigInteger, nullable=False),
        Column("readjudication_id", Uuid),
        *text_columns("facility_code", "division_code"),
        Column("person_id", Uuid, nullable=False),
        Column("year", SmallInteger, nullable=False),
        Column("recorded_at", DateTime(timezone=True), nullable=False),
        *text_columns("recorded_by", "reason"),
        Column("categories", ARRAY(Text), nullable=False),
        *text_columns("policy_pack", "policy_version"),
        *_fen("total_fen", "non_covered_fen", "over_limit_fen", "upfront_copay_fen", "eligible_fen"),
        *_fen("person_pays_fen"),
        Column("personal_share_bp", Integer, nullable=False),
        Column("ceiling_bp", Integer),
        Column("ceiling_base_fen", BigInteger),
        Column("steps", JSON, nullable=False),
        Column("designated_for", ARRAY(Text), nullable=False),
        Column("chronic_reason", Text),
        Column("payers", ARRAY(Text), nullable=False),
        Column("payer_fen", ARRAY(BigInteger), nullable=False),
        Index("ix_settlement_revisions_recorded_at", "recorded_at", postgresql_using="brin"),
        Column("added_in", BigInteger, nullable=False),
        Index("ix_settlement_revisions_added_in", "added_in"),
    )


def _fen(*names: str) -> list[Column[Any]]:
    return [Column(name, BigInteger, nullable=False) for name in names]
