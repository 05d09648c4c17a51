"""Waiting in a page whose policy forbids to evaluate strings, as Playwright's own waiting does when it asks again."""

LIMIT = 30_000
"""Milliseconds."""


def until(tab, condition):
    """Wait until a condition holds, in JavaScript; looked at before every frame."""
    tab.evaluate(
        f"""() => new Promise((done, fail) => {{
            const begun = performance.now();
            (function look() {{
                if ({condition}) done();
                else if (performance.now() - begun > {LIMIT}) fail(new Error("waited in vain"));
                else requestAnimationFrame(look);
            }})();
        }})"""
    )
