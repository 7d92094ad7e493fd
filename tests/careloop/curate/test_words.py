"""Unknown is null: sentiment, language and understood moments say nothing where nothing can be told."""

import pytest

from careloop.curate.sentiment import Vader
from careloop.curate.understood import understood
from careloop.curate.words import Read, read


def words(said: str, locale: str | None = None) -> Read:
    found = read(said, locale)
    assert found is not None
    return found


def test_an_english_note_is_scored_between_minus_one_and_one() -> None:
    good = words("Thank you, this was great and very kind help!").sentiment
    bad = words("This was horrible, I am angry and disappointed.").sentiment
    assert good is not None
    assert bad is not None
    assert -1 <= bad < 0 < good <= 1


def test_a_note_without_evidence_is_not_scored_rather_than_neutral() -> None:
    found = words("The invoice arrived on a Tuesday in the morning.", "en")
    assert (found.language, found.sentiment) == ("en", None)


def test_words_for_and_against_that_cancel_out_are_evidence() -> None:
    assert Vader().score("good bad", "en") is not None


def test_another_language_is_not_scored() -> None:
    found = words("Das war leider sehr enttäuschend und hat mich viel Zeit gekostet.")
    assert (found.language, found.sentiment) == ("de", None)


def test_a_blank_note_is_no_note() -> None:
    assert read("  \n ", "en") is None
    assert read(None, "en") is None


def test_the_locale_decides_only_where_the_words_do_not() -> None:
    assert words("ok", "de-AT").language == "de"
    assert words("Das hat leider überhaupt nicht funktioniert.", "en-GB").language == "de"
    assert (words("ok").language, words("ok").understood) == (None, None)


def test_a_note_of_nothing_but_a_number_has_no_language() -> None:
    found = words("+49 30 1234567", "en")
    assert (found.text, found.language, found.sentiment) == ("[phone]", None, None)


LABELLED: list[tuple[str, str, bool]] = [
    ("en", "I felt understood from the first minute.", True),
    ("en", "Thank you for listening and for calling back.", True),
    ("en", "She really listened, nobody did before.", True),
    ("en", "For the first time someone took me seriously.", True),
    ("en", "You understood my problem at once.", True),
    ("en", "Thanks for understanding!", True),
    ("en", "I did not feel understood at all.", False),
    ("en", "Nobody listened to me.", False),
    ("en", "Nobody really listened.", False),
    ("en", "I never felt heard.", False),
    ("en", "I wish someone listened to me.", False),
    ("en", "Thank you, it works again.", False),
    ("en", "I understood the instructions myself.", False),
    ("en", "If only somebody had understood my situation.", False),
    ("de", "Ich fühlte mich verstanden.", True),
    ("de", "Danke fürs Zuhören!", True),
    ("de", "Man hat mich ernst genommen.", True),
    ("de", "Ich fühle mich nicht verstanden.", False),
    ("de", "Man hat mich nicht ernst genommen.", False),
    ("de", "Danke für die schnelle Lösung.", False),
    ("de", "Keiner hat mir zugehört.", False),
    ("es", "Gracias por escucharme.", True),
    ("es", "Me sentí escuchada.", True),
    ("es", "No me entendieron.", False),
    ("es", "Nunca me escucharon.", False),
    ("es", "Gracias por la rapidez.", False),
]


def test_the_phrase_lists_are_precise_on_labelled_notes() -> None:
    """Precision at least 0.9 (a claim of being understood must be one), and no language misses half."""
    told = [(language, label, understood(note, language)) for language, note, label in LABELLED]
    claimed = [label for _, label, found in told if found]
    assert sum(claimed) / len(claimed) >= 0.9
    for language in ("en", "de", "es"):
        there = [found for each, label, found in told if each == language and label]
        assert sum(bool(found) for found in there) / len(there) > 0.5


@pytest.mark.parametrize("language", ["fr", None])
def test_a_language_without_a_list_is_not_read(language: str | None) -> None:
    assert understood("Merci de m'avoir écouté", language) is None
