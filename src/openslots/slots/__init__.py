"""What can be booked when: listings, explanations, holds of a time, and the check of a booking."""
