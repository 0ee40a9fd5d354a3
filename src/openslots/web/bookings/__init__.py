"""The pages that the links in mails about bookings lead to."""
