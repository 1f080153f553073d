"""A mail server: aiosmtpd with STARTTLS (or TLS from the beginning) and a login.

Prints its port, then each message that it accepted as a line of JSON.
"""

import asyncio
import email
import email.policy
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

mode, certificate, key = sys.argv[1:]
tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
tls.load_cert_chain(certificate, key)


class Handler:
    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        print(
            json.dumps(
                {
                    "encrypted": mode == "tls" or session.ssl is not None,
                    "authenticated": session.authenticated,
                    "mail_from": envelope.mail_from,
                    "rcpt_tos": envelope.rcpt_tos,
                    "defects": [str(defect) for defect in message.defects],
                    "headers": {name.lower(): str(value) for name, value in message.items()},
                    "body": message.get_content(),
                }
            ),
            flush=True,
        )
        return "250 OK"


def authenticate(server, session, envelope, mechanism, login):
    return AuthResult(success=(login.login, login.password) == (b"floe", b"hunter2"), handled=False)


async def main():
    loop = asyncio.get_running_loop()

    def session():
        starttls = {"tls_context": tls, "require_starttls": True} if mode == "starttls" else {"auth_require_tls": False}
        return SMTP(Handler(), loop=loop, auth_required=True, authenticator=authenticate, **starttls)

    encrypted = {"ssl": tls} if mode == "tls" else {}
    server = await loop.create_server(session, "127.0.0.1", 0, **encrypted)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
