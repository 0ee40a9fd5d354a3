"""Mail, and the devices that take push messages."""
