"""Build the documentation: ``make docs`` writes build/docs/, every warning an error.

What the code can say is made from it before Sphinx reads a page: the keys of
site.toml, the tables that a site delivers, the architecture's picture. When the site
is built, it is searched for anything that a browser would fetch from another host.
"""

import sys
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.errors import SphinxError

import riskscreen

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS))

import made_pages  # noqa: E402
import pictures  # noqa: E402
from built_site import find_other_hosts  # noqa: E402

project = "riskscreen"
release = riskscreen.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "numpydoc"]
myst_heading_anchors = 3
myst_links_external_new_tab = False
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
numpydoc_show_class_members = False

html_theme = "pydata_sphinx_theme"
html_title = "riskscreen"
html_static_path = ["static"]
html_css_files = ["lines.css"]
html_copy_source = False
html_show_sphinx = False
html_theme_options = {
    "navigation_with_keys": False,
    "show_toc_level": 2,
    "footer_start": [],
    "footer_end": [],
}


def write_made(app: Sphinx) -> None:
    """Write the pages and pictures that the code tells."""
    made_pages.write_pages(DOCS / "reference/made")
    pictures.write_pictures(DOCS / "explanation/made")


def refuse_other_hosts(app: Sphinx, failure: Exception | None) -> None:
    """End the build where a page fetches a script, a style, a font or a picture."""
    if failure is None and (found := find_other_hosts(Path(app.outdir))):
        raise SphinxError("Fetched from another host:\n" + "\n".join(found))


def setup(app: Sphinx) -> None:
    """Connect what is done before the pages are read and after they are written."""
    app.connect("builder-inited", write_made)
    app.connect("build-finished", refuse_other_hosts)
