"""Tables of the payments."""

from sqlalchemy import (
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
from sqlalchemy.dialects.postgresql import JSONB

from services.claims.payments.subsidies import tables as subsidies
from shared.db import text_columns


def add_tables(metadata: MetaData) -> None:
    """Add this feature's tables to the service's metadata."""
    _add_accounts(metadata)
    _add_batches(metadata)
    _add_items(metadata)
    _add_advances(metadata)
    _add_results(metadata)
    _index_transfers(metadata)
    subsidies.add_tables(metadata)


def _add_accounts(metadata: MetaData) -> None:
    Table(
        "payee_accounts",
        metadata,
        Column("id", Uuid, primary_key=True),
        # Accounts proposed together are approved together.
        Column("change_id", Uuid, nullable=False, index=True),
        *text_columns("county_code", "payee_kind", "payee"),
        Column("holder_sealed", LargeBinary, nullable=False),
        Column("account_sealed", LargeBinary, nullable=False),
        # HMAC of the account number: whether two payees share one, without reading either.
        Column("account_index", LargeBinary, nullable=False, index=True),
        *text_columns("account_masked", "bank_name"),
        Column("bank_code", Text),
        *text_columns("state"),
        Column("proposed_at", DateTime(timezone=True), nullable=False),
        *text_columns("proposed_by"),
        Column("decided_at", DateTime(timezone=True)),
        Column("decided_by", Text),
        Index(
            "uq_payee_accounts_active",
            "county_code",
            "payee",
            unique=True,
            postgresql_where="state = 'active'",
        ),
    )


def _add_batches(metadata: MetaData) -> None:
    Table(
        "payment_batches",
        metadata,
        Column("id", Uuid, primary_key=True),
        *text_columns("county_code", "kind", "state"),
        # What was booked up to this day is paid.
        Column("through", Date, nullable=False),
        # The batch whose failed items this one pays anew.
        Column("retry_of", Uuid),
        Column("prepared_at", DateTime(timezone=True), nullable=False),
        *text_columns("prepared_by"),
        Column("approved_at", DateTime(timezone=True)),
        Column("approved_by", Text),
        Column("exported_at", DateTime(timezone=True)),
        Column("exported_by", Text),
        # The account paid from and the file as they were first exported.
        Column("payer_account_id", Uuid),
        Column("file_digest", LargeBinary),
        # Transfers of the kind that name nobody who could be paid.
        Column("unassigned", Integer, nullable=False),
        Column("unassigned_fen", BigInteger, nullable=False),
        Index("ix_payment_batches_county_code_id", "county_code", "id"),
    )
    Table(
        "payment_steps",
        metadata,
        Column("batch_id", Uuid, primary_key=True),
        Column("no", SmallInteger, primary_key=True, autoincrement=False),
        *text_columns("county_code", "action", "state"),
        Column("at", DateTime(timezone=True), nullable=False),
        *text_columns("by"),
        Column("details", JSONB, nullable=False),
    )


def _add_items(metadata: MetaData) -> None:
    Table(
        "payment_items",
        metadata,
        Column("id", Uuid, primary_key=True),
        Column("batch_id", Uuid, nullable=False),
        Column("no", Integer, nullable=False),
        *text_columns("county_code", "payee_kind", "payee", "state"),
        # What its transfers come to, what of it is set off against advances, and what is paid.
        Column("gross_fen", BigInteger, nullable=False),
        Column("set_off_fen", BigInteger, nullable=False),
        Column("amount_fen", BigInteger, nullable=False),
        # [[part, count, fen], …]
        Column("parts", JSONB, nullable=False),
        Column("account_id", Uuid),
        Column("shared_account", Boolean, nullable=False),
        # The failed item that this one pays anew.
        Column("replaces", Uuid),
        Column("failure", Text),
        Column("decided_on", Date),
        Index("uq_payment_items_batch_id_no", "batch_id", "no", unique=True),
        Index("uq_payment_items_batch_id_payee", "batch_id", "payee", unique=True),
    )
    Table(
        "payment_item_transfers",
        metadata,
        Column("batch_id", Uuid, primary_key=True),
        Column("transfer_no", BigInteger, primary_key=True, autoincrement=False),
        *text_columns("county_code", "payee", "part"),
        Column("year", SmallInteger, nullable=False),
        Column("amount_fen", BigInteger, nullable=False),
        Column("held", Boolean, nullable=False),
        Index("ix_payment_item_transfers_batch_id_payee", "batch_id", "payee"),
        # Whatever else goes wrong: a transfer is paid by one batch.
        Index("uq_payment_item_transfers_held", "transfer_no", unique=True, postgresql_where="held"),
    )


def _add_advances(metadata: MetaData) -> None:
    Table(
        "payment_advances",
        metadata,
        Column("item_id", Uuid, primary_key=True),
        *text_columns("county_code", "facility_code", "rule"),
        Column("instalment_fen", BigInteger),
        Column("rate_bp", Integer),
        Column("first_on", Date, nullable=False),
        Index("ix_payment_advances_county_code", "county_code"),
    )
    Table(
        "payment_set_offs",
        metadata,
        Column("advance_item_id", Uuid, primary_key=True),
        Column("item_id", Uuid, primary_key=True),
        *text_columns("county_code"),
        Column("amount_fen", BigInteger, nullable=False),
        Column("held", Boolean, nullable=False),
        Index("ix_payment_set_offs_item_id", "item_id"),
    )
    Table(
        "card_due_persons",
        metadata,
        Column("reference", Text, primary_key=True),
        *text_columns("county_code"),
        Column("person_id", Uuid, nullable=False),
    )


def _add_results(metadata: MetaData) -> None:
    Table(
        "payment_results",
        metadata,
        Column("batch_id", Uuid, primary_key=True),
        Column("digest", LargeBinary, primary_key=True),
        *text_columns("county_code", "format"),
        Column("imported_at", DateTime(timezone=True), nullable=False),
        *text_columns("imported_by"),
        Column("paid", Integer, nullable=False),
        Column("paid_fen", BigInteger, nullable=False),
        Column("failed", Integer, nullable=False),
        Column("failed_fen", BigInteger, nullable=False),
        Column("returned", Integer, nullable=False, server_default="0"),
        Column("returned_fen", BigInteger, nullable=False, server_default="0"),
    )
    # What the bank sent back after it had paid it (退汇): once an item, whatever else goes wrong.
    Table(
        "payment_returns",
        metadata,
        Column("item_id", Uuid, primary_key=True),
        Column("batch_id", Uuid, nullable=False, index=True),
        *text_columns("county_code"),
        Column("amount_fen", BigInteger, nullable=False),
        Column("returned_on", Date, nullable=False),
        *text_columns("reason"),
        Column("booked_at", DateTime(timezone=True), nullable=False),
        *text_columns("booked_by"),
    )


def _index_transfers(metadata: MetaData) -> None:
    """An item is paid once on each account, and confirmed once, whatever else goes wrong."""
    transfers = metadata.tables["transfers"].c
    # What a special account holds and has promised is read without reading a county's bills.
    for side, column in (("debit", transfers.debit_account), ("credit", transfers.credit_account)):
        Index(
            f"ix_transfers_bank_{side}",
            column,
            postgresql_where=f"{column.name} ^@ 'bank:' OR {column.name} ^@ 'in_payment:'",
        )
    Index(
        "uq_transfers_payment",
        transfers.reference,
        transfers.debit_account,
        unique=True,
        postgresql_where="kind = 'payment'",
    )
    Index(
        "uq_transfers_bank_paid",
        transfers.reference,
        unique=True,
        postgresql_where="kind = 'bank_paid'",
    )
