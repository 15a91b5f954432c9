#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The sample application: answers with its build and the host that it runs on.

    server.py /etc/app.conf          (--check reads the file and ends)

GET        {"server": host, "build": ..., "image": ..., "path": ...}, the same
           in the headers X-Server and X-Build; with ?seconds=S half of the
           answer comes at once and the rest S seconds later
POST, PUT  the same with the number of bytes received and their CRC-32
SIGTERM    takes nothing new, finishes what has begun, and ends

The file has lines NAME=VALUE: BUILD, IMAGE, PORT, ADDRESS. SERVER_PORT in the
environment is stronger, and so are SERVER_ADDRESS and SERVER_PRIVATE_ADDRESS,
which say where a machine of the simulated cloud may listen. Without an address
it listens on all of them. It needs nothing but Python 3.7 or newer.
"""
import http.server
import json
import os
import re
import signal
import socket
import sys
import threading
import time
import urllib.parse
import zlib

LONGEST_PAUSE = 60
LONGEST_BODY = 16 * 1024 * 1024
LAST_REQUESTS = 65  # seconds that SIGTERM leaves to what has begun


class Refused(Exception):
    """A request that is not answered; status and reason."""


class Running:
    """Counts the requests that are under way."""

    def __init__(self):
        self.change = threading.Condition()
        self.count = 0
        self.ending = False

    def __enter__(self):
        with self.change:
            self.count += 1

    def __exit__(self, *_):
        with self.change:
            self.count -= 1
            self.change.notify_all()

    def finish(self, seconds):
        with self.change:
            self.ending = True
            self.change.wait_for(lambda: not self.count, seconds)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    error_content_type = "application/json"
    error_message_format = '{"error": "%(message)s"}\n'
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body leave together
    timeout = 120  # of a connection on which nothing happens

    def do_GET(self):
        with self.server.running:
            self.answer({})

    do_HEAD = do_GET

    def do_POST(self):
        with self.server.running:
            body = self.take(self.read_body)
            if body is not None:
                self.answer({"received": len(body), "crc32": "%08x" % zlib.crc32(body)})

    do_PUT = do_POST

    def do_DELETE(self):
        self.refuse(405, "Only GET, HEAD, POST and PUT are answered")

    do_PATCH = do_OPTIONS = do_TRACE = do_CONNECT = do_DELETE

    def answer(self, more):
        pause = self.take(self.read_pause)
        if pause is None:
            return
        settings = self.server.settings
        # As it came: http.server shortens slashes at the beginning of `path'.
        target = self.requestline.split()[1]
        body = {"server": self.server.host, "build": settings.get("BUILD"), "path": target}
        if settings.get("IMAGE"):
            body["image"] = settings["IMAGE"]
        text = (json.dumps(dict(body, **more)) + "\n").encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.send_header("X-Server", self.server.host)
        self.send_header("X-Build", settings.get("BUILD", ""))
        if self.server.running.ending:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command == "HEAD":
            text = b""
        half = len(text) // 2 if pause else len(text)
        self.wfile.write(text[:half])
        if pause:
            self.wfile.flush()
            time.sleep(pause)
        self.wfile.write(text[half:])
        self.wfile.flush()

    def take(self, read):
        """What `read' returns; None when the request has been refused."""
        try:
            return read()
        except Refused as refusal:
            self.refuse(*refusal.args)
            return None

    def refuse(self, status, reason):
        self.close_connection = True  # what is left of the request is not read
        self.send_error(status, reason)
        self.wfile.flush()

    def read_pause(self):
        query = urllib.parse.urlsplit(self.path).query
        values = urllib.parse.parse_qs(query, keep_blank_values=True).get("seconds", ["0"])
        if not re.fullmatch(r"[0-9]{1,3}(\.[0-9]{0,9})?", values[0]) or float(values[0]) > LONGEST_PAUSE:
            raise Refused(400, "seconds must be a number from 0 to %d" % LONGEST_PAUSE)
        return float(values[0])

    def read_body(self):
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return self.read_chunks()
        length = self.headers.get("Content-Length", "0")
        if not re.fullmatch(r"[0-9]{1,18}", length):
            raise Refused(400, "Content-Length is no number")
        return self.read_exactly(int(length))

    def read_exactly(self, length):
        if length > LONGEST_BODY:
            raise Refused(413, "A body may have %d bytes" % LONGEST_BODY)
        data = self.rfile.read(length)
        if len(data) < length:
            raise Refused(400, "The body ends too early")
        return data

    def read_chunks(self):
        body = b""
        while True:
            size = re.fullmatch(rb"([0-9a-fA-F]{1,8})[ \t]*(;.*)?\r?\n", self.rfile.readline(1024))
            if not size:
                raise Refused(400, "A chunk has no size")
            chunk = self.read_exactly(int(size.group(1), 16))
            body += chunk
            if len(body) > LONGEST_BODY:
                raise Refused(413, "A body may have %d bytes" % LONGEST_BODY)
            if not chunk:
                break
            if self.rfile.readline(3).strip():
                raise Refused(400, "A chunk does not end where it says")
        while self.rfile.readline(65537).strip():
            pass  # trailers
        return body

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 1024
    daemon_threads = True
    block_on_close = False

    def __init__(self, address, port, settings, running):
        if ":" in address:
            self.address_family = socket.AF_INET6
        self.settings = settings
        self.running = running
        self.host = socket.gethostname()
        super().__init__((address, port), Handler)

    def server_bind(self):
        # Without the look-up of the address's name that http.server makes.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)

    def handle_error(self, request, client_address):
        # A client that has gone is no fault of ours.
        if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError, socket.timeout)):
            super().handle_error(request, client_address)


def read_settings(path):
    settings = {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            name, is_setting, value = line.strip().partition("=")
            if is_setting and not name.startswith("#"):
                settings[name] = value
    settings["PORT"] = int(os.environ.get("SERVER_PORT") or settings.get("PORT") or "8080")
    given = [os.environ.get("SERVER_ADDRESS", ""), os.environ.get("SERVER_PRIVATE_ADDRESS", "")]
    addresses = " ".join(given).split() or settings.get("ADDRESS", "").split() or ["0.0.0.0"]
    settings["ADDRESS"] = sorted(set(addresses))
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", settings.get("BUILD", "")):
        raise ValueError("%s: BUILD is missing, or is no build key" % path)
    return settings


def serve(settings):
    running = Running()
    servers = [Server(address, settings["PORT"], settings, running) for address in settings["ADDRESS"]]
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    for server in servers:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    stop.wait()
    for server in servers:
        server.shutdown()
        server.server_close()
    time.sleep(0.2)  # for requests that have come, but are not read yet
    running.finish(LAST_REQUESTS)


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--check"]
    if len(arguments) != 1:
        sys.exit("usage: server.py [--check] FILE")
    try:
        settings = read_settings(arguments[0])
        if "--check" not in sys.argv:
            serve(settings)
    except (OSError, ValueError) as fault:
        sys.exit("server.py: %s" % fault)


if __name__ == "__main__":
    main()
