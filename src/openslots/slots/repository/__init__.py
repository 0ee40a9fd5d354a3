"""What slots read, and the holds of a time that they own."""
