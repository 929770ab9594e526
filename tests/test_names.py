"""The rules for names in docs/writing.md, as far as a program can check them."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from settings import ROOT
from tests.modules_tested_elsewhere import TESTED_ELSEWHERE

# Images and adjectives that once were file names. Each has a plain name now.
IMAGES = {
    *("acts", "book", "case_page", "casework_reads", "controls", "dress", "duties", "endings", "further", "known"),
    *("lapses", "lines", "looks", "markup", "memory", "parts", "pen", "reach", "recompute", "seen", "spells"),
    *("standing", "telling", "times", "undone", "viewing", "wide", "words", "written"),
}
NO_FOLDERS = {"common", "helpers", "misc", "utils"}  # shared code gets the name of what it is
LOGIC = (ast.If, ast.IfExp, ast.For, ast.While, ast.comprehension, ast.BoolOp, ast.Match)
BRANCHES = 10  # a module with this many branches and loops has logic


@cache
def modules() -> tuple[Path, ...]:
    """Every module of the code in a folder, relative to the root: no tests, no migrations."""
    paths = sorted(path.relative_to(ROOT) for path in ROOT.glob("*/**/*.py"))
    return tuple(
        path for path in paths if path.parts[0].isidentifier() and not {"build", "tests", "versions"} & {*path.parts}
    )


@cache
def tree(module: Path) -> ast.Module:
    return ast.parse((ROOT / module).read_text(encoding="utf-8"))


def nodes(*kinds: type[ast.AST]) -> Iterator[tuple[str, ast.AST]]:
    """The nodes of these kinds in all modules, each with its place (``file:line``)."""
    for module in modules():
        for node in ast.walk(tree(module)):
            if isinstance(node, kinds):
                yield f"{module}:{getattr(node, 'lineno', 1)}", node


def has_logic(module: Path) -> bool:
    """Benchmarks measure the logic of others."""
    return (
        module.parts[0] != "benchmarks" and sum(isinstance(node, LOGIC) for node in ast.walk(tree(module))) >= BRANCHES
    )


def own_test(module: Path) -> Path:
    return Path("tests", *module.parts[:-1], f"test_{module.name}")


def complain(places: list[str], mend: str) -> str:
    return f"{len(places)} places; {mend}:\n" + "\n".join(places)


def test_no_public_class_name_exists_twice():
    by_name = defaultdict(list)
    for place, node in nodes(ast.ClassDef):
        if not node.name.startswith("_"):
            by_name[node.name].append(place)
    twice = [f"{places[-1]}: {name} is also in {places[0]}" for name, places in by_name.items() if len(places) > 1]
    assert not twice, complain(twice, "say in the name what each class holds")


def test_no_function_is_called_in_words():
    places = [place for place, node in nodes(ast.FunctionDef) if node.name.strip("_") == "in_words"]
    assert not places, complain(places, "say what is put into words: format_day, describe_finding")


def test_no_file_or_folder_has_an_image_or_a_catch_all_as_its_name():
    files = [f"{module}:1: {module.stem}" for module in modules() if module.stem in IMAGES | {"utils"}]
    folders = [f"{module}:1: {module.parent}" for module in modules() if NO_FOLDERS & {*module.parts[:-1]}]
    assert not files + folders, complain(files + folders, "docs/writing.md shows how to name a file")


def test_no_variable_is_called_one():
    places = {
        f"{place}: a variable"
        for place, node in nodes(ast.Name)
        if node.id == "one" and isinstance(node.ctx, ast.Store)
    }
    places |= {f"{place}: a parameter" for place, node in nodes(ast.arg) if node.arg == "one"}
    assert not places, complain(sorted(places), "give the item its own name: finding, row, level")


def test_a_module_with_logic_has_a_test_file_of_its_own_name():
    places = [
        f"{module}:1: {own_test(module)} does not exist"
        for module in modules()
        if has_logic(module) and not (ROOT / own_test(module)).exists() and module.as_posix() not in TESTED_ELSEWHERE
    ]
    assert not places, complain(places, "write that test file")


def test_the_list_of_modules_tested_elsewhere_only_shrinks():
    needless = []
    for name, tests in TESTED_ELSEWHERE.items():
        module = Path(name)
        if module not in modules():
            needless.append(f"{name}: does not exist")
        elif (ROOT / own_test(module)).exists():
            needless.append(f"{name}: has {own_test(module)}")
        elif not has_logic(module):
            needless.append(f"{name}: has no logic")
        elif not (ROOT / "tests" / tests).exists():
            needless.append(f"{name}: tests/{tests} does not exist")
    assert not needless, complain(needless, "delete or mend these lines in tests/modules_tested_elsewhere.py")
