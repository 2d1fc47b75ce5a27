"""Names as people write them."""

import re

_BLANKS = re.compile(r"\s+")
_MIDDLE_DOTS = str.maketrans("•・‧･", "····")


def person_name(text: str) -> str:
    """A name without the blanks that pad two-character names (张　三); Latin names keep single ones."""
    if text.isalpha():
        return text
    separator = " " if any(sign.isascii() and sign.isalpha() for sign in text) else ""
    return _BLANKS.sub(separator, text.strip()).translate(_MIDDLE_DOTS)
