"""Composition root and life: configuration, start, signals, drain. Run it with `python -m product`."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from typing import Any, Awaitable, Callable

import httpx
import uvicorn
from pymongo.errors import PyMongoError

from .admin import Admin, Faults
from .config import Config, ConfigError, load_service_keys, parse_config
from .database_spans import DatabaseSpans
from .domain import read_seed
from .guards import Tokens
from .outbound import Outbound
from .probe import Probe
from .routes import AppRoutes, InternalRoutes
from .scope import Scoped
from .store import Store
from .telemetry import Telemetry
from .use_cases import UseCases

# Callers notice by then that this service is not ready any more; together with the rest it ends within 9 s.
DRAIN_DELAY_S = 1
DRAIN_S = 5
LAST_RESORT_S = 9


class State:
    phase = "starting"
    in_flight = 0


class Server(uvicorn.Server):
    """One of three in a process, so signals are not its business."""

    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        yield


class Service:
    def __init__(self, config: Config) -> None:
        keys = load_service_keys(config.SERVICE_KEYS_FILE)
        self._config, self._state = config, State()
        self._telemetry = Telemetry(config)
        self._store = Store(config.MONGO_URL, [DatabaseSpans(self._telemetry)])
        self._outbound = Outbound(self._telemetry, keys.own)
        probe = Probe(self._telemetry)
        self._use_cases = UseCases(self._store, probe, self._find_terminal if config.ORDER_URL else None)
        tokens = Tokens(self._outbound, config.JWKS_URL, config.OAUTH_ISSUER)
        faults = Faults()
        app = AppRoutes(self._use_cases, self._store, tokens, config.PUBLIC_URL)
        internal = InternalRoutes(self._use_cases, self._store, keys)
        admin = Admin(self._telemetry, faults, self._store, self._is_ready, config.PUBLIC_URL)
        scoped = (self._telemetry, faults, self._state, config.PUBLIC_URL)
        self._admin = _create_server(admin.app)
        self._app = _create_server(Scoped(app.routes, *scoped))
        self._internal = _create_server(Scoped(internal.routes, *scoped))

    async def run(self) -> None:
        config, stopping = self._config, asyncio.Event()
        ports = {"ADMIN_PORT": config.ADMIN_PORT, "PORT": config.PORT, "INTERNAL_PORT": config.INTERNAL_PORT}
        sockets = [_listen(config.HOST, port, variable) for variable, port in ports.items()]
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, lambda: os._exit(130) if stopping.is_set() else stopping.set())
        servers = (self._admin, self._app, self._internal)
        serving = [asyncio.create_task(server.serve([each])) for server, each in zip(servers, sockets)]
        self._telemetry.fact("service.started", f"Listening: {', '.join(f'{name} {port}' for name, port in ports.items())}")
        jobs = [asyncio.create_task(self._become_ready())]
        await stopping.wait()
        await self._stop(serving, jobs)

    async def _become_ready(self) -> None:
        await self._until_done("database.lost", self._store.create_indexes)
        self._telemetry.fact("database.connected", "The database is connected.")
        if self._config.DEMO_MODE:
            await self._until_done("service.start_failed", lambda: self._use_cases.seed(read_seed()))
        self._state.phase = "ready"
        self._telemetry.fact("service.ready", "The service can work")
        while True:
            try:
                await self._use_cases.prune_settled()
            except (PyMongoError, httpx.HTTPError) as error:
                self._telemetry.fact("job.failed", "prune settlements failed", "warn", error)
            await asyncio.sleep(self._config.SETTLED_PRUNE_INTERVAL_MS / 1000)

    async def _until_done(self, failure: str, work: Callable[[], Awaitable[None]]) -> None:
        pause_s = 0.2
        while True:
            try:
                return await work()
            except PyMongoError as error:
                self._telemetry.fact(failure, "The start is not complete and is tried again.", "warn", error)
            await asyncio.sleep(pause_s)
            pause_s = min(5.0, pause_s * 2)

    async def _find_terminal(self, orders: list[str]) -> list[str]:
        url = f"{self._config.ORDER_URL}/internal/orders/terminal"
        answer = await self._outbound.call("order", "POST", url, {"orderIds": orders})
        return list(answer["terminal"])

    async def _is_ready(self) -> tuple[bool, dict[str, str]]:
        try:
            await asyncio.wait_for(self._store.ping(), 0.5)
            database = "ok"
        except (PyMongoError, TimeoutError):
            database = "unavailable"
        checks = {"service": self._state.phase, "database": database}
        return self._state.phase == "ready" and database == "ok", checks

    async def _stop(self, serving: list[asyncio.Task[None]], jobs: list[asyncio.Task[None]]) -> None:
        """Not ready first, then no new connections, then the open requests' end, and telemetry last."""
        asyncio.get_running_loop().call_later(LAST_RESORT_S, lambda: os._exit(1))
        self._telemetry.fact("service.stopping", "The service goes down")
        self._state.phase = "draining"
        for job in jobs:
            job.cancel()
        await asyncio.sleep(DRAIN_DELAY_S)
        admin, *doors = serving
        self._app.should_exit = self._internal.should_exit = True
        await asyncio.gather(*doors)
        self._admin.should_exit = True
        await admin
        await self._outbound.close()
        await self._store.close()
        self._telemetry.fact("service.stopped", "The service is down")
        await asyncio.to_thread(self._telemetry.close)


def _create_server(app: Any) -> Server:
    return Server(
        uvicorn.Config(
            app,
            lifespan="off",
            http="h11",
            ws="none",
            access_log=False,
            log_config=None,
            server_header=False,
            # More than a URL and headers may have, so that too much of either is answered and not only cut off.
            h11_max_incomplete_event_size=64 * 1024,
            # Longer than any client's, so that it is the client who ends an idle connection.
            timeout_keep_alive=65,
            timeout_graceful_shutdown=DRAIN_S,
        )
    )


def _listen(host: str, port: int, variable: str) -> socket.socket:
    try:
        return socket.create_server((host, port), backlog=512)
    except OSError as error:
        raise ConfigError(f"cannot listen on {host}:{port}: {error.strerror}. Set {variable} to another port.") from None


def main() -> None:
    try:
        asyncio.run(Service(parse_config(os.environ)).run())
    except ConfigError as error:
        sys.stderr.write(f"product: {error}\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
