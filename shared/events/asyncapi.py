"""The AsyncAPI 3 document of all events: ``python -m shared.events.asyncapi`` writes docs/asyncapi.json."""

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from shared.events import claims, registry, screening
from shared.messaging import PARTITIONS, source_of, topic_of
from shared.messaging.contract import EventData
from shared.messaging.envelope import CONTENT_TYPE, Envelope

DOCUMENT = Path(__file__).parents[2] / "docs" / "asyncapi.json"
CONTRACTS: tuple[type[EventData], ...] = (*registry.CONTRACTS, *claims.CONTRACTS, *screening.CONTRACTS)


def document() -> dict[str, Any]:
    """Channels, messages and schemas, generated from the contracts."""
    models: list[type[BaseModel]] = [Envelope, *CONTRACTS]
    _, definitions = models_json_schema(
        [(model, "validation") for model in models], ref_template="#/components/schemas/{model}"
    )
    services = sorted({source_of(contract.TYPE) for contract in CONTRACTS})
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "康扶事件 (Kangfu events)",
            "version": "1",
            "description": "CloudEvents 1.0, structured JSON. The same events are served by"
            " GET /v1/events of each service. Optional fields may be added to a type at any time;"
            " anything else becomes a new version of the type.",
        },
        "defaultContentType": CONTENT_TYPE,
        "channels": {service: _channel(service) for service in services},
        "operations": {f"publish-{service}": _operation(service) for service in services},
        "components": {
            "messages": {contract.TYPE: _message(contract) for contract in CONTRACTS},
            "schemas": definitions["$defs"],
        },
    }


def _channel(service: str) -> dict[str, Any]:
    types = [contract.TYPE for contract in CONTRACTS if source_of(contract.TYPE) == service]
    return {
        "address": topic_of(service),
        "description": f"In order per partition key. Partition = CRC-32 of the key modulo {PARTITIONS}.",
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in types},
        "bindings": {"kafka": {"partitions": PARTITIONS, "bindingVersion": "0.5.0"}},
    }


def _operation(service: str) -> dict[str, Any]:
    return {"action": "send", "channel": {"$ref": f"#/channels/{service}"}}


def _message(contract: type[EventData]) -> dict[str, Any]:
    data = {"$ref": f"#/components/schemas/{contract.__name__}"}
    return {
        "name": contract.TYPE,
        "summary": (contract.__doc__ or "").split("\n")[0],
        "contentType": CONTENT_TYPE,
        "payload": {
            "allOf": [
                {"$ref": "#/components/schemas/Envelope"},
                {"type": "object", "properties": {"type": {"const": contract.TYPE}, "data": data}},
            ]
        },
        "bindings": {"kafka": {"key": {"type": "string"}, "bindingVersion": "0.5.0"}},
    }


def text() -> str:
    """The document as it is checked in."""
    return json.dumps(document(), ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    DOCUMENT.write_text(text(), encoding="utf-8")
