"""Server-rendered pages, and the inbox of `openslots dev`."""
