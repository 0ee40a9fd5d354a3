"""Strict JSON and query types, and the one renderer of validation errors.

JSON bodies are not coerced (`"5"` is no number, 5.0 is an integer); query values are. Errors have
the shape that clients know from class-validator: `{target, value, property, children, constraints}`
(auth notes, section 2.3). A type carries its `Rule`s as metadata, so a missing property reports the
same constraints as a wrong one.
"""

from __future__ import annotations

import json
import re
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import Enum
from functools import lru_cache
from importlib.resources import files
from itertools import islice
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

INT4 = 2**31 - 1


@dataclass(frozen=True)
class Rule:
    """The name of a constraint and its text without the property's name."""

    name: str
    text: str

    def error(self) -> PydanticCustomError:
        return PydanticCustomError(self.name, "{text}", {"text": self.text})


def broken(name: str, text: str) -> PydanticCustomError:
    """To raise inside a validator: constraint `name` with `<property> <text>`; a text that is a
    whole sentence starts with `=`."""
    return PydanticCustomError(name, "{text}", {"text": text})


class Body(BaseModel):
    """Base of request bodies: camelCase keys, unknown ones dropped."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="ignore",
        frozen=True,
    )

    def given(self, *names: str) -> bool:
        """Whether all of the named fields were in the body (null counts as sent)."""
        return self.model_fields_set.issuperset(names)


class StrictBody(Body):
    """A body whose unknown properties are refused; use with `joined_errors`."""

    model_config = ConfigDict(extra="forbid")


F = TypeVar("F", bound=Callable[..., Any])  # Any: any endpoint


def joined_errors(endpoint: F) -> F:
    """Errors of this endpoint are one message, `<property> property is wrong,<texts> `
    (bookings notes, section 3; slots notes, section 2.2)."""
    endpoint.__dict__["joined_errors"] = True
    return endpoint


# -- types of JSON values

IS_STRING = Rule("isString", "must be a string")
IS_INT = Rule("isInt", "must be an integer number")
IS_NUMBER = Rule("isNumber", "must be a number conforming to the specified constraints")
IS_BOOLEAN = Rule("isBoolean", "must be a boolean value")
IS_EMAIL = Rule("isEmail", "must be an email")
IS_URL = Rule("isUrl", "must be a URL address")
IS_TIME_ZONE = Rule("isTimeZone", "must be a valid IANA time-zone")
IS_DATE_STRING = Rule("isDateString", "must be a valid ISO 8601 date string")
IS_ARRAY = Rule("isArray", "must be an array")
IS_OBJECT = Rule("isObject", "must be an object")


def clean(text: str) -> str:
    """Refuses what Postgres cannot store: NUL and lone surrogates."""
    if "\x00" in text or any("\ud800" <= c <= "\udfff" for c in text):
        raise broken("isString", "must not contain NUL or unpaired surrogates")
    return text


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise IS_STRING.error()
    return clean(value)


def _int(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        raise IS_INT.error()
    return int(value)


def _int_safe(value: object) -> int:
    try:
        return _int(value)
    except (OverflowError, ValueError):  # NaN and infinities
        raise IS_INT.error() from None


def _int4(value: object) -> int:
    number = _int_safe(value)
    if not -INT4 - 1 <= number <= INT4:
        raise broken("max", f"must not be greater than {INT4}")
    return number


def _bool(value: object) -> bool:
    if not isinstance(value, bool):
        raise IS_BOOLEAN.error()
    return value


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise IS_NUMBER.error()
    number = float(value)
    if number != number or number in (float("inf"), float("-inf")):
        raise IS_NUMBER.error()
    return number


_EMAIL = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@"
    r"(?=.{1,253}$)(?:[A-Za-z0-9\u00a1-\U0010ffff](?:[A-Za-z0-9\u00a1-\U0010ffff-]{0,61}"
    r"[A-Za-z0-9\u00a1-\U0010ffff])?\.)+[A-Za-z\u00a1-\U0010ffff][A-Za-z0-9\u00a1-\U0010ffff-]*"
)


def is_email(text: str) -> bool:
    local = text.partition("@")[0]
    return (
        _EMAIL.fullmatch(text) is not None
        and ".." not in text
        and not local.startswith(".")
        and not local.endswith(".")
    )


def _email(value: object) -> str:
    text = _text(value)
    if not is_email(text):
        raise IS_EMAIL.error()
    return text


_URL = re.compile(
    r"https?://(?:[^\s/?#@]*@)?[^\s/?#@]+\.[^\s/?#@.]{2,}(?::\d{1,5})?(?:[/?#]\S*)?", re.I
)


def is_url(text: str) -> bool:
    """An absolute http(s) URL with a public-looking host."""
    return _URL.fullmatch(text) is not None


def _url(value: object) -> str:
    text = _text(value)
    if not is_url(text):
        raise IS_URL.error()
    return text


@lru_cache(maxsize=1)
def _zones() -> dict[str, str]:
    names = files("tzdata").joinpath("zones").read_text().split()
    return {name.lower(): name for name in names}


def zone_name(text: str) -> str | None:
    """The IANA name in its proper capitalisation, or None."""
    return _zones().get(text.lower())


def _time_zone(value: object) -> str:
    name = zone_name(value) if isinstance(value, str) else None
    if name is None:
        raise IS_TIME_ZONE.error()
    return name


_ISO = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})"
    r"(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(Z|z|[+-]\d{2}(?::?\d{2})?)?)?"
)


def parse_instant(text: str) -> datetime | None:
    """The UTC instant of a strict ISO 8601 date or date-time; without an offset it is UTC.

    None when the text has not that form or names no real moment (30 February, 25:00), and for the
    year 1, whose first moment the database's driver takes for minus infinity.
    """
    match = _ISO.fullmatch(text)
    if match is None:
        return None
    offset = match[8] or "Z"
    if offset not in "Zz" and len(offset) == 3:
        offset += ":00"
    fraction = ((match[7] or "") + "000000")[:6]
    clock = f"{match[4] or '00'}:{match[5] or '00'}:{match[6] or '00'}.{fraction}"
    try:
        moment = datetime.fromisoformat(
            f"{match[1]}-{match[2]}-{match[3]}T{clock}{'+00:00' if offset in 'Zz' else offset}"
        )
        moment = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment if moment.year > 1 else None


def is_iso(text: str) -> bool:
    """Whether the text has the form of an ISO date; its day need not exist."""
    return _ISO.fullmatch(text) is not None


def parse_day(text: str) -> date | None:
    """The day of a `YYYY-MM-DD`; None when there is none, and for the year 1, as above."""
    try:
        day = date.fromisoformat(text) if len(text) == 10 else date.min
    except ValueError:
        return None
    return day if day.year > 1 else None


def _instant(value: object) -> datetime:
    moment = parse_instant(value) if isinstance(value, str) else None
    if moment is None:
        raise IS_DATE_STRING.error()
    return moment


def _day(value: object) -> date:
    text = value if isinstance(value, str) else ""
    day = parse_day(text[:10]) if is_iso(text) else None
    if day is None:
        raise IS_DATE_STRING.error()
    return day


Text = Annotated[str, BeforeValidator(_text), IS_STRING]
Int = Annotated[int, BeforeValidator(_int4), IS_INT]
BodyId = Annotated[int, BeforeValidator(_int_safe), IS_INT]  # any size; the tables clamp it
Number = Annotated[float, BeforeValidator(_number), IS_NUMBER]
Bool = Annotated[bool, BeforeValidator(_bool), IS_BOOLEAN]
Email = Annotated[str, BeforeValidator(_email), IS_EMAIL]
Url = Annotated[str, BeforeValidator(_url), IS_URL]
TimeZone = Annotated[str, BeforeValidator(_time_zone), IS_TIME_ZONE]
Instant = Annotated[datetime, BeforeValidator(_instant), IS_DATE_STRING]
Day = Annotated[date, BeforeValidator(_day), IS_DATE_STRING]


def at_least(limit: int) -> Any:  # Any: metadata of Annotated
    """Metadata for `Annotated[Int, at_least(1)]`."""
    rule = Rule("min", f"must not be less than {limit}")

    def check(value: float) -> float:
        if value < limit:
            raise rule.error()
        return value

    return AfterValidator(check)


def at_most(limit: int) -> Any:  # Any: metadata of Annotated
    rule = Rule("max", f"must not be greater than {limit}")

    def check(value: float) -> float:
        if value > limit:
            raise rule.error()
        return value

    return AfterValidator(check)


def not_empty() -> Any:  # Any: metadata of Annotated
    rule = Rule("isNotEmpty", "should not be empty")

    def check(value: str) -> str:
        if not value.strip():
            raise rule.error()
        return value

    return AfterValidator(check)


def matching(pattern: str, text: str, name: str = "matches") -> Any:  # Any: metadata of Annotated
    compiled, rule = re.compile(pattern), Rule(name, text)

    def check(value: str) -> str:
        if compiled.fullmatch(value) is None:
            raise rule.error()
        return value

    return AfterValidator(check)


def one_of(values: Iterable[object]) -> tuple[BeforeValidator, Rule]:
    """The validator and rule of an enumerated value; unpack into Annotated."""
    allowed = list(values)
    rule = Rule(
        "isEnum",
        "must be one of the following values: " + ", ".join(str(value) for value in allowed),
    )

    def check(value: object) -> object:
        for candidate in allowed:
            if value == candidate and isinstance(value, bool) == isinstance(candidate, bool):
                return candidate
        raise rule.error()

    return BeforeValidator(check), rule


# -- query and path values


def _from_query_int(value: object) -> object:
    if isinstance(value, str) and re.fullmatch(r"\s*[+-]?\d{1,18}(\.0*)?\s*", value):
        return int(float(value)) if "." in value else int(value)
    return value


def _query_int(value: object) -> int:
    value = _from_query_int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise IS_NUMBER.error()
    return value


def _query_bool(value: object) -> bool:
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if isinstance(value, bool):
        return value
    raise IS_BOOLEAN.error()


def query_int(low: int, high: int = INT4) -> tuple[BeforeValidator, Rule]:
    """An integer of the query within bounds; unreadable text breaks all three rules."""
    bounds = (
        Rule("min", f"must not be less than {low}"),
        Rule("max", f"must not be greater than {high}"),
    )

    def check(value: object) -> int:
        number = _from_query_int(value)
        if isinstance(number, bool) or not isinstance(number, int):
            raise PydanticCustomError(
                "rules",
                "{text}",
                {"text": "", "rules": {r.name: r.text for r in (*bounds, IS_NUMBER)}},
            )
        if number < low:
            raise bounds[0].error()
        if number > high:
            raise bounds[1].error()
        return number

    return BeforeValidator(check), IS_NUMBER


def comma_list(value: object) -> object:
    """`a,b`, `a=1&a=2` and `a[]=1` all become one list; blanks around items are cut."""
    if isinstance(value, str):
        value = [value]
    if isinstance(value, list):
        return [part.strip() for item in value for part in str(item).split(",")]
    return value


def _path_id(value: object) -> int:
    if isinstance(value, int):
        return value
    if not isinstance(value, str) or re.fullmatch(r"[+-]?\d{1,400}", value) is None:
        raise PydanticCustomError("numeric_string", "{text}", {"text": ""})
    return int(value)


QueryInt = Annotated[int, BeforeValidator(_query_int), IS_NUMBER]
QueryBool = Annotated[bool, BeforeValidator(_query_bool), IS_BOOLEAN]
IntId = Annotated[int, BeforeValidator(_path_id)]

# -- rendering

# pydantic's error type -> rule, for the few checks that are not ours
_FALLBACK: dict[str, Rule] = {
    "string_type": IS_STRING,
    "int_type": IS_INT,
    "bool_type": IS_BOOLEAN,
    "float_type": IS_NUMBER,
    "list_type": IS_ARRAY,
    "tuple_type": IS_ARRAY,
    "set_type": IS_ARRAY,
    "dict_type": IS_OBJECT,
    "model_type": IS_OBJECT,
    "model_attributes_type": IS_OBJECT,
    "extra_forbidden": Rule("whitelistValidation", "=property {property} should not exist"),
    "too_short": Rule("arrayMinSize", "must contain at least {min_length} elements"),
    "too_long": Rule("arrayMaxSize", "must contain no more than {max_length} elements"),
    "string_too_long": Rule(
        "maxLength", "must be shorter than or equal to {max_length} characters"
    ),
    "string_too_short": Rule(
        "minLength", "must be longer than or equal to {min_length} characters"
    ),
}


def _rules_of(annotation: Any, metadata: Sequence[Any]) -> list[Rule]:  # Any: type forms
    rules = [item for item in metadata if isinstance(item, Rule)]
    for argument in typing.get_args(annotation):
        if typing.get_origin(annotation) in (list, dict, tuple, set):
            break
        rules += _rules_of(argument, getattr(argument, "__metadata__", ()))
    if rules:
        return rules
    origin = typing.get_origin(annotation) or annotation
    if origin in (list, tuple, set, frozenset):
        return [IS_ARRAY]
    if origin is dict or (isinstance(origin, type) and issubclass(origin, BaseModel)):
        return [IS_OBJECT]
    if isinstance(origin, type) and issubclass(origin, Enum):
        return [one_of(item.value for item in origin)[1]]
    return []


def _model_in(annotation: Any) -> type[BaseModel] | None:  # Any: type forms
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in typing.get_args(annotation):
        if (found := _model_in(argument)) is not None:
            return found
    return None


def _field_rules(model: Any, location: Sequence[int | str]) -> list[Rule]:  # Any: type forms
    """The rules of the field that a location names, starting from a body model."""
    current = _model_in(model)
    for depth, part in enumerate(location):
        if current is None:
            return []
        field = next(
            (f for n, f in current.model_fields.items() if part in (n, f.alias)),
            None,
        )
        if field is None:
            continue
        if depth == len(location) - 1:
            return _rules_of(field.annotation, field.metadata)
        current = _model_in(field.annotation)
    return []


def _constraints(
    error: Mapping[str, Any], name: str, model: Any, location: Sequence[int | str]
) -> dict[str, str]:
    """rule -> text of one pydantic error."""
    kind, context = str(error["type"]), error.get("ctx") or {}
    if kind == "missing":
        rules = _field_rules(model, location) or [
            Rule("isDefined", "should not be null or undefined")
        ]
    elif kind == "rules":
        rules = [Rule(n, t) for n, t in context["rules"].items()]
    elif kind in _FALLBACK:
        rules = [_FALLBACK[kind]]
    elif "text" in context:
        rules = [Rule(kind, str(context["text"]))]
    elif kind in ("enum", "literal_error"):
        expected = str(context.get("expected", "")).replace("'", "").replace(" or ", ", ")
        rules = [Rule("isEnum", f"must be one of the following values: {expected}")]
    else:
        rules = _field_rules(model, location) or [Rule(kind, str(error["msg"]))]
    return {rule.name: _sentence(rule.text, name, context) for rule in rules}


def _sentence(text: str, name: str, context: Mapping[str, Any]) -> str:
    for key in ("min_length", "max_length"):
        if key in context:
            text = text.replace("{" + key + "}", str(context[key]))
    text = text.replace("{property}", name)
    return text[1:] if text.startswith("=") else f"{name} {text}"


def _received(value: Any, location: Sequence[int | str]) -> list[tuple[str, Any, Any]]:
    """(property, target, value) along a location; union tags, which name nothing received, are
    left out."""
    path: list[tuple[str, Any, Any]] = []
    for depth, part in enumerate(location):
        last = depth == len(location) - 1
        if isinstance(value, Mapping) and (part in value or last):
            path.append((str(part), value, value.get(part)))
            value = value.get(part)
        elif isinstance(value, list | tuple) and isinstance(part, int) and part < len(value):
            path.append((str(part), value, value[part]))
            value = value[part]
        elif last and not path:
            path.append((str(part), value, None))
    return path


MOST_PROBLEMS = 100
SHOWN = 20_000  # characters


def tree(
    errors: Iterable[Mapping[str, Any]], received: Any, model: Any = None
) -> list[dict[str, Any]]:
    """Errors as class-validator prints them, in the order they were found: the first hundred, and
    without what was received where that is long, since each of them repeats it."""
    top: list[dict[str, Any]] = []
    short = len(json.dumps(received, default=str)) <= SHOWN
    for error in islice(errors, MOST_PROBLEMS):
        location = tuple(error["loc"][1:])
        path = _received(received, location)
        if not path:
            constraint = "an unknown value was passed to the validate function"
            top.append({"children": [], "constraints": {"unknownValue": constraint}})
            continue
        level = top
        for depth, (name, target, value) in enumerate(path):
            node = next((n for n in level if n.get("property") == name), None)
            if node is None:
                node = {"target": target} if short else {}
                node |= {"property": name, "children": []}
                if short and not (isinstance(target, Mapping) and name not in target):
                    node["value"] = value
                level.append(node)
            if depth == len(path) - 1:
                found = _constraints(error, name, model, location)
                node.setdefault("constraints", {}).update(found)
            level = node["children"]
    return top


def joined(problems: Iterable[Mapping[str, Any]]) -> str:
    """`<property> property is wrong,<texts> <children>`, joined by a comma and a blank."""

    def one(problem: Mapping[str, Any]) -> str:
        texts = ",".join(problem.get("constraints", {}).values())
        children = "".join(one(child) for child in problem.get("children", []))
        return f"{problem.get('property', 'undefined')} property is wrong,{texts} {children}"

    return ", ".join(one(problem) for problem in problems)
