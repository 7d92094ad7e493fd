"""What leaves a text before anything keeps it, and what stays readable."""

import pytest

from careloop.curate.redact import redact


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("write to Anna.B+x@mail.example.co.uk please", "write to [email] please"),
        ("anna (at) example.org", "[email]"),
        ("call +49 30 1234567 today", "call [phone] today"),
        ("ring 415-555-2671", "ring [phone]"),
        ("IBAN DE89 3704 0044 0532 0130 00 thanks", "IBAN [number] thanks"),
        ("iban ES9121000418450200051332", "iban [number]"),
        ("card 4111 1111 1111 1111 expired", "card [number] expired"),
        ("see https://x.example/a?b=1 and www.example.org", "see [link] and [link]"),
        ("it is on example.com/help", "it is on [link]"),
        ("@anna_b told me", "[link] told me"),
        ("ticket INC0000045, order A-12345", "ticket [number], order [number]"),
        ("born 1980-02-03", "born [number]"),
        ("my customer number is 12345678", "my customer number is [number]"),
    ],
)
def test_addresses_numbers_and_links_are_taken_out(said: str, kept: str) -> None:
    assert redact(said, "en-US") == kept


@pytest.mark.parametrize(
    "said",
    [
        "I waited 3 days and 45 minutes, twice.",
        "It cost 12.50 and came back in version 2.10.1",
        "Thank you. You were kind; 10/10!",
        "Ich habe 2 Mal angerufen und es ging um 9:30 Uhr.",
    ],
)
def test_ordinary_words_stay_as_they_are(said: str) -> None:
    assert redact(said) == said


def test_a_national_number_is_a_phone_where_the_locale_says_so() -> None:
    assert redact("bitte 030 1234567 anrufen", "de-DE") == "bitte [phone] anrufen"
    assert "1234567" not in redact("bitte 030 1234567 anrufen", "es")
