"""The rows of an import file in CSV: header checked, each row with its line, every error collected. Knows no column."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence

from headend.domain.errors import ConfigError, ImportRefused
from headend.services.import_row import ImportRow


def read_rows(
    text: str, file: str, columns: Sequence[str], each: Callable[[ImportRow], None], *, optional: Sequence[str] = ()
) -> list[ConfigError]:
    """Call `each` for every row that has all its cells; returns the errors noted. ImportRefused when it is no CSV."""
    rows = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    errors: list[ConfigError] = []
    count = 0
    try:
        header = next(rows, [])
        _check_header(header, file, columns, optional)
        for cells in rows:
            if cells:
                count += 1
                row = ImportRow(file, rows.line_num, header, cells, errors)
                if row.has_all_cells():
                    each(row)
    except csv.Error as error:
        problem = ConfigError(f"not CSV: {error}", file=file, line=rows.line_num, remedy='quote cells with ""')
        raise ImportRefused((problem,)) from error
    if not count:
        errors.append(ConfigError("the file has no rows", file=file, remedy="add a row below the header"))
    return errors


def refuse_if(errors: Sequence[ConfigError]) -> None:
    """ImportRefused with all of them, in the order of their lines, if there are any."""
    if errors:
        raise ImportRefused(tuple(sorted(errors, key=lambda error: error.line or 0)))


def _check_header(header: Sequence[str], file: str, columns: Sequence[str], optional: Sequence[str]) -> None:
    missing = [column for column in columns if column not in header]
    unknown = [column for column in header if column not in (*columns, *optional)]
    if not (missing or unknown or len(set(header)) != len(header)):
        return
    problem = f"the header lacks {', '.join(missing)}" if missing else f"unknown columns {', '.join(unknown)}"
    if not missing and not unknown:
        problem = "a column stands twice in the header"
    remedy = f"write the columns {','.join(columns)}"
    if optional:
        remedy += f", and if you have them {','.join(optional)}"
    raise ImportRefused((ConfigError(problem, file=file, line=1, remedy=remedy),))
