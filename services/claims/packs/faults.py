"""What is wrong with an uploaded pack: JSON pointers into it, each with a reason in Chinese and English."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Final

from jsonschema.exceptions import ValidationError, best_match

from services.claims.benefits.comparison import Difference
from services.claims.benefits.examples import differences
from services.claims.benefits.policy import NoPolicyInForce, PackError, PolicyBook, PolicyVersion
from services.claims.benefits.relapse import failed_examples as failed_relapse_examples
from services.claims.packs.problems import EXAMPLE_AMOUNT, EXAMPLE_OTHER_VERSION, PACK_FAULT
from services.claims.policies.load import SCHEMA, VALIDATOR
from services.claims.policies.reasons import in_chinese, schema_reason
from shared.problems import FieldError

MAX_FAULTS: Final = 100
_SHOWN: Final = 64


def _names(names: Iterable[Any]) -> str:
    return ", ".join(str(name)[:_SHOWN] for name in islice(names, 10))


def _types(wanted: Any) -> str:
    return " or ".join(wanted) if isinstance(wanted, list) else str(wanted)


_ENGLISH: Final[Mapping[str, Callable[[Any, Any], str]]] = {
    "type": lambda wanted, _: f"must be of the type {_types(wanted)}",
    "enum": lambda wanted, _: f"must be one of {_names(wanted)}",
    "const": lambda wanted, _: f"must be {wanted}",
    "pattern": lambda wanted, _: f"must have the form {wanted}",
    "required": lambda wanted, found: f"lacks {_names(name for name in wanted if name not in found)}",
    "minItems": lambda wanted, found: f"needs at least {wanted} items, has {len(found)}",
    "maxItems": lambda wanted, _: f"at most {wanted} items",
    "uniqueItems": lambda _wanted, _found: "an item stands here twice",
    "minLength": lambda wanted, _: f"at least {wanted} characters",
    "maxLength": lambda wanted, _: f"at most {wanted} characters",
    "minProperties": lambda wanted, _: f"at least {wanted} entries",
    "minimum": lambda wanted, _: f"at least {wanted}",
    "maximum": lambda wanted, _: f"at most {wanted}",
    "oneOf": lambda _wanted, _found: "exactly one of several forms must be used",
    "not": lambda _wanted, _found: "holds what does not belong here",
}
"""The rules of the schema, by keyword, from what the schema wants and what was found."""


def schema_faults(raw: Any) -> list[FieldError]:
    """Where the data does not have the published form; empty when it does."""
    errors = islice(VALIDATOR.iter_errors(raw), MAX_FAULTS)
    faults = [_schema_fault(best_match([error]) or error) for error in errors]
    return list({(fault.pointer, fault.params["reason_en"]): fault for fault in faults}.values())


def engine_fault(error: PackError) -> FieldError:
    """The first mistake that the engine finds in data of the right form."""
    return fault(_pointer(error.path.split("/")), in_chinese(error.message), error.message)


def fault(pointer: str, zh: str, en: str) -> FieldError:
    """One mistake with both texts."""
    return FieldError(pointer, PACK_FAULT, {"reason_zh": zh, "reason_en": en})


def example_faults(book: PolicyBook, version: PolicyVersion) -> list[FieldError]:
    """Every number of the version's worked examples that does not come out, and examples of other times.

    An example has to belong to its version: that must be in force on the governing date of the example.
    """
    faults: list[FieldError] = []
    for index, example in enumerate(version.examples):
        in_force = _in_force(book, version, index)
        if in_force != version.version:
            params = {"name": example.name, "in_force": in_force}
            faults.append(FieldError(f"/examples/{index}/visit", EXAMPLE_OTHER_VERSION, params))
        else:
            place = f"/examples/{index}/expect"
            faults += [_unlike(place, example.name, each) for each in differences(version, example)]
    return [*faults, *_relapse_faults(version)]


def _relapse_faults(version: PolicyVersion) -> Iterator[FieldError]:
    claims = version.relapse.examples if version.relapse else ()
    policy = version.relapse.policy if version.relapse else None
    places = {each.name: f"/relapse_insurance/examples/{no}" for no, each in enumerate(claims)}
    for no, premium in enumerate(policy.examples if policy else ()):
        places[premium.name] = f"/relapse_insurance/policy/examples/{no}"
    for failed in failed_relapse_examples(version):
        place = places[failed.name]
        yield from (_unlike(place, failed.name, each) for each in failed.differences)


def _unlike(place: str, name: str, difference: Difference) -> FieldError:
    params = {"name": name, "found": difference.found, "stated": difference.stated}
    return FieldError(f"{place}/{difference.name}", EXAMPLE_AMOUNT, params)


def _in_force(book: PolicyBook, version: PolicyVersion, index: int) -> str:
    try:
        return book.governing(version.examples[index].facts).version
    except NoPolicyInForce:
        return "-"


def _schema_fault(error: ValidationError) -> FieldError:
    keyword = str(error.validator)
    wanted: Any = error.validator_value
    found: Any = error.instance
    if keyword == "additionalProperties":
        known = error.schema.get("properties", {}) if isinstance(error.schema, Mapping) else {}
        english = f"unknown: {_names(name for name in found if name not in known)}"
    elif keyword in _ENGLISH:
        english = _ENGLISH[keyword](wanted, found)
    else:
        english = f"not as the schema asks ({keyword})"
    return fault(_pointer(error.absolute_path), schema_reason(error, SCHEMA["$defs"]), english)


def _pointer(path: Iterable[Any]) -> str:
    parts = [str(part).replace("~", "~0").replace("/", "~1")[:_SHOWN] for part in path]
    return "".join(f"/{part}" for part in parts if part)
