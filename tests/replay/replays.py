"""A counted replay of a made-up site, for its figures, its pages and their words."""

from datetime import date

from riskscreen.readers.site import Site
from riskscreen.readers.site_file import SiteFile
from riskscreen.replay.counting import count_replay
from riskscreen.replay.figures import Replay
from riskscreen.spec.outcome import EndState
from riskscreen.spec.words import Words
from tests.replay.counted import SIZES, list_cases
from tests.small_site import specification


def make_replay(folder, *, price=1000.0, sizes=SIZES, lasted=50):
    """A replay of two weeks; the specification has an audit column *audit_kind*.

    Of *lasted* of the chosen it is known how long their help was.
    """
    states = {
        "sick": EndState(code_groups=("x",), words=Words(da="sygemeldt", en="sick")),
        "work": EndState(code_groups=("y",), words=Words(da="i arbejde", en="in work")),
    }
    spec = specification()
    outcome = spec.outcome.model_copy(update={"end_states": states})
    spec = spec.model_copy(update={"outcome": outcome})
    cases = list_cases(sizes).rename(columns={"kind": "audit_kind"})
    cases["weeks"] = cases["weeks"].mask(cases["weeks"].notna().cumsum() > lasted)
    stated = SiteFile(
        extract_date=date(2024, 12, 30), name="Eksempelby", synthetic=True
    )
    return Replay(
        site=Site(folder, stated),
        spec=spec,
        first=date(2024, 1, 1),
        last=date(2024, 1, 14),
        trained_on=(date(2024, 1, 1),),
        places=6.0,
        price=price,
        counts=count_replay(
            cases,
            end_states=(*spec.outcome.end_states, "another state"),
            audit=["audit_kind"],
            weeks=2.0,
        ),
    )
