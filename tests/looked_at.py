"""Pages as they meet who reads them by ear, by keyboard or on a narrow screen."""

_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
_REACHED = """
() => {
  const seen = "a[href], button, input, select, textarea, summary, [tabindex='0']";
  const all = [...document.querySelectorAll(seen)].filter((e) => e.checkVisibility());
  const radios = (e) => e.type === "radio" && !e.checked;
  window.wanted = new Set(all.filter((e) => !e.disabled && !radios(e)));
  document.addEventListener("focusin", (e) => window.wanted.delete(e.target));
  return window.wanted.size;
}
"""
WIDE, NARROW = 1280, 320
"""A desktop; and a phone, which is also a desktop at 400 % (WCAG 2.2, 1.4.10)."""


def open_whole(tab, address, width=WIDE):
    """Open a page at a width, with all that is folded open."""
    tab.set_viewport_size({"width": width, "height": 800})
    tab.goto(address)
    tab.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")


def find_faults(tab):
    """What axe finds wrong with a page, and a sideways scroll; nothing of a good one.

    The page's own policy admits no script of a test: the browser must pass it by.
    """
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415

    faults = [
        (fault["id"], fault["nodes"][0]["target"])
        for fault in Axe().run(tab).response["violations"]
    ]
    beyond = find_beyond(tab)
    return [*faults, ("sideways scroll", beyond)] if beyond else faults


def find_beyond(tab):
    """How many pixels a page is wider than the window."""
    return tab.evaluate(_WIDE)


def find_unreached(tab):
    """What can be used on a page, and is not reached by the tabulator key."""
    wanted = tab.evaluate(_REACHED)
    for _ in range(wanted + 2):
        tab.keyboard.press("Tab")
    return tab.evaluate("[...window.wanted].map((e) => e.outerHTML)")
