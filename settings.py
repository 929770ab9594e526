"""Reads the settings from the environment; no other module reads it."""

import hashlib
import os
from functools import cache
from pathlib import Path

from dotenv import load_dotenv
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent
SCORING_CODE = ("models", "indicators", "regimes", "risk", "access", "casework", "text")
_EXCLUDED_FOLDERS = {"definitions", "migrations"}  # regimes have hashes of their own
CHANNEL_PREFIX = "CONTINUITY_CHANNEL_"


class WrongInput(Exception):
    """A mistake in the user's input: one line says the place, the mistake and the remedy. Exit code 2."""


class Settings(BaseSettings):
    """The settings of an installation; each field is an environment variable with the prefix ``CONTINUITY_``."""

    model_config = SettingsConfigDict(env_prefix="CONTINUITY_", extra="ignore")

    home: Path = Field(default=Path(".continuity"), description="Data directory; nothing is written outside it")
    database_url: str = Field(default="", description="SQLAlchemy URL; empty means SQLite in the data directory")
    registers: Path | None = Field(default=None, description="A folder of register extracts used instead of the web")
    user: str = Field(default="operator", description="The user as whom the command line acts")
    companies_house_key: str = Field(default="", repr=False, description="Key of the Companies House API")
    cqc_key: str = Field(default="", repr=False, description="Key of the CQC API")
    dashboard_address: str = Field(
        default="http://localhost:8501", description="The dashboard's address, for links in messages"
    )

    @property
    def engine_url(self) -> str:
        """The database's SQLAlchemy URL."""
        return self.database_url or f"sqlite:///{self.home.resolve() / 'continuity.db'}"

    @property
    def archive_folder(self) -> Path:
        """The folder of fetched documents, named by SHA-256."""
        return self.home / "archive"

    @property
    def outbox_folder(self) -> Path:
        """The folder in which the default channel writes messages as files."""
        return self.home / "outbox"

    def channel_urls(self) -> dict[str, str]:
        """Channel name (lower case) to Apprise URL, from ``CONTINUITY_CHANNEL_<NAME>``. The URLs are secrets."""
        return {
            key.removeprefix(CHANNEL_PREFIX).lower(): value
            for key, value in os.environ.items()
            if key.startswith(CHANNEL_PREFIX) and value
        }


def load() -> Settings:
    """The settings of this process, with those of a ``.env`` in the working folder.

    Raises:
        WrongInput: a setting cannot be used.
    """
    load_dotenv(Path.cwd() / ".env", override=False)
    try:
        return Settings()
    except ValueError as error:
        raise WrongInput(f"settings: {error}") from error


@cache
def code_version() -> str:
    """A hash over the code that can change a score, so that replay knows whether that code has changed.

    Messages, pages and migrations are not part of it, because they cannot change a score.
    """
    digest = hashlib.sha256()
    for name in SCORING_CODE:
        code = ROOT / name
        for path in sorted(code.rglob("*")) if code.is_dir() else [code]:
            relative = path.relative_to(ROOT)
            is_left_by_an_editor = any(part.startswith(".") for part in relative.parts)
            if (
                path.suffix not in {".py", ".yaml", ".sql"}
                or is_left_by_an_editor
                or _EXCLUDED_FOLDERS & {*relative.parts}
            ):
                continue
            digest.update(relative.as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def disable_telemetry(home: Path) -> None:
    """Switch off the telemetry of packages and keep their files in the data directory; call before importing them."""
    for key, value in {
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "ITERATIVE_DO_NOT_TRACK": "1",
        "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false",
        "PREFECT_HOME": str(home.resolve() / "prefect"),
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
        "PREFECT_LOGGING_LEVEL": "WARNING",
    }.items():
        os.environ.setdefault(key, value)
