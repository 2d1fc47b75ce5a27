"""All properties, by the service whose database can refute them."""

from tests.faults.checks.money import MONEY
from tests.faults.checks.properties import CLAIMS, EVERY_LOG, REGISTRY, SCREENING

PROPERTIES = {
    "registry": (*EVERY_LOG, *REGISTRY),
    "claims": (*EVERY_LOG, *CLAIMS, *MONEY),
    "screening": (*EVERY_LOG, *SCREENING),
}
