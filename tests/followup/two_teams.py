"""A site of two teams with forty cases each, every second of which had a first talk."""

CASES = "".join(
    f"S{n};{'Nord' if n < 40 else 'Syd'};2024-01-01;"
    f"{'2024-02-01' if n % 2 else ''};{'ja' if n % 2 else ''}\n"
    for n in range(80)
)


def write_cases(place):
    """Write the site into *place*; the folder it lies in."""
    site = place / "site"
    site.mkdir()
    (site / "site.toml").write_text("extract_date = 2024-06-30\n", "utf-8")
    (site / "follow_up.csv").write_text(
        "case_id;team;first_absence_day;first_talk_on;first_talk_at_workplace\n"
        + CASES,
        "utf-8",
    )
    return site
