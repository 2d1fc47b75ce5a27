"""What holds for a person during a period: membership of a household, assistance categories, enrolment.

Bitemporal: ``valid_from``/``valid_to`` (exclusive) say when it held, ``recorded_at``/``superseded_at`` when
we knew it. A row is never changed except to be superseded, so every past belief can be asked for.
"""
