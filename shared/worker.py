"""The worker process of a service: relay, consumer and periodic jobs beside a small health server."""

import asyncio
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from shared import logs
from shared.clock import Clock, SystemClock
from shared.db import Sessions, create_engine, create_sessions, database_answers
from shared.messaging import metrics, source_of
from shared.messaging.consumer import Consumer
from shared.messaging.delivery import Handlers
from shared.messaging.failures import describe, is_transient
from shared.messaging.feed_client import FeedClient
from shared.messaging.kafka import Broker
from shared.messaging.kafka_input import KafkaInput
from shared.messaging.publisher import Publisher
from shared.messaging.relay import Relay
from shared.messaging.timing import wait_until
from shared.metrics import metrics_page
from shared.settings import WorkerSettings

RELAY, CONSUMER = "relay", "consumer"
STOP_SECONDS = 25.0
EXIT_FAILED, EXIT_STUCK = 1, 70
_TURN_SECONDS = 120.0
_WATCH_SECONDS = 2.0

log = logs.get(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """Work to be done again and again. ``run`` may be called while another process runs it too."""

    role: str
    every_seconds: float
    run: Callable[[Sessions, Clock], Awaitable[None]]


@dataclass(slots=True)
class Worker:
    """The parts that run in this process, as the health server sees them."""

    sessions: Sessions
    relay: Relay | None = None
    consumer: Consumer | None = None
    jobs: list[Job] = field(default_factory=list)
    clock: Clock = field(default_factory=SystemClock)
    failed_jobs: set[str] = field(default_factory=set)


def run_worker(
    service: str,
    settings: WorkerSettings,
    handlers: Handlers,
    roles: Sequence[str] | None = None,
    jobs: Sequence[Job] = (),
) -> None:
    """Run until SIGTERM or SIGINT, then stop in order within STOP_SECONDS.

    ``roles`` chooses among relay, consumer and the roles of the jobs; none means all. Ends the process
    with a code other than zero when a part fails or makes no progress, so that it is restarted; a job that
    fails is tried again beside the others, and told by ``/readyz`` and the metrics.
    """
    logs.configure(service, settings.log_level)
    sys.exit(uvloop.run(_main(service, settings, handlers, roles, jobs)))


async def _main(
    service: str,
    settings: WorkerSettings,
    handlers: Handlers,
    roles: Sequence[str] | None,
    jobs: Sequence[Job],
) -> int:
    stop = asyncio.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signum, stop.set)
    async with _parts(service, settings, handlers, roles, jobs) as worker:
        parts = _start(worker, stop)
        health = await _serve_health(worker, settings)
        log.info("worker started", service=service, parts=sorted(parts), port=settings.worker_port)
        code = await _run_parts(parts, stop)
        health.should_exit = True
    log.info("worker stopped", service=service, code=code)
    return code


@asynccontextmanager
async def _parts(
    service: str,
    settings: WorkerSettings,
    handlers: Handlers,
    roles: Sequence[str] | None,
    jobs: Sequence[Job],
) -> AsyncIterator[Worker]:
    known = {RELAY, CONSUMER, *(job.role for job in jobs)}
    chosen = set(roles or known)
    if unknown := chosen - known:
        raise SystemExit(f"unknown roles: {', '.join(sorted(unknown))}; known are {', '.join(sorted(known))}")
    url = settings.worker_database_url
    broker = Broker(settings.broker, settings.kafka_idempotence, settings.topic_replication)
    engine = create_engine(url, pool_size=4, application_name=f"{service}-worker")
    feed = FeedClient(settings.feeds, settings.feed_token_file)
    worker = Worker(create_sessions(engine), jobs=[job for job in jobs if job.role in chosen])
    if RELAY in chosen:
        worker.relay = Relay(service, url, Publisher(service, broker))
    if CONSUMER in chosen and handlers:
        sources = sorted({source_of(type_) for type_ in handlers})
        kafka = KafkaInput(service, broker, sources)
        worker.consumer = Consumer(worker.sessions, handlers, sources, kafka, feed, worker.clock)
    try:
        yield worker
    finally:
        await feed.close()
        await engine.dispose()


def _start(worker: Worker, stop: asyncio.Event) -> dict[str, asyncio.Task[int]]:
    running: dict[str, Coroutine[Any, Any, int]] = {}
    if worker.relay:
        running[RELAY] = _until_stopped(worker.relay.run(stop))
    if worker.consumer:
        running[CONSUMER] = _until_stopped(worker.consumer.run(stop))
        running["watchdog"] = _watch(worker.consumer, stop)
    for number, job in enumerate(worker.jobs):
        running[f"{job.role}-{number}"] = repeat(job, worker, stop)
    return {name: asyncio.create_task(part, name=name) for name, part in running.items()}


async def _run_parts(parts: Mapping[str, asyncio.Task[int]], stop: asyncio.Event) -> int:
    """Wait until stopped or until a part ends by itself; then end all parts. The exit code."""
    stopping = asyncio.create_task(stop.wait())
    done, _ = await asyncio.wait([*parts.values(), stopping], return_when=asyncio.FIRST_COMPLETED)
    failed = [task for task in done if task is not stopping and not stop.is_set()]
    stop.set()
    _, late = await asyncio.wait(parts.values(), timeout=STOP_SECONDS)
    for task in late:
        log.error("part did not stop in time", part=task.get_name())
        task.cancel()
    await asyncio.gather(*parts.values(), stopping, return_exceptions=True)
    return max([_exit_code(task) for task in failed], default=EXIT_FAILED if late else 0)


def _exit_code(task: asyncio.Task[int]) -> int:
    error = task.exception()
    if error is not None:
        log.error("part failed", part=task.get_name(), error=describe(error), exc_info=error)
        return EXIT_FAILED
    return task.result() or EXIT_FAILED


async def _until_stopped(running: Coroutine[Any, Any, None]) -> int:
    await running
    return 0


async def _watch(consumer: Consumer, stop: asyncio.Event) -> int:
    while not await wait_until(stop, _WATCH_SECONDS):
        now = time.monotonic()
        if stuck := consumer.watchdog.stuck(now):
            log.error("no progress although there are events", sources=stuck)
            return EXIT_STUCK
        if now - consumer.turned_at > _TURN_SECONDS:
            log.error("the consumer's loop does not turn")
            return EXIT_STUCK
    return 0


async def repeat(job: Job, worker: Worker, stop: asyncio.Event) -> int:
    """Run a job again and again until ``stop``. A defect of it is told, and stops no other part."""
    while True:
        try:
            await job.run(worker.sessions, worker.clock)
            worker.failed_jobs.discard(job.role)
        except Exception as error:
            if is_transient(error):
                log.warning("job will be tried again", role=job.role, error=describe(error))
            elif job.role not in worker.failed_jobs:
                log.error("job failed", role=job.role, error=describe(error), exc_info=error)
                worker.failed_jobs.add(job.role)
        metrics.JOB_FAILED.labels(job.role).set(job.role in worker.failed_jobs)
        if await wait_until(stop, job.every_seconds):
            return 0


class _HealthServer(uvicorn.Server):
    """uvicorn without signal handlers: the worker has its own."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the process's signal handlers alone."""
        yield


async def _serve_health(worker: Worker, settings: WorkerSettings) -> uvicorn.Server:
    async def healthz(_request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def readyz(_request: Request) -> Response:
        return await _readiness(worker)

    async def figures(_request: Request) -> Response:
        return metrics_page()

    routes = [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", figures)]
    server = _HealthServer(
        uvicorn.Config(
            Starlette(routes=routes),
            host=settings.host,
            port=settings.worker_port,
            log_config=None,
            access_log=False,
            lifespan="off",
            limit_concurrency=20,
            timeout_graceful_shutdown=2,
        )
    )
    worker_health = asyncio.create_task(server.serve(), name="health")
    worker_health.add_done_callback(_report_health_failure)
    return server


def _report_health_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception():
        log.error("health server failed", error=repr(task.exception()))


async def _readiness(worker: Worker) -> Response:
    """503 without the database; "degraded": dead letters, a source restored too far back, a failed job."""
    ready = await database_answers(worker.sessions)
    open_letters = worker.consumer.dead_letters if worker.consumer else {}
    ahead = worker.consumer.watchdog.ahead() if worker.consumer else {}
    degraded = any(open_letters.values()) or bool(ahead) or bool(worker.failed_jobs)
    body = {
        "status": "not ready" if not ready else "degraded" if degraded else "ready",
        "relay": worker.relay and ("leading" if worker.relay.leading else "standing by"),
        "kafka": worker.consumer and worker.consumer.kafka_connected,
        "lag": worker.consumer and worker.consumer.watchdog.lags(),
        "ahead": ahead,
        "dead_letters": open_letters,
        "failed_jobs": sorted(worker.failed_jobs),
    }
    return JSONResponse(body, status_code=200 if ready else 503)
