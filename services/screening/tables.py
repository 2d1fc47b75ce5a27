"""All tables of the screening service, for migrations and checks."""

from services.screening.participants import tables as participants
from services.screening.places import tables as places
from services.screening.redemptions import tables as redemptions
from services.screening.vouchers import tables as vouchers
from shared.db import new_metadata

metadata = new_metadata()
for feature in (participants, places, redemptions, vouchers):
    feature.add_tables(metadata)
