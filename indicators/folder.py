"""Gives the documents of a folder that is laid out like the register extracts."""

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path, PurePosixPath
from typing import BinaryIO, NoReturn, Self

from indicators.parsed_records import ArchiveState, FetchedDocument
from settings import WrongInput


class FolderClient:
    """Documents of a folder laid out like the register extracts. Never opens a connection."""

    is_folder = True

    def __init__(self, folder: Path) -> None:
        """Check that the folder can be read.

        Raises:
            WrongInput: it does not exist, is not a folder or cannot be read.
        """
        _check_readable(folder)
        self._folder = folder.resolve()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Do nothing: the folder keeps nothing open."""

    def files(self, *patterns: str) -> Iterator[FetchedDocument]:
        """The folder's files matching any of the glob patterns, sorted by their path in the folder.

        Dot files and ``__MACOSX``, which file managers leave behind, are left out.

        Raises:
            WrongInput: a subfolder cannot be read, a link leads out of the folder, or a file name is not UTF-8.
        """
        paths: dict[str, Path] = {}
        for pattern in patterns:
            for folder in _fixed_parents(self._folder, pattern):
                _check_readable(folder)
            for path in self._folder.glob(pattern):
                inside = path.relative_to(self._folder)
                if not any(part.startswith(".") or part == "__MACOSX" for part in inside.parts):
                    paths[inside.as_posix()] = path
        for name, path in sorted(paths.items()):
            self._check_inside(path)
            if path.is_file():
                yield FetchedDocument(name=name, address=str(path), open=partial(_open_file, path))

    def _check_inside(self, path: Path) -> None:
        if not path.resolve().is_relative_to(self._folder):
            raise WrongInput(f"{path}: a link that leads out of {self._folder}; put the file itself there")
        if not path.exists():
            raise WrongInput(f"{path}: a link that leads nowhere; put the file itself there or take the link away")
        try:
            str(path).encode()
        except UnicodeEncodeError:
            raise WrongInput(f"{str(path)!a}: the file name is not UTF-8; rename it") from None

    def get(self, address: str, name: str, since: ArchiveState | None = None) -> NoReturn:  # noqa: ARG002  (the protocol's)
        """Refuse the request: a folder never asks the web.

        Raises:
            WrongInput: always.
        """
        self.get_json(address)

    def get_json(self, address: str) -> NoReturn:
        """Refuse the request: a folder never asks the web.

        Raises:
            WrongInput: always.
        """
        place = address.partition("?")[0]  # a query may hold secrets
        raise WrongInput(f"{self._folder}: a folder was given, so {place} is not asked; leave out --from to ask it")


def _open_file(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise WrongInput(f"{path}: {error.strerror}; make the file readable or take it out of the folder") from error


def _check_readable(folder: Path) -> None:
    try:
        with os.scandir(folder):
            pass
    except OSError as error:
        raise WrongInput(f"{folder}: {error.strerror}; give --from a folder of register extracts") from error


def _fixed_parents(folder: Path, pattern: str) -> Iterator[Path]:
    """The existing folders before the first wildcard of a pattern: glob silently skips folders that it may not read."""
    for part in PurePosixPath(pattern).parent.parts:
        folder /= part
        if "*" in part or not folder.is_dir():
            return
        yield folder
