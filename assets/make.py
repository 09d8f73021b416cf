"""Make the pictures that the README shows: `make figures`, from the folder of the project.

The figures depend on nothing but the spec, and `irnet export --check` says when they are stale. The pages are
photographed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args

from playwright.sync_api import Browser, sync_playwright

from irnet.diagrams.factory import Order, export_all
from tests.browser.served import DRAWN, FLAGS, SETTLED, served
from tests.system import browser

HERE = Path(__file__).parent
FIGURES = HERE / "figures"
ORDER = Order(("svg", "md"), ("light", "dark"), only=("figure_17", "table.networks"))
V2 = "inception_resnet_v2"
PAGES = {
    "network": f"network?model={V2}.paper&box=block_b.0.body.b1.1&overlay=operation",
    "compare": f"compare?model={V2}.paper&with={V2}.tf_slim",
    "errata": "errata?erratum=E4",
    "cost": f"cost?model={V2}.paper",
    "activations": f"activations?model={V2}.paper&reference=true",
}
Theme = Literal["light", "dark"]
WIDE, HIGH = 1440, 1150  # pixels


def photograph(chromium: Browser, url: str, name: str, theme: Theme) -> None:
    """A picture of one page."""
    page = chromium.new_page(viewport={"width": WIDE, "height": HIGH}, color_scheme=theme, reduced_motion="reduce")
    page.goto(f"{url}/{PAGES[name]}")
    page.wait_for_selector(SETTLED, timeout=120_000)
    page.wait_for_timeout(2500)  # charts draw after the script has run
    page.wait_for_function(DRAWN)
    page.screenshot(path=HERE / f"{name}.{theme}.png")
    page.close()


def main() -> None:
    """Write every figure."""
    export_all(FIGURES, ORDER, workers=1)
    with served() as url, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser(), args=FLAGS)
        for name in PAGES:
            for theme in get_args(Theme):
                photograph(chromium, url, name, theme)
        chromium.close()


if __name__ == "__main__":
    main()
