"""The sandbox as a web server on loopback."""

from __future__ import annotations

import asyncio
import gc
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from netwar.sandbox import oauth
from netwar.sandbox.addresses import is_loopback, only_own, url
from netwar.sandbox.control import Control
from netwar.sandbox.counts import COUNTS
from netwar.sandbox.faults import Faults
from netwar.sandbox.follows import FOLLOWS
from netwar.sandbox.keys import Keys
from netwar.sandbox.list_control import ListControl
from netwar.sandbox.list_tweets import LIST_TWEETS
from netwar.sandbox.lists import LISTS
from netwar.sandbox.lookups import LOOKUPS
from netwar.sandbox.people_search import USER_SEARCH
from netwar.sandbox.rate_windows import Windows
from netwar.sandbox.ready_lists import furnish
from netwar.sandbox.replay import Replay
from netwar.sandbox.scenario import Scenario
from netwar.sandbox.search_control import SearchControl
from netwar.sandbox.searches import SEARCHES
from netwar.sandbox.service import serve
from netwar.sandbox.signin import SignIn
from netwar.sandbox.state import Box, Endpoint
from netwar.sandbox.streams.control import StreamControl
from netwar.sandbox.streams.endpoints import STREAMS
from netwar.sandbox.streams.streams import Streams
from netwar.sandbox.timelines import TIMELINE
from netwar.sandbox.usage import USAGE
from netwar.sandbox.world.clock import Clock
from netwar.sandbox.world.population import Cast
from netwar.sandbox.world.world import World

ENDPOINTS = (USER_SEARCH, *SEARCHES, *COUNTS, *LOOKUPS, TIMELINE, *FOLLOWS, *LISTS, LIST_TWEETS, USAGE, *STREAMS)
# X has other things at these addresses, which would be taken for users otherwise.
NOT_SERVED = ("reposts_of_me", "personalized_trends", "public_keys")


def build(scenario: Scenario, replayed: Sequence[Path] = ()) -> Box:
    """A sandbox as a scenario describes it."""
    cast = Cast(**{**scenario.cast, "seed": scenario.seed}, roles=scenario.all_roles())
    world = World(cast, scenario.all_users(), scenario.world_end(), scenario.kinds)
    clock = Clock(scenario.clock, scenario.speed)
    world.begin(clock.now())
    furnish(world, scenario.all_lists())
    streams = Streams(world, scenario.stream)
    keys = Keys(world, clock)
    return Box(
        world=world,
        replay=Replay(replayed),
        clock=clock,
        streams=streams,
        faults=Faults(scenario.seed, scenario.faults),
        keys=keys,
        sign_in=SignIn(keys, clock.now),
        windows=Windows(scenario.window),
        limits=scenario.limits,
        trailing_page=scenario.trailing_page,
        compress=scenario.compress,
        users_in_post_dialect=scenario.users_in_post_dialect,
    )


def application(box: Box, host: str, endpoints: Iterable[Endpoint] = ENDPOINTS) -> web.Application:
    """Every address of the sandbox, for requests to `host`."""
    app = web.Application(middlewares=[only_own(host), _ticking(box)])
    for name in NOT_SERVED:
        app.router.add_route("*", f"/2/users/{name}", oauth.unknown(box))
    for one in endpoints:  # who may GET may ask for the HEAD alone, too
        app.router.add_route(one.method, one.path, serve(box, one))
        if one.method == "GET":
            app.router.add_route("HEAD", one.path, serve(box, one))
    app.add_routes([*Control(box).routes(), *ListControl(box).routes(), *SearchControl(box).routes()])
    app.add_routes(StreamControl(box).routes())
    for method, path, answering in (
        ("POST", "/oauth/request_token", oauth.request_token),
        ("*", "/oauth/authorize", oauth.authorize),
        ("POST", "/oauth/access_token", oauth.access_token),
        ("POST", "/oauth2/token", oauth.bearer_token),
        ("*", "/1.1/{tail:.*}", oauth.version_one),
    ):
        app.router.add_route(method, path, oauth.oauth(box, answering))
    app.router.add_route("*", "/{tail:.*}", oauth.unknown(box))
    return app


def _ticking(box: Box) -> Middleware:
    @web.middleware
    async def tick(request: web.Request, handler: Handler) -> web.StreamResponse:
        box.tick()
        return await handler(request)

    return tick


def warnings(box: Box, host: str) -> Iterator[str]:
    """What who starts a sandbox must know of it."""
    yield from box.replay.unserved
    if not is_loopback(host):
        yield f"whoever reaches {host} can sign in here, ask, and change this world: it is not for this machine alone"


async def run(box: Box, host: str, port: int, ready: Callable[[str], None]) -> None:
    """Serve until TERM or INT. `ready` gets the address as soon as connections are accepted."""
    gc.freeze()
    gc.set_threshold(50_000)  # pages are many small objects without cycles: collecting them is work for nothing
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    runner = web.AppRunner(application(box, host), access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        ready(url(host, runner.addresses[0][1]))
        await stop.wait()
    finally:
        await runner.cleanup()
