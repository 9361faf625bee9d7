"""tokens - JWTs as a tenant of the daemon would make them, and as an attacker would."""
import base64
import hashlib
import hmac
import json
import pathlib
import subprocess
import time

import jwt


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def hs256(secret, **claims):
    """A token as Debian's python3-jwt makes it; expires in an hour unless told."""
    claims.setdefault("exp", int(time.time()) + 3600)
    token = jwt.encode(claims, secret, algorithm="HS256")
    return token if isinstance(token, str) else token.decode()


def by_hand(header, claims, sign):
    """A token of any header, signed by sign(bytes) -> bytes: what a library refuses to make."""
    head = base64url(json.dumps(header).encode())
    body = base64url(json.dumps(claims).encode())
    return f"{head}.{body}.{base64url(sign(f'{head}.{body}'.encode()))}"


def hmac_signer(secret, digest=hashlib.sha256):
    return lambda data: hmac.new(secret, data, digest).digest()


class KeyPair:
    """An RSA or EC key made by openssl(1), and its signatures as JWS wants them."""

    def __init__(self, folder, name, algorithm):
        self.algorithm = algorithm
        self.private = pathlib.Path(folder, f"{name}.private")
        self.public = pathlib.Path(folder, f"{name}.pem")
        curve = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}.get(algorithm)
        kind = (["-algorithm", "EC", "-pkeyopt", f"ec_paramgen_curve:{curve}"] if curve else
                ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"])
        run(["openssl", "genpkey", *kind, "-out", str(self.private)])
        run(["openssl", "pkey", "-in", str(self.private), "-pubout", "-out", str(self.public)])

    def sign(self, data):
        der = run(["openssl", "dgst", f"-sha{self.algorithm[2:]}", "-sign", str(self.private)],
                  data)
        size = {"ES256": 32, "ES384": 48, "ES512": 66}.get(self.algorithm)
        return raw_from_der(der, size) if size else der

    def token(self, kid, **claims):
        claims.setdefault("exp", int(time.time()) + 3600)
        header = {"alg": self.algorithm, "typ": "JWT"}
        if kid is not None:
            header["kid"] = kid
        return by_hand(header, claims, self.sign)


def raw_from_der(der, size):
    """r and s of an ECDSA signature, as long as the curve's order (RFC 7518, section 3.4)."""
    at, raw = 3 if der[1] & 0x80 else 2, b""
    for _ in range(2):
        length = der[at + 1]
        raw += der[at + 2:at + 2 + length].lstrip(b"\0").rjust(size, b"\0")
        at += 2 + length
    return raw


def run(command, data=None):
    return subprocess.run(command, input=data, check=True, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL).stdout
