"""Follows each link of the built documentation: `cargo doc --workspace --no-deps`, then `.ci/check links`.

rustdoc checks links to items. Links to pages, headings, files of the repository and docs.rs are followed here, in the
pages of the crates of this workspace and without the network.
"""

import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

ROOT = Path(__file__).resolve().parent.parent
DOC = Path(sys.argv[1]).resolve()
REPOSITORY = re.search(r'^repository = "(.*)"', (ROOT / "Cargo.toml").read_text(), re.M)[1]


class Page(HTMLParser):
    """The links and the ids of a page."""

    def __init__(self, path):
        super().__init__()
        self.links, self.ids, self.leads_to = set(), set(), None
        self.feed(path.read_text())

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if attributes.get("http-equiv") == "refresh":
            self.leads_to = attributes["content"].partition("URL=")[2]
        if "id" in attributes:
            self.ids.add(attributes["id"])
        if target := attributes.get("href" if tag == "a" else "src" if tag == "img" else ""):
            self.links.add(target)


def place(page, link):
    """Returns the file of a link, and the id that it needs; `None` for another site."""
    if found := re.match(rf"{re.escape(REPOSITORY)}/(?:blob|raw|tree)/HEAD/([^#]*)", link):
        return ROOT / unquote(found[1]), ""
    if found := re.match(r"https://docs\.rs/(floe-[^/#]+)(?:/latest/([^#]*))?(?:#(.*))?$", link):
        crate, path, heading = found.groups()
        return DOC / (path or crate.replace("-", "_")), heading or ""
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return None
    path = unquote(urljoin(str(page), parts.path)) if parts.path else page
    return Path(path), parts.fragment


def ids(path):
    """Returns the ids of a page, or of the page to which it leads."""
    if path not in pages:
        pages[path] = Page(path)
    leads_to = pages[path].leads_to
    return ids(path.parent.joinpath(leads_to).resolve()) if leads_to else pages[path].ids


# rustdoc writes links to the index of a re-exported crate, and copies relative links of other crates' traits.
NOT_OURS = {"all.html", "Context", "dispatcher#setting-the-default-subscriber"}

pages = {}
wrong, count = [], 0
crates = [path for path in DOC.iterdir() if path.is_dir() and path.name.startswith("floe")]
for page in sorted(path for crate in crates for path in crate.rglob("*.html")):
    pages[page] = Page(page)
for page in list(pages):
    for link in pages[page].links:
        target = place(page, link)
        # rustdoc has found an item of a dependency, but knows the address of its page only on docs.rs.
        if target is None or "::" in link or link in NOT_OURS:
            continue
        count += 1
        path, heading = target
        if path.is_dir() and DOC in path.parents:
            path /= "index.html"
        is_there = path.exists()
        # The lines of a source, and what the page of a search or of all items draws, have no ids.
        if is_there and heading and path.suffix == ".html" and "src" not in path.relative_to(DOC).parts:
            is_there = not {heading, unquote(heading)}.isdisjoint(ids(path))
        if not is_there:
            wrong.append(f"{page.relative_to(DOC)}: {link}")
print("\n".join(sorted(wrong)))
print(f"{count} links of {len(crates)} crates, of which {len(wrong)} lead nowhere")
sys.exit(bool(wrong) or count < 1000)
