from collections import Counter

import numpy as np
import pandas as pd
import pytest

from riskscreen.errors import FileError, TableError, UnknownCodesError
from riskscreen.features.catalogue import list_features
from riskscreen.history import reading
from riskscreen.outcomes import label_noise
from riskscreen.training import prepare
from riskscreen.training.data import preparation
from riskscreen.training.data.beside import merge_small_audit_levels
from tests.small_site import (
    WORK,
    beside_renumbered,
    cases,
    code_table,
    history,
    reaching,
    specification,
    work,
)

pytestmark = pytest.mark.slow

WORDS = {"da": "x", "en": "x"}
SPEC = specification()


def write(site, table, past=None, spec=SPEC, extract="extract_date = 2026-01-05"):
    folder = site / spec.name
    folder.mkdir(parents=True)
    (site / "site.toml").write_text(f"{extract}\nsynthetic = true\n")
    table.to_csv(folder / "cases.csv", index=False)
    if past is not None:
        reaching(past, extract.split()[-1]).to_parquet(site / "history.parquet")
    (site / "code_groups_whole.csv").write_text(code_table().to_csv_text())
    draw = np.random.default_rng(4)
    audit = table[["case_id"]].assign(
        audit_kind=draw.choice(["x", "y"], len(table)),
        audit_note=draw.choice(["m", "n"], len(table)),
    )
    audit.sample(frac=1, random_state=1).to_parquet(folder / "audit.parquet")
    return site


@pytest.fixture(scope="module")
def delivered():
    return cases(400, seed=3)


@pytest.fixture(scope="module")
def site(delivered, tmp_path_factory):
    return write(tmp_path_factory.mktemp("site"), delivered, history(delivered))


@pytest.fixture(scope="module")
def prepared(site):
    return prepare(SPEC, site)


def test_whoever_objects_to_training_teaches_nothing_from_whatever_day(prepared, site):
    learned, kept = prepared.cases["person_id"].iloc[[0, 1]]
    rows = (f"{learned},2099-01-01,training", f"{kept},2020-01-01,scoring")
    text = "\n".join(["person_id,from,what", *rows])
    (site / "objections.csv").write_text(text)
    try:
        found = prepare(SPEC, site)
    finally:
        (site / "objections.csv").unlink()
    assert learned not in set(found.cases["person_id"])
    assert kept in set(found.cases["person_id"])
    steps = found.attrition.set_index("step")["left"]
    assert steps["objection"] == (prepared.cases["person_id"] == learned).sum()
    assert "objection" not in set(prepared.attrition["step"])
    assert found.fingerprints["cases"] != prepared.fingerprints["cases"]


def test_features_outcomes_and_audit_follow_the_cases(prepared, site):
    ids = prepared.cases["case_id"].tolist()
    assert prepared.features.index.tolist() == ids
    assert prepared.outcomes["case_id"].tolist() == ids
    told = pd.read_parquet(site / SPEC.name / "audit.parquet").set_index("case_id")
    assert prepared.audit["audit_kind"].tolist() == (
        told.loc[ids, "audit_kind"].tolist()
    )


def test_who_has_confirmed_a_code_is_no_part_of_what_is_learnt_from(
    delivered, tmp_path, prepared
):
    write(tmp_path, delivered, history(delivered))
    path = tmp_path / "code_groups_whole.csv"
    path.write_text(path.read_text("utf-8").replace(",confirmed,", ",one_list,"))
    other = prepare(SPEC, tmp_path)
    assert other.code_table_csv == prepared.code_table_csv
    assert other.fingerprints == prepared.fingerprints
    assert other.digests["code_groups"] == prepared.digests["code_groups"]
    weeks = "rests_on_unverified_weeks"
    assert other.outcomes[weeks].sum() > prepared.outcomes[weeks].sum() == 0


def test_a_further_table_gives_features_and_is_told_of(delivered, tmp_path):
    spec = specification(tables=(WORK,))
    write(tmp_path, delivered, history(delivered), spec)
    rows = work(delivered)
    unread = rows.assign(note="x", start_date=rows["start_date"].astype("str"))
    unread.loc[0, "start_date"] = "30-02-2023"
    unread.to_csv(tmp_path / "work.csv", index=False)
    made = prepare(spec, tmp_path)
    assert made.features["work_weeks_52"].between(0, 52).all()
    assert made.features["work_weeks_52"].sum() > 0
    told = "\n".join(made.notes)
    assert "work.csv: 1 rows set aside (start_date:" in told
    assert "not in work.csv" in told
    assert len(made.digests["table_work"]) == len(made.fingerprints["table_work"]) == 64
    (tmp_path / "work.csv").unlink()
    with pytest.raises(TableError, match="work: small_target reads this table"):
        prepare(spec, tmp_path)


def test_the_order_of_the_rows_changes_nothing(delivered, tmp_path, prepared):
    """Folds, bagging and draws follow the cases: one delivery has one digest."""
    past = history(delivered)
    twin = past.iloc[:40].assign(
        end_date=past["end_date"].iloc[:40] - pd.Timedelta(7, "D")
    )
    found = []
    for seed in (1, 2):
        rows = delivered.sample(frac=1, random_state=seed)
        spells = pd.concat([past, twin]).sample(frac=1, random_state=seed)
        site = write(tmp_path / str(seed), rows, spells)
        audit = delivered[["case_id"]].assign(audit_kind="x", audit_note="m")
        audit.loc[::3, "audit_kind"] = "y"
        audit = audit.sample(frac=1, random_state=seed)
        audit.to_parquet(site / SPEC.name / "audit.parquet")
        found.append(prepare(SPEC, site))
    one, other = found
    for name in (
        "cases",
        "features",
        "outcomes",
        "audit",
        "attrition",
        "routed",
        "label_noise",
    ):
        pd.testing.assert_frame_equal(
            getattr(one, name), getattr(other, name), check_exact=True
        )
    assert one.fingerprints == other.fingerprints
    assert one.notes == other.notes
    assert one.cases["decision_date"].is_monotonic_increasing
    assert set(one.cases["case_id"]) == set(prepared.cases["case_id"])


def test_audit_columns_and_undeclared_columns_are_no_features(prepared):
    assert list(prepared.features) == [f.name for f in list_features(SPEC)]
    assert not set(SPEC.audit) & {*prepared.features, *prepared.cases}
    assert any("not read: column " in note for note in prepared.notes)


def test_everybody_delivered_is_in_the_attrition(prepared, delivered):
    table = prepared.attrition
    assert table["n"].iloc[0] == len(delivered)
    assert (table["n"].iloc[0] - table["left"].cumsum() == table["n"]).all()
    assert table["n"].iloc[-1] == len(prepared.labelled)
    routes = {"asked_not_to", "late", "elsewhere"}
    assert routes | {"already_over", "censored"} <= set(table["step"])
    assert prepared.synthetic


def test_rows_that_break_a_rule_are_set_aside_and_counted(delivered, tmp_path):
    broken = delivered.copy()
    broken.loc[:6, "helpers"] = "mange"
    found = prepare(SPEC, write(tmp_path, broken, history(delivered)))
    left = found.attrition.set_index("step")["left"]
    assert left["set aside"] == 7
    assert any("7 rows set aside (helpers:" in note for note in found.notes)
    assert not any("mange" in note for note in found.notes)


def test_a_known_case_has_its_label_and_the_place_of_its_features(prepared):
    known = prepared.labelled
    assert set(known["long"]) == {0.0, 1.0}
    again = prepared.features.index[known.index.to_numpy()]
    assert again.tolist() == known["case_id"].tolist()
    assert (known["known_on"] <= pd.Timestamp("2026-01-05")).all()


def test_an_older_extract_knows_fewer_outcomes(delivered, tmp_path, prepared):
    early = write(
        tmp_path,
        delivered,
        history(delivered),
        extract="extract_date = 2024-11-04",
    )
    found = prepare(SPEC, early)
    assert len(found.labelled) < len(prepared.labelled)
    assert (found.labelled["known_on"] <= pd.Timestamp("2024-11-04")).all()


def test_the_site_may_have_names_of_its_own(delivered, tmp_path, prepared):
    theirs = delivered.rename(columns={"distance": "afstand_i_km"})
    # The history is the same, so the features must be too.
    folder = write(tmp_path, theirs, history(delivered))
    with (folder / "site.toml").open("a") as stated:
        stated.write('[files.small_target]\ncolumns = {afstand_i_km = "distance"}\n')
    found = prepare(SPEC, folder)
    pd.testing.assert_frame_equal(found.features, prepared.features)


def test_fingerprints_change_with_the_data(delivered, tmp_path, prepared):
    other = delivered.assign(helpers="1")
    found = prepare(SPEC, write(tmp_path, other, history(delivered)))
    assert found.fingerprints["cases"] != prepared.fingerprints["cases"]
    assert found.fingerprints["history"] == prepared.fingerprints["history"]
    assert found.fingerprints["specification"] == SPEC.fingerprint()


def test_a_delivered_outcome_counts_once_it_could_be_known(delivered, tmp_path):
    spec = specification(
        outcome={
            "rule": "ready",
            "clock": "decision_date",
            "horizon_weeks": 26,
            "long_words": {"da": "x", "en": "x"},
        },
        population={"who": {"da": "x", "en": "x"}},
        history=None,
        ideas={"facts": {"label": {"da": "x", "en": "x"}}},
    )
    folder = write(tmp_path, delivered, spec=spec, extract="extract_date = 2024-11-04")
    table = delivered[["case_id"]].assign(long="ja")
    table.to_csv(folder / spec.name / "outcomes.csv", index=False)
    found = prepare(spec, folder)
    known = found.labelled
    assert 0 < len(known) < len(delivered)
    t0 = known["decision_date"]
    assert (t0 + pd.Timedelta(weeks=26) <= pd.Timestamp("2024-11-04")).all()
    assert found.code_table_csv == ""
    assert found.history is None


def test_durations_censored_before_the_horizon_are_stood_for_and_told(
    delivered, tmp_path
):
    spec = specification(
        outcome={"rule": "ready", "horizon_weeks": 13, "long_words": WORDS},
        population={"who": WORDS},
        history=None,
        ideas={"facts": {"label": WORDS}},
    )
    folder = write(tmp_path, delivered, spec=spec)
    place = np.arange(len(delivered))
    table = delivered[["case_id"]].assign(
        duration=np.select([place % 5 == 0, place % 5 == 1], [30, 100], default=20),
        observed=np.where(place % 5 == 0, "nej", "ja"),
    )
    table.to_csv(folder / spec.name / "outcomes.csv", index=False)
    found = prepare(spec, folder)
    lost = found.outcomes["lost"]
    assert lost.sum() > 10
    assert found.table["long"].isna().sum() == lost.sum()
    share = np.average(found.labelled["long"], weights=found.labelled["weight"])
    # Of five, three end, one is lost and one stays: as of five with two of whom
    # nothing more is known, three ended before anybody was lost.
    assert share == pytest.approx(0.4, abs=0.02)
    steps = found.attrition.set_index("step")
    assert steps.loc["followed too short", "left"] == lost.sum()
    assert steps.loc["censored", "left"] == 0
    assert any(f"{lost.sum()} were censored before it" in note for note in found.notes)


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("site.toml", "extract_date = 2025-01-06"),
        ("history.parquet", "Deliver one of them"),
        ("small_target/cases.csv", "Deliver one of them"),
    ],
)
def test_a_missing_file_is_named_with_the_remedy(delivered, tmp_path, name, remedy):
    folder = write(tmp_path, delivered, history(delivered))
    (folder / name).unlink()
    with pytest.raises(FileError, match=remedy):
        prepare(SPEC, folder)


@pytest.mark.parametrize("text", ["extracted = 1", "extract_date = 'in May'", "= ="])
def test_an_extract_without_a_date_is_refused(delivered, tmp_path, text):
    folder = write(tmp_path, delivered, history(delivered))
    (folder / "site.toml").write_text(text)
    with pytest.raises(FileError, match=r"site\.toml"):
        prepare(SPEC, folder)


def test_without_an_audit_table_that_is_said(delivered, tmp_path):
    folder = write(tmp_path, delivered, history(delivered))
    (folder / SPEC.name / "audit.parquet").unlink()
    found = prepare(SPEC, folder)
    assert found.audit is None
    assert any("no audit table" in note for note in found.notes)
    bare = specification(audit={})
    assert not any("audit table" in note for note in prepare(bare, folder).notes)


def test_each_table_has_its_own_names_and_two_files_for_one_are_refused(
    delivered, tmp_path
):
    spec = specification(
        outcome={"rule": "ready", "horizon_weeks": 26, "long_words": WORDS},
        population={"who": WORDS},
        history=None,
        ideas={"facts": {"label": WORDS}},
    )
    folder = write(tmp_path, delivered, spec=spec)
    target = folder / spec.name
    outcomes = delivered[["case_id"]].assign(lang="ja")
    outcomes.to_csv(target / "ends.csv", index=False, sep=";")
    audit = pd.read_parquet(target / "audit.parquet")
    audit.rename(columns={"audit_kind": "slags"}).to_parquet(target / "audit.parquet")
    with (folder / "site.toml").open("a") as stated:
        stated.write(
            '[files.small_target.audit]\ncolumns = { slags = "audit_kind" }\n'
            '[files.small_target.outcomes]\npath = "small_target/ends.csv"\n'
            'columns = { lang = "long" }\n'
        )
    found = prepare(spec, folder)
    assert (found.outcomes["outcome"] == "long").all()
    assert set(found.audit["audit_kind"]) == {"x", "y"}
    assert {"audit.parquet: Parquet", "ends.csv: delimiter semicolon (found)"} <= {
        *found.notes
    }
    delivered.to_parquet(target / "cases.parquet")
    with pytest.raises(FileError, match=r"cases\.csv and cases\.parquet"):
        prepare(spec, folder)


def keys_in_upper_case(table, of):
    """*table* with the ids of a share of its people in another case."""
    some = table["person_id"].isin(sorted(set(table["person_id"]))[:of])
    lower = table["person_id"].str.upper()
    return table.assign(person_id=table["person_id"].mask(some, lower))


def test_citizens_that_the_history_does_not_hold_are_told(prepared):
    told = "citizens of cases.csv are not in the history (history.parquet)"
    assert any(told in note for note in prepared.notes)
    assert 0.8 < prepared.people_visible_at_t0 < 1


def test_a_history_that_a_tenth_of_the_citizens_do_not_meet_is_refused(
    delivered, tmp_path
):
    past = keys_in_upper_case(history(delivered), 60)
    with pytest.raises(TableError, match=r"history.parquet.*citizens.*90.0%"):
        prepare(SPEC, write(tmp_path, delivered, past))


def test_a_history_that_ends_years_before_the_extract_is_refused(delivered, tmp_path):
    site = write(tmp_path, delivered)
    history(delivered).to_parquet(site / "history.parquet")
    with pytest.raises(TableError, match=r"history.parquet: ends \d+ weeks before"):
        prepare(SPEC, site)


def test_many_unknown_codes_among_the_newest_weeks_are_refused(delivered, tmp_path):
    past = history(delivered)
    for percent in (2, 8):
        site = write(
            tmp_path / f"{percent}",
            delivered,
            beside_renumbered(past, percent, until="2026-01-05"),
        )
        if percent == 8:
            with pytest.raises(UnknownCodesError, match=r"history\.parquet: .*8\.0%"):
                prepare(SPEC, site)
        told = prepare(SPEC, site, accept_unknown_codes=percent == 8).notes
        assert any(f"{percent}.0%" in note for note in told)


def test_an_audit_table_that_meets_few_of_the_cases_is_refused(delivered, tmp_path):
    site = write(tmp_path, delivered, history(delivered))
    file = site / SPEC.name / "audit.parquet"
    audit = pd.read_parquet(file)
    audit.assign(case_id=audit["case_id"].str.upper()).to_parquet(file)
    with pytest.raises(TableError, match=r"audit\.parquet: holds none"):
        prepare(SPEC, site)
    audit.head(len(audit) // 2).to_parquet(file)
    with pytest.raises(TableError, match=r"delivery\.audited_at_least"):
        prepare(SPEC, site)
    audit.head(int(0.95 * len(audit))).to_parquet(file)
    notes = prepare(SPEC, site).notes
    assert any("not in audit.parquet" in note for note in notes)


def test_one_spell_under_two_case_numbers_teaches_once(delivered, prepared, tmp_path):
    again = delivered.assign(case_id="a" + delivered["case_id"])
    both = pd.concat([again, delivered], ignore_index=True)
    found = prepare(SPEC, write(tmp_path, both, history(delivered)))
    assert found.cases["case_id"].tolist() == prepared.cases["case_id"].tolist()


def test_spells_are_indexed_once_and_outcomes_derived_once(
    delivered, tmp_path, monkeypatch
):
    """A training asks the index a dozen times; sorting every spell is its cost."""
    calls = Counter()

    def counted(module, name):
        function = getattr(module, name)

        def call(*args, **kwargs):
            calls[name] += 1
            return function(*args, **kwargs)

        monkeypatch.setattr(module, name, call)

    counted(reading, "index_spells")
    counted(preparation, "derive_outcomes")
    counted(label_noise, "derive_horizon_outcomes")
    found = prepare(SPEC, write(tmp_path, delivered, history(delivered)))
    assert calls == {
        "index_spells": 1,
        "derive_outcomes": 1,
        "derive_horizon_outcomes": 1,
    }
    assert set(found.history.persons) >= set(found.cases["person_id"])


def test_what_the_specification_declares_is_named_whoever_holds_it():
    audit = pd.DataFrame({"audit_kind": ["x", "y"], "audit_note": ["a", "b"]})
    named = merge_small_audit_levels(specification(), audit, pd.Series(["p", "q"]))
    assert named["audit_kind"].tolist() == ["x", "y"]
    assert named["audit_note"].tolist() == ["others", "others"]


def test_efforts_of_its_cases_stand_beside_them_and_change_nothing_else(
    prepared, delivered, tmp_path
):
    site = write(tmp_path / "site", delivered, history(delivered))
    ids = prepared.cases["case_id"].tolist()
    rows = [f"{case},mentor,2024-05-01" for case in [*ids[:7], ids[0], "x1", "x2"]]
    text = "\n".join(["case_id,kind,start_date", *rows, "x3,,2024-05-01"])
    (site / "efforts.csv").write_text(text)
    helped = prepare(SPEC, site)
    assert prepared.efforts is None
    assert sorted(helped.efforts["case_id"]) == sorted([*ids[:7], ids[0]])
    for table in ("cases", "features", "outcomes", "audit"):
        pd.testing.assert_frame_equal(
            getattr(helped, table), getattr(prepared, table), check_exact=True
        )
    assert helped.fingerprints == prepared.fingerprints
    notes = [note for note in helped.notes if note.startswith("efforts.csv")]
    assert any("1 rows set aside (kind" in note for note in notes)
    assert any("fewer than 5 of 9 cases" in n for n in helped.notes)
