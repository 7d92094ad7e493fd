"""The table is the one that ``schemas.tables`` promises: columns, types, key, periods, no person in it."""

import pyarrow as pa

from expectations.frames import Frame
from expectations.personal import PERSONAL
from expectations.rule import Given, Rule, column, null_where, one_of, rule

PERIODS = ["day", "week", "total"]


def contract(given: Given) -> list[Rule]:
    """Columns, types, key, required values."""
    dataset = given.dataset
    return [
        rule(
            "ExpectTableColumnsToMatchOrderedList",
            "columns-as-promised",
            "The columns, and their order, are those of the contract.",
            column_list=[each.name for each in dataset.columns],
        ),
        rule(
            "ExpectColumnPairValuesToBeEqual",
            "types-as-promised",
            "Every column has the type of the contract.",
            frame=Frame.COLUMNS,
            column_A="type",
            column_B="contract",
        ),
        rule(
            "ExpectCompoundColumnsToBeUnique",
            "key-is-unique",
            f"A row is {dataset.row}: no two rows share {', '.join(dataset.key)}.",
            column_list=list(dataset.key),
            ignore_row_if="never",
        )
        if len(dataset.key) > 1
        else rule(
            "ExpectColumnValuesToBeUnique",
            "key-is-unique",
            f"A row is {dataset.row}: no two rows share {dataset.key[0]}.",
            column=dataset.key[0],
        ),
        one_of(
            "required-values-present",
            "Columns that are always known hold no null.",
            "forbidden_nulls",
            [0],
            frame=Frame.COLUMNS,
        ),
        one_of(
            "no-nan",
            "What is not known is null: no figure is NaN.",
            "not_a_number",
            [0],
            frame=Frame.COLUMNS,
        ),
        one_of("no-infinity", "No figure is infinite.", "infinite", [0], frame=Frame.COLUMNS),
    ]


def periods() -> list[Rule]:
    """``period`` and ``period_start`` go together."""
    return [
        one_of("period-is-known", "A period is a day, a week or the total.", "period", PERIODS),
        null_where(
            "total-has-no-start",
            "The total has no first day.",
            "period_start",
            column("period") == "total",
        ),
        rule(
            "ExpectColumnValuesToNotBeNull",
            "day-and-week-have-a-start",
            "A day or week says which one it is.",
            column="period_start",
            row_condition=column("period") != "total",
        ),
    ]


def no_personal_data(given: Given) -> list[Rule]:
    """No text holds a mail address or a telephone number: the last net behind redaction."""
    texts = [each.name for each in given.dataset.columns if pa.types.is_string(each.type)]
    return [
        rule(
            "ExpectColumnValuesToNotMatchRegex",
            f"no-address-in-{name.replace('_', '-')}",
            f"No mail address and no telephone number is published in {name}.",
            column=name,
            regex=PERSONAL,
            private=True,
        )
        for name in texts
    ]
