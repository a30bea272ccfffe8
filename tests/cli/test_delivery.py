import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

import riskscreen
from riskscreen.readers.manifest import write_manifest
from riskscreen.spec import read_specification
from riskscreen.validation.checking import NOT_A_DATE
from riskscreen.validation.schemas import list_required_columns
from tests import small_site

pytestmark = pytest.mark.slow

AS_OF = str(small_site.EXTRACTED.date())
MODELS = Path(__file__).parents[2] / "models"
SECRET = "0101901234"


def test_a_target_that_is_not_there_is_told_with_those_that_are(command):
    code, _, err = command("schema", "--target", "long_absense")
    assert code == 11
    assert "long_absence" in err


def test_the_whole_specification_is_printed_to_be_read_again(command, tmp_path):
    code, out, _ = command("specification", "long_absence")
    assert code == 0
    (tmp_path / "long_absence.toml").write_text(out, encoding="utf-8")
    own = ("specification", "long_absence", "--models", tmp_path)
    assert command(*own) == (0, out, "")
    spec = read_specification(tmp_path / "long_absence.toml")
    assert spec.fingerprint() in out
    assert spec == read_specification(MODELS / "long_absence.toml")


def test_the_specification_of_a_stored_model_is_printed_too(command, folder):
    code, out, _ = command("specification", "--model", folder)
    assert code == 0
    assert riskscreen.load_model(folder).model.spec.fingerprint() in out


def test_editors_get_a_schema_and_readers_the_keys(command):
    code, out, _ = command("specification", "--schema")
    assert code == 0
    assert json.loads(out)["properties"]["extends"]
    assert "## `[bands]`" in command("specification", "--keys")[1]


@pytest.mark.parametrize(
    "given", [(), ("--schema", "--keys"), ("long_absence", "--schema")]
)
def test_a_specification_is_asked_for_in_one_way(command, given):
    assert command("specification", *given)[0] == 2


def test_a_base_is_no_target_and_a_fault_of_one_is_told_of_its_file(command, tmp_path):
    assert command("specification", "_sick_listed")[0] == 11
    shutil.copytree(MODELS, tmp_path / "models")
    with (tmp_path / "models" / "_sick_listed.toml").open("a") as base:
        base.write("\n[gate]\nauc_at_most = 0.9\n")
    given = ("specification", "long_absence", "--models", tmp_path / "models")
    code, out, err = command(*given)
    assert (code, out) == (11, "")
    assert f"{tmp_path / 'models' / '_sick_listed.toml'}:" in err
    assert "gate: unknown key" in err


def test_without_a_folder_of_models_the_shipped_ones_are_read(
    command, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    assert command("schema", "--target", "long_absence")[0] == 0
    shipped = command("specification", "long_benefit")[1]
    (tmp_path / "models").mkdir()
    assert command("specification", "long_benefit")[1] == shipped
    own = shipped.replace("horizon_weeks = 52", "horizon_weeks = 51")
    (tmp_path / "models" / "long_benefit.toml").write_text(own, encoding="utf-8")
    assert "horizon_weeks = 51" in command("specification", "long_benefit")[1]


def test_schema_writes_what_a_site_must_deliver(command, tmp_path):
    code, out, _ = command(
        "schema",
        "--target",
        "long_absence",
        "--out",
        tmp_path / "s",
        "--language",
        "en",
    )
    assert code == 0
    assert "one row per case" in out
    heading = (tmp_path / "s" / "cases.csv").read_text(encoding="utf-8")
    assert heading.startswith("case_id;person_id;start_date;decision_date;")
    schema = json.loads((tmp_path / "s" / "cases.schema.json").read_text("utf-8"))
    assert "case_id" in schema["required"]


def test_check_tells_the_quality_of_a_delivery_in_figures(command, delivery, tmp_path):
    models = tmp_path / "models"
    given = (
        "check",
        "--site",
        delivery,
        "--models",
        models,
        "--out",
        tmp_path / "page",
    )
    code, out, err = command(*given)
    assert code == 3, err
    assert f"start_date: {NOT_A_DATE}" in out
    assert "column 13" in out
    assert "case-00001" not in out
    page = (tmp_path / "page" / "quality.html").read_text(encoding="utf-8")
    assert f"start_date: {NOT_A_DATE}" in page
    assert "case-00001" not in page


def test_check_sees_a_changed_file_only_by_the_manifest(command, delivery, tmp_path):
    given = ("check", "--site", delivery, "--models", tmp_path / "models", "--manifest")
    assert command(*given)[0] == 12
    write_manifest(delivery)
    code, out, _ = command(*given)
    assert code == 3
    assert "manifest" in out
    (delivery / "code_groups_whole.csv").write_text("code,group\n1,work\n", "utf-8")
    code, _, err = command(*given)
    assert code == 12
    assert "code_groups_whole.csv" in err


def test_check_of_a_folder_without_a_target_says_what_it_should_hold(command, tmp_path):
    (tmp_path / "site.toml").write_text("extract_date = 2025-01-06\n")
    code, _, err = command("check", "--site", tmp_path)
    assert code == 12
    assert "<target>/cases.csv" in err


def test_check_refuses_such_a_group_too(command, delivery, tmp_path):
    (delivery / "code_groups_whole.csv").write_text(
        small_site.code_table().to_csv_text().replace(",sick,", ",sikc,"), "utf-8"
    )
    given = ("--site", delivery, "--models", tmp_path / "models")
    code, out, _ = command("check", *given)
    assert code == 11
    assert "did you mean 'sick'?" in out


def test_check_reads_the_open_cases_and_a_misspelt_target_is_told(
    command, delivery, tmp_path
):
    given = ("check", "--site", delivery, "--models", tmp_path / "models")
    text = f"extract_date = {AS_OF}\n[intake.small_target]\npath = 'open.csv'\n"
    (delivery / "site.toml").write_text(text)
    assert "open.csv: [intake.small_target]" in command(*given)[1]
    small_site.cases(9).to_csv(delivery / "open.csv", index=False)
    assert "  open.csv (small_target) " in command(*given)[1]
    (delivery / "site.toml").write_text(text.replace("small_target", "smal_target"))
    code, _, err = command(*given)
    assert code == 12
    assert "did you mean 'small_target'?" in err


def test_a_site_of_person_numbers_becomes_one_of_pseudonyms(command, tmp_path):
    raw, key, out = tmp_path / "raw", tmp_path / "key", tmp_path / "site"
    raw.mkdir()
    (raw / "site.toml").write_text(
        'extract_date = 2025-01-06\n[intake.long_absence]\npath = "intake.csv"\n'
    )
    columns = list_required_columns(read_specification(MODELS / "long_absence.toml"))
    cases = pd.DataFrame({"case_id": ["S1", "S2"], "person_id": ["010190-1234", "x"]})
    cases.reindex(columns=columns).to_csv(raw / "intake.csv", sep=";", index=False)
    (raw / "history.csv").write_text(
        f"person_id;code;start_date;end_date\n{SECRET};774;2024-01-01;\n"
    )
    named = ("--site", raw, "--key", key, "--out", out, "--target", "long_absence")
    code, _, err = command("pseudonymise", *named)
    assert (code, "no such key" in err) == (12, True)
    code, told, err = command("pseudonymise", *named, "--new-key")
    assert code == 3, err
    assert SECRET not in told + err
    cases = pd.read_parquet(out / "intake" / "long_absence.parquet")
    past = pd.read_parquet(out / "history.parquet")
    assert cases["person_id"].tolist() == past["person_id"].tolist()


def test_what_is_to_be_confirmed_is_written_to_a_sheet_and_read_back(
    command, site, tmp_path
):
    sheet = tmp_path / "to_confirm.csv"
    (site / "site.toml").write_text(f"extract_date = {AS_OF}\n")
    own = small_site.code_table().to_csv_text()  # all of it confirmed
    (site / "code_groups_whole.csv").write_text(own)
    code, said, _ = command("rules", "--site", site, "--out", sheet)
    assert code == 0
    assert str(sheet) in said
    text = sheet.read_text("utf-8-sig")
    sheet.write_text(text.replace('"";""\n', '"ja";""\n', 1), "utf-8")
    code, said, _ = command("rules", "--site", site, "--confirm", sheet, "--by", "NN")
    assert code == 0
    assert "1 of kind deadline confirmed" in said
    assert (site / "rules_log.csv").read_text("utf-8").count(",NN,deadline,") == 1


@pytest.mark.parametrize(
    "options",
    [(), ("--confirm", "x.csv"), ("--out", "x.csv", "--by", "NN")],
)
def test_a_sheet_is_either_written_or_read_back_by_somebody(command, site, options):
    assert command("rules", "--site", site, *options)[0] == 2
