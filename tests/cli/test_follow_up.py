import pandas as pd
import pytest

from riskscreen.validation.checking import NEITHER

pytestmark = pytest.mark.slow


@pytest.fixture
def site(tmp_path):
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "site.toml").write_text("extract_date = 2024-06-30\n", "utf-8")
    rows = "".join(f"S{n};Nord;{'ja' if n % 3 else 'nej'}\n" for n in range(60))
    (folder / "follow_up.csv").write_text("case_id;team;takes_part\n" + rows, "utf-8")
    return folder


def test_the_command_writes_pages_and_says_what_is_not_there(command, site, tmp_path):
    out = tmp_path / "pages"
    code, told, err = command("follow-up", "--site", site, "--out", out)
    assert (code, err) == (0, "")
    assert "not delivered: volumes" in told
    assert str(out / "da" / "index.html") in told
    assert "40 ud af 60" in (out / "da" / "index.html").read_text("utf-8")
    assert command("follow-up", "--site", site, "--out", out)[0] == 0  # ours: replaced


def test_rows_set_aside_end_it_with_their_own_code_and_without_a_value(
    command, site, tmp_path
):
    with (site / "follow_up.csv").open("a", encoding="utf-8") as table:
        table.write("S99;Nord;måske\n")
    code, told, err = command("follow-up", "--site", site, "--out", tmp_path / "pages")
    assert code == 3
    assert f"takes_part: {NEITHER}" in told
    assert "måske" not in told + err


def test_with_the_scores_of_a_run_it_is_divided_by_band(command, site, tmp_path):
    run, out = tmp_path / "run", tmp_path / "pages"
    run.mkdir()
    cases = [f"S{n}" for n in range(60)]
    bands = ["first" if n < 30 else "usual" for n in range(60)]
    scores = pd.DataFrame({"case_id": cases, "band": bands})
    scores.to_parquet(run / "scores.parquet")
    asked = ("follow-up", "--site", site, "--out", out, "--scores", run)
    assert command(*asked)[0] == 0
    assert "Højest risiko" in (out / "da" / "index.html").read_text("utf-8")


def test_a_site_without_the_tables_is_refused_before_anything_is_written(
    command, site, tmp_path
):
    (site / "follow_up.csv").unlink()
    out = tmp_path / "pages"
    code, _, err = command("follow-up", "--site", site, "--out", out)
    assert code == 12
    assert "[files.follow_up]" in err
    assert not out.exists()
