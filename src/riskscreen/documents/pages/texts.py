"""The interface's own texts in Danish and English."""

from riskscreen.documents.pages.language import Texts

DANISH = Texts(
    language="da",
    made_up="Opdigtede data: siden viser en opdigtet kommune, ingen rigtige borgere.",
    case="Sag",
    cases=("sag", "sager"),
    weeks=("uge", "uger"),
    places=("plads", "pladser"),
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
        "Blandt borgere med en sag som denne. Tallet med fed skrift er scoren; de "
        "andre følger af den og af, hvordan det er gået i tidligere og endnu åbne "
        "sager."
    ),
    after_weeks="efter {weeks}",
    within_weeks="mindst {n} af {weeks}",
    not_told="siges ikke for denne sag",
    no_rank="Sagen er scoret alene og har ingen plads på en liste.",
    places_shared="fælles for {teams} teams",
    places_assumed="antaget",
    within_places="Inden for ugens {places}",
    beyond_places="Efter ugens {places}",
    rank_of="Nr. {rank} af {n} i {week}",
    line="Hertil rækker ugens {places}",
    line_short="Ugens {places} rækker til alle teamets sager",
    reasons="Forhold, der trækker ned og op",
    reasons_unit="i procentpoint: 10 svarer til 1 borger ud af 10",
    reasons_are_patterns=(
        "Forholdene viser mønstre i tidligere sager. De er ikke årsager og ikke nogens "
        "skyld."
    ),
    missing_is_no_fault=(
        "»Ikke oplyst« fortæller om sagen på papiret, ikke om borgeren."
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
    weeks_unverified="{unverified} af {weeks} bygger på koder, der ikke er bekræftet",
    own_weeks_unverified=(
        "{weeks} af historikken bygger på koder, der ikke er bekræftet."
    ),
    not_in_file="Det stod ikke i sagen",
    all_in_file="Alle oplysninger, som modellen bruger, var udfyldt.",
    unreadable="Oplysningen kunne ikke læses: ret den i fagsystemet",
    no_history=(
        "Borgeren findes ikke i den leverede ydelseshistorik. Tallet bygger derfor på, "
        "at borgeren har forsørget sig selv. Kontrollér det."
    ),
    history_ends=(
        "Den leverede historik slutter, før den burde: de seneste uger mangler."
    ),
    history_until="Historikken ses indtil {weeks} før visitationens uge.",
    history_until_intake="Historikken ses indtil visitationens uge.",
    unobserved="Det kan scoren ikke se",
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
    printed="Frister regnet fra",
    worklist="Teamets liste",
    rank="Nr.",
    risk="Sager som denne",
    main_reasons="Vigtigste forhold",
    list_lead=(
        "Hver linje siger, hvor mange borgere med sådan en sag der {long_words}. "
        "↑ trækker op, ↓ trækker ned."
    ),
    nearest_deadline="Næste frist",
    none_in_capacity="Ingen af teamets sager er blandt ugens {places}",
    overview="Overblik over kørslen",
    came_in="{cases} kom ind",
    scored="scoret",
    routed="ikke scoret, anden vej",
    set_aside="sat til side",
    adds_up="Regnskabet stemmer: hver sag ligger ét sted.",
    does_not_add_up="Regnskabet stemmer ikke. Brug ikke listerne, og kør igen.",
    per_team="Teamenes lister",
    capacity="Pladser om ugen",
    routed_note=(
        "Disse sager er ikke scoret, fordi modellen ikke gælder for dem. Det siger "
        "intet om behovet for hjælp."
    ),
    route="Hvorfor ikke scoret",
    count="Antal",
    set_aside_note=(
        "Disse rækker kunne ikke læses sikkert og er sat til side sammen med den "
        "regel, de brød. Ret dem i kilden, og kør igen."
    ),
    file="Fil",
    file_line="Linje",
    rule="Regel",
    what_to_do="Hvad du kan gøre",
    page="Side {n} af {of}",
    nobody="Ingen.",
    about="Om scoren",
    who="Målgruppe",
    up_short="op",
    down_short="ned",
    front_lead=(
        "Lister og sider for den nyeste visitation: hvor mange der stadig er der "
        "måneder senere, hvad i sagen der trækker op og ned, og hvad der ikke kan ses."
    ),
    pages="Sider på dansk",
    how_sure="Hvor sikkert er tallet?",
    may_be="Det kan være {between}. Sådan et spænd er beregnet til at holde i omkring "
    "{hold} sager.",
    none_agree="Ingen af {of} lige gode udgaver af modellen ville sætte sagen under "
    "»{band}«.",
    some_agree="{n} af {of} lige gode udgaver af modellen ville sætte sagen under "
    "»{band}«, så de er ikke enige.",
    all_agree="Alle {of} lige gode udgaver af modellen ville sætte sagen under "
    "»{band}«.",
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
    cases=("case", "cases"),
    weeks=("week", "weeks"),
    places=("place", "places"),
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
        "Among citizens with a file like this one. The figure in bold is the score; "
        "the others follow from it, and from how earlier and still open cases went."
    ),
    after_weeks="after {weeks}",
    within_weeks="at least {n} of {weeks}",
    not_told="not said for this case",
    no_rank="The case was scored alone and has no place on a list.",
    places_shared="shared by {teams} teams",
    places_assumed="assumed",
    within_places="Within the week's {places}",
    beyond_places="After the week's {places}",
    rank_of="No. {rank} of {n} in {week}",
    line="Up to here: the week's {places}",
    line_short="All of the team's cases are within the week's {places}",
    reasons="What pulls down and what pulls up",
    reasons_unit="in percentage points: 10 stand for 1 citizen in 10",
    reasons_are_patterns=(
        "These are patterns in earlier cases. They are not causes, and nobody's fault."
    ),
    missing_is_no_fault="“Not stated” tells of the file, not of the citizen.",
    start="Starting point (average)",
    sum_down="What pulls down",
    sum_up="What pulls up",
    end="Cases like this one",
    resources="Resources – pull down",
    barriers="Barriers – pull up",
    nothing_here="Nothing pulls this way.",
    others="all others together",
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
    weeks_unverified="the codes behind {unverified} of {weeks} are not verified",
    own_weeks_unverified="The codes behind {weeks} of the history are not verified.",
    not_in_file="What the file did not say",
    all_in_file="Everything that the model uses was filled in.",
    unreadable="This could not be read: correct it in the case system",
    no_history=(
        "The citizen is not in the benefit history that was delivered. The figure "
        "therefore takes the citizen to have been self-supporting. Check this."
    ),
    history_ends=(
        "The history that was delivered ends too early: the latest weeks are missing."
    ),
    history_until="The history is seen until {weeks} before the week of intake.",
    history_until_intake="The history is seen until the week of intake.",
    unobserved="What the score cannot see",
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
    printed="Deadlines counted from",
    worklist="The team's list",
    rank="No.",
    risk="Cases like this one",
    main_reasons="Main reasons",
    list_lead=(
        "Each line says how many citizens with such a file {long_words}. "
        "↑ pulls up, ↓ pulls down."
    ),
    nearest_deadline="Next deadline",
    none_in_capacity="None of the team's cases is within the week's {places}",
    overview="Overview of the run",
    came_in="{cases} came in",
    scored="scored",
    routed="not scored, another route",
    set_aside="set aside",
    adds_up="The count adds up: every case is in exactly one place.",
    does_not_add_up="The count does not add up. Do not use the lists; run again.",
    per_team="The teams' lists",
    capacity="Places a week",
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
    page="Page {n} of {of}",
    nobody="None.",
    about="About the score",
    who="Target group",
    up_short="up",
    down_short="down",
    front_lead=(
        "Lists and pages for the newest intake: how many are still there months "
        "later, what in the file pulls up and down, and what cannot be seen."
    ),
    pages="Pages in English",
    how_sure="How sure is the figure?",
    may_be="It may be {between}. A span like this is meant to hold in about {hold} "
    "cases.",
    none_agree="None of {of} equally good versions of the model would put the case "
    "under “{band}”.",
    some_agree="{n} of {of} equally good versions of the model would put the case "
    "under “{band}”, so they do not agree.",
    all_agree="All {of} equally good versions of the model would put the case under "
    "“{band}”.",
    abstained="score not shown",
    abstained_note="The cases are counted, but have neither place nor level. Look at "
    "them as always: a missing score says nothing about the citizen.",
    not_shown="The score is not shown, because {why}.",
    why="Why",
)

TEXTS: dict[str, Texts] = {"da": DANISH, "en": ENGLISH}
