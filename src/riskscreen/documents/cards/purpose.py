"""What a card says to people first: the answer, the use, and the limits."""

from collections.abc import Mapping
from typing import Any

from riskscreen.documents.cards.blocks import Block, Bullets, Notice, Paragraph, Section
from riskscreen.documents.cards.figures import figure
from riskscreen.spec import Specification, Words

Record = Mapping[str, Any]
MADE_UP = (
    "Every figure on this card comes from a made-up municipality whose citizens do not "
    "exist. It shows what the product measures and how; it says nothing about how good "
    "a model is on real people. Train on your own data before you believe a number."
)
MADE_UP_DA = (
    "Alle tal på dette kort kommer fra en opdigtet kommune. De siger intet om, hvor "
    "god en model er på virkelige borgere."
)
FORBIDDEN = (
    "to decide or recommend a benefit, or to assess entitlement to one",
    "to sanction, or to judge availability or motivation",
    "to take help away: a high score may only add help, a low one closes no door",
    "to compare or judge caseworkers, teams or municipalities",
    "for groups, registers or moments other than those this card names",
)


def in_short(spec: Specification, record: Record) -> Section:
    """What the model is and how good, in a few lines."""
    blocks: list[Block] = [Notice(MADE_UP)] if record["made_up"] else []
    shown = record["evaluation"]["figures"]
    blocks.append(Paragraph(spec.question.en))
    blocks.append(
        Paragraph(
            f"Model version {record['model_version']}, {record['chosen']}, judged on "
            f"{record['evaluation']['n']:,} later cases that taught it nothing: AUC "
            f"{figure(shown, 'auc').text()}, calibration slope "
            f"{figure(shown, 'calibration_slope').text()}, Brier score "
            f"{figure(shown, 'brier').text()} beside {_base_brier(record)} for the "
            "base rate alone. Intervals are 95 % bootstrap intervals over people."
        )
    )
    return Section("In short", tuple(blocks))


def _base_brier(record: Record) -> str:
    rival = record["comparators"].get("base_rate")
    return figure(rival["figures"], "brier").text() if rival else "not available"


def danish(spec: Specification, record: Record) -> Section:
    """What a leader reads in two minutes."""
    words = [
        spec.question.da,
        MADE_UP_DA if record["made_up"] else "",
        _counts_da(spec, record),
        _right_da(record),
        _groups_da(record),
        _labels_da(record),
        _gates_da(record),
        f"{spec.prediction_note.da} Modellen må ikke bruges til at afgøre eller "
        "anbefale en ydelse, til sanktioner eller til at vurdere medarbejdere. En "
        "høj score må kun give mere hjælp.",
    ]
    blocks = tuple(Paragraph(text) for text in words if text)
    return Section("Resumé på dansk (to minutter)", blocks, language="da")


def _counts_da(spec: Specification, record: Record) -> str:
    """Flags, hits and misses in people, beside the best of the simple rules."""
    found = record["evaluation"]
    counts = found["capacity"]["figures"]
    flagged, hits = figure(counts, "flagged"), figure(counts, "true_positives")
    if not flagged.value or hits.value is None:
        return ""
    rules = {
        name: figure(rule["figures"], "true_positives").value
        for name, rule in found["rules_at_capacity"].items()
        if name in spec.baselines or name in spec.columns
    }
    best = max(rules, key=lambda name: rules[name] or 0.0, default=None)
    words = (
        f"Med {_places(spec).da} foreslås {flagged.value:.0f} sager i alt til tidlig "
        f"indsats. I {hits.value:.0f} af dem viste det sig, at borgeren "
        f"{spec.outcome.long_words.da}; {flagged.value - hits.value:.0f} var foreslået "
        f"uden behov. {figure(counts, 'false_negatives').value or 0:.0f} blev ikke "
        "foreslået, men fik et langt forløb."
    )
    if best is None or not rules[best]:
        return words
    rule = spec.baselines.get(best) or spec.columns[best]
    return (
        f"{words} Den bedste af de enkle regler ({rule.label.da}) ville med de samme "
        f"pladser have fundet {rules[best]:.0f}."
    )


def _right_da(record: Record) -> str:
    """How often the order is right, and whether the level is."""
    rows = record["evaluation"]["figures"]
    auc, mean, base = (figure(rows, n).value for n in ("auc", "mean_risk", "base_rate"))
    if auc is None or mean is None or base is None:
        return ""
    return (
        "Tager man to borgere, hvoraf kun den ene får et langt forløb, sætter modellen "
        f"den rigtige øverst i {100 * auc:.0f} af 100 tilfælde; 50 er rent gæt. I "
        f"gennemsnit sagde modellen {_percent(mean)}, og {_percent(base)} fik et langt "
        "forløb."
    )


def _groups_da(record: Record) -> str:
    """How unevenly the long cases are overlooked between groups."""
    if record["fairness"] is None:
        return "Grupper kunne ikke bedømmes: der er ingen oplysninger at dele op efter."
    missed = [
        figure(group["figures"], "false_negative_rate").value
        for group in record["fairness"]["groups"]
        if len(group["by"]) == 1 and group["judged"]
    ]
    known = [share for share in missed if share is not None]
    if not known:
        return ""
    return (
        f"Af dem, der fik et langt forløb, blev mellem {_percent(min(known))} og "
        f"{_percent(max(known))} ikke foreslået, alt efter hvilken gruppe de hører "
        "til. Figuren »Who is overlooked?« viser grupperne."
    )


def _labels_da(record: Record) -> str:
    """How many outcomes would be others had every case ended weeks later."""
    shares = [
        (row["shift_weeks"], row["share"])
        for row in record["flips"]
        if row["share"] is not None and row["shift_weeks"] > 0
    ]
    if not shares:
        return ""
    weeks, share = max(shares)
    return (
        "Registrene er ikke præcise på ugen: var hvert forløb sluttet "
        f"{weeks} uger senere, var {_percent(share)} af udfaldene blevet anderledes."
    )


def _gates_da(record: Record) -> str:
    failed = [gate["name"] for gate in record["gates"] if not gate["passed"]]
    if not failed:
        return f"Modellen bestod alle {len(record['gates'])} krav til en godkendelse."
    return (
        f"Modellen bestod ikke {len(failed)} af {len(record['gates'])} krav og kan "
        f"ikke godkendes ({', '.join(failed)})."
    )


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %".replace(".", ",")


def _places(spec: Specification) -> Words:
    """The capacity in words; without dates there are no weeks to have places in."""
    if spec.split.column == "period":
        return Words(da="plads til hver tiende sag", en="room for one case in ten")
    places = spec.capacity.per_week
    if spec.capacity.assumed:
        return Words(
            da=f"{places} pladser om ugen (antaget)",
            en=f"{places} places a week (assumed)",
        )
    return Words(da=f"{places} pladser om ugen", en=f"{places} places a week")


def use(spec: Specification) -> Section:
    """What a score may be used for, and what nobody may use it for."""
    return Section(
        "What it is for, and what it must not be used for",
        (
            Paragraph(
                f"For {spec.population.who.en}, at intake: to propose who is offered "
                f"early help first, within {_places(spec).en}. A caseworker reads the "
                "reasons and judges; agreeing and overriding are equal."
            ),
            Paragraph("It must not be used:"),
            Bullets(FORBIDDEN),
            Paragraph(
                "A site needs its own legal basis, a data protection impact assessment "
                "and a fundamental rights impact assessment before it scores anyone."
            ),
        ),
    )


def limits(spec: Specification) -> Section:
    """What no model of this data can see."""
    unseen = tuple(words.en for words in spec.unobserved)
    return Section(
        "What the model cannot see",
        (
            *((Bullets(unseen),) if unseen else ()),
            Paragraph(
                f"{spec.prediction_note.en} The risk holds under present practice: "
                "help given after intake is part of what the outcomes show, so cases "
                "that were helped look less risky than they would have been without."
            ),
        ),
    )
