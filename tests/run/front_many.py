#!/usr/bin/env python3
"""front_many.py LIMIT: so many connections of one address to port 80 are taken, and no more.
The firewall is at test, so a bare listener stands for lighttpd."""
import socket
import sys

LIMIT = int(sys.argv[1])

for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
    with socket.socket(family) as door:
        door.bind((host, 80))
        door.listen(2 * LIMIT)
        held = [socket.create_connection((host, 80), 5) for _ in range(LIMIT)]
        try:
            socket.create_connection((host, 80), 5).close()
        except ConnectionError:
            pass
        else:
            sys.exit(f"{host}: connection {LIMIT + 1} was taken")
        for one in held:
            one.close()
