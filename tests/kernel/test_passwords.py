"""How passwords are kept."""

from __future__ import annotations

import pytest

from openslots.kernel.crypto import Passwords


def test_the_parameters_are_those_that_the_documents_name() -> None:
    assert Passwords().hash("Correct-horse-42").startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_two_hashes_of_one_password_differ_and_both_are_right() -> None:
    passwords = Passwords(cheap=True)
    one, other = passwords.hash("Correct-horse-42"), passwords.hash("Correct-horse-42")
    assert one != other
    assert passwords.verify("Correct-horse-42", one)
    assert passwords.verify("Correct-horse-42", other)


@pytest.mark.parametrize("wrong", ["correct-horse-42", "Correct-horse-4", "Correct-horse-42 ", ""])
def test_nothing_but_the_password_itself_is_right(wrong: str) -> None:
    passwords = Passwords(cheap=True)
    assert not passwords.verify(wrong, passwords.hash("Correct-horse-42"))
    assert not passwords.verify(wrong, None)


def test_long_passwords_count_to_their_end() -> None:
    passwords = Passwords(cheap=True)
    assert not passwords.verify("a" * 1024, passwords.hash("a" * 1023 + "b"))
