"""What can be known of SQL Server where no server is: its driver, and who refuses."""

import pytest

pytestmark = pytest.mark.walk

SITE = """\
extract_date = 2025-01-06

[files.history]
sql = "mssql+mssqlpython://${ACCOUNT}:${WORD}@127.0.0.1:9/register"
query = "SELECT person_id, code, start_date, end_date FROM dbo.forloeb"
"""


def test_a_sql_server_that_is_not_there_is_told_in_our_words_and_with_our_code(machine):
    machine.install("riskscreen[train,sqlserver]")
    machine.run("python", "-c", "import mssql_python")
    site = machine.home / "sql_server"
    site.mkdir()
    (site / "site.toml").write_text(SITE, "utf-8")
    check = "riskscreen check --site sql_server --target long_absence"
    said = machine.run("sh", "-c", f"ACCOUNT=ada WORD=hemmelig {check}", code=12)
    assert "the query failed (OperationalError)" in said
    assert "hemmelig" not in said
