"""The plain-English rules of docs/writing.md, as far as patterns can check them: code, templates, YAML and pages."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from settings import ROOT

SKIPPED = {".venv", ".git", "build", "versions"}  # a migration says what was true on its day
READ_AS_YAML = ("regimes/definitions", "indicators", "casework", "alerts", "samples")
SAID_BY_OTHERS = {"source", "quote", "citation", "basis", "verbatim", "url"}  # keys whose texts quote a document


class Habit(NamedTuple):
    """One habit that docs/writing.md refuses."""

    pattern: re.Pattern[str]
    instead: str


def habit(pattern: str, instead: str) -> Habit:
    return Habit(re.compile(pattern, re.IGNORECASE | re.DOTALL), instead)


HABITS = [
    habit(r"\bwhoever\b(?! runs)", "name the people: 'users who', 'the person who'"),
    habit(r"\b(is|are|was|were|be|been) told of\b", "'is notified about'"),
    habit(r"\bof whom\b|\bof which there\b", "start a second sentence"),
    habit(r"\bwere (it|there|they|that)\b(?! (not )?for)", "'if it is'"),
    habit(r"\bheld against\b", "'adverse'"),
    habit(r"(?<!cash )(?<!bank and )\bin hand\b", "'acknowledged'"),  # "cash in hand" is a line of a balance sheet
    habit(r"\bwhat became of\b", "'the outcome of'"),
    habit(r"\bnot known is\b|\bnothing entered is\b|\bclears nobody\b", "one plain sentence"),
    habit(r"\bthe stroke\b", "'the slash'"),
    habit(r"\bnearest of kin\b", "'closest look-alikes'"),
    habit(r"\bno more\b(?! than)", "'no longer', or what is true now"),
    habit(
        r"\bis no (?!longer|more)(?:\w+ )?(file|key|role|detail|day|date|number|kind|state|level|way)\b", "'is not a'"
    ),
    habit(r"\blapse[sd]? aloud\b|\brings as well\b", "'sends a notification', 'is flagged'"),
    habit(r"\bstands? (so )?(beside|against|at a level|as badly)\b", "say the level or the place"),
]
# A sentence that begins with a clause as its subject. A question may begin with What or Where.
SENTENCE = re.compile(
    r"(?:^|(?<=[.!?:;] )|(?<=[.!?:]\n))((?:What|Whoever|Whatever|That|Where|Of|Whom|Whose)\b[^.?!]*[.?!]?)"
)
PAGE_TITLES = {"What if: X", "What if: Small"}  # the title of a picture of ``continuity what-if``
THAT_IS_FINE = re.compile(
    r"That (is|was|does|did|makes?|means?|needs?|takes?|gives?|follows|way|day|run|file|cannot)\b"
)


class Passage(NamedTuple):
    """A text that a person reads, with its place (``file:line``)."""

    place: str
    text: str
    is_title: bool = False


def files(*suffixes: str) -> Iterator[Path]:
    """The files of the project with one of these suffixes, relative to the root."""
    for path in sorted(ROOT.rglob("*")):
        inside = path.relative_to(ROOT)
        if path.suffix in suffixes and not SKIPPED.intersection(inside.parts) and not inside.parts[0].startswith("."):
            yield inside


def read(path: Path) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def code_passages(path: Path) -> Iterator[Passage]:
    """The strings of a module, and its comments; neighbouring lines of comment are one text."""
    source = read(path)
    pieces = set[int]()  # parts of f-strings, which are read as a whole
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.JoinedStr) and id(node) not in pieces:
            pieces |= {id(part) for part in ast.walk(node)}
            text = "".join(str(part.value) if isinstance(part, ast.Constant) else "X" for part in node.values)
            yield Passage(f"{path}:{node.lineno}", text)
        elif (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in pieces
            and " " in node.value
        ):
            yield Passage(f"{path}:{node.lineno}", node.value)
    comment, began, ended = list[str](), 0, 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type != tokenize.COMMENT:
            continue
        if comment and token.start[0] != ended + 1:
            yield Passage(f"{path}:{began}", " ".join(comment))
            comment = []
        began = token.start[0] if not comment else began
        comment.append(token.string.lstrip("# "))
        ended = token.start[0]
    if comment:
        yield Passage(f"{path}:{began}", " ".join(comment))


def page_passages(path: Path) -> Iterator[Passage]:
    """The headings, paragraphs, rows and points of a Markdown page, without its blocks of code."""
    text = re.sub(r"^```.*?^```", lambda block: "\n" * block[0].count("\n"), read(path), flags=re.M | re.S)
    line = 1
    for paragraph in re.split(r"(\n\s*\n|\n(?=\s*(?:[-*|]|\d+\.) ))", text):
        begins = line + len(paragraph) - len(paragraph.lstrip("\n"))
        line += paragraph.count("\n")
        if paragraph.strip():
            is_title = bool(re.fullmatch(r"\s*(#+ [^\n]+|\*\*[^*]+\*\*)\s*", paragraph))
            plain = re.sub(r"^[\s>#|*-]+|\*\*|`[^`]*`", lambda part: "X" if part[0].startswith("`") else "", paragraph)
            yield Passage(f"{path}:{begins}", " ".join(plain.split()), is_title)


def template_passages(path: Path) -> Iterator[Passage]:
    """The lines of a template, without tags and expressions."""
    for number, line in enumerate(read(path).splitlines(), 1):
        text = re.sub(r"\{[{%#].*?[}%#]\}|<[^>]*>", " ", line)
        yield Passage(f"{path}:{number}", " ".join(text.split()))


def data_passages(path: Path) -> Iterator[Passage]:
    """The texts of a YAML file that are ours. A text that is used again by an alias counts once."""
    read_already = set[int]()

    def walk(node: yaml.Node, key: str) -> Iterator[Passage]:
        if id(node) in read_already:
            return
        read_already.add(id(node))
        if isinstance(node, yaml.MappingNode):
            for name, value in node.value:
                yield from walk(value, str(name.value))
        elif isinstance(node, yaml.SequenceNode):
            for item in node.value:
                yield from walk(item, key)
        elif " " in str(node.value) and key not in SAID_BY_OTHERS:
            yield Passage(f"{path}:{node.start_mark.line + 1}", str(node.value))

    root = yaml.compose(read(path))
    if root is not None:
        yield from walk(root, "")


def passages() -> Iterator[Passage]:
    """Every text of the project that the rules bind, except for the places that show the habits."""
    for path in files(".py"):
        if path.name != Path(__file__).name:
            yield from code_passages(path)
    for path in files(".md"):
        if path.name != "writing.md":
            yield from page_passages(path)
    for path in files(".html"):
        yield from template_passages(path)
    for path in files(".yaml"):
        if str(path).startswith(READ_AS_YAML):
            yield from data_passages(path)


def faults(text: str, *, is_title: bool = False) -> Iterator[str]:
    """The habits in a text, each with the words to use instead. A title is no sentence: it may be a clause."""
    for pattern, instead in HABITS:
        for match in pattern.finditer(text):
            yield f"'{match[0]}': {instead}"
    if is_title:
        return
    for match in SENTENCE.finditer(text):
        sentence = match[1]
        is_question = sentence.endswith("?") or sentence in PAGE_TITLES
        if not is_question and not THAT_IS_FINE.match(sentence) and " " in sentence.strip(" :;"):
            yield f"'{sentence[:50]}': begin with the subject"


@pytest.mark.parametrize(
    ("text", "is_plain"),
    [
        ("Users who are not on record still see everything.", True),
        ("Still, whoever is not on record sees everything.", False),
        ("Of a clock that nobody acted on, X are told.", False),
        ("A second person must confirm this. That is a rule of the regime.", True),
        ("That it is confirmed somebody else has to enter.", False),
        ("What does the register say?", True),
        ("What a rule looks at.", False),
        ("The council is told of the notice.", False),
        ("The council is notified about the notice.", True),
    ],
)
def test_a_habit_is_found_and_plain_english_is_not_refused(text: str, is_plain: bool):
    assert (not list(faults(text))) == is_plain


def test_a_title_may_be_a_clause():
    assert not list(faults("What it can show", is_title=True))
    assert list(faults("Whoever reads it", is_title=True))


def test_nothing_we_wrote_has_a_habit_that_docs_writing_refuses():
    places = [f"{text.place}: {fault}" for text in passages() for fault in faults(text.text, is_title=text.is_title)]
    assert not places, f"{len(places)} places; docs/writing.md shows how to mend them:\n" + "\n".join(places)
