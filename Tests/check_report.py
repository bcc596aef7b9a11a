#!/usr/bin/env python3
"""Opens a report of `rostrum store report` in headless Chromium (Debian's package `chromium`) as people will: on a phone
and a wide screen, by day, at night and on paper.

  Tests/check_report.py REPORT.html FOLDER

Writes a picture of each and the pages for a printer to FOLDER, to be looked at, and checks what a program can: nothing on
the console, no request to anywhere, nothing wider than the window, contrast of all text, a name for every chart and
figure, a table behind every chart. Exit code 0 where nothing was found. Not part of Tests/run: Chromium is large.
"""
import base64
import json
import os
import pathlib
import subprocess
import sys
import tempfile

CHECKS = """(() => {
  const found = [], text = element => element.textContent.trim().slice(0, 40);
  const luminance = colour => {
    const part = value => (value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    const [r, g, b] = colour.map(part);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const rgb = style => {
    const parts = (style.match(/[\\d.]+(e-?\\d+)?/g) || []).map(Number);
    return style.startsWith('color(srgb') ? parts.map((part, i) => i < 3 ? part * 255 : part) : parts;
  };
  const behind = element => {
    for (let at = element; at; at = at.parentElement) {
      const colour = rgb(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return rgb(getComputedStyle(document.documentElement).colorScheme === 'dark' ? 'rgb(18,18,18)' : 'rgb(255,255,255)');
  };
  if (document.documentElement.scrollWidth > innerWidth)
    found.push(`the page is ${document.documentElement.scrollWidth} wide in a window of ${innerWidth}`);
  for (const element of document.querySelectorAll('body *')) {
    const own = [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim());
    const style = getComputedStyle(element);
    if (!own || style.visibility === 'hidden' || !element.getClientRects().length) continue;
    if (element.closest('svg')) continue;
    const [a, b] = [luminance(rgb(style.color)), luminance(behind(element))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) found.push(`contrast ${ratio.toFixed(2)} of '${text(element)}' (${element.tagName})`);
  }
  const charts = document.querySelectorAll('[role=img], svg, figure, .chart');
  for (const chart of charts)
    if (!chart.closest('section')?.querySelector('table')) found.push(`no table behind a chart (${chart.tagName})`);
  for (const link of document.links)
    if (!/^https?:/.test(link.href) && !link.hash) found.push(`a link to ${link.href}`);
  return JSON.stringify({found, charts: charts.length, sections: document.querySelectorAll('section').length});
})()"""


class Chromium:
    """A browser at the other end of two pipes (the DevTools protocol, messages that end with a NUL)."""

    def __init__(self, profile):
        to_browser, self.output = os.pipe()
        self.input, from_browser = os.pipe()
        command = ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
                   "--disable-background-networking", "--disable-component-update", "--proxy-server=127.0.0.1:9",
                   f"--user-data-dir={profile}", "--remote-debugging-pipe", "about:blank"]
        shell = f'exec "$@" 3<&{to_browser} 4>&{from_browser}'
        self.process = subprocess.Popen(["bash", "-c", shell, "bash", *command], pass_fds=(to_browser, from_browser),
                                        stderr=subprocess.DEVNULL)
        os.close(to_browser)
        os.close(from_browser)
        self.number, self.rest, self.events, self.session = 0, b"", [], None
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def ask(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session: message["sessionId"] = self.session
        os.write(self.output, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.next()
            if answer.get("id") != self.number: continue
            if "error" in answer: sys.exit(f"{method}: {answer['error']['message']}")
            return answer["result"]

    def next(self):
        while b"\0" not in self.rest:
            read = os.read(self.input, 1 << 20)
            if not read: sys.exit("chromium has ended; is the package installed?")
            self.rest += read
        message, self.rest = self.rest.split(b"\0", 1)
        message = json.loads(message)
        if "method" in message: self.events.append(message)
        return message

    def wait(self, method):
        while not any(event["method"] == method for event in self.events): self.next()


def names(browser):
    """Pictures and tables without a name for those who cannot see them, from the browser's accessibility tree."""
    nodes = browser.ask("Accessibility.getFullAXTree")["nodes"]
    role = lambda node: node.get("role", {}).get("value")
    named = [node for node in nodes if role(node) in ("image", "img", "figure", "table", "link", "meter") and not node["ignored"]]
    return len(named), [f"a {role(node)} without a name" for node in named if not node.get("name", {}).get("value", "").strip()]


def look(browser, page, folder, width, scheme):
    browser.events.clear()
    browser.ask("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 500)
    browser.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    browser.ask("Page.navigate", url=page)
    browser.wait("Page.loadEventFired")
    result = json.loads(browser.ask("Runtime.evaluate", expression=CHECKS)["result"]["value"])
    count, unnamed = names(browser)
    found = result["found"] + unnamed
    for event in browser.events:
        if event["method"] in ("Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown"):
            found.append(f"on the console: {json.dumps(event['params'])[:200]}")
        if event["method"] == "Network.requestWillBeSent" and event["params"]["request"]["url"] != page:
            found.append(f"a request: {event['params']['request']['url'][:200]}")
    picture = browser.ask("Page.captureScreenshot", captureBeyondViewport=True)["data"]
    (folder / f"{width}-{scheme}.png").write_bytes(base64.b64decode(picture))
    print(f"{width} px, {scheme}: {result['sections']} sections, {result['charts']} charts, {count} named parts, "
          f"{len(found)} findings")
    return found


def main():
    if len(sys.argv) != 3: sys.exit(__doc__)
    page, folder = pathlib.Path(sys.argv[1]).resolve().as_uri(), pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as profile:
        browser = Chromium(profile)
        try:
            for domain in ["Page", "Log", "Runtime", "Network", "Accessibility"]: browser.ask(f"{domain}.enable")
            found = [line for width in (400, 1400) for scheme in ("light", "dark")
                     for line in look(browser, page, folder, width, scheme)]
            paper = browser.ask("Page.printToPDF", preferCSSPageSize=True, printBackground=False)["data"]
            (folder / "print.pdf").write_bytes(base64.b64decode(paper))
            browser.session = None
            browser.ask("Browser.close")
        finally:
            browser.process.terminate()
            browser.process.wait(20)
    for line in sorted(set(found)): print(line, f"({found.count(line)} times)")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
