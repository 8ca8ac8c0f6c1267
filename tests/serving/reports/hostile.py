"""What somebody who wants to harm the reader of a report would put into a dump."""

from __future__ import annotations

from pathlib import Path

from .folders import make_folder

TEXTS = (
    "<script>window.hacked = 'script'</script><img src=x onerror=\"window.hacked = 'image'\">",
    "</script></style></textarea><svg onload=window.hacked='svg'><script>window.hacked = 'after'</script>",
    "\u202egnirts desrever \u2066 isolated \u0000 null \u001b[31m LONE tail {{ 7 * 7 }} ${window.hacked = 'template'}",
    "x" * 100_000,
    "<!-- <script> --> ]]> &lt;script&gt; \u200f\u200e " + "\u05d0\u05d1\u05d2 " * 30,
)
LINKS = (
    "javascript:window.hacked='link'",
    " JaVaScRiPt:window.hacked='link'",
    "data:text/html,<script>window.hacked=1</script>",
    "https://ok.example/\"onclick=\"window.hacked='attribute'",
    None,
)
SOURCES = (
    "<img src=x onerror=window.hacked='source'>",
    '"onmouseover="window.hacked=1" x="',
    "</title></option></script><script>window.hacked='title'</script>",
    "\u202ecom.example\u0000",
    "a/b#c?d&e=%20%zz",
    "__proto__",
    "w" * 4000,
    "last.example",
)
LABELS = {
    "stance": ("pro_ukraine", "neutral"),
    "narrative": ("<b onclick=window.hacked='label'>b</b>", "\"><script>window.hacked='toml'</script>", "n" * 300),
}


def make_hostile(path: Path) -> Path:
    """A shift folder full of them; a lone surrogate is put in by hand, as JSON can hold one."""
    words = ("x" * 5000, "<b>")
    make_folder(path, sources=SOURCES, labels=LABELS, texts=TEXTS, links=LINKS, words=words, each=5)
    content = (path / "shifts.json").read_text("utf-8")
    (path / "shifts.json").write_text(content.replace("LONE", "\\ud800"), "utf-8")
    return path
