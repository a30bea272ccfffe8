import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from docs.figures import count_part_calls
from riskscreen.errors import PersonalDataError, TableError, UnknownCodesError
from riskscreen.model.abstention import TrainingProfile
from riskscreen.model.horizons.fit import fit_horizons
from riskscreen.model.model_folder import load_model_folder, save_model
from riskscreen.model.wording import TEXTS
from riskscreen.policy import Places, Policy
from riskscreen.population.admit import TOO_EARLY
from riskscreen.scoring.rows import compute_fingerprints
from riskscreen.scoring.score_cases import score
from riskscreen.spec import Horizon
from riskscreen.validation import validate_table
from riskscreen.validation.schemas import (
    HISTORY_ENDS,
    NO_HISTORY,
    ROUTED,
    SET_ASIDE,
    UNKNOWN_CODES,
    UNREADABLE,
    build_scores_schema,
)
from tests import small_site
from tests.model.horizons.made_up_courses import courses, day_of, still_in

KINDS = ["logistic", "lightgbm", "blend"]
AS_OF = small_site.EXTRACTED.date()


@pytest.fixture(scope="module", params=KINDS)
def any_model(request):
    return small_site.model(request.param)


def all_of(scoring):
    """Every case_id that left, in any of the three tables."""
    tables = (scoring.scores, scoring.routed, scoring.set_aside)
    return sorted(c for t in tables for c in t["case_id"].dropna())


@pytest.mark.slow
def test_every_case_leaves_in_exactly_one_table(model, cases, history):
    broken = cases.copy()
    broken.loc[3, "helpers"] = "many"
    broken.loc[4, "decision_date"] = "31-02-2024"
    found = score(model, broken, history, as_of=AS_OF)
    assert all_of(found) == sorted(cases["case_id"])
    assert found.counts["cases"] == 60
    assert found.counts["set_aside"] == 2
    assert found.counts["routed"] == len(found.routed) > 0
    assert found.ignored == ("column 13",)
    for table, contract in (
        (found.scores, build_scores_schema(model.spec)),
        (found.routed, ROUTED),
        (found.set_aside, SET_ASIDE),
    ):
        validate_table(table, contract, name="a table")


@pytest.mark.slow
def test_a_row_of_a_batch_scores_like_the_same_row_alone(any_model, cases, history):
    together = score(any_model, cases, history, as_of=AS_OF)
    rows = together.scores.set_index("case_id")
    reasons = together.reasons.set_index(["case_id", "reason"])["log_odds"]
    for place in range(0, 60, 7):
        alone = score(any_model, cases.iloc[[place]], history, as_of=AS_OF)
        case_id = cases["case_id"][place]
        assert (case_id in rows.index) == (len(alone.scores) == 1)
        if alone.scores.empty:
            assert alone.routed["case_id"].tolist() == [case_id]
            continue
        row, own = rows.loc[case_id], alone.scores.iloc[0]
        assert abs(row["risk"] - own["risk"]) < 1e-12
        # The fingerprint is over the features, so these agree to the last bit.
        assert row["input_fingerprint"] == own["input_fingerprint"]
        assert row["band"] == own["band"]
        assert pd.isna(own["rank"])
        assert row["rank"] >= 1
        same = alone.reasons.set_index(["case_id", "reason"])["log_odds"]
        np.testing.assert_allclose(same, reasons.loc[same.index], atol=1e-12)


@pytest.mark.slow
def test_the_columns_of_a_part_are_built_once(any_model, cases, history):
    """By the tool that counts them, and through the door, whatever the estimator."""
    sure = small_site.as_sure(any_model)
    found = count_part_calls(lambda: score(sure, cases, history, as_of=AS_OF))
    assert [*found.values()] == [1, 1]


@pytest.mark.slow
def test_reasons_lead_from_the_base_risk_to_the_shown_risk(any_model, cases, history):
    found = score(any_model, cases, history, as_of=AS_OF)
    points = found.reasons.groupby("case_id", sort=False)["points"].sum().to_numpy()
    expected = found.scores["risk"] - found.scores["base_risk"]
    np.testing.assert_allclose(points, expected, atol=1e-9)
    assert set(found.scores["base_risk"]) == {any_model.base_risk}
    assert set(found.scores["model_version"]) == {any_model.version}
    assert set(found.scores["data_date"].dt.date) == {AS_OF}


@pytest.mark.slow
def test_the_order_of_rows_changes_no_score(model, cases, history):
    found = score(model, cases, history, as_of=AS_OF).scores
    turned = score(
        model,
        cases.sample(frac=1, random_state=1),
        history.sample(frac=1, random_state=2),
        as_of=AS_OF,
    ).scores
    pd.testing.assert_frame_equal(
        found.sort_values("case_id").reset_index(drop=True),
        turned.sort_values("case_id").reset_index(drop=True),
    )


@pytest.mark.slow
def test_a_person_with_an_unknown_code_is_scored_flagged_and_the_code_counted(
    model, cases, history
):
    person = cases["person_id"][0]
    rows = [(person, "999", pd.Timestamp("2023-12-04"), pd.Timestamp("2024-01-01"))]
    odd = pd.concat([history, pd.DataFrame(rows * 5, columns=history.columns)])
    found = score(model, cases, odd, as_of=AS_OF)
    assert found.set_aside.empty
    own = cases["case_id"][cases["person_id"] == person]
    flagged = found.scores.set_index("case_id")[UNKNOWN_CODES]
    assert set(flagged.index[flagged]) == {*own} & {*flagged.index} != set()
    assert found.warnings == ()  # next to nothing of the newest quarter
    assert found.unknown.to_dict("records") == [
        {"code": "999", "n_rows": 5, "n_persons": 1}
    ]
    untouched = score(model, cases, history, as_of=AS_OF)
    assert not untouched.scores[UNKNOWN_CODES].any()
    assert len(untouched.scores) == len(found.scores)


@pytest.mark.slow
def test_a_code_that_means_something_else_after_a_benefit_is_scored_as_what_it_means(
    model, cases, history
):
    """Half of each time in sickness is on 500: sickness for who comes from it."""
    sick = history[history["code"] == "300"].dropna(subset=["end_date"])
    middle = sick["start_date"] + (sick["end_date"] - sick["start_date"]) // 14 * 7
    halves = [sick.assign(end_date=middle), sick.assign(start_date=middle, code="500")]
    halves = [half[half["start_date"] < half["end_date"]] for half in halves]
    rest = history.drop(sick.index)
    moved = pd.concat([rest, *halves], ignore_index=True)
    cut = moved.assign(code=moved["code"].replace("500", "300"))
    known = "100,work,\n200,idle,\n300,sick,\n400,pension,\n500,work,\n"
    table = f"code,group,applies_when\n{known}"
    plain = replace(model, code_table_csv=table)
    asking = replace(model, code_table_csv=f"{table}500,sick,state = sick\n")
    expected, as_work, found = (
        score(of, cases, rows, as_of=AS_OF).scores
        for of, rows in ((plain, cut), (plain, moved), (asking, moved))
    )
    assert found["risk"].tolist() == expected["risk"].tolist()
    assert (found["risk"] != as_work["risk"]).any()


@pytest.mark.slow
@pytest.mark.parametrize("as_of", [AS_OF, None])
def test_many_unknown_codes_among_the_newest_weeks_are_warned_of_and_refused(
    model, cases, history, as_of
):
    """A live history is asked about the weeks up to its newest case."""
    newest = as_of or pd.to_datetime(cases["decision_date"]).max().date()
    known, few, many = (
        small_site.beside_renumbered(history, percent, until=newest)
        for percent in (0, 2, 8)
    )
    plain = score(model, cases, known, as_of=as_of)
    assert plain.warnings == ()
    warned = score(model, cases, few, as_of=as_of)
    assert "2.0%" in warned.warnings[0]
    with pytest.raises(UnknownCodesError, match=r"history: .*8\.0%"):
        score(model, cases, many, as_of=as_of)
    accepted = score(model, cases, many, as_of=as_of, accept_unknown_codes=True)
    assert "8.0%" in accepted.warnings[0]
    assert accepted.scores["risk"].tolist() == plain.scores["risk"].tolist()


@pytest.mark.slow
def test_a_broken_row_of_a_history_is_set_aside_and_its_person_scored_as_without_it(
    model, cases, history
):
    person = cases["person_id"][1]
    row = [(person, "300", pd.Timestamp("2020-02-03"), pd.Timestamp("2020-01-06"))]
    odd = pd.concat([history, pd.DataFrame(row, columns=history.columns)])
    found = score(model, cases, odd, as_of=AS_OF)
    assert found.set_aside["file"].tolist() == ["history"]
    assert found.set_aside["rule"].tolist() == ["end_date: not after start_date"]
    plain = score(model, cases, history, as_of=AS_OF)
    pd.testing.assert_frame_equal(found.scores, plain.scores)


@pytest.mark.slow
def test_a_case_is_set_aside_where_the_history_ends_before_what_must_be_seen(
    model, cases, history
):
    past = history[history["start_date"] <= "2024-03-01"]
    found = score(model, cases, past, as_of=dt.date(2024, 3, 1))
    decided = pd.to_datetime(cases.set_index("case_id")["decision_date"])
    seen_until = decided - pd.to_timedelta(decided.dt.day_of_week + 14, unit="D")
    late = sorted(decided.index[seen_until > "2024-03-01"])
    assert sorted(found.set_aside["case_id"]) == late
    assert set(found.set_aside["rule"]) == {TOO_EARLY}


def test_a_live_case_needs_no_extract_date(model, cases, history):
    found = score(model, cases.iloc[[2]], history)
    assert found.counts["scored"] == 1
    assert found.scores["data_date"].isna().all()


@pytest.mark.slow
def test_all_rows_routed_or_set_aside_gives_empty_scores(model, cases, history):
    declined = cases.assign(declined="ja")
    found = score(model, declined, history, as_of=AS_OF)
    assert found.scores.empty
    assert len(found.routed) == 60
    validate_table(found.scores, build_scores_schema(model.spec), name="scores")
    nothing = score(model, cases.assign(helpers="?"), history, as_of=AS_OF)
    assert len(nothing.set_aside) == 60


def test_a_history_is_needed_where_the_model_reads_one(model, cases):
    with pytest.raises(TableError, match="--history"):
        score(model, cases, None, as_of=AS_OF)


def test_a_person_number_in_the_history_stops_everything(model, cases, history):
    odd = history.assign(person_id="010190-1234")
    with pytest.raises(PersonalDataError, match="history: person_id"):
        score(model, cases, odd, as_of=AS_OF)


def test_cases_without_dates_or_history_are_scored_without_ranks():
    spec = small_site.by_period()
    model = small_site.model(spec=spec)
    cases = small_site.cases_by_period(30)
    found = score(model, cases, None)
    assert found.counts["scored"] + found.counts["routed"] == 30
    assert found.scores["rank"].isna().all()
    assert found.scores["decision_date"].isna().all()


@pytest.fixture(scope="module")
def several():
    """The small model with further horizons, as a family of other cases has them."""
    plain = small_site.specification()
    further = tuple(Horizon(weeks=w) for w in (8, 13, 52))
    outcome = plain.outcome.model_copy(update={"other_horizons": further})
    spec = plain.model_copy(update={"outcome": outcome})
    made, index, drive = courses(600)
    family = fit_horizons(still_in(), made, index, drive, known_by=day_of(230))
    return replace(small_site.model(spec=spec), horizons=family)


@pytest.mark.slow
def test_the_other_horizons_surround_the_risk_and_leave_it_as_it_is(
    model, several, cases, history
):
    found = score(several, cases, history, as_of=AS_OF).scores
    plain = score(model, cases, history, as_of=AS_OF).scores
    assert np.array_equal(found["risk"], plain["risk"])
    validate_table(found, build_scores_schema(several.spec), name="scores")
    names = [f"{s}_{w}w" for w in (8, 13, 52) for s in ("risk", "not_long", "left")]
    assert list(found.columns[-9:]) == names
    ordered = found[["risk_8w", "risk_13w", "risk", "risk_52w"]]
    pairs = zip(ordered.columns, ordered.columns[1:], strict=False)
    for near, far in pairs:
        both = found[near].notna()
        assert both.any()
        assert (found[near][both] >= found[far][both]).all()
    assert plain[["not_long", "left"]].isna().all(axis=None)


@pytest.mark.slow
def test_the_three_shares_of_a_row_sum_to_one_at_every_horizon(several, cases, history):
    found = score(several, cases, history, as_of=AS_OF).scores
    for after in ("", "_8w", "_13w", "_52w"):
        shares = found[[f"{s}{after}" for s in ("risk", "not_long", "left")]].dropna()
        assert len(shares) > 10
        np.testing.assert_allclose(shares.sum(axis=1), 1.0, atol=1e-9)


@pytest.mark.slow
def test_a_horizon_that_had_passed_at_t0_is_left_blank(several, cases, history):
    found = score(several, cases, history, as_of=AS_OF).scores
    waited = (found["decision_date"] - found["start_date"]).dt.days
    assert found["risk_8w"][waited < 49].notna().all()
    late = cases.assign(start_date="02-01-2024", decision_date="2024-02-26")
    last = score(several, late, history, as_of=AS_OF).scores
    assert len(last) > 10
    assert last["risk_8w"].isna().all()
    assert last[["not_long_8w", "left_8w"]].isna().all(axis=None)
    assert last[["risk_13w", "left_52w", "not_long", "left"]].notna().all(axis=None)


@pytest.mark.slow
def test_the_other_horizons_of_a_row_are_the_same_alone(several, cases, history):
    together = score(several, cases, history, as_of=AS_OF).scores.set_index("case_id")
    names = ["risk_8w", "risk_13w", "not_long_52w", "left"]
    for case_id in together.index[::6]:
        row = cases[cases["case_id"] == case_id]
        alone = score(several, row, history, as_of=AS_OF).scores.set_index("case_id")
        np.testing.assert_allclose(
            alone.loc[case_id, names].astype(float),
            together.loc[case_id, names].astype(float),
            atol=1e-12,
        )


@pytest.mark.slow
def test_an_abstained_case_is_a_row_of_scores_with_its_reason_and_no_promise(
    model, cases, history
):
    """Whatever is silent about the first column is too thin for this model."""
    importance = tuple(float(f.name == "distance") for f in model.features)
    none = (None,) * len(importance)
    wary = replace(model, training_profile=TrainingProfile(importance, none, none))
    silent = cases.copy()
    silent.loc[silent.index[:20], "distance"] = None
    found = score(wary, silent, history, as_of=AS_OF)
    validate_table(found.scores, build_scores_schema(model.spec), name="scores")
    assert all_of(found) == sorted(cases["case_id"])
    abstained = found.scores[found.scores["abstained"]]
    assert 0 < len(abstained) < len(found.scores)
    scored = set(found.scores["case_id"])
    assert set(silent["case_id"][:20]) & scored <= set(abstained["case_id"])
    stated = score(wary, cases.assign(distance="3,5"), history, as_of=AS_OF)
    assert not stated.scores["abstained"].any()
    assert set(abstained["abstained_rule"]) == {"thin"}
    assert set(abstained["abstained_because"]) == {TEXTS["da"]["abstained"]["thin"]}
    assert abstained["band"].isna().all()
    assert abstained["rank"].isna().all()
    shown = found.scores[~found.scores["abstained"]]
    assert shown["abstained_because"].isna().all()
    assert shown["band"].notna().all()
    assert shown["rank"].notna().all()


def test_a_case_is_proposed_by_its_units_threshold_or_by_the_sites(
    model, cases, history
):
    policy = Policy(
        base_risk=0.4,
        places=Places("municipality", 1.0),
        threshold=0.6,
        thresholds={"Nord": 0.45},
    )
    scores = score(replace(model, policy=policy), cases, history, as_of=AS_OF).scores
    north = (scores["municipality"] == "Nord").to_numpy()
    assert scores["threshold"].tolist() == np.where(north, 0.45, 0.6).tolist()
    assert scores["threshold_of"].tolist() == np.where(north, "unit", "site").tolist()
    proposed = scores["risk"] >= scores["threshold"]
    assert scores["proposed"].tolist() == proposed.tolist()
    assert 0 < proposed.sum() < len(proposed)
    raised = np.where(scores["risk"] > 0.4, "raised", "usual")
    assert scores["band"].tolist() == np.where(proposed, "first", raised).tolist()


def test_without_places_cases_are_ordered_and_nobody_is_proposed(model, cases, history):
    bare = replace(model, policy=Policy(base_risk=0.5))
    scores = score(bare, cases, history, as_of=AS_OF).scores
    assert not scores["proposed"].any()
    assert scores["threshold"].isna().all()
    assert scores["threshold_of"].isna().all()
    assert scores["rank"].notna().all()
    assert set(scores["band"]) == {"raised", "usual"}


def test_a_person_with_two_proposed_cases_is_named_once_and_each_row_is_its_own(
    model, cases, history
):
    everybody = replace(model, policy=small_site.policy(first=0.0, base_risk=0.0))
    twice = cases.assign(person_id=["one"] * 2 + cases["person_id"].tolist()[2:])
    twice["start_date"] = ["01-03-2024", "02-04-2024", *cases["start_date"][2:]]
    twice["decision_date"] = ["2024-03-20", "2024-04-20", *cases["decision_date"][2:]]
    scores = score(everybody, twice, history, as_of=AS_OF).scores.set_index("case_id")
    first, second = twice["case_id"][:2]
    assert scores.loc[[first, second], "proposed"].all()
    assert scores.loc[first, "later_proposal"] == second
    assert pd.isna(scores.loc[second, "later_proposal"])


def test_a_model_without_uncertainty_says_nothing_of_it(model, cases, history):
    found = score(model, cases, history, as_of=AS_OF).scores
    for name in ("interval_low", "interval_high", "models_agree"):
        assert found[name].isna().all()
    assert not found["abstained"].any()


def with_unverified_sickness():
    """The small model, whose site has confirmed all codes but sickness."""
    table = small_site.code_table()
    sick = table.rows["group"] == "sick"
    rows = table.rows.assign(mark=table.rows["mark"].mask(sick, "no_source"))
    return replace(
        small_site.model(), code_table_csv=replace(table, rows=rows).to_csv_text()
    )


@pytest.mark.slow
def test_every_row_says_how_many_weeks_of_its_history_rest_on_unverified_codes(
    model, cases, history
):
    doubtful = with_unverified_sickness()
    found = score(doubtful, cases, history, as_of=AS_OF).scores
    validate_table(found, build_scores_schema(model.spec), name="scores")
    weeks = found.set_index("case_id")["weeks_on_unverified_codes"]
    assert 0 < (weeks > 0).sum() < len(weeks)
    for case_id in weeks.index[::9]:
        alone = cases[cases["case_id"] == case_id]
        live = score(doubtful, alone, history).scores
        assert live["weeks_on_unverified_codes"].tolist() == [weeks[case_id]]
    sure = score(model, cases, history, as_of=AS_OF).scores
    assert set(sure["weeks_on_unverified_codes"]) == {0}


def test_a_case_without_a_history_has_no_weeks_that_could_be_unverified():
    found = score(
        small_site.model(spec=small_site.by_period()),
        small_site.cases_by_period(10),
        None,
    )
    assert found.scores["weeks_on_unverified_codes"].isna().all()


def test_a_citizen_whom_the_history_does_not_hold_is_flagged(model, cases, history):
    found = score(model, cases, history, as_of=AS_OF).scores
    persons = cases.set_index("case_id")["person_id"]
    held = persons.loc[found["case_id"]].isin(history["person_id"]).to_numpy()
    assert found[NO_HISTORY].tolist() == (~held).tolist()
    assert 0 < found[NO_HISTORY].sum() < len(found)


@pytest.mark.slow
def test_a_history_that_meets_none_of_ten_citizens_is_refused(model, cases, history):
    strangers = history.assign(person_id=history["person_id"].str.upper())
    with pytest.raises(TableError, match="holds none of the"):
        score(model, cases, strangers, as_of=AS_OF)
    few = score(model, cases.head(9), strangers, as_of=AS_OF)
    assert few.scores[NO_HISTORY].all()


@pytest.mark.slow
def test_markedly_fewer_citizens_with_a_history_than_in_training_are_refused(model):
    many = small_site.cases(160, seed=5)
    past = small_site.reaching(small_site.history(many, seed=5), AS_OF)
    as_trained = replace(model, notes={"people_visible_at_t0": 0.95})
    assert len(score(as_trained, many, past, as_of=AS_OF).scores)
    half = past[past["person_id"].isin(sorted(set(past["person_id"]))[::2])]
    half = small_site.reaching(half, AS_OF)
    with pytest.raises(TableError, match=r"95\.0% in training, less 10\.0%"):
        score(as_trained, many, half, as_of=AS_OF)


@pytest.mark.slow
def test_rows_that_see_weeks_not_delivered_say_so_and_many_are_refused(model):
    many = small_site.cases(160, seed=5)
    past = small_site.history(many, seed=5)
    old = past[past["end_date"] < "2024-06-03"]
    few = score(model, many.head(40), old, as_of=AS_OF).scores
    sees = pd.to_datetime(few["decision_date"]) >= "2024-07-01"
    assert few.loc[sees, HISTORY_ENDS].all()
    early = pd.to_datetime(few["decision_date"]) < "2024-06-03"
    assert not few.loc[early, HISTORY_ENDS].any()
    assert sees.any()
    assert early.any()
    with pytest.raises(TableError, match=r"history: ends \d+ weeks before"):
        score(model, many, old, as_of=AS_OF)


@pytest.mark.slow
def test_a_fact_that_cannot_be_read_is_a_kind_of_its_own(model, cases, history):
    broken, silent = cases.copy(), cases.copy()
    broken.loc[:, "distance"], silent.loc[:, "distance"] = "far", ""
    found = score(model, broken, history, as_of=AS_OF)
    none = score(model, silent, history, as_of=AS_OF)
    assert found.scores["risk"].tolist() == none.scores["risk"].tolist()
    assert set(found.scores[UNREADABLE]) == {"distance"}
    assert none.scores[UNREADABLE].isna().all()
    assert found.unreadable_cells == {"distance: not a number": len(cases)}
    told = found.reasons[found.reasons["feature"] == "distance"]
    assert told["unreadable"].all()
    assert not told["missing"].any()
    assert not none.reasons["unreadable"].any()
    assert none.reasons.loc[told.index, "missing"].all()


@pytest.mark.slow
def test_an_unreadable_fact_that_is_not_about_the_case_is_not_named(cases, history):
    columns = small_site.specification().model_dump()["columns"]
    columns["distance"]["applies_when"] = {"column": "alone", "is": [True]}
    model = small_site.model(spec=small_site.specification(columns=columns))
    broken = cases.assign(distance="far", colour="glass")
    found = score(model, broken, history, as_of=AS_OF).scores
    known = cases.set_index("case_id")["alone"].loc[found["case_id"]]
    names = pd.Series(found[UNREADABLE].to_list(), index=known)
    assert set(names["nej"]) == {"colour"}
    assert set(names["ja"]) == set(names[""]) == {"distance colour"}
    only = score(model, cases.assign(distance="far"), history, as_of=AS_OF).scores
    told = pd.Series(only[UNREADABLE].to_list(), index=known)
    assert told["nej"].isna().all()
    assert set(told["ja"]) == {"distance"}


@pytest.mark.slow
def test_an_end_far_ahead_is_no_end_whatever_the_code_may_become(model, cases, history):
    far = history.assign(end_date=history["end_date"].where(history.index % 2 == 0))
    plan = far.assign(end_date=far["end_date"].fillna(pd.Timestamp("2099-12-31")))
    open_ended = score(model, cases, far, as_of=AS_OF).scores
    planned = score(model, cases, plan, as_of=AS_OF).scores
    pd.testing.assert_frame_equal(planned, open_ended)


@pytest.mark.slow
def test_keys_that_look_like_person_numbers_are_known_by_the_model_alone(
    model, cases, history, tmp_path
):
    persons = sorted(set(cases["person_id"]))
    numbers = ["0101900001", "0202900002"]
    numbers += [f"99{n:08d}" for n in range(len(persons) - 2)]
    known = dict(zip(persons, numbers, strict=True))
    keyed = cases.assign(person_id=cases["person_id"].map(known))
    past = history.assign(person_id=history["person_id"].map(known))
    bare = score(model, keyed, past, as_of=AS_OF)
    assert "person_id: holds a person number" in bare.set_aside["rule"].tolist()
    save_model(replace(model, keys={"person_id": "[0-9]{10}"}), tmp_path / "model")
    found = score(load_model_folder(tmp_path / "model"), keyed, past, as_of=AS_OF)
    assert "person_id: holds a person number" not in found.set_aside["rule"].tolist()
    assert set(found.scores["case_id"]) > set(bare.scores["case_id"])


def test_the_fingerprint_is_pandas_own_hash():
    draw = np.random.default_rng(0)
    names = pd.Index([f"case-{n}" for n in range(50)], dtype="str")
    features = pd.DataFrame(draw.normal(size=(50, 40)), index=names)
    features.iloc[3, 4], features.iloc[5, 6] = np.nan, -0.0
    for some in (
        features,
        features.iloc[:1],
        features.iloc[:0],
        features.set_axis(names.astype(object)),
    ):
        own = pd.util.hash_pandas_object(some).tolist()
        assert compute_fingerprints(some) == [f"{number:016x}" for number in own]
