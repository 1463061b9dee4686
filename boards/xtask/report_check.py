"""Opens pages in headless Chromium and looks at them as a reader would.

Each page is opened light and dark, narrow and wide, and printed. What is wrong is said on
standard output as JSON: messages on the console, requests of any kind, text that lies on other
text, text or boxes outside the page, colours of text without contrast. Screenshots are kept.
First a page with all of these faults is looked at, and each must be found.

usage: report_check.py BROWSER FOLDER PAGE...
"""

import json
import pathlib
import sys

from playwright.sync_api import sync_playwright

ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]
WIDTHS = {"narrow": 360, "middle": 800, "wide": 1280}
SCHEMES = ["light", "dark"]

LOOK = """
() => {
  const problems = [];
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > width)
    problems.push(`the page is ${document.documentElement.scrollWidth} px wide, the window ${width}`);
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const channels = (color) => color.match(/[0-9.]+/g).map(Number);
  const paper = channels(getComputedStyle(document.body).backgroundColor).slice(0, 3);
  const runs = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (!node.data.trim() || parent.closest("title, desc")) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const svg = parent.closest("svg");
    const frame = svg && svg.getBoundingClientRect();
    for (const box of range.getClientRects()) {
      if (box.width < 1 || box.height < 1) continue;
      const words = node.data.trim().slice(0, 40);
      if (box.left < -0.5 || box.right > width + 0.5)
        problems.push(`"${words}" is outside the page: ${box.left} to ${box.right} of ${width}`);
      if (frame && (box.left < frame.left - 1 || box.right > frame.right + 1))
        problems.push(`"${words}" is cut off at ${box.left} to ${box.right}`);
      runs.push({ node, box, words });
    }
    const style = getComputedStyle(parent);
    const ink = channels(svg ? style.fill : style.color).slice(0, 3);
    const [a, b] = [luminance(ink), luminance(paper)];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) problems.push(`"${node.data.trim()}" has a contrast of ${contrast.toFixed(2)}`);
  }
  for (let i = 0; i < runs.length; i++)
    for (let j = i + 1; j < runs.length; j++) {
      const [p, q] = [runs[i].box, runs[j].box];
      if (runs[i].node === runs[j].node) continue;
      const across = Math.min(p.right, q.right) - Math.max(p.left, q.left);
      const down = Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top);
      // Lines of letters may touch: their boxes are higher than what is seen.
      if (across > 1 && down > 4) problems.push(`"${runs[i].words}" lies on "${runs[j].words}"`);
    }
  return problems;
}
"""

# A page with every fault, and what must be said of it.
PLANTED = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"/><title>faults</title></head><body style="background:#fff">
<p style="width:3000px">wide</p>
<p style="position:absolute;top:100px;left:10px">above</p>
<p style="position:absolute;top:102px;left:12px">below</p>
<p style="color:#aaa">pale</p>
<p style="position:absolute;left:-9px">outside</p>
<svg width="50" height="20"><text x="40" y="12">cut off by its figure</text></svg>
<img src="missing.png"/><script>console.log("told"); throw new Error("thrown")</script>
</body></html>"""
FOUND = [
    "the page is 3008 px wide", '"above" lies on "below"', '"pale" has a contrast of 2.32',
    '"outside" is outside the page', '"cut off by its figure" is cut off', "missing.png",
    "console: told", "error: thrown",
]


def main() -> int:
    browser_path, folder, *pages = sys.argv[1:]
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    results = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=ARGUMENTS)
        missed = control(browser, folder)
        if missed:
            print("a planted fault was not found: " + ", ".join(missed), file=sys.stderr)
            return 2
        for path in map(pathlib.Path, pages):
            for scheme in SCHEMES:
                for name, width in WIDTHS.items():
                    results.append(look(browser, folder, path, scheme, name, width))
        browser.close()
    print(json.dumps(results, indent=2))
    return 1 if any(result["problems"] for result in results) else 0


def control(browser, folder):
    """What is not found of the planted faults."""
    path = folder / "planted.html"
    path.write_text(PLANTED)
    problems = look(browser, folder, path, "light", "middle", 800)["problems"]
    return [fault for fault in FOUND if not any(fault in problem for problem in problems)]


def look(browser, folder, path, scheme, name, width):
    """One page in one scheme at one width."""
    problems = []
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    address = path.resolve().as_uri()
    page.on("console", lambda message: problems.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: problems.append(f"error: {error}"))
    page.on("request", lambda request: request.url == address
            or problems.append(f"request: {request.url}"))
    page.goto(address)
    problems += page.evaluate(LOOK)
    picture = folder / f"{path.stem}-{scheme}-{name}.png"
    page.screenshot(path=picture, full_page=True)
    figure = page.locator("main figure").first
    if name == "wide" and figure.count():
        # Verdict and first figure alone, as for a README.
        box = figure.bounding_box()
        page.screenshot(path=folder / f"{path.stem}-{scheme}-figure.png", full_page=True, clip={
            "x": 0, "y": 0, "width": width, "height": box["y"] + box["height"] + 24})
    if scheme == "light" and name == "wide":
        page.pdf(path=folder / f"{path.stem}.pdf", format="A4", margin=dict.fromkeys(
            ["top", "bottom", "left", "right"], "15mm"))
    page.close()
    return {"page": path.name, "scheme": scheme, "width": width, "picture": str(picture),
            "problems": problems}


if __name__ == "__main__":
    sys.exit(main())
