"""Documentation: every link leads somewhere, and every page can be found."""

import re

from harness import ROOT

PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "examples" / "README.md"] + sorted(
    (ROOT / "docs").rglob("*.md")
)
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")


def prose(page):
    """The text without code blocks, where brackets mean something else."""
    return re.sub(r"^```.*?^```", "", page.read_text(), flags=re.S | re.M)


def anchors(page):
    """What headings are called in links, as hosts of Markdown make it."""
    titles = re.findall(r"^#+ +(.*)$", prose(page), re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def links(page):
    for target in LINK.findall(prose(page)):
        if not re.match(r"[a-z]+:", target):
            path, _, anchor = target.partition("#")
            yield target, (page.parent / path).resolve() if path else page, anchor


def test_every_link_leads_somewhere():
    broken = []
    for page in PAGES:
        for target, path, anchor in links(page):
            if not path.exists() or (anchor and anchor not in anchors(path)):
                broken.append(f"{page.relative_to(ROOT)}: {target}")
    assert broken == []


def test_every_page_is_in_the_index():
    index = ROOT / "docs" / "README.md"
    linked = {path for _, path, _ in links(index)}
    missing = [page.name for page in (ROOT / "docs").rglob("*.md") if page not in linked | {index}]
    assert missing == []


def test_every_page_has_one_title():
    for page in PAGES:
        titles = re.findall(r"^# ", prose(page), re.M)
        assert len(titles) == 1, page
