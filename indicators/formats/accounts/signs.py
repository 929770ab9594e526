"""Corrects the signs that accounting software gets wrong, if the balance sheet itself proves the error.

Amounts owed and assets are positive in the taxonomies; the stylesheet puts the brackets on the page. Some
software nevertheless tags figures in brackets as negative, some forgets the minus of a deficit, and some turns
all signs of a page (in 5 of 247 documents of the extracts the page shows the opposite of its tags).
"""

from collections.abc import Mapping
from typing import NamedTuple

ROUNDING = 2.0  # units of currency: each figure of an equation may have been rounded


class _Equation(NamedTuple):
    total: str
    added: tuple[str, ...]
    taken_off: tuple[str, ...] = ()


# The balance sheet of the Companies Act formats, line by line downwards.
EQUATIONS = (
    _Equation("net_current_assets", ("current_assets", "prepayments"), ("creditors_within_one_year",)),
    _Equation("total_assets_less_current_liabilities", ("fixed_assets", "unpaid_share_capital", "net_current_assets")),
    _Equation(
        "net_assets",
        ("total_assets_less_current_liabilities",),
        ("creditors_after_one_year", "provisions", "accruals", "pension_liability"),
    ),
)
TOTALS = frozenset(equation.total for equation in EQUATIONS)  # these may rightly be negative


def settle_signs(sheet: Mapping[str, float], owed: frozenset[str]) -> dict[str, float]:
    """The figures of one balance-sheet day with their signs settled.

    If an equation holds as tagged, its figures stay as they are, negative amounts owed included. If it holds only with
    its parts made positive, and perhaps the sign of its total turned, the page shows those signs. If it holds neither
    way, amounts owed are made positive and the other figures stay. ``equity`` states net assets once more, and shows
    whether all signs of the page were turned.
    """
    result = dict(sheet)
    # Total creditors without a term are those within one year where the balance sheet adds up with them.
    in_total, current = result.pop("creditors_in_total", None), "creditors_within_one_year"
    if in_total is not None and current not in result and _is_balanced({**result, current: in_total}, EQUATIONS[0]):
        result[current] = in_total
    equity = result.pop("equity", 0.0)
    is_turned = equity != 0 and result.get("net_assets") == -equity
    believed: set[str] = set()
    for equation in EQUATIONS:
        if equation.total not in result or not any(part in result for part in equation.added):
            continue
        if not is_turned and _is_balanced(result, equation):
            believed.update(equation.taken_off)
            continue
        positive = {name: value if name in TOTALS else abs(value) for name, value in result.items()}
        total = _sum_terms(positive, equation)
        if abs(abs(total) - abs(result[equation.total])) <= ROUNDING:
            for part in (*equation.added, *equation.taken_off):
                if part in result:
                    result[part] = positive[part]
            result[equation.total] = abs(result[equation.total]) if total >= 0 else -abs(result[equation.total])
    if is_turned and any(sheet[name] == -result[name] != 0 for name in TOTALS & result.keys()):
        result["net_assets"] = equity
    return {name: abs(value) if name in owed - believed else value for name, value in result.items()}


def _is_balanced(sheet: Mapping[str, float], equation: _Equation) -> bool:
    return abs(_sum_terms(sheet, equation) - sheet.get(equation.total, float("inf"))) <= ROUNDING


def _sum_terms(sheet: Mapping[str, float], equation: _Equation) -> float:
    added = sum(sheet.get(part, 0.0) for part in equation.added)
    return added - sum(sheet.get(part, 0.0) for part in equation.taken_off)
