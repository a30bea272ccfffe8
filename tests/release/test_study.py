"""A study end to end: train, gather, check, and judge the model at a second site."""

import json
import re
import shutil

import pytest

from riskscreen.files import fingerprint_file, write_json
from riskscreen.model.risk_model import VERSION_LENGTH, combine_digests
from riskscreen.release import check_release
from riskscreen.release.findings import Leak
from tests.registries import begin_database
from tests.test_every_estimator_end_to_end import SPECIFICATION, delivered_cases
from tests.tree_texts import resized

pytestmark = pytest.mark.slow

ROLE = "data protection officer"


def write_site(folder, *, n, seed):
    (folder / "made_up").mkdir(parents=True)
    cases, outcomes = delivered_cases(n, seed)
    cases.to_parquet(folder / "made_up/cases.parquet", index=False)
    outcomes.to_parquet(folder / "made_up/outcomes.parquet", index=False)
    (folder / "site.toml").write_text("extract_date = 2024-01-01\n")
    return folder


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A training of trees, by the command's own story."""
    from riskscreen.readers.site import read_site  # noqa: PLC0415
    from riskscreen.spec import read_specification  # noqa: PLC0415
    from riskscreen.stories.train import train  # noqa: PLC0415

    folder = tmp_path_factory.mktemp("trained")
    (folder / "made_up.toml").write_text(SPECIFICATION, "utf-8")
    train(
        read_specification(folder / "made_up.toml"),
        read_site(write_site(folder / "site", n=1600, seed=4)),
        folder / "out",
        tracking_uri=f"sqlite:///{begin_database(tmp_path_factory, folder / 'db')}",
        kind="lightgbm",
    )
    return folder / "out"


@pytest.fixture
def study(trained, tmp_path, command):
    out = tmp_path / "study"
    code, told, err = command("study", trained, "--out", out)
    assert code == 0, err
    assert f"{out}: 4 files" in told
    return out


@pytest.fixture
def with_model(trained, tmp_path, command):
    out = tmp_path / "study"
    given = ("--out", out, "--model-approved-by", ROLE)
    code, _, err = command("study", trained, *given)
    assert code == 0, err
    return out


def reseal(folder):
    """Make every digest of a changed model's folder that of what stands there now."""
    model = folder / "model"
    manifest = json.loads((model / "manifest.json").read_text())
    manifest["files"] = {n: fingerprint_file(model / n) for n in manifest["files"]}
    version = combine_digests(manifest["files"])[:VERSION_LENGTH]
    write_json(model / "manifest.json", manifest | {"version": version})
    content = json.loads((folder / "study.json").read_text())
    content["files"] = {n: fingerprint_file(folder / n) for n in content["files"]}
    write_json(folder / "study.json", content)


def test_a_study_made_by_our_own_commands_may_leave(study, command):
    code, told, err = command("release-check", study)
    assert code == 0, err
    assert told.startswith(f"{study}: ")
    assert sorted(p.name for p in study.iterdir()) == [
        ".riskscreen.json", "card.md", "counts.csv", "figures.csv", "study.json",
    ]  # fmt: skip
    counts = (study / "counts.csv").read_text()
    assert "delivered,all,all,1600\n" in counts
    assert re.search(r"known,outcome,long,\d+[05]\n", counts)


def test_a_leak_ends_the_check_with_its_own_code(study, command):
    (study / "rows.txt").write_text("case_id;long\none;1\n")
    code, _, err = command("release-check", study)
    assert code == 26
    assert f"rows.txt, the file: {Leak.OTHER.value[0]}" in " ".join(err.split())
    assert "one;1" not in err


def test_a_model_leaves_by_the_role_that_study_and_check_name(with_model, command):
    code, _, err = command("release-check", with_model, "--model-approved-by", ROLE)
    assert code == 0, err
    for given in ((), ("--model-approved-by", "head of department")):
        code, _, err = command("release-check", with_model, *given)
        assert code == 26
        assert "a model without the approval" in err


def test_a_model_put_beside_a_study_without_approval_is_refused(study, trained):
    shutil.copytree(trained / "model", study / "model")
    found = check_release(study, approved_by=ROLE)
    assert Leak.MODEL in {of.rule for of in found}


def test_a_model_with_a_leaf_of_three_is_refused(with_model):
    path = with_model / "model/model.txt"
    path.write_text(re.sub(r"(?m)^(leaf_count=)\d+", r"\g<1>3", path.read_text()))
    reseal(with_model)
    found = check_release(with_model, approved_by=ROLE)
    assert Leak.LEAF in {of.rule for of in found}


def test_a_model_whose_statistics_are_not_rounded_is_refused(with_model):
    path = with_model / "model/model.json"
    finer = re.sub(r'("base_rate": )[\d.]+', r"\g<1>0.27413793", path.read_text())
    path.write_text(re.sub(r'("train": )\d+', r"\g<1>1203", finer))
    reseal(with_model)
    (found,) = check_release(with_model, approved_by=ROLE)
    assert (found.file, found.rule) == ("model/model.json", Leak.MODEL_ROUNDING)
    assert found.count == 2


def change_stored(model, part, **changed):
    """Change a *part* of model.json, and write it as a model does."""
    path = model / "model.json"
    content = json.loads(path.read_text())
    content[part] |= changed
    path.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n")


def change_setting(model, **changed):
    notes = json.loads((model / "model.json").read_text())["notes"]
    change_stored(model, "notes", hyperparameters=notes["hyperparameters"] | changed)


def test_a_setting_that_the_search_drew_may_be_told_in_full(with_model):
    change_setting(with_model / "model", feature_fraction=0.3818136915538436)
    reseal(with_model)
    assert check_release(with_model, approved_by=ROLE) == []


def change_base_risk(model):
    change_stored(model, "policy", base_risk=0.27413793, threshold=None, thresholds={})


def change_trees(model, pattern, to):
    text = re.sub(pattern, to, (model / "model.txt").read_text(), count=1)
    (model / "model.txt").write_text(resized(text))
    digest = fingerprint_file(model / "model.txt")
    change_stored(model, "estimator", text_sha256=digest)


@pytest.mark.parametrize(
    ("plant", "rule"),
    [
        (lambda m: change_stored(m, "notes", rows=[[43, 1]]), Leak.DAMAGED_MODEL),
        (lambda m: change_stored(m, "notes", bend_kept=0.123456), Leak.MODEL_ROUNDING),
        (lambda m: change_stored(m, "notes", pilot="0707614285"), Leak.PERSON_NUMBER),
        (lambda m: change_setting(m, age=0.3818136915), Leak.MODEL_ROUNDING),
        (lambda m: change_setting(m, lambda_l2=438.18136915), Leak.MODEL_ROUNDING),
        (change_base_risk, Leak.MODEL_ROUNDING),
        (lambda m: change_trees(m, r"\Z", "Kaj,43,long\n"), Leak.DAMAGED_MODEL),
        (
            lambda m: change_trees(m, r"\[-inf:inf\]", "[18:67]"),
            Leak.MODEL_ROUNDING,
        ),
        (
            lambda m: change_trees(m, r"(?m)^(leaf_value=)[^ ]+", r"\g<1>-0.7312345"),
            Leak.MODEL_ROUNDING,
        ),
        (
            lambda m: (m / "code_groups.csv").write_text("case_id,long\none,1\n"),
            Leak.DAMAGED_MODEL,
        ),
    ],
    ids=[
        *("rows in the notes", "a mean in full", "a person number"),
        *("a mean among the settings", "a setting that no search draws"),
        *("an exact base risk", "a row behind the trees", "the ends of a column"),
        *("an exact leaf", "a row file in the place of the codes"),
    ],
)
def test_a_leak_in_a_model_is_refused_however_it_is_sealed(with_model, plant, rule):
    plant(with_model / "model")
    reseal(with_model)
    found = check_release(with_model, approved_by=ROLE)
    assert rule in {of.rule for of in found}


def test_a_file_of_no_model_beside_its_files_is_refused(with_model):
    (with_model / "model/cases.csv").write_text("case_id,long\none,1\n")
    found = {(of.file, of.rule) for of in check_release(with_model, approved_by=ROLE)}
    assert ("model/cases.csv", Leak.OTHER) in found


def test_a_second_site_judges_the_model_and_sends_home_its_own_study(
    with_model, command, tmp_path
):
    other = write_site(tmp_path / "other", n=700, seed=9)
    given = ("--external", other, "--model", with_model / "model")
    code, _, err = command("evaluate", "made_up", *given, "--out", tmp_path / "judged")
    assert code == 0, err
    code, _, err = command("study", tmp_path / "judged", "--out", tmp_path / "home")
    assert code == 0, err
    code, _, err = command("release-check", tmp_path / "home")
    assert code == 0, err
    assert "evaluated,all,all,700\n" in (tmp_path / "home/counts.csv").read_text()


def test_a_folder_without_an_evaluation_and_a_number_for_a_role_are_refused(
    command, tmp_path
):
    (tmp_path / "empty").mkdir()
    code, _, err = command("study", tmp_path / "empty", "--out", tmp_path / "study")
    assert code == 12
    assert "holds no evaluation.json" in err
    given = ("--out", tmp_path / "study", "--model-approved-by", "no. 7")
    code, _, err = command("study", tmp_path / "empty", *given)
    assert code == 2
    assert "nobody's name" in err
