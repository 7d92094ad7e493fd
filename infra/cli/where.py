"""Where to look once the loop has turned: the review, the inbox, Airflow, and the commands to go on with."""

from pathlib import Path

from rich.console import Console

from careloop.publish import reader
from careloop.publish.manifest import Manifest
from infra import atomic_file
from infra.cli.loop import Turned
from infra.local.inbox.maildir import Kept, directory
from infra.local.ports import LOOPBACK
from infra.objects import Bucket
from infra.settings import Settings

_WHILE_UP = (
    "Open the check-in, click its link, answer. Your answer is in the next version: within the hour,\n"
    "or now with `careloop publish` in another terminal. `careloop read` lists what is published,\n"
    "`careloop preview` says who will be asked next."
)
_ONCE = (
    "The stack stops now. `make run` brings the inbox and Airflow back at these addresses and goes on;\n"
    "`careloop read`, `careloop preview` and `careloop verify` work without it."
)


def show(
    console: Console, settings: Settings, bucket: Bucket, version: Manifest, turned: Turned, once: bool
) -> None:
    """Print the places, and what to do next: while the stack is up, or after it has stopped (``once``)."""
    review = keep_review(settings.home, bucket, version)
    inbox = f"http://{LOOPBACK}:{settings.inbox_port}/"
    places = {"the review": review.as_uri(), "the inbox": inbox}
    mails = Kept(directory(settings.home)).newest(20)
    for mail in [mail for mail in mails if mail.header("message-id") == turned.left_for_you][:1]:
        places["its newest check-in"] = f"{inbox}mail/{mail.key}"
    airflow = turned.airflow
    places["Airflow"] = f"{airflow.url}   user {airflow.user}, password {airflow.password}"
    console.print("\n[bold]Where to look[/]")
    for name, place in places.items():
        console.print(f"  {name:<20} {place}", highlight=False, markup=False, soft_wrap=True)
    console.print("\n" + (_ONCE if once else _WHILE_UP), highlight=False, soft_wrap=True)


def keep_review(home: Path, bucket: Bucket, version: Manifest) -> Path:
    """A copy of the version's review where a browser can open it."""
    path = home.resolve() / "review.html"
    atomic_file.write(path, reader.file(bucket, "review.html", version.version).decode())
    return path
