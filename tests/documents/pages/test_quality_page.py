import re
import stat
from pathlib import Path

from riskscreen.documents.pages import write_quality_page
from riskscreen.documents.texts import DANISH
from riskscreen.quality import report as report_module
from riskscreen.quality.findings import QualityTable
from riskscreen.quality.report import QualityReport

FILES = QualityTable(
    "Files",
    ("file", "rows", "missing", "read as"),
    (("cases.csv", "1,234", "<1 %", "utf-8"), ("audit.csv", "<5", "26 %", "")),
)


def page(tmp_path, **fields):
    given = {
        "title": "Data quality of a site", "faults": (), "flags": (),
        "tables": (FILES,), "rows_set_aside": 0, "exit_code": 0,
    }  # fmt: skip
    path = write_quality_page(QualityReport(**{**given, **fields}), out=tmp_path / "q")
    return path, path.read_text("utf-8")


def test_every_figure_of_the_report_stands_on_the_page(tmp_path):
    path, text = page(tmp_path, flags=("code 870 falls away in 2015.",))
    for cell in (*FILES.columns, "1,234", "&lt;1 %", "&lt;5", "code 870 falls away"):
        assert cell in text
    assert "Every row can be used." in text
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_only_columns_of_figures_are_set_as_figures(tmp_path):
    _, text = page(tmp_path)
    headings = re.findall(r'<th scope="col" class="num">(.*?)</th>', text)
    assert [re.sub("<[^>]+>", "", words) for words in headings] == [
        "rækker rows",
        "mangler missing",
    ]


def test_every_table_and_column_has_a_danish_name():
    named = re.compile(r'QualityTable\(\s*"([^"]+)",\s*\(([^)]*)\)')
    report = Path(report_module.__file__).read_text("utf-8")
    titles, columns = zip(*named.findall(report), strict=True)
    words = {*titles, *re.findall('"([^"]+)"', " ".join(columns))}
    assert len(titles) == 8
    assert words <= set(DANISH["quality"]["words"])


def test_a_fault_and_rows_set_aside_are_said_first(tmp_path):
    _, text = page(tmp_path, faults=("cases.csv: no rows.",), exit_code=13)
    assert "1 file cannot be used." in text
    assert "Cannot be used" in text
    _, text = page(tmp_path, rows_set_aside=1500)
    assert "1,500 rows are set aside" in text


def test_what_to_do_is_said_in_danish_before_anything_else(tmp_path):
    _, text = page(
        tmp_path, faults=("a", "b"), rows_set_aside=1500, flags=("look",), exit_code=13
    )
    danish = text[text.index('lang="da"') : text.index("</section>")]
    t = DANISH["quality"]
    assert re.findall("<li>(.*?)</li>", danish) == [
        t["faults"].format(n=f"2 {t['faults_of'][1]}"),
        t["set_aside"].format(n=f"1.500 {t['set_aside_of'][1]}"),
        t["flags"].format(n=f"1 {t['flags_of'][0]}"),
    ]
    _, text = page(tmp_path)
    assert "Alle filer kan bruges.</li>" in text
    assert text.index("Alle rækker kan bruges.") < text.index("Every row can be used.")


def test_a_hostile_title_is_shown_and_not_run(tmp_path):
    _, text = page(tmp_path, title="<script>alert(1)</script>")
    assert "<script>" not in text
    assert not re.search(r"https?:|url\(", text)


def test_an_earlier_page_stays_until_the_new_one_stands(tmp_path):
    page(tmp_path)
    page(tmp_path, title="Another")
    written = sorted(p.name for p in (tmp_path / "q").iterdir())
    assert written == [".riskscreen.json", "quality.html"]
    assert [p.name for p in tmp_path.iterdir()] == ["q"]
