#!/usr/bin/env python3
"""TLS and SASL in front of a Kafka broker that has neither: for the tests of secured connections.

Terminates TLS (with --cert and --key), speaks SASL PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512 (with --user and
--password-file), then passes requests on to --upstream. Answers that name brokers get this front's port in place of the
broker's. Prints its address once it listens; ends with its standard input, hence with whoever started it.
"""
import argparse, asyncio, base64, hashlib, hmac, os, ssl, struct, sys

METADATA, FIND_COORDINATOR, SASL_HANDSHAKE, API_VERSIONS, SASL_AUTHENTICATE = 3, 10, 17, 18, 36
NONE, UNSUPPORTED_MECHANISM, UNSUPPORTED_VERSION, AUTHENTICATION_FAILED = 0, 33, 35, 58
MECHANISMS = {"PLAIN": None, "SCRAM-SHA-256": "sha256", "SCRAM-SHA-512": "sha512"}


async def frame(reader):
    return await reader.readexactly(struct.unpack(">i", await reader.readexactly(4))[0])


async def send(writer, data):
    writer.write(struct.pack(">i", len(data)) + data)
    await writer.drain()


def string(text):
    return struct.pack(">h", len(text)) + text.encode()


async def api_versions(broker, version, correlation):
    """The broker's own list with SASL added; newer forms of the request are told to ask again in the oldest."""
    if version > 0:
        return correlation + struct.pack(">hihhh", UNSUPPORTED_VERSION, 1, API_VERSIONS, 0, 0)
    await send(broker[1], struct.pack(">hh", API_VERSIONS, 0) + correlation + string("front"))
    answer = await frame(broker[0])
    error, count = struct.unpack_from(">hi", answer, 4)
    apis = [struct.unpack_from(">hhh", answer, 10 + 6 * index) for index in range(count)]
    apis = [api for api in apis if api[0] not in (SASL_HANDSHAKE, SASL_AUTHENTICATE)]
    apis += [(SASL_HANDSHAKE, 0, 1), (SASL_AUTHENTICATE, 0, 1)]
    return correlation + struct.pack(">hi", error, len(apis)) + b"".join(struct.pack(">hhh", *api) for api in apis)


def exchange(mechanism, user, password):
    """A generator: takes the client's messages, gives (whether the client is verified, None before that; message)."""
    message = yield
    if mechanism == "PLAIN":
        _, name, word = message.split(b"\0")
        yield hmac.compare_digest(name + b"\0" + word, user + b"\0" + password), b""
    digest = MECHANISMS[mechanism]
    first = message.split(b",", 2)[2]
    fields = dict(field.split(b"=", 1) for field in first.split(b","))
    salt, nonce = os.urandom(16), fields[b"r"] + base64.b64encode(os.urandom(18))
    challenge = b"r=%s,s=%s,i=4096" % (nonce, base64.b64encode(salt))
    bare, proof = (yield None, challenge).rsplit(b",p=", 1)
    salted = hashlib.pbkdf2_hmac(digest, password, salt, 4096)
    client_key = hmac.digest(salted, b"Client Key", digest)
    text = first + b"," + challenge + b"," + bare
    signature = hmac.digest(hashlib.new(digest, client_key).digest(), text, digest)
    expected = base64.b64encode(bytes(a ^ b for a, b in zip(client_key, signature)))
    # librdkafka 2.0.2 says its own part of the nonce twice, which Kafka takes.
    verified = fields[b"n"] == user and bare.endswith(nonce) and hmac.compare_digest(expected, proof)
    yield verified, b"v=" + base64.b64encode(hmac.digest(hmac.digest(salted, b"Server Key", digest), text, digest))


async def authenticate(client, broker, user, password):
    steps = None
    while True:
        request = await frame(client[0])
        (key, version), correlation = struct.unpack_from(">hh", request), request[4:8]
        body = request[10 + max(struct.unpack_from(">h", request, 8)[0], 0):]
        if key == API_VERSIONS:
            await send(client[1], await api_versions(broker, version, correlation))
        elif key == SASL_HANDSHAKE:
            mechanism = body[2:].decode()
            error = NONE if mechanism in MECHANISMS else UNSUPPORTED_MECHANISM
            names = b"".join(string(name) for name in MECHANISMS)
            await send(client[1], correlation + struct.pack(">hi", error, len(MECHANISMS)) + names)
            if error:
                raise PermissionError(mechanism)
            steps = exchange(mechanism, user, password)
            next(steps)
        elif key == SASL_AUTHENTICATE and steps:
            verified, message = steps.send(body[4:])
            error, text = (NONE, struct.pack(">h", -1))
            if verified is False:
                error, text, message = AUTHENTICATION_FAILED, string("invalid credentials"), b""
            answer = correlation + struct.pack(">h", error) + text + struct.pack(">i", len(message)) + message
            await send(client[1], answer + (struct.pack(">q", 0) if version > 0 else b""))
            if verified is False:
                raise PermissionError("credentials")
            if verified:
                return
        else:
            raise PermissionError(f"request {key} before authentication")


async def requests(client, broker, asked):
    while True:
        request = await frame(client[0])
        asked[request[4:8]] = struct.unpack_from(">h", request)[0]
        await send(broker[1], request)


async def answers(client, broker, asked, ports):
    while True:
        answer = await frame(broker[0])
        if asked.pop(answer[:4], None) in (METADATA, FIND_COORDINATOR):
            answer = answer.replace(*(struct.pack(">i", port) for port in ports))
        await send(client[1], answer)


async def serve(client, options, port):
    try:
        host, broker_port = options.upstream.split(",")[0].rsplit(":", 1)
        broker = await asyncio.open_connection(host, int(broker_port))
        try:
            if options.user:
                await authenticate(client, broker, options.user.encode(), options.password)
            asked = {}
            pipes = [requests(client, broker, asked), answers(client, broker, asked, (int(broker_port), port))]
            _, others = await asyncio.wait(map(asyncio.ensure_future, pipes), return_when=asyncio.FIRST_COMPLETED)
            for other in others:
                other.cancel()
        finally:
            broker[1].close()
    except (OSError, EOFError, PermissionError, ValueError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
    finally:
        client[1].close()


async def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("upstream", "cert", "key", "user", "password-file"):
        parser.add_argument("--" + name, required=name == "upstream")
    options = parser.parse_args()
    if options.password_file:
        options.password = open(options.password_file, "rb").read()
    tls = None
    if options.cert:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(options.cert, options.key)
    server = await asyncio.start_server(
        lambda *client: serve(client, options, port), "127.0.0.1", 0, ssl=tls, limit=1 << 24)
    port = server.sockets[0].getsockname()[1]
    print(f"127.0.0.1:{port}", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    os._exit(0)


asyncio.run(main())
