"""The HTTP frame: versions, routing, envelope, validation, middleware, OpenAPI."""
