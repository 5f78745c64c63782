"""ODAI_PUBLIC_HOST: a bare name, for addresses and signatures are made from it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odai_core.errors import SettingError
from odai_core.settings import Settings, host_name


@pytest.mark.parametrize(
    "text, read",
    [("", ""), ("  ", ""), ("voice.example.com", "voice.example.com"),
     ("Voice.Example.com:8443", "voice.example.com:8443"), ("localhost", "localhost"),
     ("10.0.0.7:80", "10.0.0.7:80"), ("a-b.c", "a-b.c")],
)  # fmt: skip
def test_names_that_are_read(text, read):
    assert Settings({"ODAI_PUBLIC_HOST": text}).core["ODAI_PUBLIC_HOST"] == read


@pytest.mark.parametrize("text", ["https://x/", "https://voice.example.com", "voice.example.com/", "//x"])
def test_an_address_is_refused_in_words(text):
    with pytest.raises(SettingError) as refused:
        Settings({"ODAI_PUBLIC_HOST": text})
    assert refused.value.cause == (
        "ODAI_PUBLIC_HOST has a bad value: write the host name alone, without https:// and without a path."
    )
    assert refused.value.remedy.endswith("voice.example.com. Change ODAI_PUBLIC_HOST.")


@pytest.mark.parametrize(
    "text",
    ["a b", "-a", "a-", ".a", "a.", "a..b", "a:", "a:x", "a:123456", "ü.de", "a\nb", "u@h", "x?y", '"', "a" * 300],
)
def test_nonsense_is_refused_in_words(text):
    with pytest.raises(SettingError, match="write a host name such as"):
        Settings({"ODAI_PUBLIC_HOST": text})


@given(st.text(alphabet=st.sampled_from("ab1.-:/@ \n\"'<>?#%\\é")))
def test_what_is_read_can_stand_in_an_address(text):
    try:
        name = host_name(text)
    except ValueError:
        return
    assert not set(name) & set("/@ \n\"'<>?#%\\é")
