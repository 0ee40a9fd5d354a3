"""Three tables and nothing else: what is served, who hears of what, which jobs exist.

Each is a module of its own, so that a process imports only what it runs.
"""
