"""An extension of Jupyter's server: what a kernel says reaches the page without delay.

A step of a widget is several small messages from the kernel. The server leaves TCP's Nagle algorithm on, so the
second one waits until the browser has confirmed the first, and a browser takes its time for that, up to 40 ms. So
every other step of a slider came late.

Installing this package puts assets/server_extension.json where the Jupyter server of the same environment finds it, and
so loads this extension. Whoever uses the course on another server misses this, and nothing else.
"""

from __future__ import annotations

from typing import Any

from jupyter_server.serverapp import ServerApp
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection

SETTING = "kernel_websocket_connection_class"


class PromptConnection(ZMQChannelsWebsocketConnection):
    """Sends each message when it is there (TCP_NODELAY)."""

    def connect(self) -> Any:
        self.websocket_handler.set_nodelay(True)
        return super().connect()


def _load_jupyter_server_extension(server: ServerApp) -> None:
    settings = server.web_app.settings
    if settings.get(SETTING) is ZMQChannelsWebsocketConnection:  # else somebody has chosen another
        settings[SETTING] = PromptConnection
