"""Reads settings from the environment and ``.env``, and explains what is wrong with them without repeating a secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_settings import BaseSettings
from pydantic_settings.exceptions import SettingsError

from badbuzz.errors import Misconfigured, describe_problem
from badbuzz.settings.env_file import check_env_file
from badbuzz.settings.values import may_wrong_value_be_shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic.fields import FieldInfo
    from pydantic_core import ErrorDetails

_SettingsT = TypeVar("_SettingsT", bound=BaseSettings)


def load_as(settings: type[_SettingsT]) -> _SettingsT:
    """Read settings of a class from the environment and ``.env``.

    :raises Misconfigured: with each wrong setting's environment variable, its value, and what is expected.
    """
    try:
        check_env_file(str(settings.model_config["env_prefix"]))
        return settings()
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False)
        raise Misconfigured("\n".join(_explain(detail, settings) for detail in details)) from None
    except SettingsError as error:
        raise Misconfigured(
            f"{error}: the value of a whole section must be one JSON object; or set each value by its own variable"
        ) from None
    except UnicodeDecodeError as error:
        raise Misconfigured(f".env is not text in UTF-8: {error.reason} at byte {error.start}") from None
    except OSError as error:
        raise Misconfigured(f".env cannot be read: {error.strerror}") from None


def _explain(detail: ErrorDetails, settings: type[BaseSettings]) -> str:
    variable = settings.model_config["env_prefix"] + "__".join(str(step).upper() for step in detail["loc"])
    field = _find_field(settings, detail["loc"])
    return describe_problem(
        detail, name=variable, show_value=field is not None and may_wrong_value_be_shown(field)
    )


def _find_field(section: type[BaseModel], steps: Sequence[int | str]) -> FieldInfo | None:
    """Return the setting that a problem concerns; None if it concerns a section, or a name that no setting has."""
    if not steps:
        return None
    field = section.model_fields.get(str(steps[0]))
    if field is None:
        return None
    kinds = (field.annotation, *get_args(field.annotation))
    inner = next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), None)
    return field if inner is None else _find_field(inner, steps[1:])
