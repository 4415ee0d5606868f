"""Take out what Jupyter Book loads and this book does not use.

sphinx-thebe writes its script twice on every page (a console error) and names a foreign host;
sphinx-comments adds nothing here. Neither can be switched off in the configuration.
"""

from __future__ import annotations

from sphinx.application import Sphinx

UNUSED = ("sphinx_thebe", "sphinx_comments")


def setup(app: Sphinx) -> None:
    """Disconnect the unused extensions once all of them are loaded."""
    app.connect("config-inited", _disconnect, priority=1)


def _disconnect(app: Sphinx, _config: object) -> None:
    app.registry.css_files[:] = [
        (file, attributes)
        for file, attributes in app.registry.css_files
        if not file.startswith("sphinx-thebe")
    ]
    for name, listeners in app.events.listeners.items():
        app.events.listeners[name] = [
            listener for listener in listeners if listener.handler.__module__ not in UNUSED
        ]
