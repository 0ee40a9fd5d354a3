"""Technical ground under every slice: settings, time, database, HTTP frame, logs."""
