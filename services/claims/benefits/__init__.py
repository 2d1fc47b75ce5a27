"""Pure rules of one-stop settlement: standard library and ``shared.money`` only, integers only, no clock.

``facts`` describes a visit, ``policy`` one dated version of a pack, ``adjudicate`` decides what every payer
pays, ``explain`` says why in Chinese, ``examples`` refuses a pack whose worked examples do not come out.
A new kind of layer is one file in ``layers`` and one line in ``layers.KINDS``. What is decided beside a visit
has modules of its own: ``relapse`` (防贫保), ``enrolment`` (waiting period, sponsored premium), ``one_off``
(tiers by disease), ``burden`` (thresholds of the year's own payment); ``left_out`` says why a layer had
no part.
"""
