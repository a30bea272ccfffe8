"""Pages as Chromium prints them."""

import re


def count_sheets(browser, page):
    """How many sheets of A4 the page in the file *page* takes."""
    pdf = page.with_suffix(".pdf")
    browser(page, f"--print-to-pdf={pdf}", "--no-pdf-header-footer")
    printed = pdf.read_bytes()
    pdf.unlink()
    assert re.search(rb"/MediaBox\s*\[0 0 59[45][.\d]* 84[12][.\d]*\]", printed)
    return len(re.findall(rb"/Type\s*/Page\b", printed))
