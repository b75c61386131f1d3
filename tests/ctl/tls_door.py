"""A TLS listener, with a self-signed certificate, that forwards connections to a listener without TLS."""
import contextlib
import socket
import ssl
import subprocess
import threading


def make_certificate(folder):
    """Makes a certificate of localhost; returns the paths of the certificate and of the key."""
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
    with contextlib.suppress(OSError):  # tls_door() shuts the listener down
        while True:
            raw = listener.accept()[0]
            with contextlib.suppress(OSError):  # the client aborted the handshake
                inner = context.wrap_socket(raw, server_side=True)
                outer = socket.create_connection(to)
                for pair in ((inner, outer), (outer, inner)):
                    threading.Thread(target=pump, args=pair, daemon=True).start()


@contextlib.contextmanager
def tls_door(certificate, key, to):
    """Starts the listener; yields its port. Forwards each connection to the address `to`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener, context, to), daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
