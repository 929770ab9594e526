"""No two files import each other, directly or through others: the contract that import-linter has no type for.

Its ``acyclic_siblings`` also refuses circles between folders, such as a folder whose file imports a neighbour that
imports another of its files. The other contracts are in ``pyproject.toml``.
"""

import tomllib
from graphlib import CycleError, TopologicalSorter

import grimp

from settings import ROOT


def test_no_circle_of_imports_between_files():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    graph = grimp.build_graph(*settings["tool"]["importlinter"]["root_packages"], cache_dir=None)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    circle = []
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        circle = error.args[1]

    assert circle == []
