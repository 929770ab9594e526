"""One module per register, each with exactly ``fetch(client, since)`` and ``parse(snapshot)``."""

from indicators.sources import (
    casebook,
    casework,
    charity_commission,
    companies_house_accounts,
    companies_house_register,
    contracts,
    ofsted_social_care,
)

# In the order of reading: a register read only for wanted subjects comes after those that say who is wanted.
SOURCES = (
    casebook,
    casework,
    ofsted_social_care,
    companies_house_accounts,
    charity_commission,
    contracts,
    companies_house_register,
)
