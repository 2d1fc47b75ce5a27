"""For every property the smallest damage that breaks it: what a lost or doubled effect would look like."""

from collections.abc import Mapping

from tests.support.claims import MORE_CHARGED

_COPY = (
    "INSERT INTO {table} SELECT (jsonb_populate_record(row, jsonb_build_object({changes}))).*"
    " FROM {table} AS row {which} LIMIT 1"
)


def _copied(table: str, changes: str, which: str = "") -> str:
    """A row once more, with some of its columns changed."""
    return _COPY.format(table=table, changes=changes, which=which)


def _new_event(type_: str) -> str:
    """An event of a type once more, at the end of its partition."""
    return _copied(
        "event_log",
        "'seq', (SELECT max(seq) + 1 FROM event_log), 'id', gen_random_uuid(), 'position',"
        " (SELECT max(position) + 1 FROM event_log AS log WHERE log.partition = row.partition)",
        f"WHERE type = '{type_}'",
    )


_PERSON = "registry.person_recorded.v1"
_SETTLED = "claims.claim_settled.v1"

EVERY_LOG: Mapping[str, str] = {
    "positions are 1, 2, 3 … in every partition": (
        "DELETE FROM event_log WHERE (partition, position) IN"
        " (SELECT partition, 1 FROM event_log GROUP BY partition HAVING count(*) > 1 LIMIT 1)"
    ),
    "every event has a position": (
        "UPDATE event_log SET position = NULL WHERE seq = (SELECT max(seq) FROM event_log)"
    ),
    "the relay's heads are the ends of the log, and all of it is published": (
        "UPDATE relay_position SET published_position = published_position - 1 WHERE partition ="
        " (SELECT partition FROM relay_position WHERE position > 0 LIMIT 1)"
    ),
    "nothing is put aside": (
        "INSERT INTO dead_letters (id, source, partition_key, partition, position, state, envelope, error,"
        " attempts, recorded_at) VALUES (gen_random_uuid(), 'x', 'k', 0, 1, 'poisoned', '{}', 'e', 5, now())"
    ),
}

MONEY: Mapping[str, str] = {
    "a transfer is in one payment at most": "DROP INDEX uq_payment_item_transfers_held; "
    + _copied("payment_item_transfers", "'batch_id', gen_random_uuid()", "WHERE held"),
    "a payment comes to what the transfers in it come to": (
        "UPDATE payment_item_transfers SET held = false WHERE (batch_id, transfer_no) ="
        " (SELECT batch_id, transfer_no FROM payment_item_transfers WHERE held LIMIT 1)"
    ),
    "a payment is booked when it is approved, and confirmed or taken back, each once": (
        "UPDATE payment_items SET state = 'in_payment', decided_on = NULL WHERE id ="
        " (SELECT id FROM payment_items WHERE state = 'paid' LIMIT 1)"
    ),
    "the special account holds what arrived, less what the upper level took back and the bank has paid": (
        "UPDATE fund_operations SET amount_fen = amount_fen + 1 WHERE id ="
        " (SELECT id FROM fund_operations WHERE state = 'approved' AND kind = 'receipt' LIMIT 1)"
    ),
    "no more is promised than the special account holds": (
        "UPDATE transfers SET amount_fen = 1 WHERE debit_account ^@ 'bank:'"
    ),
    "what is decided is booked once, and nothing is booked that is not decided": (
        "UPDATE one_off_batches SET state = 'rejected' WHERE id ="
        " (SELECT id FROM one_off_batches WHERE state = 'approved' LIMIT 1)"
    ),
    "a settlement that is taken back has given everything back, once": (
        "INSERT INTO transfers (booked_at, county_code, year, facility_code, kind, debit_account,"
        " credit_account, amount_fen, settlement_id, reverses) SELECT booked_at, county_code, year,"
        " facility_code, 'reversal', credit_account, debit_account, amount_fen, settlement_id, no"
        " FROM transfers AS original WHERE settlement_id IS NOT NULL AND reverses IS NULL"
        " AND NOT EXISTS (SELECT 1 FROM transfers AS mirror WHERE mirror.reverses = original.no) LIMIT 1"
    ),
    "every movement of a fund is in its lineage once": (
        "DELETE FROM earmark_steps WHERE transfer_no ="
        " (SELECT no FROM transfers WHERE debit_account ^@ 'fund:' LIMIT 1)"
    ),
    "a deposit is used as far as was placed on it, and no further than it goes": (
        "UPDATE earmark_deposits SET used_fen = used_fen - 1 WHERE deposit_no ="
        " (SELECT min(deposit_no) FROM earmark_deposits WHERE used_fen > 0)"
    ),
    "nothing is left half-way": (
        "UPDATE payment_batches SET state = 'exported' WHERE id ="
        " (SELECT id FROM payment_batches WHERE state = 'confirmed' LIMIT 1)"
    ),
}

SERVICES: Mapping[str, Mapping[str, str]] = {
    "registry": {
        "a person's snapshots carry the versions 1, 2, 3 … in the order of their positions": _new_event(
            _PERSON
        ),
        "the last snapshot of a person is the person's present version": (
            "UPDATE people SET version = version + 1 WHERE id = (SELECT id FROM people LIMIT 1)"
        ),
    },
    "claims": {
        "a visit is settled once": _copied("settlements", "'id', gen_random_uuid()"),
        "visits and settlements belong together one to one": (
            "DELETE FROM settlements WHERE id = (SELECT id FROM settlements LIMIT 1)"
        ),
        "the transfers of a settlement are its payers' amounts and the person's, each once": (
            "INSERT INTO transfers (booked_at, county_code, year, facility_code, kind, debit_account,"
            " credit_account, amount_fen, settlement_id) SELECT booked_at, county_code, year, facility_code,"
            " kind, debit_account, credit_account, amount_fen, settlement_id FROM transfers"
            " WHERE settlement_id IS NOT NULL LIMIT 1"
        ),
        "transfers of a settlement add up to its total": (
            "DELETE FROM transfers WHERE no = (SELECT max(no) FROM transfers WHERE settlement_id IS NOT NULL)"
        ),
        "charges of a settlement add up to its total": (
            f"{MORE_CHARGED} WHERE id = (SELECT id FROM settlements LIMIT 1)"
        ),
        "accumulators are the sums of their movements": (
            "UPDATE accumulator_years SET used = (used::jsonb || '{\"damaged\": 1}')::json"
            " WHERE (holder_id, year) = (SELECT holder_id, year FROM accumulator_years LIMIT 1)"
        ),
        "every movement, payer and transfer has its settlement": (
            "DELETE FROM settlements WHERE id = (SELECT id FROM settlements LIMIT 1)"
        ),
        "a settlement is announced once, with its amounts": _new_event(_SETTLED),
        "what a bill costs a fund is attributed once, or not yet": (
            "INSERT INTO earmark_allocations (position, county_code, year, payer, use_no, transfer_no,"
            " deposit_no, amount_fen) SELECT 1, county_code, year, 'twice', no, -no, NULL, amount_fen"
            " FROM transfers WHERE settlement_id IS NOT NULL LIMIT 1"
        ),
        **MONEY,
        "every explanation has its words": (
            "DELETE FROM explanation_bases WHERE id ="
            " (SELECT steps->0->>0 FROM settlements WHERE json_array_length(steps) > 0 LIMIT 1)"
        ),
    },
    "screening": {
        "every serial is where it was printed, in a hand or with a person, and nowhere else": (
            "DELETE FROM vouchers WHERE serial = (SELECT max(serial) FROM vouchers)"
        ),
        "a check-up is paid for with two vouchers": (
            "UPDATE vouchers SET redemption_id = NULL WHERE serial ="
            " (SELECT max(serial) FROM vouchers WHERE redemption_id IS NOT NULL)"
        ),
        "a redeemed voucher is announced once": _new_event("screening.voucher_redeemed.v1"),
        "a hand-over is announced once": _new_event("screening.vouchers_handed_over.v1"),
    },
}
