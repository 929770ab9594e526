"""One module for each register: ``REGISTER``, ``PARSER``, ``fetch(client, since)`` and ``parse(document)``."""

from indicators.sources import (
    casebook,
    casework,
    charity_commission,
    companies_house_accounts,
    companies_house_register,
    contracts,
    ofsted_social_care,
)

# In the order of reading: a register read only for wanted subjects comes after the registers that name them.
SOURCES = (
    casebook,
    casework,
    ofsted_social_care,
    companies_house_accounts,
    charity_commission,
    contracts,
    companies_house_register,
)
