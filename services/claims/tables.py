"""All tables of the claims service, for migrations and checks."""

from services.claims.accumulators import tables as accumulators
from services.claims.audit import tables as audit
from services.claims.closing import tables as closing
from services.claims.coverage import tables as coverage
from services.claims.designations import tables as designations
from services.claims.funds import tables as funds
from services.claims.guards import tables as guards
from services.claims.ledger import tables as ledger
from services.claims.nhsa import tables as nhsa
from services.claims.one_off import tables as one_off
from services.claims.packs import tables as packs
from services.claims.payments import tables as payments
from services.claims.providers import tables as providers
from services.claims.readjudication import tables as readjudication
from services.claims.reconciliation import tables as reconciliation
from services.claims.referrals import tables as referrals
from services.claims.relapse import tables as relapse
from services.claims.relapse_pool import tables as relapse_pool
from services.claims.reports import tables as reports
from services.claims.settlements import tables as settlements
from services.claims.sponsorship import tables as sponsorship
from services.claims.visits import tables as visits
from shared.db import new_metadata

metadata = new_metadata()
FEATURES = (
    providers,
    designations,
    coverage,
    settlements,
    guards,
    referrals,
    visits,
    accumulators,
    ledger,
    packs,
    relapse,
    relapse_pool,
    one_off,
    sponsorship,
    readjudication,
    closing,
    reconciliation,
    audit,
    nhsa,
    funds,
    payments,
    reports,
)
for feature in FEATURES:
    feature.add_tables(metadata)
