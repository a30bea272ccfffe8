from docs.readability import compute_lix, measure_pages

PAGE = '<html lang="da"><body><main>{}</main></body></html>'
EASY = "<p>Vi ser på sagen. Du gør det selv.</p>" * 10
HARD = (
    "<p>Beskæftigelsesministeriets bekendtgørelse fastsætter retningslinjer.</p>" * 20
)


def test_long_words_and_long_sentences_are_harder():
    short = ["Vi ser på sagen nu."] * 20
    long_words = ["Kommunens vurdering afventer bekræftelse."] * 20
    long_sentences = ["Vi ser på sagen nu " * 5 + "og så igen."] * 20
    assert compute_lix(short) == 5.0
    assert compute_lix(long_words) == 104.0
    assert compute_lix(long_sentences) == 28.0


def test_headings_and_cells_without_a_full_stop_are_no_sentences():
    assert compute_lix(["Sager", "Foreslås til tidlig indsats"] * 40) is None


def test_pages_that_differ_by_a_number_are_one_kind(tmp_path):
    (tmp_path / "cases").mkdir()
    for name, text in (("1", EASY), ("2", EASY)):
        page = tmp_path / "cases" / f"{name}.html"
        page.write_text(PAGE.format(text), encoding="utf-8")
    (tmp_path / "week-001.html").write_text(PAGE.format(HARD), encoding="utf-8")
    (tmp_path / "index.html").write_text(PAGE.format("<p>Kort.</p>"), encoding="utf-8")
    cases, week = measure_pages(tmp_path)
    assert cases[:3] == ("da", "cases", 2)
    assert week[:3] == ("da", "week", 1)
    assert cases[3] < 20 < week[3]
