"""Findings and probability into the verdict of one day: what ``assess`` gives is what a run stores.

A finding is an object of these fields, in this order; a provider's findings are a list of them, ordered by principle and then
as in the regime's file:

- ``principle``: one of the six.
- ``rule``: the rule's key in the regime's file; ``powers`` for the bodies that can step in.
- ``title``: a sentence with the figures and their dates. It never says "so many days ago", so it changes only when facts do.
- ``status``: ``met`` (it raises a level), ``clear`` (looked at, nothing to report), ``missing`` (not known), ``stale`` (known, but
  older than it may be; a bad one still raises the level), ``not_applicable``, ``source`` (true of so many providers at once that
  it is about the register; see the source findings).
- ``level``: ``none``, ``watch``, ``concern`` or ``critical``.
- ``indicators``: keys of the catalogue.
- ``value``: a number, a text or null; ``unit`` of a number.
- ``threshold``: the rule's limits in words.
- ``seqs``: the ledger rows it rests on, negative for derived ones.
- ``period_end``: the day it is about, ``known_on``: the day it became known (the newest of its rows); ISO dates or null.
- ``is_recalled``: a figure or the rule's number was not read in its source.
- ``source``: where the rule's number is from.

A source finding has ``regime``, ``rule``, ``registers``, ``title``, ``level``, ``providers`` (how many it is true of), ``of``,
``threshold`` and ``source``.
"""
