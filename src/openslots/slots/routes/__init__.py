"""Routes of slots: the contract of 2024-09-04, and the older one."""
