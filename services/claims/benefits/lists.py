"""Read the lists of a pack that its conditions refer to by name."""

from services.claims.benefits.programmes import Disease, Programme
from services.claims.benefits.sections import Section

DIAGNOSES = ("main", "any")
OLDEST = 200


def read_programmes(pack: Section) -> dict[str, Programme]:
    """Read the optional list ``programmes`` of a pack: named lists of diseases, each id once."""
    found: dict[str, Programme] = {}
    for part in pack.sections("programmes"):
        rule = part.rule()
        diseases = tuple(_read_disease(disease) for disease in part.sections("diseases"))
        if not diseases:
            raise part.fail("diseases", "a programme needs diseases")
        main_only = part.word("diagnosis", DIAGNOSES) == "main"
        found[rule.id] = Programme(rule.id, part.text("title"), rule, main_only, diseases)
    return found


def _read_disease(part: Section) -> Disease:
    prefixes = part.texts("icd10")
    if not prefixes:
        raise part.fail("icd10", "a disease needs ICD-10 prefixes")
    ages = part.whole("min_age", 0), part.whole("max_age", OLDEST)
    return Disease(part.text("name"), prefixes, part.texts("also"), *ages)
