"""Every problem of a YAML file is reported with its line, its remedy and the noun of the file."""

from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict

from text.yaml_lines import MAX_BYTES, WrongYaml, line_number_of, read_yaml_file, validate_yaml


class WrongRecipe(WrongYaml):
    """A recipe file is wrong."""

    noun = "recipe"


class Recipe(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    title: str
    servings: int = 1


def problems(text: str) -> list[str]:
    with pytest.raises(WrongRecipe) as refused:
        validate_yaml(Path("r.yaml"), text, Recipe, WrongRecipe)
    return list(refused.value.problems)


def test_a_right_file_becomes_a_model():
    assert validate_yaml(Path("r.yaml"), "title: Soup\nservings: 4\n", Recipe, WrongRecipe) == Recipe(
        title="Soup", servings=4
    )


def test_all_problems_are_reported_in_the_order_of_their_lines():
    assert problems("servings: many\ntitel: Soup\n") == [
        "r.yaml:1: 'servings' is 'many'; write a whole number",
        "r.yaml:1: 'title' is missing; add it",
        "r.yaml:2: unknown key 'titel'; write 'title'",
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "1: empty, or not a mapping; begin with 'schema: 1'"),
        ("title: a: b\n", "1: mapping values are not allowed in this context; put a text with ': ' in it in quotes"),
        ("title: &a Soup\nother: *a\n", "2: *a stands for something else; write it out"),
        ("title: 2015-02-30\n", "1: '2015-02-30' is not a day of the calendar; correct it"),
        ("title: Soup\ntitle: Stew\n", "2: 'title' is there twice; keep one"),
        ("title: !!binary aa\n", "1: !!binary is not allowed; remove it"),
        ("title: " + "[" * 5000 + "]" * 5000, "1: nested too deeply; write it as the shipped recipe files are"),
    ],
)
def test_a_file_that_cannot_be_read_says_which_line_and_what_to_do(text: str, problem: str):
    assert problems(text)[0].startswith(f"r.yaml:{problem}")


def test_a_file_that_is_missing_or_too_large_is_called_by_its_noun(tmp_path: Path):
    large = tmp_path / "large.yaml"
    large.write_bytes(b"#" * (MAX_BYTES + 1))

    with pytest.raises(WrongRecipe, match=r"larger than 1,000,000 bytes; this is not a recipe file"):
        read_yaml_file(large, WrongRecipe)
    with pytest.raises(WrongRecipe, match=r"No such file or directory; give the path of a recipe file"):
        read_yaml_file(tmp_path / "none.yaml", WrongRecipe)


def test_the_line_of_a_part_is_found_by_its_path():
    assert line_number_of("a:\n- b: 1\n- b: 2\n", ("a", 1, "b")) == 3
