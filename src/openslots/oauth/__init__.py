"""Third-party applications that act for people with their consent."""
