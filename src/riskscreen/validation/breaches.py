"""The rules of a contract that a table breaks, each by column, name and count."""

import pandas as pd
import pandera.pandas as pa

from riskscreen.validation.contracts import ColumnContract, Contract


def list_breaches(table: pd.DataFrame, contract: Contract) -> list[str]:
    """List the rules of *contract* that *table* breaks, without any value of it.

    Pandera's own messages quote the offending values, and errors end up in logs.
    """
    if twice := table.columns[table.columns.duplicated()].unique().tolist():
        # Pandera cannot ask anything of a name that stands for two columns.
        names = dict.fromkeys(_name_column(column, contract) for column in twice)
        return [f"{name}: occurs more than once among the columns" for name in names]
    try:
        build_schema(contract).validate(table, lazy=True)
    except pa.errors.SchemaErrors as failed:
        cases = failed.failure_cases
        # A column that is missing or not in the contract stands where values stand.
        columns = cases["column"].fillna(cases["failure_case"].astype("str"))
        broken = cases.assign(column=columns).groupby(["column", "check"]).size()
    else:
        return []
    # Behind the bracket pandera puts values.
    return [
        f"{_name_column(column, contract)}: "
        f"{str(rule).split('(', maxsplit=1)[0]} ({n} rows)"
        for (column, rule), n in broken.items()
    ]


def _name_column(column: object, contract: Contract) -> str:
    """Return what may be told of a column's name: one that is not ours may hold any."""
    return str(column) if column in contract.columns else "a column not in it"


def build_schema(contract: Contract) -> pa.DataFrameSchema:
    """Return *contract* as pandera's."""
    columns = {name: _build_column(column) for name, column in contract.columns.items()}
    unique = list(contract.unique) or None
    return pa.DataFrameSchema(columns, strict=True, ordered=True, unique=unique)


def _build_column(column: ColumnContract) -> pa.Column:
    checks = [pa.Check.isin(column.among)] if column.among else []
    if column.at_least is not None and column.at_most is not None:
        checks.append(pa.Check.in_range(column.at_least, column.at_most))
    elif column.at_least is not None:
        checks.append(pa.Check.ge(column.at_least))
    elif column.at_most is not None:
        checks.append(pa.Check.le(column.at_most))
    return pa.Column(
        column.dtype,
        checks,
        nullable=column.nullable,
        unique=column.unique,
        required=column.required,
    )
