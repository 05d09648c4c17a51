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

KINDS_OF_EXAMPLES = ("your_own_folder", "table", "figure", "lucid", "_paper")


def place_in_gallery(file_name):
    """One's own folder first, then the paper in its order; what the scripts share comes last."""
    return [file_name.startswith(kind) for kind in KINDS_OF_EXAMPLES].index(True), file_name


# The examples take minutes: the tests run them, the pages show their code.
sphinx_gallery_conf = {
    "within_subsection_order": place_in_gallery,
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
html_static_path = ["_static"]
html_css_files = ["gallery.css"]
