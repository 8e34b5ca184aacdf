import pytest

from web.page.markup import Markup, b, div, html, input_, span


def test_text_is_escaped_wherever_it_stands() -> None:
    nasty = '<img src=x onerror="alert(1)">'

    assert html([nasty, b[nasty]]).count("&lt;img") == 2
    assert str(div(title=nasty)) == (
        '<div title="&lt;img src=x onerror=&quot;alert(1)&quot;&gt;"></div>'
    )


def test_no_text_turns_what_stands_around_it() -> None:
    assert str(b["\u202eevil.exe\u202c \u0627"]) == "<b>\ufffdevil.exe\ufffd \u0627</b>"


def test_classes_and_attributes_read_as_html() -> None:
    element = div(".row.s12", data_node="load", hidden=True, title=None, aria_label=False)

    assert str(element["x"]) == '<div class="row s12" data-node="load" hidden>x</div>'
    assert str(input_(type="text", value="")) == '<input type="text" value="">'


def test_nothing_is_written_for_what_is_not_there() -> None:
    assert html([None, False, True, [], 0, 1.5]) == "01.5"


def test_an_element_can_be_kept_and_used_twice() -> None:
    cell = span(".num")

    assert str(cell["1"]) + str(cell["2"]) == '<span class="num">1</span><span class="num">2</span>'


def test_scripts_are_not_written_into_attributes() -> None:
    with pytest.raises(ValueError, match="onclick"):
        div(onclick="alert(1)")


def test_markup_from_constants_is_not_escaped_again() -> None:
    assert str(div[Markup("<i>x</i>")]) == "<div><i>x</i></div>"
