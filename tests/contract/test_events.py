"""Event contracts: what is checked in is what the code says, and no change breaks a reader."""

import json
from datetime import date
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

import pytest
from pydantic import BaseModel, ValidationError, create_model

from shared.events import asyncapi
from shared.events.asyncapi import CONTRACTS
from shared.events.claims import ClaimSettled
from shared.messaging import partition_of, source_of
from shared.messaging.contract import EventData
from shared.messaging.envelope import Envelope, NotAnEnvelope

GOLDEN = Path(__file__).parent / "golden"
# Words that would mean a name or a number of a person in a payload.
FORBIDDEN = {"name", "id_number", "phone", "mobile", "bank_account", "address"}


def golden(contract: type[EventData]) -> bytes:
    return (GOLDEN / f"{contract.TYPE}.json").read_bytes()


def faults(contract: type[BaseModel], example: dict[str, Any]) -> list[str]:
    """What in an example of yesterday today's contract no longer says: readers of it would break."""
    try:
        reread = json.loads(contract.model_validate(example).model_dump_json())
    except ValidationError as error:
        return [f"{fault['loc']}: {fault['msg']}" for fault in error.errors()]
    return [f"{name}: {value!r} is lost" for name, value in example.items() if reread.get(name) != value]


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: str(contract.TYPE))
def test_every_type_still_says_what_its_golden_example_says(contract: type[EventData]) -> None:
    envelope = Envelope.from_bytes(golden(contract))
    assert envelope.type == contract.TYPE
    assert envelope.source == source_of(contract.TYPE)
    assert envelope.partition == partition_of(envelope.partitionkey)
    assert faults(contract, envelope.data) == []
    # Every field is in the example, so that none can be taken away unnoticed.
    assert set(envelope.data) == set(contract.model_fields)


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: str(contract.TYPE))
def test_an_envelope_is_written_as_its_golden_example(contract: type[EventData]) -> None:
    envelope = Envelope.from_bytes(golden(contract))
    assert json.loads(envelope.to_bytes()) == json.loads(golden(contract))
    assert envelope.read(contract).TYPE == contract.TYPE


def test_every_golden_example_has_a_contract() -> None:
    assert {path.stem for path in GOLDEN.glob("*.json")} == {contract.TYPE for contract in CONTRACTS}


def test_the_asyncapi_document_is_current() -> None:
    # After a change that is meant: python -m shared.events.asyncapi
    assert asyncapi.DOCUMENT.read_text(encoding="utf-8") == asyncapi.text()


def test_a_new_required_field_breaks_the_contract() -> None:
    widened = create_model("ClaimSettled", __base__=ClaimSettled, invoice_no=(str, ...))
    assert faults(widened, Envelope.from_bytes(golden(ClaimSettled)).data)


def test_a_new_optional_field_does_not_break_the_contract() -> None:
    widened = create_model("ClaimSettled", __base__=ClaimSettled, invoice_no=(str | None, None))
    assert faults(widened, Envelope.from_bytes(golden(ClaimSettled)).data) == []


def test_a_field_taken_away_or_given_another_meaning_breaks_the_contract() -> None:
    class Smaller(EventData):
        TYPE: ClassVar[str] = ClaimSettled.TYPE
        settlement_id: UUID
        discharged_on: date
        total_fen: str

    data = Envelope.from_bytes(golden(ClaimSettled)).data
    assert any("total_fen" in fault for fault in faults(Smaller, data))
    assert faults(create_model("Two", settlement_id=(UUID, ...)), data)


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: str(contract.TYPE))
def test_payloads_carry_no_names_or_numbers_of_people(contract: type[EventData]) -> None:
    assert not FORBIDDEN & set(json.dumps(contract.model_json_schema()).replace('"', " ").split())


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: str(contract.TYPE))
def test_a_reader_ignores_fields_it_does_not_know(contract: type[EventData]) -> None:
    data = {**Envelope.from_bytes(golden(contract)).data, "added_later": {"x": 1}}
    assert contract.model_validate(data)


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"{}", b"[1]", b"\xff\xfe", b'{"specversion":"0.3"}', b"x" * 10_000],
)
def test_what_is_no_event_is_refused_as_such(body: bytes) -> None:
    with pytest.raises(NotAnEnvelope):
        Envelope.from_bytes(body)
