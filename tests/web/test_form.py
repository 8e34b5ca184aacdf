import re
from typing import Literal

import pytest

from tensorrag import Card, Field
from tensorrag.check.problems import Fix, Problem
from tensorrag.types import ColumnSchema
from tests.web.test_fields import SPECS
from web.page.form.content import Form
from web.page.form.fields import field_specs
from web.page.form.form import form, problem_key
from web.page.form.slider import Slide, slide_of
from web.page.markup import html

COLUMNS = [ColumnSchema(name="RM", kind="number"), ColumnSchema(name='<b>"', kind="text")]


def drawn(**changes: object) -> str:
    given: dict[str, object] = {"node": "n", "specs": tuple(SPECS.values()), "params": {}}
    return html(form(Form(**(given | changes))))  # type: ignore[arg-type]  # given by name


def field(page: str, name: str) -> str:
    found = re.search(
        rf'<div class="field[^"]*" data-field="{name}".*?(?=<div class="field|$)', page
    )
    assert found is not None, name
    return found[0]


def test_every_field_is_around_exactly_one_native_control() -> None:
    page = drawn(columns={"table": COLUMNS})

    for name in SPECS:
        controls = re.findall(r"<(?:input|select|textarea)\b", field(page, name))
        assert len(controls) == 1, name


def test_what_does_not_matter_is_not_shown() -> None:
    assert 'data-field="alpha"' in drawn()
    assert 'data-field="alpha"' not in drawn(params={"model": "deep_network"})


def test_columns_are_offered_by_name_as_text() -> None:
    page = field(drawn(columns={"table": COLUMNS}), "target")

    assert 'data-value="RM"' in page
    assert 'data-value="&lt;b&gt;&quot;"' in page


def test_without_a_table_a_column_is_typed() -> None:
    page = field(drawn(), "target")

    assert "Connect a table" in page
    assert 'role="combobox"' not in page


def test_a_problem_stands_under_its_field_with_its_remedy() -> None:
    fix = Fix(label="Use MEDV", ops=({"op": "set_params"},))
    problem = Problem(
        code="column_missing", node="n", field="target", message="No PRICE.", hint="Look.", fix=fix
    )
    page = field(drawn(problems=[problem], columns={"table": COLUMNS}), "target")

    assert 'class="field k-column bad"' in page
    assert 'aria-invalid="true"' in page
    assert "No PRICE." in page
    assert "Look." in page
    assert f'data-problem="{problem_key(problem)}" data-mend="Use MEDV"' in page
    assert "Use MEDV" in page


def test_a_changed_value_can_be_put_back() -> None:
    assert "reset to 50" in field(drawn(params={"epochs": 5}), "epochs")
    assert "default" in field(drawn(), "epochs")
    assert "required" in field(drawn(), "target")


class Loader(Card):
    """Reads a file."""

    path: str = Field("", detail="read_as")
    separator: Literal["auto", "comma", "semicolon"] = Field("auto", detail="separator")
    sheet: str = Field("", detail="sheet", choices_of="sheets")


LOADER = field_specs(Loader.model_json_schema())
CSV = {"separator": "semicolon", "read_as": "CSV: semicolon"}


def test_what_was_detected_is_shown_and_offered_to_be_overridden() -> None:
    page = drawn(specs=LOADER, details=CSV)

    assert "Read as CSV: semicolon" in field(page, "path")
    assert "Auto: semicolon</option>" in field(page, "separator")
    assert 'data-field="sheet"' not in page


def test_sheets_are_offered_where_there_are_several() -> None:
    two = drawn(specs=LOADER, details={"sheet": "A&B", "sheets": ["A&B", "Notes"]})

    assert "Auto: A&amp;B</option>" in field(two, "sheet")
    assert 'value="Notes"' in field(two, "sheet")
    assert 'data-field="separator"' not in two
    assert 'data-field="sheet"' not in drawn(specs=LOADER, details={"sheets": ["A&B"]})


def test_a_choice_made_by_hand_stays_in_sight() -> None:
    page = drawn(specs=LOADER, details={}, params={"sheet": "Gone", "separator": "comma"})

    assert re.search("selected[^>]*>Gone<", field(page, "sheet"))
    assert "Auto</option>" in field(page, "separator")


def test_an_unreadable_source_offers_everything_that_may_help() -> None:
    unreadable = Problem(code="source_unreadable", node="n", field="path", message="No text.")

    assert 'data-field="separator"' not in drawn(specs=LOADER)
    assert 'data-field="separator"' in drawn(specs=LOADER, problems=[unreadable])


class Tuned(Card):
    """Has ranges."""

    share: float = Field(0.8, gt=0, lt=1, step=0.05)
    """Bounds that do not fit themselves."""
    rate: float = Field(0.001, gt=0, le=10, recommended=(0.0001, 0.01))
    epochs: int = Field(50, ge=1, le=1_000_000, recommended=(20, 200))
    seed: int = Field(42, ge=0, le=2**32 - 1)
    free: float = 1.0


def test_a_number_whose_range_is_known_slides_over_it() -> None:
    specs = {spec.name: spec for spec in field_specs(Tuned.model_json_schema())}
    slides = {name: slide_of(spec) for name, spec in specs.items()}

    assert slides == {
        "share": Slide(0.05, 0.95, 0.05),
        "rate": Slide(0.0001, 0.01, 0.0, growing=True),
        "epochs": Slide(20, 200, 1.0),
        "seed": None,
        "free": None,
    }
    rate, epochs = slides["rate"], slides["epochs"]
    assert rate is not None
    assert epochs is not None
    assert rate.share(0.001) == pytest.approx(0.5)
    assert (epochs.share(5000), epochs.share(-3), epochs.share("many")) == (1, 0, None)


def test_a_slider_is_no_control_of_its_own() -> None:
    page = field(drawn(specs=field_specs(Tuned.model_json_schema())), "share")

    assert len(re.findall(r"<(?:input|select|textarea)\b", page)) == 1
    assert 'aria-hidden="true" data-slides="f-share"' in page
    assert "--at:83.33%" in page
