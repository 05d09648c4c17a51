import artlucid

project = "artlucid"
author = "The artlucid developers"
version = release = artlucid.__version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build", "_templates"]
templates_path = ["_templates"]

autosummary_ignore_module_all = False
numpydoc_show_class_members = False
myst_heading_anchors = 3
# Two hyphens are an option of a command, not a dash.
smartquotes_action = "qe"

# The examples take minutes: the tests run them, the pages show their code.
sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "examples",
    "plot_gallery": False,
    "download_all_examples": False,
    "write_computation_times": False,
    "show_signature": False,
}
# Sphinx keeps what it read; this holds functions.
suppress_warnings = ["config.cache"]

html_theme = "furo"
html_title = f"artlucid {release}"
