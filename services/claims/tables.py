"""All tables of the claims service, for migrations and checks."""

from services.claims.accumulators import tables as accumulators
from services.claims.coverage import tables as coverage
from services.claims.ledger import tables as ledger
from services.claims.providers import tables as providers
from services.claims.readjudication import tables as readjudication
from services.claims.relapse import tables as relapse
from services.claims.settlements import tables as settlements
from shared.db import new_metadata

metadata = new_metadata()
for feature in (providers, coverage, settlements, accumulators, ledger, relapse, readjudication):
    feature.add_tables(metadata)
