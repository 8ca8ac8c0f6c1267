"""The page as a person uses it: a real browser, clicks and keys. Screenshots go to $SCREENSHOTS, where it is set."""

from __future__ import annotations

import os
from importlib import resources

import pytest

pytestmark = pytest.mark.slow
expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect
AXE = """async () => {
  const found = await axe.run(document, { resultTypes: ["violations"] });
  const places = (one) => one.nodes.slice(0, 3).map((node) => node.html.slice(0, 120));
  return found.violations.map((one) => `${one.impact} ${one.id}: ${places(one)}`);
}"""
CLICK = """async () => {
  const wanted = [...document.querySelectorAll("#overview a.turned:not(.chosen)")][7];
  wanted.click();
  while (document.querySelector("#finding .flag.chosen")?.getAttribute("href") !== wanted.getAttribute("href")) {
    await new Promise(requestAnimationFrame);
  }
}"""
OUTSIDE = """() => {
  const width = document.documentElement.clientWidth;
  const sticks = (one) => one.getBoundingClientRect().right > width + 1 && one.getClientRects().length;
  const held = (one) => one.closest(".scroll, .hidden-text, svg, .skip, nav, .text, .words");
  const found = [...document.querySelectorAll("body *")].filter((one) => sticks(one) && !held(one));
  return [document.documentElement.scrollWidth > width, found.slice(0, 3).map((one) => one.outerHTML.slice(0, 90))];
}"""
"""Whether the page scrolls sideways, and what reaches over its right edge without scrolling on its own."""


def picture(page, name):
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def test_a_click_on_a_shift_shows_its_chart_and_its_evidence(opened):
    seen = opened("plain")
    page = seen.page
    page.locator('#overview a.turned[href="#shift=s0002"]').click()
    page.locator("#finding h2", has_text="south.example").wait_for()
    assert page.url.endswith("#shift=s0002")
    facts = page.locator("#finding dl.facts").inner_text()
    assert "10.0 % [7.0 % – 13.0 %]" in facts and "+40.0 points" in facts and "topic mix" in facts
    assert "do not support" not in facts
    before, after = page.locator("#finding .before .text").all(), page.locator("#finding .after .text").all()
    assert [len(before), len(after)] == [2, 2]
    assert "captured another village" in before[0].inner_text()
    assert page.locator("#finding .after .text mark.after").first.inner_text() == "losses"
    assert page.locator("#finding .before .origin a").first.get_attribute("href") == "https://north.example/1"
    assert page.evaluate("document.activeElement.closest('section').id") == "finding"
    picture(page, "plain")
    assert seen.wrong() == []


def test_a_linked_finding_opens_again_and_enter_opens_another(opened):
    seen = opened("plain", hash="#shift=s0003")
    page = seen.page
    page.locator("#finding h2", has_text="gains russia").wait_for()
    assert "Held-out passages do not support these shares" in page.locator("#finding dl.facts").inner_text()
    page.locator('#shifts a[href="#shift=s0001"]').focus()
    page.keyboard.press("Enter")
    page.locator("#finding h2", has_text="north.example").wait_for()
    expect(page.locator("#shifts tr.chosen")).to_have_count(1)
    page.evaluate("location.hash = '#shift=nothing'")
    page.get_by_text("The address names something that this page does not hold").wait_for()
    page.evaluate("location.hash = '#series=west.example/frame/losses_russia'")
    page.get_by_text("Insufficient data: this series").wait_for()
    page.locator("#finding").get_by_label("Source").select_option(label="north.example")
    page.locator("#finding [role=status]", has_text="north.example, frame: losses russia").wait_for()
    assert page.url.endswith("#shift=s0000")


def test_filters_and_headings_choose_and_order_the_shifts(opened):
    page = opened("plain").page

    def sources():
        return page.locator("#shifts tbody tr td:nth-child(2)").all_inner_texts()

    page.locator("#shifts .listed tbody tr").first.wait_for()
    assert len(sources()) == 4
    page.get_by_label("Direction").select_option("fall")
    page.locator("#overview .status", has_text="2 of 4 shifts").wait_for()
    page.locator("#overview").get_by_label("Source", exact=True).fill("SOUTH")
    page.locator("#overview .status", has_text="1 of 4 shifts").wait_for()
    assert sources() == ["south.example"]
    expect(page.locator("#overview .matrix tbody tr")).to_have_count(1)
    page.get_by_role("button", name="Clear").click()
    page.locator("#overview .status", has_text="4 of 4 shifts").wait_for()
    for direction in ("ascending", "descending"):
        page.locator("#shifts").get_by_role("button", name="source", exact=True).click()
        names = sources()
        assert names == sorted(names, reverse=direction == "descending")
        assert page.locator("#shifts th[aria-sort]").get_attribute("aria-sort") == direction
    page.get_by_label("q at most").select_option("0.01")
    page.get_by_role("textbox", name="From").fill("2023")
    page.locator("#overview .status", has_text="0 of 4 shifts").wait_for()


def test_a_chart_zooms_by_drag_and_key_and_tells_its_figures(opened):
    seen = opened("plain")
    page, chart = seen.page, seen.page.locator("#finding .chart")
    path = chart.locator("path.share")
    whole = path.get_attribute("d")
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    page.mouse.move(box["x"] + 120, box["y"] + 90)
    page.locator(".tooltip").get_by_text("articles").wait_for()
    page.mouse.down()
    page.mouse.move(box["x"] + 260, box["y"] + 90, steps=4)
    page.mouse.up()
    dragged = path.get_attribute("d")
    page.mouse.dblclick(box["x"] + 200, box["y"] + 60)
    assert dragged != whole and path.get_attribute("d") == whole
    chart.focus()
    page.keyboard.press("+")
    assert path.get_attribute("d") != whole
    page.keyboard.press("0")
    assert path.get_attribute("d") == whole
    assert "from 10.0 % to 50.0 %" in chart.locator("svg").get_attribute("aria-label")
    page.get_by_text("Figures of this chart").click()
    expect(page.locator("#finding .figures tbody tr")).to_have_count(40)
    assert seen.wrong() == []


@pytest.mark.parametrize(("width", "shifts"), [(1280, slice(0, None, 2)), (390, slice(1, 6, 2))])
def test_hostile_passages_run_nothing_and_keep_the_layout(opened, width, shifts):
    seen = opened("hostile", width=width)
    page = seen.page
    for shift in page.evaluate("page.shared.shifts.map(page.addressOfShift)")[shifts]:
        page.evaluate("(address) => { location.hash = address; }", shift)
        page.locator(f'#finding .flag.chosen[href="{shift}"]').wait_for()
        for button in page.locator("#finding .passage button").all()[:2]:
            button.click()
        assert page.evaluate(OUTSIDE) == [False, []], shift
    links = page.evaluate("[...document.querySelectorAll('a')].map((link) => link.getAttribute('href'))")
    assert {address.split(":")[0] for address in links if not address.startswith("#")} == {"https"}
    shown = page.inner_text("body")
    assert "⟨U+202E⟩gnirts desrever" in shown and "⟨U+0000⟩ null" in shown and "\ufffd tail" in shown
    assert "\u202e" not in page.content() and "\u0000" not in page.content()
    page.evaluate("location.hash = page.addressOfSeries(page.shared.sources.indexOf('a/b#c?d&e=%20%zz'), 2)")
    page.locator("#finding h2", has_text="The series: a/b#c?d&e=%20%zz, narrative: <b onclick").wait_for()
    for section in ("shifts", "volume", "untested", "method"):
        page.locator(f"#{section}").scroll_into_view_if_needed()
    page.wait_for_timeout(200)
    assert page.evaluate(OUTSIDE) == [False, []]
    picture(page, f"hostile-{width}")
    assert seen.wrong() == []


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_axe_finds_nothing_to_mend(opened, width, scheme):
    axe = pytest.importorskip("axe_playwright_python", reason="pip install '.[dev]'")
    page = opened("plain", width=width, scheme=scheme).page
    page.evaluate("Object.keys(page.sections).forEach(page.start)")
    page.locator("#untested tbody tr").first.wait_for()
    page.get_by_text("Figures of this chart").click()
    page.evaluate(resources.files(axe.__name__).joinpath("axe.min.js").read_text("utf-8"))
    assert page.evaluate(AXE) == []


def test_five_hundred_sources_of_two_hundred_weeks_open_quickly_and_answer_at_once(opened):
    seen = opened("large")
    page = seen.page
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})  # processor time: other work does not count

    def spent() -> float:
        metrics = session.send("Performance.getMetrics")["metrics"]
        return next(one["value"] for one in metrics if one["name"] == "TaskDuration")

    page.reload()
    page.locator("#finding .chart svg").wait_for()
    assert 0.02 < spent() < 3
    assert page.locator("#overview .matrix tbody tr").count() < 500
    assert page.get_by_role("button", name="more of 500 sources").is_visible()
    before = spent()
    for _ in range(3):
        page.evaluate(CLICK)
    assert (spent() - before) / 3 < 0.2
    assert seen.wrong() == []


def test_what_is_printed_is_the_finding_the_table_and_the_method(opened):
    page = opened("plain").page
    page.evaluate("Object.keys(page.sections).forEach(page.start)")
    page.locator("#shifts tbody tr").first.wait_for()
    page.emulate_media(media="print", color_scheme="dark")
    visible = {name: page.locator(name).is_visible() for name in ("#overview", "nav", "#finding .evidence", "#method")}
    assert visible == {"#overview": False, "nav": False, "#finding .evidence": True, "#method": True}
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
