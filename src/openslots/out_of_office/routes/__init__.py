"""Routes of absences."""
