"""PURE. Custom payload templates: `{{variables}}` filled in so that JSON stays JSON.

The language is the part of Handlebars that templates use: paths (`a.b`, `attendees.0.name`,
`attendees.[0].name`, `this`), `{{#if}}`, `{{#unless}}`, `{{#each}}`, `{{else}}`. Nothing is
escaped. A template that is JSON is filled in leaf by leaf; any other one as text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

LARGEST = 1_000_000  # characters of a rendered body
MOST_STEPS = 20_000  # of one rendering, which others wait for: some 20 ms
PATH_STEP = 50  # characters of a path; each as many cost one step more
DEEPEST = 100  # lists and objects within each other; the log has to be able to show them
_TAG = re.compile(r"\{\{\{([^{}]*)\}\}\}|\{\{([^{}]*)\}\}")
_BLOCKS = ("if", "unless", "each")
# documented name -> real name
_ALIASES = {"timezone": "timeZone"}


class TemplateError(ValueError):
    """The template cannot be filled in: blocks that do not match, or a result without end."""


@dataclass(slots=True)
class Block:
    """`{{#name path}} body {{else}} otherwise {{/name}}`; the root has no name."""

    name: str = ""
    path: str = ""
    body: list[str | Block | Variable] = field(default_factory=list)
    otherwise: list[str | Block | Variable] = field(default_factory=list)
    has_else: bool = False

    @property
    def open_branch(self) -> list[str | Block | Variable]:
        return self.otherwise if self.has_else else self.body


@dataclass(frozen=True, slots=True)
class Variable:
    path: str


def render(template: str, context: Mapping[str, Any]) -> tuple[str, bool]:
    """The filled-in body, and whether it is JSON. Raises TemplateError."""
    try:
        document = json.loads(template, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return _Filling(context).text(template), False
    return json.dumps(_Filling(context).leaf(document, 0), ensure_ascii=False), True


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


class _Filling:
    """One rendering; counts what it writes, so that a small template cannot grow without end, and
    its steps, so that one that writes nothing cannot take forever."""

    def __init__(self, context: Mapping[str, Any]) -> None:
        self._context = context
        self._written = 0
        self._steps = 0

    def leaf(self, value: Any, depth: int) -> Any:  # Any: JSON
        if depth > DEEPEST:
            raise TemplateError("nested too deeply")
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.leaf(item, depth + 1) for item in value]
        if isinstance(value, dict):
            return {self.text(key): self.leaf(item, depth + 1) for key, item in value.items()}
        return value

    def text(self, template: str) -> str:
        return "".join(self._parts(_parse(template).body, self._context, 0))

    def _parts(self, nodes: list[str | Block | Variable], here: Any, depth: int) -> list[str]:
        if depth > 20:
            raise TemplateError("blocks nested too deeply")
        out: list[str] = []
        for node in nodes:
            self._step("" if isinstance(node, str) else node.path)
            if isinstance(node, Block):
                out += self._block(node, here, depth)
                continue
            piece = node if isinstance(node, str) else _shown(_look_up(node.path, here))
            self._written += len(piece)
            if self._written > LARGEST:
                raise TemplateError("the result is too large")
            out.append(piece)
        return out

    def _step(self, path: str) -> None:
        self._steps += 1 + len(path) // PATH_STEP
        if self._steps > MOST_STEPS:
            raise TemplateError("too many steps")

    def _block(self, block: Block, here: Any, depth: int) -> list[str]:
        value = _look_up(block.path, here)
        if block.name == "each":
            items = value if isinstance(value, list) else []
            if isinstance(value, Mapping):
                items = list(value.values())
            if not items:
                return self._parts(block.otherwise, here, depth + 1)
            return [piece for item in items for piece in self._parts(block.body, item, depth + 1)]
        holds = _truthy(value) is (block.name == "if")
        return self._parts(block.body if holds else block.otherwise, here, depth + 1)


def _parse(template: str) -> Block:
    root = Block()
    stack, position = [root], 0
    for match in _TAG.finditer(template):
        stack[-1].open_branch.append(template[position : match.start()])
        position = match.end()
        tag = (match[2] if match[1] is None else match[1]).strip()
        if tag.startswith("#"):
            name, _, path = tag[1:].strip().partition(" ")
            if name not in _BLOCKS:
                raise TemplateError(f"unknown block {name}")
            block = Block(name, path.strip())
            stack[-1].open_branch.append(block)
            stack.append(block)
        elif tag.startswith("/"):
            if len(stack) == 1 or stack[-1].name != tag[1:].strip():
                raise TemplateError(f"unexpected {tag}")
            stack.pop()
        elif tag == "else":
            if len(stack) == 1:
                raise TemplateError("else outside of a block")
            stack[-1].has_else = True
        elif tag and not tag.startswith("!"):
            stack[-1].open_branch.append(Variable(tag))
    if len(stack) > 1:
        raise TemplateError(f"block {stack[-1].name} is not closed")
    root.body.append(template[position:])
    return root


def _look_up(path: str, here: Any) -> Any:  # Any: JSON
    """What a path leads to; None where it leads nowhere."""
    value = here
    for part in re.split(r"[./]", path.strip()):
        name = part.strip("[]")
        if name in ("this", ""):
            continue
        if isinstance(value, Mapping):
            value = value.get(name, value.get(_ALIASES.get(name, name)))
        elif isinstance(value, list) and name.isascii() and name.isdigit() and len(name) < 7:
            value = value[int(name)] if int(name) < len(value) else None
        elif isinstance(value, list) and name == "length":
            value = len(value)
        else:
            return None
    return value


def _truthy(value: Any) -> bool:  # Any: JSON
    return bool(value)


def _shown(value: Any) -> str:  # Any: JSON
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)
