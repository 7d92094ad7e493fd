"""One turn of the loop on the embedded stack, stage by stage: played, collected, asked, answered, published.

Every event goes the long way, through Kafka, the collector, landing, the DAGs and the gate; this module only
starts things, waits for them, and says which stage failed and why. Called by `careloop run`.
"""

import time
from dataclasses import dataclass
from datetime import timedelta

from careloop.checkins.preview import preview
from careloop.prompts import catalogue
from careloop.prompts.rotation import prompt_for
from consumers import generations
from infra import atomic_file
from infra.cli.stages import Stage, Stages
from infra.clock import Clock
from infra.local.airflow.client import Airflow, DagRun
from infra.local.caught_up import Lag
from infra.local.inbox.maildir import Kept, directory
from infra.local.stack import Stack
from infra.objects import Bucket
from infra.sample import clients, player, policy
from infra.sample.player import ResolvedNow
from infra.settings import Settings
from schemas.errors import InputError, StackError
from schemas.policy import parse

LAND_SECONDS = 300
DAG_SECONDS = 900
SEND_ROUNDS = 5
_AT_WORK = {"running", "up_for_retry"}
SOON = timedelta(seconds=20)
"""a check-in due within this time is waited for"""


@dataclass(frozen=True)
class Turned:
    """What a turn leaves for the person at the screen."""

    airflow: Airflow
    left_for_you: str | None
    """Message-ID of the newest check-in, which no simulated client has touched"""


class Loop:
    """One turn on ``stack``."""

    def __init__(self, stack: Stack, stages: Stages, clock: Clock) -> None:
        self._stack, self._stages, self._clock = stack, stages, clock
        self._marker = stack.settings.home / "sample-landed"

    @property
    def settings(self) -> Settings:
        return self._stack.settings

    def turn(self) -> Turned:
        """All stages. Returns once a version with the new answers is published."""
        self._start()
        bucket = Bucket.open(self.settings)
        lag = Lag(self.settings, bucket)
        self._play(lag)
        airflow = self._airflow()
        self._run_dag(airflow, "rotate_prompt", "This month's prompt chosen")
        resolved = self._resolve(lag)
        self._ask(airflow, bucket, resolved)
        left = self._answer(lag)
        self._run_dag(airflow, "publish_feedback", "Curated, gated, published")
        return Turned(airflow, left)

    def _start(self) -> None:
        with self._stages.stage("Broker, S3, inbox, answer page") as stage:
            self._stack.use_policy(policy.write(self.settings.home, self._clock))
            self._stack.start_services()
            self._stack.start_airflow()
            self._mend_generations(stage)
            self._stack.start_collector()

    def _mend_generations(self, stage: Stage) -> None:
        """After the broker lost its last seconds its offsets begin to repeat: landing starts anew beside."""
        bucket = Bucket.open(self.settings)
        for topic in generations.broker_lost_data(self.settings, bucket):
            self._marker.unlink(missing_ok=True)
            generations.start_new(self.settings, bucket, topic, "the embedded broker lost its last seconds")
            stage.say(f"{topic} starts again: the broker had lost its last seconds")

    def _play(self, lag: Lag) -> None:
        scale = (
            f"{self.settings.sample_seed} {self.settings.sample_clients} {self.settings.sample_resolutions}"
        )
        if self._marker.exists() and self._marker.read_text() == scale:
            with self._stages.stage("A fortnight of a helpdesk") as stage:
                stage.say("kept from before")
                self._landed(lag, stage)
            return
        with self._stages.stage("A fortnight of a helpdesk") as stage:
            played = player.play_history(self.settings, self._clock, stage.advance, self._prompt_of)
            stage.say(
                f"{played.resolutions} resolutions, {played.answers} answers, {played.malformed} malformed"
            )
        with self._stages.stage("Collected") as stage:
            self._landed(lag, stage)
        # Only now: a history that was sent but did not land is sent again, which harms nobody.
        atomic_file.write(self._marker, scale)

    def _prompt_of(self, month: str) -> str | None:
        """The prompt that a month of the past had; None where the catalogue does not reach back."""
        path = self.settings.require("policy_file")
        rules, _ = parse(path.read_bytes(), where=str(path))
        try:
            return prompt_for(catalogue.read()[0], rules.prompt_seed, month).id
        except InputError:
            return None

    def _landed(self, lag: Lag, stage: Stage) -> None:
        """Wait until landing holds all that the broker does."""
        deadline = time.monotonic() + LAND_SECONDS
        at_first = behind = lag.measure()
        while behind:
            self._stack.supervisor.check()
            stage.advance(max(0, at_first - behind), max(at_first, behind))
            if time.monotonic() > deadline:
                log = self._stack.supervisor.log("collector")
                raise StackError(f"{behind} events did not land within {LAND_SECONDS} s; see {log}")
            time.sleep(0.2)
            behind = lag.measure()

    def _airflow(self) -> Airflow:
        with self._stages.stage("Airflow"):
            return self._stack.airflow(self._stack.supervisor.check)

    def _run_dag(self, airflow: Airflow, dag_id: str, title: str) -> None:
        with self._stages.stage(title) as stage:
            self._run(airflow, dag_id, stage)

    def _run(self, airflow: Airflow, dag_id: str, stage: Stage) -> None:
        """One run of a DAG by hand, to its end."""

        def meanwhile(run: DagRun) -> None:
            self._stack.supervisor.check()
            tasks = airflow.tasks(run)
            stage.advance(list(tasks.values()).count("success"), len(tasks) or 1)
            stage.say(", ".join(f"{name} {state}" for name, state in tasks.items() if state in _AT_WORK))

        run = airflow.wait(airflow.trigger(dag_id), DAG_SECONDS, meanwhile)
        stage.say("")
        if run.state != "success":
            failed = [name for name, state in airflow.tasks(run).items() if state == "failed"]
            logs = self.settings.home / "airflow" / "logs" / f"dag_id={dag_id}" / f"run_id={run.run_id}"
            raise StackError(f"{dag_id}: {', '.join(failed)} failed; see {logs} or {airflow.page(run)}")

    def _resolve(self, lag: Lag) -> ResolvedNow:
        with self._stages.stage("Tickets resolved now") as stage:
            resolved = player.resolve_now(self.settings, self._clock)
            self._landed(lag, stage)
            stage.say(f"{len(resolved.tickets)} tickets of {len(resolved.clients)} clients")
        return resolved

    def _ask(self, airflow: Airflow, bucket: Bucket, resolved: ResolvedNow) -> None:
        """Let the DAG send until nothing is due in the next moments."""
        kept = Kept(directory(self.settings.home))
        before = kept.count()
        with self._stages.stage("Check-ins sent") as stage:
            for _ in range(SEND_ROUNDS):
                self._run(airflow, "send_checkins", stage)
                soon, later = self._waiting(bucket, set(resolved.due))
                if not soon:
                    break
                time.sleep(1)
            else:
                raise StackError(f"{soon} check-ins are still due after {SEND_ROUNDS} runs of send_checkins")
            sent = kept.count() - before
            stage.say(f"{sent} in the inbox, {later} deferred by quiet hours")

    def _waiting(self, bucket: Bucket, tickets: set[str]) -> tuple[int, int]:
        """How many of the tickets are still to be asked about: in a moment, and later."""
        now = self._clock()
        coming = [
            decision
            for decision in preview(self.settings, bucket, now, 24)
            if decision.ticket_id in tickets and decision.would_send
        ]
        soon = sum(decision.at <= now + SOON for decision in coming)
        return soon, len(coming) - soon

    def _answer(self, lag: Lag) -> str | None:
        with self._stages.stage("Simulated clients answer") as stage:
            told = clients.answer(self.settings, directory(self.settings.home), self._clock)
            self._landed(lag, stage)
            stage.say(
                f"{told.answered} answered, {told.declined} declined, {told.opened} only looked, "
                f"{told.silent} stayed silent"
            )
        return told.left_for_you
