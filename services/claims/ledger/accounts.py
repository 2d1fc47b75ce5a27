"""Account codes, all of them, in one place. Pure.

| account | its balance (debits − credits) means |
|---|---|
| ``fund:<payer>:<county>:<year>`` | spent (+) or left (−) in that payer's fund |
| ``risk_reserve:<county>:<year>`` | set apart for deficits (S-16), shown as a credit |
| ``outpatient_account:<county>:<year>`` | set apart for outpatient or household accounts (S-16) |
| ``financing_due:<source>:<county>:<year>`` | what a source (personal, central …) owes the fund |
| ``provider_due:<facility>`` | what funds owe a provider, audit deductions taken off, shown as a credit |
| ``provider_collected:<facility>`` | what a provider has collected from patients |
| ``borne_by_provider:<facility>`` | what a provider carries itself of its bills (waivers, a ceiling's rest) |
| ``provider_waived:<facility>`` | the same amount as billed and owed by nobody, shown as a credit |
| ``patients:<county>:<year>`` | what patients have paid themselves |
| ``card_due:<county>:<year>`` | owed to people, payable by card (一卡通), a credit; owed by them, a debit |
| ``bank:<county>`` | money in the county's special account (财政专户) |
| ``risk_fund_owed:<county>`` | owed to the upper-level risk-adjustment fund (S-25), shown as a credit |
| ``in_payment:<county>`` | approved payments that the bank has not confirmed, shown as a credit |
| ``provider_advance:<facility>`` | advances given to a provider and not yet set off |
"""

from typing import Final

PROVIDER_ACCOUNTS: Final = ("provider_due:", "provider_collected:", "provider_waived:")
"""Beginnings of the accounts that say what becomes of a provider's bills: due, collected or waived."""


def fund(payer: str, county_code: str, year: int) -> str:
    """The fund of one payer."""
    return f"fund:{payer}:{county_code}:{year}"


def risk_reserve(county_code: str, year: int) -> str:
    """The risk reserve drawn from the year's financing."""
    return f"risk_reserve:{county_code}:{year}"


def outpatient_account(county_code: str, year: int) -> str:
    """The part of the year's financing kept for outpatient accounts."""
    return f"outpatient_account:{county_code}:{year}"


def financing_due(source: str, county_code: str, year: int) -> str:
    """What one source of financing owes."""
    return f"financing_due:{source}:{county_code}:{year}"


def provider_due(facility_code: str) -> str:
    """What the funds owe a provider."""
    return f"provider_due:{facility_code}"


def provider_collected(facility_code: str) -> str:
    """What a provider collected from patients."""
    return f"provider_collected:{facility_code}"


def borne_by_provider(facility_code: str) -> str:
    """What a provider carries itself of what it billed."""
    return f"borne_by_provider:{facility_code}"


def provider_waived(facility_code: str) -> str:
    """What a provider billed and gets from nobody."""
    return f"provider_waived:{facility_code}"


def patients(county_code: str, year: int) -> str:
    """What the county's patients paid themselves."""
    return f"patients:{county_code}:{year}"


def card_due(county_code: str, year: int) -> str:
    """What is payable to people by card (一卡通, DOMAIN S-53), less what they owe."""
    return f"card_due:{county_code}:{year}"


def bank(county_code: str) -> str:
    """The county's special account (财政专户)."""
    return f"bank:{county_code}"


def risk_fund_owed(county_code: str) -> str:
    """What the county owes the upper-level risk-adjustment fund (DOMAIN S-25)."""
    return f"risk_fund_owed:{county_code}"


def in_payment(county_code: str) -> str:
    """Payments that are approved and that the bank has not confirmed."""
    return f"in_payment:{county_code}"


def provider_advance(facility_code: str) -> str:
    """What a provider was given in advance (垫付、预拨) and is not set off yet."""
    return f"provider_advance:{facility_code}"
