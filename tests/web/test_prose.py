from web.page.markup import html
from web.page.prose import plain, prose


def test_code_in_help_is_drawn_as_code_and_stays_text() -> None:
    assert html(prose("such as `a < b`, or")) == "such as <code>a &lt; b</code>, or"
    assert plain("such as `a < b`") == "such as a < b"


def test_an_odd_backtick_is_a_letter() -> None:
    assert html(prose("close it with `")) == "close it with `"
