#!/usr/bin/env python3
"""front_many.py LIMIT: the firewall lets one address open LIMIT connections to port 80, and no more.

Only the firewall is under test, so a plain listener stands in for lighttpd.
"""
import socket
import sys

LIMIT = int(sys.argv[1])

for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
    with socket.socket(family) as listener:
        listener.bind((host, 80))
        listener.listen(2 * LIMIT)
        connections = [socket.create_connection((host, 80), 5) for _ in range(LIMIT)]
        try:
            socket.create_connection((host, 80), 5).close()
        except ConnectionError:
            pass
        else:
            sys.exit(f"{host}: connection {LIMIT + 1} was accepted")
        for connection in connections:
            connection.close()
