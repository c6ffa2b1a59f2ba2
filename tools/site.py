"""Render both notebooks and an index as static pages in _site/: equations as MathML, so that nothing is fetched to show them.

usage: python -m tools.site        (needs requirements/dev.txt; what `make site` runs)

Where GITHUB_REPOSITORY names the repository, as in GitHub's Actions, each notebook's page has a link that opens it in Colab.
"""

import os
import re
import shutil
from html import escape
from pathlib import Path

import nbformat
from bs4 import BeautifulSoup
from latex2mathml.converter import convert
from nbconvert import HTMLExporter
from pygments.formatters import HtmlFormatter

from tools import live_page
from tools.notebooks import NOTEBOOKS, ROOT

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="style.css">
</head>
<body>
<nav><a href="index.html">lstm-projects</a>{colab}{contents}</nav>
<main>
{body}
</main>
</body>
</html>
"""


def with_mathml(source):
    """Markdown with each $...$ and $$...$$ outside code as MathML."""

    def render(match):
        block, inline = match.groups()
        latex = (block or inline).replace(
            "{aligned}", "{align*}"
        )  # the one that the converter knows
        return convert(latex, display="block" if block else "inline")

    pieces = re.split(r"(```.*?```|`[^`]*`)", source, flags=re.S)
    pieces[::2] = [
        re.sub(r"\$\$(.+?)\$\$|\$([^$]+?)\$", render, piece, flags=re.S) for piece in pieces[::2]
    ]
    return "".join(pieces)


def last_sentence(text):
    """The last sentence of a text, without the marks of Markdown."""
    return re.split(r"(?<=[.:?]) ", " ".join(re.sub(r"[*_`#$\\]", "", text).split()))[-1].rstrip(
        ":"
    )


def render(path):
    """(title, table of contents, body) of a notebook as HTML; each figure is described by what stands before it.

    A folded cell shows its code on a click.
    """
    notebook = nbformat.read(ROOT / path, as_version=4)
    said, chapter, described = "", "", {}
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            heads = re.findall(r"^#+ (.*)", cell.source, re.M)
            chapter = heads[-1] if heads else chapter
            said = f"{chapter}: {last_sentence(cell.source)}"
            cell.source = with_mathml(cell.source)
        else:
            shown = [
                output.data["image/png"]
                for output in cell.outputs
                if "image/png" in output.get("data", {})
            ]
            described |= {data.replace("\n", ""): said for data in shown}
    exporter = HTMLExporter(
        template_name="basic", exclude_input_prompt=True, exclude_output_prompt=True
    )
    page = BeautifulSoup(exporter.from_notebook_node(notebook)[0], "html.parser")
    for figure in page.find_all("img"):
        described_here = described.get(figure["src"].partition("base64,")[2].replace("\n", ""))
        figure["alt"] = described_here or figure.get("alt", "")
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for cell, shown in zip(code, page.select("div.code_cell"), strict=True):
        if cell.metadata.get("jupyter", {}).get("source_hidden"):
            folded = shown.select_one("div.input").wrap(page.new_tag("details"))
            folded.insert(0, page.new_tag("summary", string="Code"))
    for link in page.select("a.anchor-link"):
        link.decompose()
    chapters = [
        f'<li><a href="#{head["id"]}">{escape(head.get_text())}</a></li>'
        for head in page.find_all("h2")
    ]
    return page.find("h1").get_text(), f'<ol class="contents">{"".join(chapters)}</ol>', str(page)


def colab_link(path):
    """A link that opens the notebook in Colab; empty where the repository's name is not known."""
    repository = os.environ.get("GITHUB_REPOSITORY")
    address = f"https://colab.research.google.com/github/{repository}/blob/main/{path}"
    return (
        f'<p class="colab"><a href="{escape(address)}">Open in Colab</a></p>' if repository else ""
    )


def main():
    target, new = ROOT / "_site", ROOT / "_site.new"
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir()
    style = (ROOT / "site" / "style.css").read_text(encoding="utf-8")
    style += HtmlFormatter(style="friendly").get_style_defs(".highlight")
    (new / "style.css").write_text(style, encoding="utf-8", newline="\n")
    entries = live_page.build(new)
    for path in NOTEBOOKS:
        name, colab, (title, contents, body) = Path(path).stem, colab_link(path), render(path)
        page = PAGE.format(title=escape(title), colab=colab, contents=contents, body=body)
        (new / f"{name}.html").write_text(page, encoding="utf-8", newline="\n")
        entries += f'<h2><a href="{name}.html">{escape(title)}</a></h2>\n{colab}'
        entries += contents.replace('href="#', f'href="{name}.html#') + "\n"
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    opening = readme.split("\n\n")[1].replace("**", "")  # the paragraph below the title
    index = f"<h1>lstm-projects</h1>\n<p>{escape(opening)}</p>\n{entries}"
    page = PAGE.format(title="lstm-projects", colab="", contents="", body=index)
    (new / "index.html").write_text(page, encoding="utf-8", newline="\n")
    shutil.rmtree(target, ignore_errors=True)
    new.rename(target)
    print("written:", *sorted(f"_site/{path.name}" for path in target.iterdir()))


if __name__ == "__main__":
    main()
