"""Reads a YAML file into a Pydantic model and reports every problem with its line."""

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import ClassVar, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from settings import WrongInput

YamlPath = tuple[str | int, ...]
AnyModel = TypeVar("AnyModel", bound=BaseModel)
MAX_BYTES = 1_000_000  # bytes: people read these files
MAX_SHOWN_LETTERS = 40  # letters of a wrong value


_YAML_ADVICE = (
    ("mapping values are not allowed", "put a text with ': ' in it in quotes, or correct the indentation"),
    ("cannot start any token", "indent with spaces, not tabs, and put a text that begins with a sign in quotes"),
)


class WrongYaml(WrongInput):
    """A file is wrong; ``problems`` has one line for each problem, ``file:line: what is wrong, what to write instead``.

    Each kind of file has a subclass of its own, whose ``noun`` the messages use.
    """

    noun: ClassVar[str]  # "regime"

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class LocatedProblems(ValueError):
    """Problems between parts of a file, each with its place below the part whose validator raises this."""

    def __init__(self, problems: list[tuple[YamlPath, str]]) -> None:
        self.problems = problems
        super().__init__("; ".join(problem for _, problem in problems))


def read_yaml_file(path: Path, wrong: type[WrongYaml]) -> str:
    """The text of the file.

    Raises:
        WrongYaml: the ``wrong`` of the caller; the file cannot be read, or is too large.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise wrong([f"{path}: larger than {MAX_BYTES:,} bytes; this is not a {wrong.noun} file"])
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise wrong([f"{path}: not UTF-8 ({error.reason} at byte {error.start}); save it as UTF-8"]) from error
    except OSError as error:
        raise wrong([f"{path}: {error.strerror}; give the path of a {wrong.noun} file"]) from error


def validate_yaml(path: Path, text: str, model: type[AnyModel], wrong: type[WrongYaml]) -> AnyModel:
    """The file's content as a model.

    Raises:
        WrongYaml: the ``wrong`` of the caller, with a line for each problem, in order of the lines.
    """
    try:
        _refuse_aliases(path, text, wrong)
        root = yaml.compose(text, Loader=yaml.CSafeLoader)
        places = _LineIndex(root)
        content = None if places.unreadable_nodes else yaml.load(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        problem = error.problem or error.context or ""
        advice = next((advice for part, advice in _YAML_ADVICE if part in problem), "correct the YAML")
        raise wrong([f"{path}:{line}: {problem}; {advice}"]) from error
    except RecursionError as error:
        raise wrong([f"{path}:1: nested too deeply; write it as the shipped {wrong.noun} files are"]) from error
    except yaml.reader.ReaderError as error:
        line = text[: error.position].count("\n") + 1
        raise wrong([f"{path}:{line}: a control character (number {error.character}); remove it"]) from error
    if places.unreadable_nodes:
        unreadable = dict.fromkeys(places.unreadable_nodes)
        raise wrong([f"{path}:{line}: {_one_line(problem)}" for line, problem in unreadable])
    problems = list(places.repeated_keys)
    if not isinstance(content, dict):
        raise wrong([f"{path}:1: empty, or not a mapping; begin with 'schema: 1'"])
    try:
        validated = model.model_validate(content)
    except ValidationError as error:
        known_keys = _field_names(model)
        problems += [
            (places.line_number(location), problem)
            for details in _drop_repeated_errors(error.errors())
            for location, problem in _describe_error(details, places, known_keys)
        ]
    if problems:
        raise wrong([f"{path}:{line}: {_one_line(problem)}" for line, problem in sorted(set(problems))])
    return validated


def line_number_of(text: str, yaml_path: YamlPath) -> int:
    """The line of a part of a YAML document that has been read before.

    Args:
        text: the document.
        yaml_path: keys and places in lists, from the root.
    """
    return _LineIndex(yaml.compose(text, Loader=yaml.CSafeLoader)).line_number(yaml_path)


def _one_line(text: str) -> str:
    """The text on one line, without signs that a terminal would obey."""
    return "".join(letter if letter.isprintable() else "?" for letter in " ".join(text.split()))


def _refuse_aliases(path: Path, text: str, wrong: type[WrongYaml]) -> None:
    """Refuse anchors that stand for another part of the file: a reader must see what applies."""
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.AliasEvent):
            line = text[: text.index(f"*{event.anchor}")].count("\n") + 1
            raise wrong([f"{path}:{line}: *{event.anchor} stands for something else; write it out"])


_TEXT_TAG, _DAY_TAG, _MERGE_TAG = (f"tag:yaml.org,2002:{kind}" for kind in ("str", "timestamp", "merge"))
_SCALAR_TAGS = {_TEXT_TAG, _DAY_TAG, *(f"tag:yaml.org,2002:{kind}" for kind in ("int", "float", "bool", "null"))}


def _node_text(node: yaml.Node) -> str:
    return str(node.value)[:20]


def _key_problem(key: yaml.Node) -> str:
    """The problem of a key that is not a word, and the remedy."""
    if key.tag == _MERGE_TAG:
        return "other keys cannot be a key; write a word, in quotes if need be"
    if _node_text(key).isdigit():
        return f"'{_node_text(key)}' cannot be a key; write large numbers without commas, other keys in quotes"
    return f"'{_node_text(key)}' cannot be a key; write a word, in quotes if need be"


class _LineIndex:
    """The line on which each part of a YAML document is."""

    def __init__(self, root: yaml.Node | None) -> None:
        self.lines: dict[YamlPath, int] = {(): 1}
        self.repeated_keys: list[tuple[int, str]] = []
        self.unreadable_nodes: list[tuple[int, str]] = []
        self._loader = yaml.CSafeLoader("")
        if root is not None:
            self._index_lines(root, ())

    def _index_lines(self, node: yaml.Node, where: YamlPath) -> None:
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                line, inner = key.start_mark.line + 1, (*where, str(key.value))
                if key.tag != _TEXT_TAG:
                    self.unreadable_nodes.append((line, _key_problem(key)))
                if inner in self.lines:
                    self.repeated_keys.append((line, f"'{key.value}' is there twice; keep one"))
                self.lines[inner] = line
                self._index_lines(value, inner)
        elif isinstance(node, yaml.SequenceNode):
            for number, value in enumerate(node.value):
                self.lines[(*where, number)] = value.start_mark.line + 1
                self._index_lines(value, (*where, number))
        else:
            self._check_scalar(node)

    def _check_scalar(self, node: yaml.Node) -> None:
        """Note a scalar that YAML cannot construct: a day that the calendar does not have, an endless number."""
        if node.tag not in _SCALAR_TAGS:
            tag = node.tag.replace("tag:yaml.org,2002:", "!!")
            self.unreadable_nodes.append((node.start_mark.line + 1, f"{tag} is not allowed; remove it"))
            return
        try:
            self._loader.construct_object(node)
        except (ValueError, yaml.YAMLError):
            expected = "day of the calendar" if node.tag == _DAY_TAG else "number that can be read"
            self.unreadable_nodes.append(
                (node.start_mark.line + 1, f"'{_node_text(node)}' is not a {expected}; correct it")
            )

    def document_path(self, location: YamlPath) -> YamlPath:
        """The part of the document at Pydantic's location, which also names the kind of a rule after its number."""
        path: YamlPath = ()
        for number, part in enumerate(location):
            is_kind = number > 1 and location[number - 2] == "rules"
            if not is_kind and (*path, part) in self.lines:
                path = (*path, part)
        return path

    def line_number(self, location: YamlPath) -> int:
        """The line of that part, or of the part in which it is missing."""
        return self.lines[self.document_path(location)]


# The problem and its remedy, by Pydantic's kind of error; {name} is the key, {input} the value of the file.
_PROBLEM_TEXTS = {
    "missing": "'{name}' is missing; add it",
    "union_tag_not_found": "'kind' is missing; say what kind of rule it is",
    "union_tag_invalid": "unknown kind '{tag}'; write one of {expected_tags}",
    "enum": "'{input}' is not allowed for '{name}'; write {expected}",
    "literal_error": "'{input}' is not allowed for '{name}'; write {expected}",
    "too_short": "'{name}' is too short; give at least {min_length}",
    "string_too_long": "'{name}' is {input}; write at most {max_length} letters",
    "string_pattern_mismatch": "'{name}' is {input}; write small letters, digits and _, a letter first",
    "string_too_short": "'{name}' is empty; write something",
    "string_type": "'{name}' is {input}; write words, in quotes if they look like a number or a day",
    "int_type": "'{name}' is {input}; write a whole number",
    "less_than_equal": "'{name}' is {input}; write at most {le}",
    "float_type": "'{name}' is {input}; write a number",
    "finite_number": "'{name}' is {input}; write a number, or leave the edge open",
    "bool_type": "'{name}' is {input}; write true or false",
    "tuple_type": "'{name}' is {input}; write a list",
    "dict_type": "'{name}' is {input}; write keys with their values",
    "model_type": "'{name}' is {input}; write keys with their values",
    "model_attributes_type": "'{name}' is {input}; write keys with their values",
}


def _drop_repeated_errors(errors: list[ErrorDetails]) -> list[ErrorDetails]:
    """Without "too short" where a list is short only because its items are wrong, which is reported as well."""
    places = [error["loc"] for error in errors]

    def is_reported(error: ErrorDetails) -> bool:
        depth = len(error["loc"])
        return any(len(place) > depth and place[:depth] == error["loc"] for place in places)

    return [error for error in errors if error["type"] != "too_short" or not is_reported(error)]


def _describe_error(details: ErrorDetails, places: _LineIndex, known_keys: set[str]) -> list[tuple[YamlPath, str]]:
    """The place of each problem, and the problem with its remedy."""
    location, kind, context = details["loc"], details["type"], details.get("ctx", {})
    name = next(
        (part for part in reversed(places.document_path(location) or location) if isinstance(part, str)), "the file"
    )
    if kind in {"missing", "extra_forbidden"}:
        name = str(location[-1])
    if kind == "extra_forbidden":
        near = get_close_matches(str(name), known_keys, 1)
        return [(location, f"unknown key '{name}'; " + (f"write '{near[0]}'" if near else "remove it"))]
    if kind == "value_error":
        error = context["error"]
        problems = error.problems if isinstance(error, LocatedProblems) else [((), str(error))]
        return [((*location, *place), problem) for place, problem in problems]
    if kind in _PROBLEM_TEXTS:
        shown = {key: str(value).replace("'", "") for key, value in context.items()}
        is_choice = kind in {"enum", "literal_error"}
        value = str(details["input"])[:MAX_SHOWN_LETTERS] if is_choice else _shorten_value(details["input"])
        return [(location, _PROBLEM_TEXTS[kind].format(name=name, input=value, **shown))]
    message = details["msg"].removeprefix("Input ").removeprefix("String ").split(", ")[0]
    return [(location, f"'{name}' is {_shorten_value(details['input'])}: it {message}")]


_YAML_SPELLINGS = {
    None: "empty",
    True: "true (or yes)",
    False: "false (or no)",
}  # as they were written, not as Python has them


def _shorten_value(value: object) -> str:
    text = _YAML_SPELLINGS[value] if value is None or isinstance(value, bool) else repr(value)
    return text if len(text) <= MAX_SHOWN_LETTERS else f"{text[: MAX_SHOWN_LETTERS - 3]}..."


def _field_names(model: type[BaseModel]) -> set[str]:
    """Every key that the schema knows, to suggest the nearest."""
    names: set[str] = set()
    for definition in model.model_json_schema(by_alias=True).get("$defs", {}).values():
        names |= definition.get("properties", {}).keys()
    return names | {field.alias or name for name, field in model.model_fields.items()}
