"""A wrong setting is refused at once, in one line that names it: no stack trace to read at night."""

import subprocess
from pathlib import Path

import pytest

from tests.release import certificates
from tests.release.operator import Operator

pytestmark = pytest.mark.release

COLLECT = ("collect", "--until-caught-up")


def assert_one_clear_line(done: "subprocess.CompletedProcess[str]", setting: str) -> None:
    assert done.returncode == 2, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("careloop: ")
    assert setting in line


def test_a_wrong_kafka_password_is_named(external: Operator) -> None:
    done = external.but(kafka_password="not-the-password").run(*COLLECT)
    assert_one_clear_line(done, "CARELOOP_KAFKA_PASSWORD")


def test_an_unknown_kafka_user_is_named(external: Operator) -> None:
    done = external.but(kafka_username="nobody").run(*COLLECT)
    assert_one_clear_line(done, "CARELOOP_KAFKA_USERNAME")


def test_a_sasl_mechanism_that_kafka_does_not_offer_is_named(external: Operator) -> None:
    done = external.but(kafka_sasl_mechanism="PLAIN").run(*COLLECT)
    assert_one_clear_line(done, "CARELOOP_KAFKA_SASL_MECHANISM")


def test_an_authority_that_did_not_sign_kafkas_certificate_is_named(
    external: Operator, tmp_path: Path
) -> None:
    other = certificates.make(tmp_path / "other", "another authority")
    done = external.but(kafka_ca_file=str(other.ca)).run(*COLLECT)
    assert_one_clear_line(done, "CARELOOP_KAFKA_CA_FILE")


def test_a_missing_authority_file_is_named(external: Operator, tmp_path: Path) -> None:
    done = external.but(kafka_ca_file=str(tmp_path / "nowhere.pem")).run(*COLLECT)
    assert_one_clear_line(done, "CARELOOP_KAFKA_CA_FILE")


def test_tls_left_out_is_named(external: Operator) -> None:
    done = external.but(kafka_security_protocol="SASL_PLAINTEXT").run(*COLLECT)
    assert_one_clear_line(done, "CARELOOP_KAFKA_SECURITY_PROTOCOL")


def test_a_wrong_s3_secret_is_named(external: Operator) -> None:
    done = external.but(s3_secret_key="not-the-secret").run(*COLLECT)
    assert_one_clear_line(done, "CARELOOP_S3_SECRET_KEY")


def test_an_unknown_s3_access_key_is_named(external: Operator) -> None:
    done = external.but(s3_access_key="nobody").run(*COLLECT)
    assert_one_clear_line(done, "CARELOOP_S3_ACCESS_KEY")


def test_a_bucket_that_is_not_there_is_named(external: Operator) -> None:
    done = external.but(s3_bucket="careloop-nowhere").run(*COLLECT)
    assert_one_clear_line(done, "CARELOOP_S3_BUCKET")


def test_a_wrong_s3_secret_is_named_by_verify_too(external: Operator) -> None:
    done = external.but(s3_secret_key="not-the-secret").run("verify")
    assert_one_clear_line(done, "CARELOOP_S3_SECRET_KEY")
