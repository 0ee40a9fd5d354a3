"""Work that outlives a request: rows in Postgres, a runner, and an alarm that cuts the wait."""
