"""Who is let in: JWTs by shared secret and by public key, and every way to forge one."""
import base64
import hashlib
import json
import pathlib
import shutil
import signal
import tempfile
import time
import unittest

from support import tokens
from support.case import Case
from support.isp import Session
from support.processes import run
from support.tokens import KeyPair, by_hand, hmac_signer, hs256
from support.waiting import until


class SharedSecret(Case):
    def refused(self, token):
        with Session(self.daemon, open=False) as session:
            return session.refused("open", token=token)

    def test_good_ones(self):
        now = int(time.time())
        for claims in ({}, {"nbf": now - 5}, {"iat": now}, {"aud": "anybody"}, {"exp": now + 10}):
            self.session("alice", claims=claims)

    def test_times(self):
        now = int(time.time())
        self.assert_code(self.refused(self.daemon.token("alice", exp=now - 3600)),
                         "TOKEN_EXPIRED")
        self.assert_code(self.refused(self.daemon.token("alice", nbf=now + 3600)),
                         "UNAUTHENTICATED")

    def test_forgeries(self):
        secret, now = self.daemon.secret(), int(time.time())
        claims = {"sub": "alice", "exp": now + 3600}
        good = hs256(secret, sub="alice")
        head, body, signature = good.split(".")
        other_body = tokens.base64url(json.dumps({**claims, "sub": "bob"}).encode())
        sign = hmac_signer(secret)
        cases = {
            "not a token": "nonsense", "empty": "", "dots": "..", "two parts": f"{head}.{body}",
            "four parts": good + ".x", "of another secret": hs256(b"x" * 64, sub="alice"),
            "another body": f"{head}.{other_body}.{signature}",
            "signature cut": good[:-4], "signature gone": f"{head}.{body}.",
            "alg none": by_hand({"alg": "none"}, claims, lambda _: b""),
            "alg None": by_hand({"alg": "None"}, claims, lambda _: b""),
            "alg none, signed": by_hand({"alg": "none"}, claims, sign),
            "no alg": by_hand({"typ": "JWT"}, claims, sign),
            "alg HS512, signed as HS256": by_hand({"alg": "HS512"}, claims, sign),
            "alg RS256, signed by HMAC": by_hand({"alg": "RS256"}, claims, sign),
            "no sub": hs256(secret), "sub empty": hs256(secret, sub=""),
            "sub a number": by_hand({"alg": "HS256"}, {**claims, "sub": 7}, sign),
            "sub too long": hs256(secret, sub="x" * 5000),
            "exp text": by_hand({"alg": "HS256"}, {**claims, "exp": "tomorrow"}, sign),
            "claims an array": by_hand({"alg": "HS256"}, ["alice"], sign),
            "very long": "x" * 50_000,
        }
        for what, token in cases.items():
            with self.subTest(what):
                self.assertIn(self.refused(token)["code"],
                              ("UNAUTHENTICATED", "BAD_REQUEST", "TOO_LARGE"))
        self.session("alice")

    def test_no_exp_is_refused(self):
        token = by_hand({"alg": "HS256"}, {"sub": "alice"}, hmac_signer(self.daemon.secret()))
        self.assert_code(self.refused(token), "UNAUTHENTICATED")

    def test_what_is_refused_is_not_told_in_detail(self):
        """Neither the token nor the key is in a message or in the log."""
        token = hs256(b"x" * 64, sub="alice")
        reply = self.refused(token)
        self.daemon.stop()
        for said in (json.dumps(reply), self.daemon.said()):
            self.assertNotIn(token[-20:], said)
            self.assertNotIn(self.daemon.secret().decode(), said)


class MeantForUs(Case):
    """An operator may say for whom tokens must be, and by whom."""

    settings = {"auth": {"audience": "indsub", "issuer": "desk"}}

    def test_audience_and_issuer(self):
        self.session(claims={"aud": "indsub", "iss": "desk"})
        self.session(claims={"aud": ["other", "indsub"], "iss": "desk"})
        for claims in ({}, {"aud": "indsub"}, {"iss": "desk"}, {"aud": "other", "iss": "desk"},
                       {"aud": "indsub", "iss": "other"}, {"aud": [], "iss": "desk"}):
            with Session(self.daemon, open=False) as session:
                self.assert_code(session.refused("open", token=self.daemon.token("a", **claims)),
                                 "UNAUTHENTICATED")


class Expiring(Case):
    def test_session_is_warned_and_then_refused(self):
        session = self.session(claims={"exp": int(time.time()) + 2})
        session.wait_notice("TOKEN_EXPIRING")
        session.wait_notice("TOKEN_EXPIRED")
        self.assert_code(session.refused("list"), "TOKEN_EXPIRED")

    def test_refresh_in_time(self):
        now = int(time.time())
        session = self.session(claims={"exp": now + 2})
        reply = session.ask("refresh", token=self.daemon.token("alice", exp=now + 3600))
        self.assertGreater(reply["expires_at"], session.opened["expires_at"])
        self.assert_code(session.refused("refresh", token=self.daemon.token("bob")), "FORBIDDEN")
        self.assert_code(session.refused("refresh",
                                         token=self.daemon.token("alice", exp=now - 5)),
                         "TOKEN_EXPIRED")
        until(lambda: time.time() > now + 3, "the first token to expire")
        session.ask("list")

    def test_refresh_after_expiry_brings_it_back(self):
        session = self.session(claims={"exp": int(time.time()) + 1})
        session.wait_notice("TOKEN_EXPIRED")
        session.ask("refresh", token=self.daemon.token("alice"))
        session.ask("list")


class PublicKeys(Case):
    """RS256 and ES256 by `kid`, from a directory of PEM files."""

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="indsub-keys-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.public = cls.folder / "public"
        cls.public.mkdir()
        cls.rsa = KeyPair(cls.folder, "rsa", "RS256")
        cls.ec = KeyPair(cls.folder, "ec", "ES256")
        cls.unlisted = KeyPair(cls.folder, "unlisted", "RS256")
        for pair, kid in ((cls.rsa, "partner-1"), (cls.ec, "partner-2")):
            shutil.copy(pair.public, cls.public / f"{kid}.pem")

    def setUp(self):
        super().setUp()
        self.settings = {"auth": {"keys": str(self.public)}}

    def refused(self, token):
        with Session(self.daemon, open=False) as session:
            return self.assert_code(session.refused("open", token=token), "UNAUTHENTICATED")

    def test_both_algorithms(self):
        for pair, kid in ((self.rsa, "partner-1"), (self.ec, "partner-2")):
            session = self.enterContext(
                Session(self.daemon, token=pair.token(kid, sub="alice@partner")))
            self.assertEqual(session.opened["user_id"], "alice@partner")
        self.session("bob")

    def test_wrong_key_unknown_kid_and_none(self):
        self.refused(self.unlisted.token("partner-1", sub="alice"))
        self.refused(self.rsa.token("partner-2", sub="alice"))
        self.refused(self.ec.token("partner-1", sub="alice"))
        self.refused(self.rsa.token("nobody", sub="alice"))
        self.refused(self.rsa.token(None, sub="alice"))
        for kid in ("../rsa", "../public/partner-1", "partner-1.pem", "/etc/passwd", "", "." * 300,
                    "partner-1\0"):
            self.refused(self.rsa.token(kid, sub="alice"))

    def test_a_public_key_is_no_hmac_secret(self):
        """Algorithm confusion: HS256 signed with the bytes of the public key."""
        claims = {"sub": "alice", "exp": int(time.time()) + 3600}
        for text in (self.rsa.public.read_bytes(), self.rsa.public.read_bytes().strip()):
            self.refused(by_hand({"alg": "HS256", "kid": "partner-1"}, claims, hmac_signer(text)))

    def test_a_shared_secret_needs_no_kid_but_may_have_one_only_of_its_own(self):
        claims = {"sub": "alice", "exp": int(time.time()) + 3600}
        self.refused(by_hand({"alg": "RS256", "kid": "partner-1"}, claims,
                             hmac_signer(self.daemon.secret())))

    def test_expired(self):
        token = self.rsa.token("partner-1", sub="alice", exp=int(time.time()) - 60)
        with Session(self.daemon, open=False) as session:
            self.assert_code(session.refused("open", token=token), "TOKEN_EXPIRED")

    def test_all_other_algorithms(self):
        for algorithm in ("RS384", "RS512", "ES384", "ES512"):
            pair = KeyPair(self.folder, algorithm.lower(), algorithm)
            shutil.copy(pair.public, self.public / f"{algorithm}.pem")
            self.addCleanup((self.public / f"{algorithm}.pem").unlink)
            self.daemon.reload()
            with self.subTest(algorithm):
                self.enterContext(Session(self.daemon, token=pair.token(algorithm, sub="alice")))

    def test_a_key_added_later_counts_after_sighup(self):
        self.refused(self.unlisted.token("partner-3", sub="alice"))
        added = self.public / "partner-3.pem"
        shutil.copy(self.unlisted.public, added)
        self.addCleanup(added.unlink)
        self.daemon.send_signal(signal.SIGHUP)

        def accepted():
            with Session(self.daemon, open=False) as session:
                return session.answer("open", token=self.unlisted.token(
                    "partner-3", sub="alice"))["type"] == "opened"
        until(accepted, "the new key to count")


class Rotation(Case):
    """Secrets by `kid`, and tokens that are revoked, without a new start."""

    def setUp(self):
        super().setUp()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="indsub-keys-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.keys = self.folder / "keys"
        self.keys.mkdir()
        self.revoked = self.folder / "revoked"
        self.revoked.write_text("# nothing yet\n")
        self.settings = {"auth": {"keys": f'"{self.keys}"', "revoked": f'"{self.revoked}"'}}

    def write_key(self, name, text, mode=0o600):
        path = self.keys / name
        path.write_text(text)
        path.chmod(mode)
        return path

    def opens(self, token):
        with Session(self.daemon, open=False) as session:
            return session.answer("open", token=token)["type"] == "opened"

    def test_from_one_secret_to_the_next(self):
        """The new one is there before the old one goes, and who has a token of it stays."""
        old, new = "old " * 10, "new " * 10
        self.write_key("2025.key", old)
        by_old = tokens.by_hand({"alg": "HS256", "kid": "2025"}, {
            "sub": "alice", "exp": int(time.time()) + 3600}, hmac_signer(old.encode()))
        by_new = tokens.by_hand({"alg": "HS384", "kid": "2026"}, {
            "sub": "alice", "exp": int(time.time()) + 3600},
            hmac_signer(new.encode(), hashlib.sha384))
        first = self.session(token=by_old)
        self.assertFalse(self.opens(by_new))
        new_file = self.write_key("2026.key", new)
        self.daemon.reload()
        second = self.session(token=by_new)
        first.ask("list")
        (self.keys / "2025.key").unlink()
        self.daemon.reload()
        first.wait_notice("TOKEN_EXPIRED")
        self.assert_code(first.refused("list"), "TOKEN_EXPIRED")
        self.assertFalse(self.opens(by_old))
        second.ask("list")
        first.ask("refresh", token=by_new)
        first.ask("list")
        status, token, error = run("INDSUB_CLI", "token", "--user", "bob", "--key", new_file,
                                   "--kid", "2026")
        self.assertEqual(status, 0, error)
        self.assertTrue(self.opens(token.strip()))

    def test_a_faulty_key_changes_nothing(self):
        session = self.session()
        self.write_key("open.key", "x" * 40, 0o644)
        self.daemon.reload()
        self.assertIn("open.key can be read by others", self.daemon.said())
        session.ask("list")
        self.session("bob")

    def test_a_revoked_token(self):
        status, token, _ = run("INDSUB_CLI", "--state", self.daemon.state, "token", "--user",
                               "alice", "--jti", "lost-laptop")
        self.assertEqual(status, 0)
        lost, kept = self.session(token=token.strip()), self.session("alice", claims={"jti": "x"})
        self.revoked.write_text("lost-laptop\n")
        self.daemon.reload()
        lost.wait_notice("TOKEN_EXPIRED")
        self.assert_code(lost.refused("list"), "TOKEN_EXPIRED")
        self.assert_code(lost.refused("refresh", token=token.strip()), "UNAUTHENTICATED")
        self.assertFalse(self.opens(token.strip()))
        kept.ask("list")

    def test_minted_tokens_can_be_told_apart(self):
        made = set()
        for _ in range(3):
            _, token, _ = run("INDSUB_CLI", "--state", self.daemon.state, "token", "--user", "a")
            made.add(json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))["jti"])
        self.assertEqual(len(made), 3)

    def test_revoked_while_the_daemon_was_down(self):
        """A session that outlives a restart is not given to a token that does not."""
        made = {jti: self.daemon.token("alice", jti=jti) for jti in ("lost", "kept")}
        sessions = {jti: self.session(token=token) for jti, token in made.items()}
        self.daemon.stop()
        self.revoked.write_text("lost\n")
        self.daemon.start()
        self.assertTrue(sessions["kept"].ask("open", token=made["kept"])["resumed"])
        self.assert_code(sessions["lost"].refused("list"), "NOT_OPEN")
        self.assert_code(sessions["lost"].refused("open", token=made["lost"]), "UNAUTHENTICATED")


if __name__ == "__main__":
    unittest.main()
