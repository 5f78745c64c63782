"""The smallest model: what was typed is said back, and its voice is a tone."""

from odai_core import ModelPlugin, hookimpl


def realtime(options):
    from odai_model_echo.model import Echo  # the SDK takes a second to import; only a call pays for it

    return Echo(options)


@hookimpl
def odai_models():
    return ModelPlugin(name="echo", api=1, title="Echo", summary="say back what was typed", realtime=realtime)
