"""Tables of the HIS interface."""

from sqlalchemy import Column, DateTime, Index, LargeBinary, MetaData, SmallInteger, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from shared.db import text_columns


def add_tables(metadata: MetaData) -> None:
    """Add this feature's tables to the service's metadata."""
    _add_messages(metadata)
    _add_visits(metadata)
    Table(
        "nhsa_sign_ins",
        metadata,
        Column("sign_no", Text, primary_key=True),
        *text_columns("facility_code", "division_code", "opter"),
        Column("signed_in_at", DateTime(timezone=True), nullable=False),
        Column("valid_until", DateTime(timezone=True), nullable=False),
    )


def _add_messages(metadata: MetaData) -> None:
    # One row a message id: what came of it. Replies are encrypted, contents are kept as a keyed digest only;
    # in time both go, and the row with them unless it settled a visit.
    Table(
        "nhsa_messages",
        metadata,
        Column("msgid", Text, primary_key=True),
        *text_columns("facility_code", "division_code", "infno"),
        # success · refused · never: reversed before it arrived
        *text_columns("outcome"),
        Column("content_digest", LargeBinary),
        Column("reply", LargeBinary),
        # What it did, for 2601 and for the queries.
        Column("mdtrt_id", Uuid),
        Column("settlement_id", Uuid),
        Column("part_no", SmallInteger),
        Column("person_id", Uuid),
        Column("received_at", DateTime(timezone=True), nullable=False),
        Column("reversed_by", Text),
        Column("reversed_at", DateTime(timezone=True)),
        # What there is to let go of, oldest first.
        Index(
            "ix_nhsa_messages_received_at",
            "received_at",
            postgresql_where="reply IS NOT NULL OR outcome = 'never'",
        ),
        Index(
            "ix_nhsa_messages_settlement_id", "settlement_id", postgresql_where="settlement_id IS NOT NULL"
        ),
    )


def _add_visits(metadata: MetaData) -> None:
    # What a hospital has told about a patient (ID number, name), encrypted, for its own eyes.
    Table(
        "nhsa_patients",
        metadata,
        Column("facility_code", Text, primary_key=True),
        Column("person_id", Uuid, primary_key=True),
        *text_columns("division_code"),
        Column("sealed", LargeBinary, nullable=False),
        Column("recorded_at", DateTime(timezone=True), nullable=False),
    )
    Table(
        "nhsa_visits",
        metadata,
        Column("mdtrt_id", Uuid, primary_key=True),
        *text_columns("facility_code", "division_code"),
        Column("person_id", Uuid, nullable=False),
        # outpatient · inpatient, and the institution's own number of the visit
        *text_columns("care", "ipt_otp_no", "insutype", "cert_type"),
        Column("med_type", Text),
        Column("chronic_code", Text),
        # [[code, main], …] as last told
        Column("diagnoses", JSONB),
        Column("began_at", DateTime(timezone=True), nullable=False),
        Column("ended_at", DateTime(timezone=True)),
        # Number of the open visit behind it, once there is one.
        Column("visit_no", Text),
        # registered · cancelled
        *text_columns("state"),
        Column("registered_at", DateTime(timezone=True), nullable=False),
        Index(
            "uq_nhsa_visits_number",
            "facility_code",
            "care",
            "ipt_otp_no",
            unique=True,
            postgresql_where="state <> 'cancelled'",
        ),
        Index("ix_nhsa_visits_visit_no", "facility_code", "visit_no"),
    )
    # Which part of the bill came with which message and batch.
    Table(
        "nhsa_batches",
        metadata,
        Column("mdtrt_id", Uuid, primary_key=True),
        Column("part_no", SmallInteger, primary_key=True, autoincrement=False),
        *text_columns("facility_code", "division_code", "chrg_bchno", "msgid"),
    )
