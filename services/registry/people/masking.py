"""What is shown of personal data without the right to see it."""

from shared import identity

mask_number = identity.mask


def mask_name(name: str) -> str:
    """The family name, as public notices show it: 张三丰 → 张**."""
    return name[:1] + "*" * (len(name) - 1)


def mask_phone(phone: str) -> str:
    """The first three and the last two digits."""
    return f"{phone[:3]}{'*' * (len(phone) - 5)}{phone[-2:]}"
