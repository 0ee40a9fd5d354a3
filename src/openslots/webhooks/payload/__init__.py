"""PURE. What is sent: one body per trigger, and the templates that users may put in its place."""
