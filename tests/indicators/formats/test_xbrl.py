"""Facts of iXBRL and XBRL documents."""

from datetime import date
from html.entities import name2codepoint
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indicators.formats.xbrl import DocumentUnreadable, Fact, read_facts
from tests.indicators.sources.accounts_documents import NAMESPACES, context, figure, instance, page, words

DEBTORS = f"{{{NAMESPACES['core']}}}Debtors"


def one(data: bytes) -> Fact:
    facts = read_facts(data)
    assert len(facts) == 1, facts
    return facts[0]


def test_a_figure_is_read_with_its_concept_context_unit_and_place():
    fact = one(page(figure("core:Debtors", "1,234", decimals="-3")))
    assert fact[:1] + fact[2:] == (DEBTORS, "GBP", 1234.0, "1,234", "-3", 3, "")
    assert fact.context[:6] == ("now", "http://www.companieshouse.gov.uk/", "01234567", None, date(2024, 12, 31), ())


def test_a_plain_instance_is_read_with_its_minus():
    fact = one(instance('<pt:Debtors contextRef="year" unitRef="GBP" precision="5">-62176</pt:Debtors>'))
    assert (fact.concept, fact.value, fact.line) == (f"{{{NAMESPACES['pt']}}}Debtors", -62176.0, 2)
    assert (fact.context.start, fact.context.end) == (date(2024, 1, 1), date(2024, 12, 31))


def test_facts_inside_tuples_are_read():
    name = '<gc:EntityCurrentLegalName contextRef="year">A Ltd</gc:EntityCurrentLegalName>'
    assert one(instance(f"<gc:EntityNames>{name}</gc:EntityNames>")).value == "A Ltd"


def test_dimensions_are_named_without_their_prefixes_and_blanks():
    odd = context("odd", "2024-12-31", "core:B=\n\tcore:Two\n", "core:A=core:One")
    fact = one(page(figure("core:Debtors", "1", context="odd"), contexts=odd))
    assert fact.context.dimensions == (("A", "One"), ("B", "Two"))


def test_a_typed_dimension_has_the_member_star():
    typed = (
        '<xbrli:context id="typed"><xbrli:entity><xbrli:identifier scheme="s">e</xbrli:identifier></xbrli:entity>'
        "<xbrli:period><xbrli:instant>2024-12-31</xbrli:instant></xbrli:period><xbrli:scenario>"
        '<xbrldi:typedMember dimension="core:T"><core:x>7</core:x></xbrldi:typedMember>'
        "</xbrli:scenario></xbrli:context>"
    )
    fact = one(page(figure("core:Debtors", "1", context="typed"), contexts=typed))
    assert fact.context.dimensions == (("T", "*"),)


def test_midnight_at_the_end_of_a_period_belongs_to_the_day_before():
    midnight = context("midnight", "2024-01-01T00:00:00/2025-01-01T00:00:00")
    fact = one(page(figure("core:Debtors", "1", context="midnight"), contexts=midnight))
    assert (fact.context.start, fact.context.end) == (date(2024, 1, 1), date(2024, 12, 31))


@pytest.mark.parametrize(
    "end",
    [
        *("2024-12-31T24:00:00", "2024-12-31T24:00", "2024-12-31T24", "2024-12-31T24:00:00.000", "20241231T240000"),
        *("2024-12-31T24:00:00Z", "2024-12-31T24:00:00+01:00", "2024-12-31T24:00:00-05:00"),
        *("2025-01-01T00:00:00Z", "2025-01-01T00:00:00+01:00", "2024-12-31", "2024-12-31Z", "2024-12-31+01:00"),
        *("2024-12-31T23:59:59", "2024-12-31T12:00"),
    ],
)
def test_the_end_of_a_day_is_that_day_however_it_is_written(end):
    ways = context("day", end) + context("year_to", f"2023-12-31T24:00:00/{end}")
    facts = read_facts(page(*(figure("core:Debtors", "1", context=name) for name in ("day", "year_to")), contexts=ways))
    assert [fact.context.end for fact in facts] == [date(2024, 12, 31)] * 2
    assert facts[1].context.start == date(2024, 1, 1)


@pytest.mark.parametrize(
    "period", ["2024-12-31T24:30:00", "2024-12-31T24:00:01", "2024-12-31T25:00:00", "soon", "2024-13-01", "/2024-12-31"]
)
def test_a_context_without_a_period_is_a_problem_of_its_facts(period):
    fact = one(page(figure("core:Debtors", "1", context="odd"), contexts=context("odd", period)))
    assert fact.context.problem == "its context 'odd' has no period that can be read"


def test_a_context_that_ends_before_it_starts_is_a_problem_of_its_facts():
    turned = context("odd", "2024-12-31/2024-01-01")
    fact = one(page(figure("core:Debtors", "1", context="odd"), contexts=turned))
    assert fact.context.problem == "its context 'odd' ends before it starts"


def test_a_missing_context_is_a_problem_of_its_facts():
    fact = one(page(figure("core:Debtors", "1", context="gone")))
    assert fact.context.problem == "its context 'gone' is not defined in the document"


def test_a_figure_nested_in_another_counts_for_both():
    outer, inner = read_facts(page(figure("core:Debtors", figure("core:Equity", "1,234"), sign="-")))
    assert (outer.value, inner.value) == (-1234.0, 1234.0)


@pytest.mark.parametrize("nil", ["true", "1", " true "])
@pytest.mark.parametrize(
    "nil_fact",
    [
        figure("core:Debtors", "", xsi__nil="NIL"),
        figure("core:Debtors", "0", xsi__nil="NIL"),
        figure("core:Debtors", "-", xsi__nil="NIL", format="ixt:zerodash"),
        figure("core:Debtors", "1,234", xsi__nil="NIL", sign="-", scale="3"),
        figure("core:Debtors", "n/a", xsi__nil="NIL"),
        words("bus:EntityDormantTruefalse", "true", xsi__nil="NIL"),
        words("bus:BalanceSheetDate", "soon", xsi__nil="NIL", format="ixt:datedaymonthyear"),
    ],
)
def test_a_nil_fact_has_no_value_and_no_problem(nil_fact, nil):
    fact = one(page(nil_fact.replace("NIL", nil)))
    assert (fact.value, fact.problem) == (None, "")


@pytest.mark.parametrize("nil", ["false", "0"])
def test_a_fact_that_is_not_nil_has_its_value(nil):
    assert one(page(figure("core:Debtors", "5", xsi__nil=nil))).value == 5.0


def test_a_nil_fact_of_a_plain_instance_has_no_value():
    nil = '<pt:Debtors contextRef="year" unitRef="GBP" xsi:nil="true">0</pt:Debtors>'
    assert (one(instance(nil)).value, one(instance(nil)).problem) == (None, "")


NAME = "bus:EntityCurrentLegalOrRegisteredName"


def test_the_named_characters_of_xhtml_are_read_where_there_is_a_document_type():
    doctype = (
        '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd">'
    )
    for name, code in name2codepoint.items():
        fact = one(page(words(NAME, f"A &{name}; B &amp; C"), before=doctype))
        assert fact.value == f"A {chr(code)} B & C"
    assert one(page(figure("core:Debtors", "1&nbsp;234"), before=doctype)).value == 1234.0
    assert one(page(words(NAME, "Caf<b>&eacute;</b>"), before=doctype)).value == "Café"
    unknown = one(page(words(NAME, "A &wrong; B"), before=doctype))
    assert (unknown.value, unknown.problem) == (None, "has the named character '&wrong;', which XHTML does not have")


def test_a_named_character_without_a_document_type_is_no_xml():
    with pytest.raises(DocumentUnreadable, match="Entity 'eacute' not defined"):
        read_facts(page(words(NAME, "Caf&eacute;")))


@pytest.mark.parametrize(
    "before",
    [
        *(b"\n\n", b" \t", b"\r\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n", b"\n\xef\xbb\xbf", b"\x00", b"\x00\x00\n"),
        *(b"<!-- made by software -->", b"\n<!-- one -->\n<!-- two -->\n", b""),
    ],
)
@pytest.mark.parametrize("declaration", [b"<?xml version='1.0' encoding='ISO-8859-1'?>", b""])
def test_blanks_and_comments_before_the_declaration_do_not_lose_the_document(before, declaration):
    accented = page(words(NAME, "Caf\xe9")).decode().encode("iso-8859-1" if declaration else "utf-8")
    fact = one(before + declaration + accented)
    assert (fact.value, fact.line) == ("Caf\xe9", 3 + before.count(b"\n"))


def test_other_words_before_the_declaration_are_refused():
    with pytest.raises(DocumentUnreadable, match="is not XML, but begins 'Content-Type"):
        read_facts(b"Content-Type: text/html\n\n<?xml version='1.0'?>" + page(figure("core:Debtors", "1")))


@pytest.mark.parametrize(
    ("attributes", "shown", "decimals"),
    [
        ({"decimals": "-3", "scale": "3"}, "1,235", "-3"),
        ({"decimals": "0", "scale": "3"}, "1,235", "-3"),  # the page is in thousands
        ({"decimals": "INF", "scale": "6"}, "1.2", "-5"),
        ({"decimals": "", "scale": "3"}, "2", "-3"),
        ({"decimals": "", "precision": "3"}, "62,000", "-2"),
        ({"decimals": "", "precision": "INF"}, "62,000", None),
        ({"decimals": "2"}, "1,235.50", "2"),
    ],
)
def test_a_figure_is_no_more_exact_than_its_page(attributes, shown, decimals):
    assert one(page(figure("core:Debtors", shown, **attributes))).decimals == decimals


def test_a_figure_without_a_unit_is_still_a_figure():
    fact = one(page(figure("core:Debtors", "1,234").replace(' unitRef="GBP"', "")))
    assert (fact.value, fact.unit) == (1234.0, None)


def test_a_figure_that_cannot_be_read_carries_its_problem():
    fact = one(page(figure("core:Debtors", "see note 4")))
    assert (fact.value, fact.problem) == (None, "'see note 4' is not a number in format 'numdotdecimal'")


def test_the_draft_of_2008_is_read_too():
    data = page(figure("core:Debtors", "1")).replace(b"2013/inlineXBRL", b"2008/inlineXBRL")
    assert one(data).value == 1.0


def test_a_prefix_declared_twice_means_what_it_means_where_it_stands():
    other = f'<span xmlns:core="{NAMESPACES["gaap"]}">{figure("core:Debtors", "2")}</span>'
    first, second = read_facts(page(figure("core:Debtors", "1"), other))
    assert (first.concept, second.concept) == (DEBTORS, f"{{{NAMESPACES['gaap']}}}Debtors")


def test_a_prefix_declared_on_the_way_is_known():
    data = page(f'<span xmlns:late="{NAMESPACES["core"]}">{figure("late:Debtors", "2")}</span>')
    assert one(data).concept == DEBTORS


def test_an_undeclared_prefix_is_in_no_namespace():
    assert one(page(figure("nobody:Debtors", "1"))).concept == "{}Debtors"


def test_a_document_in_utf_16_is_read():
    data = page(figure("core:Debtors", "1,234")).decode()
    assert one(('<?xml version="1.0" encoding="UTF-16"?>' + data).encode("utf-16")).concept == DEBTORS


def test_a_ratio_of_units_is_named_as_one():
    unit = (
        '<xbrli:unit id="eps"><xbrli:divide><xbrli:unitNumerator><xbrli:measure>iso4217:GBP</xbrli:measure>'
        "</xbrli:unitNumerator><xbrli:unitDenominator><xbrli:measure>xbrli:shares</xbrli:measure>"
        "</xbrli:unitDenominator></xbrli:divide></xbrli:unit>"
    )
    assert one(page(figure("core:Debtors", "1", unit="eps"), contexts=unit)).unit == "GBP/shares"


LAUGHS = "<!DOCTYPE html [<!ENTITY a 'ha'>" + "".join(
    f"<!ENTITY {name} '{f'&{before};' * 10}'>" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("data", "reason", "line"),
    [
        (b"", "is empty (0 bytes)", None),
        (b" \n \n", "is empty (4 bytes)", None),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "is not XML, but begins '%PDF-1.7?%????'", None),
        (b"ATTACHMENTPLACEHOLDER127319911", "is not XML, but begins 'ATTACHMENTPLACEHOLDER127'", None),  # March 2021
        (b"<*\x00\x01\x02", "not well-formed XML: StartTag: invalid element name", 1),  # published so in March 2021
        (b"<html>\n<p></html>", "not well-formed XML: Opening and ending tag mismatch: p line 2 and html", 2),
        (b"<html><body>Nothing</body></html>", "holds no XBRL facts: nothing in it is tagged", None),
        (page("&a;", before=LAUGHS + "]>"), "declares XML entities of its own, which are never expanded", None),
    ],
)
def test_a_document_that_cannot_be_read_says_why_and_where(data, reason, line):
    with pytest.raises(DocumentUnreadable) as error:
        read_facts(data)
    assert (error.value.reason, error.value.line) == (reason, line)


def test_a_billion_laughs_in_an_attribute_is_refused_in_little_time():
    with pytest.raises(DocumentUnreadable, match="amplification"):
        read_facts(page('<span title="&i;"/>', before=LAUGHS + "]>"))


def test_an_external_entity_is_not_fetched(tmp_path: Path):
    secret = tmp_path / "secret.txt"
    secret.write_text("1,234")
    document = page(figure("core:Debtors", "&x;"), before=f'<!DOCTYPE html [<!ENTITY x SYSTEM "{secret.as_uri()}">]>')
    with pytest.raises(DocumentUnreadable, match="declares XML entities"):
        read_facts(document)


def test_a_document_type_alone_does_no_harm():
    assert one(page(figure("core:Debtors", "1"), before="<!DOCTYPE html>")).value == 1.0


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_no_bytes_raise_anything_but_not_readable(data):
    whole = page(figure("core:Debtors", "1,234", sign="-", scale="3"), words("bus:EntityDormantTruefalse", "false"))
    start = data.draw(st.integers(0, len(whole)))
    middle = data.draw(st.binary(max_size=20) | st.sampled_from([b"<", b">", b'"', b"&x;", b"\x00", b"</p>", b"now"]))
    end = data.draw(st.integers(start, min(len(whole), start + 50)))
    try:
        facts = read_facts(whole[:start] + middle + whole[end:])
    except DocumentUnreadable:
        return
    assert all(isinstance(fact, Fact) for fact in facts)
