"""Another program on this computer: sends to a port of 127.0.0.1 whatever it is told, byte for byte.

    python raw_sender.py PORT

Each line that it reads is a request in hexadecimal; the line that it writes for it is all that came back.
"""

from __future__ import annotations

import socket
import sys
from contextlib import suppress


def exchange(port: int, request: bytes) -> bytes:
    answer = b""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        # The request may be refused before all of it has been read, or even sent.
        with suppress(ConnectionError):
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)  # or the server would wait for the next one
        with suppress(ConnectionError):
            while piece := connection.recv(65536):
                answer += piece
    return answer


for line in sys.stdin:
    print(exchange(int(sys.argv[1]), bytes.fromhex(line)).hex(), flush=True)
