"""Which URLs are asked for at all, before any name is resolved."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backline.errors import FetchError
from backline.fetch import check_url


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/a.mp3",
        "HTTP://EXAMPLE.com",
        "https://example.com:8443/x?y=z#part",
        "http://93.184.216.34/a.mp3",
        "http://[2606:4700::1111]/",
        "https://bücher.example/ä.mp3",
        "https://a_b.s3.example.com/x",
        "  https://example.com/  ",
        "https://example.com./",
        "https://4chan.example2/",
    ],
)
def test_ordinary_urls_pass(url: str) -> None:
    """Links as people paste them are taken."""
    assert check_url(url).scheme in ("http", "https")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "only http"),
        ("song.mp3", "only http"),
        ("//example.com/x", "only http"),
        ("ftp://example.com/x", "only http"),
        ("file:///etc/passwd", "only http"),
        ("data:text/plain,x", "only http"),
        ("gopher://example.com/", "only http"),
        ("http://", "no plain name"),
        ("http:///etc/passwd", "no plain name"),
        ("https://ann:hunter2@example.com/", "user name or password"),
        ("https://ann@example.com/", "user name or password"),
        ("http://example.com:22/", "port 22 is none of 80, 443"),
        ("http://example.com:99999/", "port 99999"),
        ("https://ann:hunter2@[::1", "no URL"),
        ("https://[::1?token=hunter2", "no URL"),
        ("http://2130706433/", "no plain name"),
        ("http://0x7f000001/", "no plain name"),
        ("http://0x7f.1/", "no plain name"),
        ("http://0177.0.0.1/", "no URL"),
        ("http://127.1/", "no plain name"),
        ("http://127.0.0.0x1/", "no plain name"),
        ("http://127.0.0.1./", "no plain name"),
        ("http://1.2.3.4.5/", "no plain name"),
        ("http://[fe80::1%25eth0]/", "no plain name|no URL"),
        ("http://exa mple.com/", "no plain name"),
        ("http://example.com\\@evil.example/", "user name or password"),
        ("http://①②⑦.0.0.1/", "no URL|no plain name"),
        ("http://[::1", "no URL"),
        ("http://example.com/\x00", "no URL"),
        ("https://example.com/" + "x" * 5000, "longer than 4096"),
    ],
)
def test_traps_and_typos_are_refused(url: str, words: str) -> None:
    """The message says what is wrong, and never repeats a password."""
    with pytest.raises(FetchError, match=words) as refused:
        check_url(url)
    assert "hunter2" not in str(refused.value)


def test_a_port_that_can_not_be_is_refused_even_with_permission() -> None:
    """Permission to use any port is for ports that exist."""
    assert check_url("http://example.com:2222/", allow_private=True).port == 2222
    with pytest.raises(FetchError, match="port 99999"):
        check_url("http://example.com:99999/", allow_private=True)


@given(st.text(max_size=60))
def test_any_text_is_taken_or_refused(text: str) -> None:
    """No text makes the check fail in another way."""
    for url in (text, f"http://{text}/"):
        try:
            checked = check_url(url)
        except FetchError:
            continue
        assert checked.scheme in ("http", "https")
        assert checked.host
