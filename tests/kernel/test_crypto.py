"""Encryption at rest: what a keyring seals, only it opens, and only at the place it was for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from openslots.kernel import crypto
from openslots.kernel.crypto import Keyring, Unreadable
from openslots.kernel.settings import Security

OLD, NEW, OTHER = "an old key of the tests", "a new key of the tests", "nobody's key at all"
PLACE = crypto.place("webhooks", "secret", "1")


@given(st.text(), st.text(min_size=1).filter(str.strip), st.text())
def test_what_was_sealed_opens_again(text: str, key: str, place: str) -> None:
    keys = Keyring(key)
    sealed = keys.seal(text, place)
    assert sealed.isascii()
    assert keys.open(sealed, place) == text
    assert crypto.key_of(sealed) == keys.current
    assert keys.seal(text, place) != sealed


def test_nothing_of_the_text_is_in_the_sealed_form() -> None:
    sealed = Keyring(NEW).seal("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", PLACE)
    assert "MfKQ" not in sealed
    assert NEW not in sealed


def test_an_old_key_reads_and_the_new_one_writes() -> None:
    sealed = Keyring(OLD).seal("s3cret", PLACE)
    both = Keyring(NEW, [OLD])
    assert both.open(sealed, PLACE) == "s3cret"
    anew = both.seal("s3cret", PLACE)
    assert Keyring(NEW).open(anew, PLACE) == "s3cret"
    with pytest.raises(Unreadable):
        Keyring(OLD).open(anew, PLACE)


def test_an_unknown_key_is_named_by_its_id_alone() -> None:
    sealed = Keyring(OTHER).seal("s3cret", PLACE)
    with pytest.raises(
        Unreadable, match=f"^no key here opens .* {Keyring(OTHER).current} "
    ) as told:
        Keyring(NEW, [OLD]).open(sealed, PLACE)
    assert told.value.key == Keyring(OTHER).current
    assert OTHER not in str(told.value)


@pytest.mark.parametrize(
    "place", [("webhooks", "secret", "2"), ("webhooks", "url", "1"), ("x", "secret", "1")]
)
def test_a_sealed_text_opens_at_no_other_place(place: tuple[str, str, str]) -> None:
    keys = Keyring(NEW)
    with pytest.raises(Unreadable):
        keys.open(keys.seal("s3cret", PLACE), crypto.place(*place))


def test_every_changed_character_is_noticed() -> None:
    keys = Keyring(NEW)
    sealed = keys.seal("s3cret", PLACE)
    start = sealed.rindex(":") + 1
    for at in range(start, len(sealed) - 1):  # the last one holds bits that mean nothing
        changed = sealed[:at] + ("A" if sealed[at] != "A" else "B") + sealed[at + 1 :]
        with pytest.raises(Unreadable):
            keys.open(changed, PLACE)


@pytest.mark.parametrize("box", ["A", "AAAA", "A" * 16, "A" * 5])
def test_what_only_looks_sealed_is_unreadable(box: str) -> None:
    keys = Keyring(NEW)
    with pytest.raises(Unreadable):
        keys.open(f"sealed:1:{keys.current}:{box}", PLACE)


@pytest.mark.parametrize("text", ["", "s3cret", "sealed", "sealed:1:", "sealed:2:00000000:AA", "ä"])
def test_a_text_in_clear_stays_as_it_is(text: str) -> None:
    assert Keyring(NEW).open(text, PLACE) == text
    assert crypto.key_of(text) is None


@pytest.mark.parametrize("text", ["", " \n"])
def test_a_keyring_needs_a_key(text: str) -> None:
    with pytest.raises(ValueError, match="needs a key"):
        Keyring(text)


def test_white_space_around_a_key_does_not_count() -> None:
    assert Keyring(f"{NEW}\n").open(Keyring(NEW).seal("s3cret", PLACE), PLACE) == "s3cret"


@pytest.mark.parametrize(
    ("given_text", "expected"),
    [
        ("", []),
        (f"{OLD}", [OLD]),
        (f" {OLD} , {OTHER},", [OLD, OTHER]),
        (f'["{OLD}, with a comma", "{OTHER}"]', [f"{OLD}, with a comma", OTHER]),
    ],
)
def test_the_list_of_old_keys(given_text: str, expected: list[str]) -> None:
    security = Security(encryption_key=SecretStr(NEW), old_encryption_keys=SecretStr(given_text))
    assert [key.get_secret_value() for key in security.old_keys] == expected
    assert crypto.keyring(security).ids == Keyring(NEW, expected).ids


@pytest.mark.parametrize(
    ("given_text", "problem"),
    [
        (f"{OLD},short", "each of OPENSLOTS_OLD_ENCRYPTION_KEYS"),
        ("[1, 2]", "no list of texts"),
        ('["half', "no list of texts"),
    ],
)
def test_old_keys_that_cannot_be(given_text: str, problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        Security(old_encryption_keys=SecretStr(given_text))
