"""`make fuzz`: generated and hostile requests against a real server, which must answer no 5xx.

Runs in a virtual environment of its own (`fuzz/requirements.txt`), so nothing here imports the
server: it is started as a process and asked over HTTP.
"""
