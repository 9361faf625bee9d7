#include "tests/support/sample_keys.h"

const char SAMPLE_RSA_PUBLIC[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA08Ya0rhcwd0Vg+y9NSJA\n"
    "5bxEhqdGkHYIP/+tVJRsLa59jkxgx6QEhj5dnic802wmiE9Wiz5Y6vCfEAsPCfi8\n"
    "iDRAhWE9PAqLsaJujsKJrZ1serXrpxqOWi7HWp8lO51U348/y8dPQ0tuyqOYvoxA\n"
    "wa3sCPtt+Xgu/WTPO9f9NEAhal0rodgKF9VJP+hPOIXgflEFmyvOnwswQUMW/Ie6\n"
    "tBVsmI77QGrQLH4WcR1bKjrmMiJ/EUZli61Hs9dO0AZFTPEG72kNkjxICacIirXM\n"
    "zwbqSqUwJmxnxK7jNX2oRV6nxbULQ9gbWnPAHHoZugRrS+vyGLwoal6uB/veQazu\n"
    "wQIDAQAB\n"
    "-----END PUBLIC KEY-----\n";
const char SAMPLE_EC_PUBLIC[] = "-----BEGIN PUBLIC KEY-----\n"
                                "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE7q0OzMCmnQA75y9Qd0vpWKfRtGv4\n"
                                "NieHLBFWpAxeDccKdMXxq2ztIyAYHkXKvSAqdt04ffRN9k8c4H+t46pzzw==\n"
                                "-----END PUBLIC KEY-----\n";

const char SAMPLE_EC_TOKEN[] =
    "eyJhbGciOiJFUzI1NiIsImtpZCI6ImVjLTEiLCJ0eXAiOiJKV1QifQ.eyJzdWIiOiJhbGljZSIsImV4cCI6MTc2M"
    "jIzNjMwMCwiYXVkIjpbIm90aGVyIiwiaW5kc3ViIl0sImlzcyI6Imh0dHBzOi8vbG9naW4uZXhhbXBsZS5jb20iL"
    "CJqdGkiOiI3ZiIsIm5iZiI6MTc2MjIzMjcwMCwic2NvcGUiOlsiZmVlZCIsIm90aGVyIl0sInN5bWJvbHMiOlsiT"
    "klGVFkqIiwiTSZNIl19.TErumZ7GJhGHlhVsRWlsZbnDBimRp0qG2Tp5bRFEQUOSnvXXN0jN9u5-07JW6S4NpsWk"
    "LFS-TAC8j-oM8poxug";
