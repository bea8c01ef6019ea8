"""Fernet keys and fingerprints, made without fernit."""
import base64
import hashlib
import os

#: What new_key() has made for the running test; no part of it may show up in an output.
made = set()


def new_key():
    key = base64.urlsafe_b64encode(os.urandom(32)).decode()
    made.add(key)
    return key


def key_bytes(key):
    """The 32 bytes of a canonical key."""
    return base64.b64decode(key, altchars=b"-_", validate=True)


def fingerprint(key):
    """The fingerprint of a canonical key, or of 32 bytes: 16 hex digits."""
    value = key if isinstance(key, bytes) else key_bytes(key)
    return hashlib.blake2b(value, digest_size=32, key=b"fernit-fingerprint-v1").hexdigest()[:16]
