"""Pure rules of one-stop settlement: standard library and ``shared.money`` only, integers only, no clock.

``facts`` describes a visit, ``policy`` one dated version of a pack, ``adjudicate`` decides what every payer
pays, ``explain`` says why in Chinese, ``examples`` refuses a pack whose worked examples do not come out.
A new kind of layer is one file in ``layers`` and one line in ``layers.KINDS``.
"""
