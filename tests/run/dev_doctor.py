"""`./dev doctor` names the ports that a stack has, or would use."""
import os
import socket

from dev_tools import dev


def of_a_stack():
    said = dev("doctor").stdout
    assert all(f"has port {os.environ[name]} ({name})" in said for name in ("ES_PORT", "ES_PUSH_PORT")), said
    assert "8080" not in said, said


def of_ports():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = dev("doctor", ES_PORT=port)
        assert done.returncode == 1 and f"! ES_PORT={port} is used by" in done.stdout, done.stdout
    with socket.socket() as usual:
        try:
            usual.bind(("127.0.0.1", 8080))
            usual.listen()
        except OSError:
            pass
        said = dev("doctor", ES_PORT="", ES_PUSH_PORT="").stdout
        assert "port 8080 is used by" in said and "; up uses 80" in said, said
