"""The interface's own texts in Danish and English."""

from dataclasses import dataclass
from typing import Literal

Language = Literal["da", "en"]


@dataclass(frozen=True, slots=True)
class Texts:
    """Every fixed text of the pages, in one language."""

    language: Language
    made_up: str
    case: str
    cases: str
    team: str
    all_teams: str
    week: str
    to_overview: str
    to_worklist: str
    what_it_says: str
    this_case: str
    on_average: str
    citizens_like_this: str
    average_citizens: str
    over_time: str
    over_time_note: str
    after_weeks: str
    within_weeks: str
    not_told: str
    place_in_team: str
    no_rank: str
    places: str
    places_shared: str
    places_assumed: str
    within_places: str
    beyond_places: str
    rank_of: str
    line: str
    line_short: str
    reasons: str
    reasons_are_patterns: str
    start: str
    sum_down: str
    sum_up: str
    end: str
    resources: str
    barriers: str
    nothing_here: str
    others: str
    changeable: str
    all_reasons: str
    all_reasons_note: str
    reason: str
    idea: str
    points: str
    deadlines: str
    no_deadlines: str
    deadline_note: str
    unverified: str
    history_read: str
    weeks_unverified: str
    not_in_file: str
    all_in_file: str
    history_until: str
    cannot_see: str
    not_for: str
    not_for_list: tuple[str, ...]
    own_view: str
    own_view_note: str
    agree: str
    disagree: str
    adds: str
    name_and_date: str
    wrong_fact: str
    wrong_fact_words: str
    help_only: str
    data_date: str
    unknown_date: str
    model: str
    model_card: str
    printed: str
    worklist: str
    rank: str
    risk: str
    main_reasons: str
    nearest_deadline: str
    none_in_capacity: str
    overview: str
    came_in: str
    scored: str
    routed: str
    set_aside: str
    adds_up: str
    does_not_add_up: str
    per_team: str
    capacity: str
    period: str
    routed_note: str
    route: str
    count: str
    set_aside_note: str
    file: str
    file_line: str
    rule: str
    what_to_do: str
    history_rows: str
    page: str
    band: str
    nobody: str
    about: str
    who: str
    up_short: str
    down_short: str
    front_lead: str
    pages: str
    may_be: str
    models_agree: str
    abstained: str
    abstained_note: str
    not_shown: str
    why: str


DANISH = Texts(
    language="da",
    made_up="Opdigtede data: siden viser en opdigtet kommune, ingen rigtige borgere.",
    case="Sag",
    cases="sager",
    team="Team",
    all_teams="alle teams",
    week="Uge",
    to_overview="Overblik",
    to_worklist="Teamets liste",
    what_it_says="Hvad scoren siger",
    this_case="Sager som denne",
    on_average="I gennemsnit",
    citizens_like_this="borgere med en sag som denne, der",
    average_citizens="alle i målgruppen",
    over_time="Over tid",
    over_time_note=(
        "Så mange af borgere med en sag som denne. Den fremhævede linje er scoren; de "
        "andre følger af den og af, hvordan tidligere og endnu åbne sager er gået."
    ),
    after_weeks="efter {weeks} uger",
    within_weeks="mindst {n} af {weeks} uger",
    not_told="siges ikke for denne sag",
    place_in_team="Plads i teamet",
    no_rank="Sagen er scoret alene og har ingen plads på en liste.",
    places="{places} pladser",
    places_shared=" (fælles for {teams} teams)",
    places_assumed=" (antaget)",
    within_places="Inden for ugens {places}",
    beyond_places="Efter ugens {places}",
    rank_of="Nr. {rank} af {n} i {week}",
    line="Hertil rækker ugens {places}",
    line_short="Ugens {places} rækker til alle teamets sager",
    reasons="Forhold, der trækker ned og op",
    reasons_are_patterns=(
        "Forholdene viser mønstre i tidligere sager. De er ikke årsager og ikke nogens "
        "skyld. Tallene er procentpoint."
    ),
    start="Udgangspunkt (gennemsnit)",
    sum_down="Forhold, der trækker ned",
    sum_up="Forhold, der trækker op",
    end="Sager som denne",
    resources="Ressourcer – trækker ned",
    barriers="Barrierer – trækker op",
    nothing_here="Ingen forhold trækker denne vej.",
    others="øvrige forhold",
    changeable="kan påvirkes",
    all_reasons="Alle forhold, et for et",
    all_reasons_note=(
        "Udgangspunkt og alle forhold giver tilsammen scoren; intet er udeladt."
    ),
    reason="Forhold",
    idea="Emne",
    points="Procentpoint",
    deadlines="Sagens frister",
    no_deadlines="Ingen frister gælder for sagen.",
    deadline_note="Kontrollér fristerne mod gældende regler.",
    unverified="ikke efterprøvet",
    history_read="Historik",
    weeks_unverified=(
        "{unverified} af {weeks} uger hviler på koder, hvis gruppe ikke er efterprøvet"
    ),
    not_in_file="Det stod ikke i sagen",
    all_in_file="Alle oplysninger, som modellen bruger, var udfyldt.",
    history_until="Ydelseshistorikken ses til og med {weeks} uger før visitationen.",
    cannot_see="Det kan scoren ikke se",
    not_for="Det må scoren ikke bruges til",
    not_for_list=(
        "at sanktionere eller vurdere rådighed",
        "at afgøre eller indstille til en ydelse",
        "at sammenligne sagsbehandlere",
    ),
    own_view="Sagsbehandlerens egen vurdering",
    own_view_note="Vurderingen er din. Skriv gerne, hvad scoren ikke kunne vide.",
    agree="Enig",
    disagree="Uenig, fordi:",
    adds="Jeg tilføjer:",
    name_and_date="Navn og dato",
    wrong_fact="Er en oplysning forkert?",
    wrong_fact_words=(
        "Ret den i fagsystemet, og sig det til teamlederen; sagen scores igen ved "
        "næste kørsel. Borgeren kan bede sagsbehandleren om at få den rettet eller gå "
        "til kommunens databeskyttelsesrådgiver."
    ),
    help_only="En høj score kan kun give mere hjælp, aldrig mindre.",
    data_date="Data pr.",
    unknown_date="ikke oplyst",
    model="Model",
    model_card="Modelkort",
    printed="Set den",
    worklist="Teamets liste",
    rank="Nr.",
    risk="Sager som denne",
    main_reasons="Vigtigste forhold",
    nearest_deadline="Næste frist",
    none_in_capacity="Ingen af teamets sager er blandt ugens {places}",
    overview="Overblik over kørslen",
    came_in="sager kom ind",
    scored="scoret",
    routed="ikke scoret, anden vej",
    set_aside="sat til side",
    adds_up="Regnskabet stemmer: hver sag ligger ét sted.",
    does_not_add_up="Regnskabet stemmer ikke. Brug ikke listerne, og kør igen.",
    per_team="Lister",
    capacity="Pladser om ugen",
    period="Periode",
    routed_note=(
        "Disse sager er ikke scoret, fordi modellen ikke gælder for dem. Det siger "
        "intet om behovet for hjælp."
    ),
    route="Hvorfor ikke scoret",
    count="Antal",
    set_aside_note=(
        "Disse rækker kunne ikke læses sikkert og er lagt til side med den regel, de "
        "brød. Ret dem i kilden, og kør igen."
    ),
    file="Fil",
    file_line="Linje",
    rule="Regel",
    what_to_do="Hvad du kan gøre",
    history_rows="Rækker i ydelseshistorikken, der er sat til side: {n}",
    page="Side {n} af {of}",
    band="Bånd",
    nobody="Ingen.",
    about="Om scoren",
    who="Målgruppe",
    up_short="op",
    down_short="ned",
    front_lead=(
        "Lister og sider for den nyeste visitation: hvor mange der stadig er der efter "
        "horisonten, hvad i sagen der trækker op og ned, og hvad der ikke kan ses."
    ),
    pages="Sider på dansk",
    may_be="Tallet kan være {between} (90 %-interval).",
    models_agree="{n} af {of} lige gode modeller ville foreslå denne sag.",
    abstained="scoren vises ikke",
    abstained_note="Sagerne er talt med, men har hverken plads eller niveau. Se på dem "
    "som altid: en manglende score siger intet om borgeren.",
    not_shown="Scoren vises ikke, fordi {why}.",
    why="Hvorfor",
)

ENGLISH = Texts(
    language="en",
    made_up="Made-up data: this page shows an invented municipality, no real citizens.",
    case="Case",
    cases="cases",
    team="Team",
    all_teams="all teams",
    week="Week",
    to_overview="Overview",
    to_worklist="The team's list",
    what_it_says="What the score says",
    this_case="Cases like this one",
    on_average="On average",
    citizens_like_this="citizens with a file like this one who",
    average_citizens="everybody in the target group",
    over_time="Over time",
    over_time_note=(
        "So many of citizens with a file like this one. The marked line is the score; "
        "the others follow from it, and from how earlier and still open cases went."
    ),
    after_weeks="after {weeks} weeks",
    within_weeks="at least {n} of {weeks} weeks",
    not_told="not said for this case",
    place_in_team="Place in the team",
    no_rank="The case was scored alone and has no place on a list.",
    places="{places} places",
    places_shared=" (shared by {teams} teams)",
    places_assumed=" (assumed)",
    within_places="Within the week's {places}",
    beyond_places="After the week's {places}",
    rank_of="No. {rank} of {n} in {week}",
    line="The week's {places} reach this far",
    line_short="The week's {places} reach all of the team's cases",
    reasons="What pulls down and what pulls up",
    reasons_are_patterns=(
        "These are patterns in earlier cases. They are not causes, and nobody's fault. "
        "Figures are percentage points."
    ),
    start="Starting point (average)",
    sum_down="What pulls down",
    sum_up="What pulls up",
    end="Cases like this one",
    resources="Resources – pull down",
    barriers="Barriers – pull up",
    nothing_here="Nothing pulls this way.",
    others="other circumstances",
    changeable="can be worked on",
    all_reasons="Every reason, one by one",
    all_reasons_note=(
        "The starting point and all reasons together give the score; "
        "nothing is left out."
    ),
    reason="Reason",
    idea="Subject",
    points="Percentage points",
    deadlines="The case's deadlines",
    no_deadlines="No deadline applies to this case.",
    deadline_note="Check the deadlines against the rules in force.",
    unverified="not verified",
    history_read="History",
    weeks_unverified=(
        "{unverified} of {weeks} weeks rest on codes whose group is not verified"
    ),
    not_in_file="What the file did not say",
    all_in_file="Everything that the model uses was filled in.",
    history_until="Benefit history is seen until {weeks} weeks before intake.",
    cannot_see="What the score cannot see",
    not_for="What the score must not be used for",
    not_for_list=(
        "sanctions or judging availability for work",
        "deciding on a benefit or recommending one",
        "comparing caseworkers",
    ),
    own_view="The caseworker's own view",
    own_view_note="The judgement is yours. Do write what the score could not know.",
    agree="I agree",
    disagree="I disagree, because:",
    adds="I add:",
    name_and_date="Name and date",
    wrong_fact="Is a fact wrong?",
    wrong_fact_words=(
        "Correct it in the case system and tell the team leader; the case is scored "
        "again in the next run. The citizen can ask the caseworker to have it "
        "corrected, or go to the municipality's data protection officer."
    ),
    help_only="A high score may only add help, never take it away.",
    data_date="Data as of",
    unknown_date="not stated",
    model="Model",
    model_card="Model card",
    printed="Seen on",
    worklist="The team's list",
    rank="No.",
    risk="Cases like this one",
    main_reasons="Main reasons",
    nearest_deadline="Next deadline",
    none_in_capacity="None of the team's cases is within the week's {places}",
    overview="Overview of the run",
    came_in="cases came in",
    scored="scored",
    routed="not scored, another route",
    set_aside="set aside",
    adds_up="The count adds up: every case is in exactly one place.",
    does_not_add_up="The count does not add up. Do not use the lists; run again.",
    per_team="Lists",
    capacity="Places a week",
    period="Period",
    routed_note=(
        "These cases are not scored because the model does not hold for them. That "
        "says nothing about the need for help."
    ),
    route="Why not scored",
    count="Count",
    set_aside_note=(
        "These rows could not be read safely and were set aside with the rule that "
        "each one broke. Correct them at the source and run again."
    ),
    file="File",
    file_line="Line",
    rule="Rule",
    what_to_do="What you can do",
    history_rows="Rows of the benefit history that were set aside: {n}",
    page="Page {n} of {of}",
    band="Band",
    nobody="None.",
    about="About the score",
    who="Target group",
    up_short="up",
    down_short="down",
    front_lead=(
        "Lists and pages for the newest intake: how many are still there after the "
        "horizon, what in the file pulls up and down, and what cannot be seen."
    ),
    pages="Pages in English",
    may_be="The figure may be {between} (90% interval).",
    models_agree="{n} of {of} equally good models would propose this case.",
    abstained="score not shown",
    abstained_note="The cases are counted, but have neither place nor level. Look at "
    "them as always: a missing score says nothing about the citizen.",
    not_shown="The score is not shown, because {why}.",
    why="Why",
)

TEXTS: dict[str, Texts] = {"da": DANISH, "en": ENGLISH}
