"""Documents of a folder of extracts."""

from pathlib import Path

import pytest

from indicators.folder import FolderClient
from settings import WrongInput


def write(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name, encoding="utf-8")


def test_files_are_found_once_and_in_order_under_their_path_in_the_folder(tmp_path: Path) -> None:
    write(tmp_path, "ofsted/b.csv", "ofsted/a.csv", "cqc/c.csv", "ofsted/notes.txt")
    documents = list(FolderClient(tmp_path).files("ofsted/*.csv", "*/a.csv"))
    assert [fetched.name for fetched in documents] == ["ofsted/a.csv", "ofsted/b.csv"]
    assert [fetched.address for fetched in documents] == [
        str(tmp_path / "ofsted/a.csv"),
        str(tmp_path / "ofsted/b.csv"),
    ]


def test_a_file_can_be_opened_again_and_again(tmp_path: Path) -> None:
    write(tmp_path, "a.csv")
    (fetched,) = FolderClient(tmp_path).files("*.csv")
    with fetched.open() as first, fetched.open() as second:
        assert (first.read(), second.read()) == (b"a.csv", b"a.csv")


def test_files_that_file_managers_leave_behind_are_left_out(tmp_path: Path) -> None:
    write(tmp_path, "a/x.csv", "a/._x.csv", ".git/x.csv", "__MACOSX/x.csv")
    (tmp_path / "a" / "folder.csv").mkdir()
    assert [fetched.name for fetched in FolderClient(tmp_path).files("**/*.csv")] == ["a/x.csv"]


def test_a_folder_reached_through_a_link_is_one(tmp_path: Path) -> None:
    write(tmp_path / "real", "x.csv")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert [fetched.name for fetched in FolderClient(tmp_path / "link").files("*.csv")] == ["x.csv"]


def test_a_link_inside_the_folder_is_followed(tmp_path: Path) -> None:
    write(tmp_path, "a/x.csv")
    (tmp_path / "a" / "y.csv").symlink_to("x.csv")
    assert [fetched.name for fetched in FolderClient(tmp_path).files("a/*")] == ["a/x.csv", "a/y.csv"]


@pytest.mark.parametrize("target", ["../secret.csv", "../outside"])
def test_a_link_that_leads_out_of_the_folder_is_refused(tmp_path: Path, target: str) -> None:
    write(tmp_path, "secret.csv", "outside/x.csv", "in/a.csv")
    (tmp_path / "in" / "link").symlink_to(target)
    with pytest.raises(WrongInput, match=r"in/link.*: a link that leads out of .*; put the file itself there"):
        list(FolderClient(tmp_path / "in").files("link", "link/*"))


def test_a_link_that_leads_nowhere_is_said(tmp_path: Path) -> None:
    (tmp_path / "x.csv").symlink_to("gone.csv")
    with pytest.raises(WrongInput, match="a link that leads nowhere; put the file itself there"):
        list(FolderClient(tmp_path).files("*.csv"))


def test_a_file_name_that_is_not_utf8_is_said(tmp_path: Path) -> None:
    (tmp_path / "caf\udce9.csv").write_text("x", encoding="utf-8")
    with pytest.raises(WrongInput, match=r"caf\\udce9.csv': the file name is not UTF-8; rename it"):
        list(FolderClient(tmp_path).files("*.csv"))


def test_a_missing_folder_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(WrongInput, match=r"gone: No such file or directory; give --from a folder"):
        FolderClient(tmp_path / "gone")


def test_a_file_in_place_of_the_folder_is_said_at_once(tmp_path: Path) -> None:
    write(tmp_path, "registers.zip")
    with pytest.raises(WrongInput, match=r"registers.zip: Not a directory; give --from a folder"):
        FolderClient(tmp_path / "registers.zip")


def test_a_folder_in_it_that_cannot_be_read_is_not_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "ofsted/a.csv")
    client = FolderClient(tmp_path)

    def forbidden(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    # Not by chmod: the administrator, as which containers run tests, may read everything.
    monkeypatch.setattr("indicators.folder.os.scandir", forbidden)
    with pytest.raises(WrongInput, match=r"ofsted: Permission denied; give --from"):
        list(client.files("ofsted/*.csv"))


def test_a_file_that_has_gone_is_said_when_it_is_opened(tmp_path: Path) -> None:
    write(tmp_path, "a.csv")
    (fetched,) = FolderClient(tmp_path).files("*.csv")
    (tmp_path / "a.csv").unlink()
    with pytest.raises(WrongInput, match=r"a.csv: No such file or directory; make the file readable"):
        fetched.open()


def test_a_folder_never_asks_the_web(tmp_path: Path) -> None:
    with FolderClient(tmp_path) as client:
        for ask in (lambda: client.get("https://register.test/a?key=s3cret", "a.csv"), lambda: client.get_json("x")):
            with pytest.raises(WrongInput, match=r"a folder was given, so .* is not asked; leave out --from") as caught:
                ask()
            assert "s3cret" not in str(caught.value)
