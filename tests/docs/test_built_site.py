import pytest

from docs.built_site import find_other_hosts


@pytest.mark.parametrize(
    "page",
    [
        '<script src="https://host.example/a.js"></script>',
        '<script src="//host.example/a.js"></script>',
        '<link rel="stylesheet" href="https://host.example/a.css">',
        '<link rel="preload" as="font" href="https://host.example/a.woff2">',
        '<img src="http://host.example/a.png">',
        '<style>@font-face{src:url("https://host.example/a.woff2")}</style>',
        '<p style="background:url(https://host.example/a.png)"></p>',
    ],
)
def test_what_a_browser_would_fetch_elsewhere_is_found(page, tmp_path):
    (tmp_path / "index.html").write_text(page)
    assert [line.split(": ")[0] for line in find_other_hosts(tmp_path)] == [
        "index.html"
    ]


def test_a_style_sheet_that_imports_from_elsewhere_is_found(tmp_path):
    (tmp_path / "a.css").write_text('@import "https://host.example/b.css";')
    assert len(find_other_hosts(tmp_path)) == 1


def test_links_that_a_reader_follows_and_files_beside_the_page_are_allowed(tmp_path):
    (tmp_path / "index.html").write_text(
        '<a href="https://host.example">there</a><script src="a.js"></script>'
        '<link rel="canonical" href="https://host.example/index.html">'
        '<svg xmlns="http://www.w3.org/2000/svg"></svg>'
    )
    assert find_other_hosts(tmp_path) == []
