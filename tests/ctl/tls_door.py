"""A TLS listener in front of a plain one, with a certificate of its own."""
import contextlib
import socket
import ssl
import subprocess
import threading


def make_certificate(folder):
    """Of localhost; returns the paths of the certificate and its key."""
    paths = [str(folder / name) for name in ("tls.pem", "tls.key")]
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                    "-out", paths[0], "-keyout", paths[1]], check=True, capture_output=True)
    return paths


def pump(source, sink):
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


def serve(listener, context, to):
    with contextlib.suppress(OSError):  # until it is closed
        while True:
            raw = listener.accept()[0]
            with contextlib.suppress(OSError):  # a handshake that the client broke off
                inner = context.wrap_socket(raw, server_side=True)
                outer = socket.create_connection(to)
                for pair in ((inner, outer), (outer, inner)):
                    threading.Thread(target=pump, args=pair, daemon=True).start()


@contextlib.contextmanager
def tls_door(certificate, key, to):
    """The port of a listener whose connections are carried to `to`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener, context, to), daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
