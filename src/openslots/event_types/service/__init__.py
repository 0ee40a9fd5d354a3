"""What other slices and the routes may ask of event types."""

from openslots.event_types.service.creation import create, create_defaults
from openslots.event_types.service.reads import (
    Found,
    get,
    list_event_types,
    own_facts,
    owner_facts,
)
from openslots.event_types.service.update import delete, update

__all__ = [
    "Found",
    "create",
    "create_defaults",
    "delete",
    "get",
    "list_event_types",
    "own_facts",
    "owner_facts",
    "update",
]
