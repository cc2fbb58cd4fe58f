"""Carries TCP connections from one place to another:  python relay.py HOST:PORT HOST:PORT..."""

import asyncio
import sys


async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while some := await reader.read(65_536):
            writer.write(some)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


async def relay(here: str, there: str) -> None:
    """Accept at `here` what shall go to `there`, for ever."""
    host, port = there.split(":")

    async def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection(host, int(port))
        except OSError:
            writer.close()
            return
        await asyncio.gather(carry(reader, far_writer), carry(far_reader, writer))

    server = await asyncio.start_server(accepted, here.split(":")[0], int(here.split(":")[1]))
    await server.serve_forever()


async def main() -> None:
    ways = [way.split("=") for way in sys.argv[1:]]
    tasks = [asyncio.create_task(relay(here, there)) for here, there in ways]
    await asyncio.sleep(0)
    print("ready", flush=True)
    await asyncio.gather(*tasks)


if __name__ == "__main__":
    asyncio.run(main())
